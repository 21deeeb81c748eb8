"""The form that makes a token makes one, however often and however fast it is sent."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.workspace.server.calling import ANN, BOB, TOKENS_PAGE, Person, form_key, shown_token

if TYPE_CHECKING:
    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

SENT = f"{TOKENS_PAGE}?note=sent"


def filled_in(person: Person) -> dict[str, str]:
    """The form as it leaves a browser, with all that is hidden in it."""
    text = person.open(f"{TOKENS_PAGE}?create").text
    hidden = re.search(r'name="id" value="(tok_[\w-]{22})"', text)
    assert hidden
    return {"form_key": form_key(text), "id": hidden[1], "label": "Laptop", "expiry": "90"}


def test_one_that_is_sent_many_times_at_once_makes_one_token(workspace: RunningWorkspace) -> None:
    with Person(workspace).signed_in() as person, ThreadPoolExecutor(8) as pool:
        fields = filled_in(person)

        def send(_: int) -> httpx.Response:
            return person.send(TOKENS_PAGE, fields)

        answers = list(pool.map(send, range(8)))
        assert sorted(answer.status_code for answer in answers) == [200, *[303] * 7]
        assert {answer.headers["location"] for answer in answers if answer.status_code == 303} == {SENT}
        (shown,) = (shown_token(answer.text) for answer in answers if answer.status_code == 200)
        listed = person.open(SENT)
        assert listed.text.count('scope="row"') == 1
        assert "its token was created then. It is not shown again" in listed.text
        assert shown not in listed.text


def test_two_forms_make_two(workspace: RunningWorkspace) -> None:
    with Person(workspace).signed_in() as person:
        first, second = filled_in(person), filled_in(person)
        assert first["id"] != second["id"]
        assert [person.send(TOKENS_PAGE, each).status_code for each in (first, second)] == [200, 200]


def test_the_id_of_a_token_that_is_there_changes_nothing(workspace: RunningWorkspace) -> None:
    workspace.add_user(BOB, "pro")
    theirs = workspace.issue(BOB, "Phone")
    with Person(workspace).signed_in(ANN) as ann, Person(workspace).signed_in(BOB) as bob:
        answer = ann.send(TOKENS_PAGE, filled_in(ann) | {"id": theirs.token.id})
        assert (answer.status_code, answer.headers["location"]) == (303, SENT)
        assert 'scope="row"' not in ann.open(TOKENS_PAGE).text
        assert f"…{theirs.token.last_four}" in bob.open(TOKENS_PAGE).text


def test_an_id_that_is_none_is_drawn_by_the_workspace(workspace: RunningWorkspace) -> None:
    with Person(workspace).signed_in() as person:
        for made_up in ("", "tok_short", "usr_" + "x" * 22, "tok_" + "x" * 21 + "\0"):
            answer = person.send(TOKENS_PAGE, filled_in(person) | {"id": made_up})
            assert answer.status_code == 200, made_up
        assert "xxxxx" not in person.open(TOKENS_PAGE).text
