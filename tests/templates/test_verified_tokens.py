"""`apply` verifies the tokens that it stores, and keeps their label, user and expiry."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, arka
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.templates.conftest import Folder
    from tests.workspace.fake import FakeWorkspace

SOON = "2001-01-01T00:00:00Z"


def template(url: str, name: str = "ci", settings: str = "") -> str:
    token = f'[token]\nenv = "ARKA_{name.upper()}_TOKEN"\ncopy = true\n'
    return f'[profile]\nname = "{name}"\napi_url = "{url}"\n{token}{settings}'


@pytest.fixture
def work(folder: Folder, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> FakeWorkspace:
    """A template with a token that works at the workspace."""
    fake.add(TOKEN, "Build runner", expires="2099-12-31T23:59:59Z")
    folder.put("ci.toml", template(fake.url))
    monkeypatch.setenv("ARKA_CI_TOKEN", TOKEN)
    return fake


def apply(fake: FakeWorkspace, *options: str) -> tuple[int, str]:
    done = arka("apply", "profiles", "--yes", "--allow-origin", fake.url, *options)
    return done.code, done.err


def holds(name: str) -> bool:
    return open_store(app).tokens.holds(name)


def test_apply_keeps_label_user_and_expiry(work: FakeWorkspace) -> None:
    assert apply(work)[0] == 0
    stored = open_store(app).credential("ci")
    assert (stored.label, stored.user, stored.expires) == ("Build runner", "ann@example.com", "2099-12-31T23:59:59Z")
    assert stored.created
    assert [request.path for request in work.requests] == ["/api/v1/me"]


def test_expiry_of_an_applied_token_is_warned_about(work: FakeWorkspace) -> None:
    work.tokens[TOKEN]["details"]["expires"] = SOON
    assert apply(work)[0] == 0
    done = arka("token", "-p", "ci")
    assert (done.out, "the token of profile 'ci' expired at 2001-01-01T00:00:00Z" in done.err) == (f"{TOKEN}\n", True)
    assert arka("token", "-p", "ci", "--strict-expiry").code == 4


def test_no_request_is_sent_before_the_plan_is_approved_or_if_nothing_is_to_be_stored(work: FakeWorkspace) -> None:
    assert arka("plan", "profiles").code == 3
    assert arka("apply", "profiles", "--allow-origin", work.url).code == 2
    assert arka("apply", "profiles", "--yes").code == 1  # the origin is new
    assert work.requests == []
    assert apply(work)[0] == 0
    assert apply(work)[0] == 0
    assert len(work.requests) == 1


@pytest.mark.parametrize("step", [None, steps.reply_problem(403, "pro-required")])
def test_refused_token_is_reported_and_not_stored(work: FakeWorkspace, folder: Folder, step: object) -> None:
    folder.put("laptop.toml", '[profile]\nname = "laptop"\ndescription = "Laptop"\n')
    if step is None:
        del work.tokens[TOKEN]
    else:
        work.script = [step] * 2  # type: ignore[list-item]
    code, err = apply(work)
    assert code == 0
    assert "warning: the token for profile 'ci' was refused and not stored: " in err
    assert holds("ci") is False
    assert open_store(app).exists("laptop")
    code, err = apply(work, "--require-tokens")
    assert code == 4


def test_refused_token_does_not_replace_one_that_works(
    work: FakeWorkspace, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert apply(work)[0] == 0
    monkeypatch.setenv("ARKA_NEW_TOKEN", OTHER)
    folder.put("ci.toml", template(work.url).replace("ARKA_CI_TOKEN", "ARKA_NEW_TOKEN"))
    code, err = apply(work, "--require-tokens")
    assert (code, "was refused and not stored" in err) == (4, True)
    assert open_store(app).credential("ci").token.reveal() == TOKEN


def test_refused_token_is_in_the_json(work: FakeWorkspace) -> None:
    del work.tokens[TOKEN]
    done = arka("apply", "profiles", "--yes", "--allow-origin", work.url, "--require-tokens", "--json")
    assert (done.code, done.json["refused"], done.json["unverified"], done.json["stored"]) == (4, ["ci"], [], [])


def test_token_is_tried_again_by_the_next_apply(work: FakeWorkspace) -> None:
    row = work.tokens.pop(TOKEN)
    assert apply(work, "--require-tokens")[0] == 4
    work.tokens[TOKEN] = row
    assert apply(work, "--require-tokens")[0] == 0
    assert holds("ci")


def test_token_of_an_unreachable_workspace_is_stored_unverified(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        for name, token in (("ci", TOKEN), ("cd", OTHER)):
            folder.put(f"{name}.toml", template(url, name))
            monkeypatch.setenv(f"ARKA_{name.upper()}_TOKEN", token)
        done = arka("apply", "profiles", "--yes", "--allow-origin", url, "--require-tokens")
    assert done.code == 0
    assert f"note: stored unverified: the token of cd, ci: {url} cannot be reached: " in done.err
    assert (open_store(app).credential("ci").user, open_store(app).credential("ci").expires) == ("", "")


def test_no_verify_sends_no_request(work: FakeWorkspace) -> None:
    code, err = apply(work, "--no-verify", "--require-tokens")
    assert (code, "unverified" in err, holds("ci")) == (0, False, True)
    assert work.requests == []


def test_workspace_is_reached_with_the_template_s_settings(work: FakeWorkspace, folder: Folder) -> None:
    folder.put("ci.toml", template(work.url, settings="[settings]\ntimeout = 0.2\n"))
    work.script = [steps.stall(0.5)]
    code, err = apply(work)
    assert (code, "no response within 0.2 s" in err) == (0, True)


def test_output_has_no_token(work: FakeWorkspace, home: Path) -> None:
    del work.tokens[TOKEN]
    for options in ([], ["--json"], ["--debug"]):
        done = arka("apply", "profiles", "--yes", "--allow-origin", work.url, *options)
        assert TOKEN not in done.out + done.err
