"""`rotate` issues, stores, verifies, then revokes the old token. If it is interrupted, the stored token still works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store, timestamps
from arka_config.arka import app
from arka_config.store.journal import ROTATE
from tests.cli.killed import run_and_kill_at
from tests.cli.program import OTHER, TOKEN, arka, fill_disk_for_tokens
from tests.guarantees import numbers
from tests.workspace import fake as steps
from tests.workspace.fake import serve_fake

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace, Handler

MANAGER = "arka_" + "m" * 37
PASSPHRASE = "a passphrase that is long enough"
END = "2099-01-01T00:00:00Z"
LOST = 8  # a kill here loses the answer to the request that issues the token; a request and two writes come before


@pytest.fixture
def work(home: Path, fake: FakeWorkspace) -> FakeWorkspace:
    """A profile, `work`, with a valid token that expires."""
    fake.add(TOKEN, expires=END)
    assert arka("login", "-p", "work", "--with-token", "--api-url", fake.url, stdin=TOKEN).code == 0
    fake.requests.clear()
    return fake


def read_stored(home: Path, name: str = "work") -> dict[str, str]:
    found: dict[str, str] = json.loads((home / "data" / "tokens" / f"{name}.json").read_text())
    return found


def test_rotate_replaces_the_token(work: FakeWorkspace, home: Path) -> None:
    done = arka("rotate")
    new = read_stored(home)["token"]
    assert (done.code, done.out) == (0, "")
    assert f"✓ Replaced arka_…9f3c of profile 'work' with arka_…{new[-4:]}, and revoked the old one" in done.err
    assert (work.accepts(new), work.accepts(TOKEN)) == (True, False)
    found = read_stored(home)
    assert (found["label"], found["expires"], found["user"]) == ("MacBook Pro", END, "ann@example.com")
    asked = [(request.method, request.path.removeprefix("/api/v1/"), request.token) for request in work.requests]
    assert asked == [
        ("GET", "me", TOKEN),
        ("POST", "tokens/current/rotate", TOKEN),
        ("GET", "me", new),
        ("DELETE", "tokens/current", TOKEN),
    ]


def test_rotate_says_that_the_node_cli_has_the_old_token(work: FakeWorkspace) -> None:
    assert arka("export", "legacy", "--force").code == 0
    done = arka("rotate")
    file = "~/.config/arka-code-nodejs/config.json"
    expected = f"note: {file} has that token too, which no longer works: arka export legacy --profile work\n"
    assert (done.code, expected in done.err) == (0, True)
    assert "nodejs" not in arka("rotate").err, "which revokes another token"


def test_rotate_json_describes_the_tokens_without_showing_them(work: FakeWorkspace, home: Path) -> None:
    done = arka("rotate", "--json")
    new = read_stored(home)["token"]
    assert done.json == {
        "profile": "work",
        "profiles": ["work"],
        "token": f"arka_…{new[-4:]}",
        "before": "arka_…9f3c",
        "id": work.tokens[new]["details"]["id"],
        "label": "MacBook Pro",
        "expires": END,
        "expiry": "date",
    }
    assert new not in done.out + done.err


@pytest.mark.parametrize(
    ("options", "expires"),
    [([], END), (["--expires", "2098-01-01"], "2098-01-01T23:59:59Z"), (["--expires", "never"], "never")],
)
def test_rotate_accepts_expires(work: FakeWorkspace, home: Path, options: list[str], expires: str) -> None:
    assert arka("rotate", *options).code == 0
    assert read_stored(home)["expires"] == expires


def test_rotate_sends_no_request_for_an_invalid_expires(work: FakeWorkspace) -> None:
    done = arka("rotate", "--expires", "soon")
    assert (done.code, "--expires: 'soon' is neither" in done.err, work.requests) == (2, True, [])


def test_rotate_updates_every_profile_with_the_token(work: FakeWorkspace, home: Path) -> None:
    assert arka("profiles", "copy", "work", "twin", "--with-token").code == 0
    done = arka("rotate")
    assert "Profile 'twin' had the same token, and has the new one too" in done.err
    assert read_stored(home)["token"] == read_stored(home, "twin")["token"] != TOKEN


def test_rotate_keeps_the_active_profile(work: FakeWorkspace, home: Path) -> None:
    work.add(OTHER)
    assert arka("login", "-p", "ci", "--with-token", "--api-url", work.url, stdin=OTHER).code == 0
    assert arka("rotate", "-p", "ci").code == 0
    assert arka("config", "get", "profile").out == "work\n"


# Failures


@pytest.mark.parametrize(
    ("step", "code", "said"),
    [
        (steps.reply(404), 1, "has no API to rotate a token: it answers with 404"),
        (steps.reply_page(200), 1, "has no API to rotate a token: it answers with a web page"),
        (steps.reply_problem(401, "invalid-token"), 4, "Invalid token"),
        (steps.reply_problem(403, "pro-required"), 4, "Pro subscription required"),
        (steps.reply(500), 1, "failed: 500"),
        (steps.reset_connection, 1, "cannot be reached"),
    ],
)
def test_rotate_changes_nothing_if_no_token_is_issued(
    work: FakeWorkspace, home: Path, step: object, code: int, said: str
) -> None:
    before = read_stored(home)
    work.script = [None, step]  # type: ignore[list-item]
    done = arka("rotate")
    assert (done.code, said in done.err) == (code, True)
    assert read_stored(home) == before
    assert work.accepts(TOKEN)


def test_rotate_keeps_the_token_if_the_workspace_answers_with_the_same_one(work: FakeWorkspace, home: Path) -> None:
    before = read_stored(home)
    work.script = [None, steps.reply_json(201, {"token": TOKEN, "details": work.tokens[TOKEN]["details"]})]
    done = arka("rotate")
    assert (work.accepts(TOKEN), read_stored(home)) == (True, before)
    assert (done.code, "the new token is the one that the request was made with; it was not revoked" in done.err) == (
        1,
        True,
    )


def test_rotate_without_an_api_names_the_page(work: FakeWorkspace) -> None:
    work.can_rotate = False
    done = arka("rotate")
    assert (done.code, "has no API to rotate a token: it answers with 404; nothing was changed" in done.err) == (
        1,
        True,
    )
    assert (
        f"hint: create a token on {work.url}/app/personal/settings/tokens, then: arka login --profile work" in done.err
    )


@pytest.mark.parametrize("step", [steps.reply_problem(401, "invalid-token"), steps.reply(500), steps.reply_page(200)])
def test_rotate_restores_the_old_token_if_the_new_one_fails(work: FakeWorkspace, home: Path, step: object) -> None:
    assert arka("profiles", "copy", "work", "twin", "--with-token").code == 0
    before = read_stored(home)
    work.script = [None, None, step]  # type: ignore[list-item]
    done = arka("rotate")
    assert done.code == 1
    assert "the new token was not kept: " in done.err
    assert "the old one is still stored and still works" in done.err
    assert (read_stored(home), read_stored(home, "twin")["token"]) == (before, TOKEN)
    assert list(work.tokens) == [TOKEN]


def test_rotate_says_if_the_unused_token_could_not_be_revoked(work: FakeWorkspace, home: Path) -> None:
    work.script = [None, None, *[steps.reset_connection] * 6]
    done = arka("rotate")
    assert (done.code, read_stored(home)["token"]) == (1, TOKEN)
    (new,) = set(work.tokens) - {TOKEN}
    name = f"token 'MacBook Pro' ({work.tokens[new]['details']['id']})"
    assert f"{name} may be left, and the next command that asks the workspace revokes it" in done.err
    done = arka("rotate")
    assert (done.code, new in work.tokens) == (0, False)
    assert f"note: revoked {name} at {work.url}, which a killed 'rotate' left behind" in done.err


def test_unused_token_that_needs_a_subscription_to_be_revoked_is_not_forgotten(work: FakeWorkspace) -> None:
    work.script = [None, None, steps.reply(500), steps.reply_problem(403, "pro-required")]
    done = arka("rotate")
    assert (done.code, "may be left, and the next command" in done.err, len(work.tokens)) == (1, True, 2)
    assert arka("doctor", "--fix").code == 0
    assert list(work.tokens) == [TOKEN]


def test_rotate_keeps_the_new_token_if_the_old_one_cannot_be_revoked(work: FakeWorkspace, home: Path) -> None:
    work.script = [None, None, None, steps.reply(400)]
    done = arka("rotate")
    assert (done.code, work.accepts(read_stored(home)["token"]), read_stored(home)["token"] != TOKEN) == (1, True, True)
    assert "profile 'work' has a new token, but the old one still works: " in done.err
    assert f"hint: revoke it on {work.url}/app/personal/settings/tokens" in done.err


def test_rotate_keeps_the_old_token_if_storing_fails(
    work: FakeWorkspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk_for_tokens(monkeypatch)
    done = arka("rotate")
    assert (done.code, read_stored(home)["token"], list(work.tokens)) == (1, TOKEN, [TOKEN])
    assert "no space left on device" in done.err


def test_rotate_keeps_a_token_stored_by_another_process(work: FakeWorkspace, home: Path) -> None:
    def log_in_concurrently(handler: Handler) -> None:
        assert arka("login", "-p", "work", "--with-token", "--no-verify", "--api-url", work.url, stdin=OTHER).code == 0
        work._api(handler, work.requests[-1])

    work.script = [None, log_in_concurrently]
    done = arka("rotate")
    assert (done.code, read_stored(home)["token"], list(work.tokens)) == (1, OTHER, [TOKEN])
    assert "profile 'work' got another token in the meantime" in done.err


def test_concurrent_rotations_leave_a_working_token(work: FakeWorkspace, home: Path) -> None:
    codes: list[int] = []
    line = [sys.executable, "-m", "arka_config", "rotate"]

    def rotate() -> None:
        codes.append(subprocess.run(line, check=False, capture_output=True, env=dict(os.environ)).returncode)

    threads = [threading.Thread(target=rotate) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {0, 1, 4}
    assert len(codes) == 3
    assert work.accepts(read_stored(home)["token"])


# Killed at each step


def test_rotate_killed_at_any_step_leaves_a_working_token(home: Path) -> None:
    codes = []
    for step in range(1, 40, 3 if numbers.BOUNDED else 1):
        with serve_fake() as fake:
            token = f"arka_{step:037}"
            fake.add(token)
            fake.add(OTHER)
            line = ["login", "-p", "work", "--with-token", "--force", "--api-url", fake.url]
            assert arka(*line, stdin=token).code == 0
            code = run_and_kill_at(step, "rotate", "-p", "work")
            codes.append(code)
            now = read_stored(home)["token"]
            assert fake.accepts(now), f"killed at step {step}"
            journal = home / "state" / "journal.json"
            text = journal.read_text() if journal.exists() else ""
            assert not any(token in text for token in fake.tokens), "the journal has ids, and no token"
            again = arka("rotate")
            assert again.code == 0, again.err
            assert fake.accepts(read_stored(home)["token"])
            assert set(fake.tokens) == {OTHER, read_stored(home)["token"]}, f"killed at step {step}: one more is left"
            if code == 0:  # it ended before that step
                break
    assert codes[-1] == 0
    assert codes[:-1] == [9] * (len(codes) - 1)
    assert step > 14  # four requests, a write, and the journal, before and after each


def test_doctor_reports_a_killed_rotate_until_the_next_one(work: FakeWorkspace, home: Path) -> None:
    assert run_and_kill_at(LOST, "rotate", "-p", "work") == 9
    assert len(work.tokens) == 2
    problems = [each for each in arka("doctor", "--json").json["problems"] if each["check"] == "unfinished"]
    assert len(problems) == 2, "the old token and the new one"
    for problem in problems:
        assert problem["message"].startswith("a 'rotate' begun 2")
        assert f"for profile 'work' at {work.url} may work, and no profile may hold it" in problem["message"]
        assert (problem["command"], problem["fixable"]) == ("arka doctor --fix", True)
        assert f"{work.url}/app/personal/settings/tokens" in problem["advice"]
    assert [problem["token_id"] for problem in problems].count(work.tokens[TOKEN]["details"]["id"]) == 1
    assert arka("rotate", "-p", "work").code == 0
    assert not (home / "state" / "journal.json").exists()
    assert list(work.tokens) == [read_stored(home)["token"]]


def test_doctor_fix_revokes_what_a_killed_rotate_left(work: FakeWorkspace, home: Path) -> None:
    assert run_and_kill_at(LOST, "rotate", "-p", "work") == 9
    requests = len(work.requests)
    assert arka("doctor").code == 1
    assert len(work.requests) == requests, "doctor asks nothing without --fix"
    done = arka("doctor", "--fix")
    assert f"✓ Fixed: no token of the killed 'rotate' is left for profile 'work' at {work.url}" in done.err
    assert list(work.tokens) == [TOKEN]
    assert not (home / "state" / "journal.json").exists()


def test_command_without_network_reports_what_a_killed_rotate_left(work: FakeWorkspace) -> None:
    assert run_and_kill_at(LOST, "rotate", "-p", "work") == 9
    requests = len(work.requests)
    done = arka("profiles", "set", "work", "description=x")
    assert "warning: a killed 'rotate' may have left token 'MacBook Pro'" in done.err
    assert "to revoke what is left: arka doctor --fix" in done.err
    assert arka("token").err == ""
    assert len(work.requests) == requests


def test_refused_rotate_leaves_no_record(work: FakeWorkspace, home: Path) -> None:
    work.script = [None, steps.reply_page(200)]
    assert arka("rotate", "-p", "work").code == 1
    assert not (home / "state" / "journal.json").exists()


def test_lost_answer_to_a_rotation_leaves_no_token(work: FakeWorkspace, home: Path) -> None:
    def issue_and_reset(handler: Handler) -> None:
        handler.json = lambda *_, **__: steps.reset_connection(handler)  # type: ignore[method-assign]
        work._api(handler, work.requests[-1])

    work.script = [None, issue_and_reset]
    done = arka("rotate")
    assert (done.code, "cannot be reached" in done.err) == (1, True)
    assert (list(work.tokens), (home / "state" / "journal.json").exists()) == ([TOKEN], False)


def test_request_that_may_still_arrive_stays_in_the_journal(
    work: FakeWorkspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_and_kill_at(LOST - 1, "rotate", "-p", "work") == 9  # before it was sent
    done = arka("doctor", "--fix")
    assert (done.code, "the request may still arrive" in done.err) == (1, True)
    later = timestamps.now() + timedelta(minutes=1)
    monkeypatch.setattr(timestamps, "now", lambda: later)
    assert arka("doctor", "--fix").code == 0
    assert not (home / "state" / "journal.json").exists()


def test_rotate_killed_between_profiles_leaves_each_a_working_token(home: Path) -> None:
    for step in range(6, 18, 3 if numbers.BOUNDED else 1):
        with serve_fake() as fake:
            token = f"arka_{step:037}"
            fake.add(token)
            for name in ("work", "twin"):
                line = ["login", "-p", name, "--with-token", "--force", "--api-url", fake.url]
                assert arka(*line, stdin=token).code == 0
            assert run_and_kill_at(step, "rotate", "-p", "work") == 9
            assert fake.accepts(read_stored(home)["token"])
            assert fake.accepts(read_stored(home, "twin")["token"])


# Tokens that a killed command left, and the commands that revoke them


def test_login_revokes_what_a_killed_rotate_left_unless_it_asks_no_workspace(work: FakeWorkspace) -> None:
    assert run_and_kill_at(LOST, "rotate", "-p", "work") == 9
    work.add(OTHER)
    line = ("login", "-p", "ci", "--with-token", "--api-url", work.url)
    done = arka(*line, "--no-verify", stdin=OTHER)
    assert ("warning: a killed 'rotate' may have left" in done.err, len(work.tokens)) == (True, 3)
    assert arka(*line, stdin=OTHER).code == 0
    assert set(work.tokens) == {TOKEN, OTHER}


def test_logout_revoke_and_tokens_create_finish_a_killed_rotate(work: FakeWorkspace) -> None:
    work.tokens[TOKEN]["details"]["scopes"] = ["tokens:manage"]
    for line in (("tokens", "create", "x"), ("logout", "--revoke")):
        assert run_and_kill_at(LOST, "rotate", "-p", "work") == 9
        count = len(work.tokens)
        assert arka(*line, "-p", "work").code == 0
        assert len(work.tokens) == count - 1 + (1 if line[0] == "tokens" else -1)


def test_token_in_a_locked_vault_is_not_revoked_as_unused(
    work: FakeWorkspace, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a rotate is killed after it stored the new token, only the token itself shows that the profile has it."""
    issued = work.add(OTHER)
    with open_store(app).journal.begin(ROTATE, profile="work", origin=work.url, token_id=issued["id"]):
        pass
    monkeypatch.setenv("ARKA_PASSPHRASE", PASSPHRASE)
    assert arka("vault", "enable", "--with", "passphrase").code == 0
    monkeypatch.delenv("ARKA_PASSPHRASE")
    work.add(MANAGER, scopes=("tokens:manage",))
    monkeypatch.setenv("ARKA_API_KEY", MANAGER)
    monkeypatch.setenv("ARKA_API_URL", work.url)
    done = arka("doctor", "--fix")
    assert "the token of profile 'work' is locked, and was not compared" in done.err
    assert set(work.tokens) == {TOKEN, OTHER, MANAGER}
    assert arka("vault", "disable", "--yes", environ={"ARKA_PASSPHRASE": PASSPHRASE}).code == 0
    assert arka("doctor", "--fix").code in (0, 1)
    assert set(work.tokens) == {TOKEN, MANAGER}, "the token in the environment revokes it, once that is certain"


def test_token_of_another_user_s_request_stays_in_the_journal(work: FakeWorkspace, home: Path) -> None:
    with open_store(app).journal.begin(ROTATE, profile="work", origin=work.url, user="usr_2", token_id="tok_other"):
        pass
    done = arka("doctor", "--fix")
    assert (done.code, "no profile has a token of its user that works" in done.err) == (1, True)
    assert [entry.id for entry in open_store(app).journal.entries()] == ["tok_other"]


def test_older_workspace_that_knows_no_keys_is_searched_by_label(work: FakeWorkspace, home: Path) -> None:
    work.knows_requests = False
    work.tokens[TOKEN]["details"]["scopes"] = ["tokens:manage"]
    assert run_and_kill_at(LOST, "rotate", "-p", "work") == 9
    (new,) = set(work.tokens) - {TOKEN}
    work.tokens[new]["details"]["created"] = timestamps.to_text(timestamps.now())
    token_id = work.tokens[new]["details"]["id"]
    done = arka("doctor", "--fix")
    assert f"it may be {token_id}, which was never used" in done.err
    assert arka("tokens", "revoke", token_id, "--yes").code == 0
    assert open_store(app).journal.entries() != []
