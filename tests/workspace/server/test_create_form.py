"""The form that creates a token creates only one, even if it is submitted repeatedly or concurrently."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.workspace.server.clients import ANN, BOB, TOKENS_PAGE, Browser, read_form_key, read_shown_token

if TYPE_CHECKING:
    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

SENT = f"{TOKENS_PAGE}?note=sent"


def fill_in(browser: Browser) -> dict[str, str]:
    """Return the fields of a filled-in form, including the hidden ones."""
    text = browser.open(f"{TOKENS_PAGE}?create").text
    hidden = re.search(r'name="id" value="(tok_[\w-]{22})"', text)
    assert hidden
    return {"form_key": read_form_key(text), "id": hidden[1], "label": "Laptop", "expiry": "90"}


def test_form_submitted_concurrently_creates_one_token(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in() as browser, ThreadPoolExecutor(8) as pool:
        fields = fill_in(browser)

        def send(_: int) -> httpx.Response:
            return browser.send(TOKENS_PAGE, fields)

        responses = list(pool.map(send, range(8)))
        assert sorted(response.status_code for response in responses) == [200, *[303] * 7]
        assert {response.headers["location"] for response in responses if response.status_code == 303} == {SENT}
        (shown,) = (read_shown_token(response.text) for response in responses if response.status_code == 200)
        page = browser.open(SENT)
        assert page.text.count('scope="row"') == 1
        assert "its token was created then. It is not shown again" in page.text
        assert shown not in page.text


def test_two_forms_create_two_tokens(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in() as browser:
        first, second = fill_in(browser), fill_in(browser)
        assert first["id"] != second["id"]
        assert [browser.send(TOKENS_PAGE, each).status_code for each in (first, second)] == [200, 200]


def test_form_with_an_existing_id_changes_nothing(workspace: RunningWorkspace) -> None:
    workspace.add_user(BOB, "pro")
    other = workspace.issue(BOB, "Phone")
    with Browser(workspace).sign_in(ANN) as ann, Browser(workspace).sign_in(BOB) as bob:
        response = ann.send(TOKENS_PAGE, fill_in(ann) | {"id": other.token.id})
        assert (response.status_code, response.headers["location"]) == (303, SENT)
        assert 'scope="row"' not in ann.open(TOKENS_PAGE).text
        assert f"…{other.token.last_four}" in bob.open(TOKENS_PAGE).text


def test_form_with_a_malformed_id_gets_a_generated_one(workspace: RunningWorkspace) -> None:
    with Browser(workspace).sign_in() as browser:
        for malformed in ("", "tok_short", "usr_" + "x" * 22, "tok_" + "x" * 21 + "\0"):
            response = browser.send(TOKENS_PAGE, fill_in(browser) | {"id": malformed})
            assert response.status_code == 200, malformed
        assert "xxxxx" not in browser.open(TOKENS_PAGE).text
