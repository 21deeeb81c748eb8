"""If the workspace answers, `login` and `status` store and show its details of the token."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arka_config import timestamps
from tests.cli.program import OTHER, TOKEN, Result, arka
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace, Handler

PAGE = "/app/personal/settings/tokens"
END = "2099-01-01T00:00:00Z"


def login(fake: FakeWorkspace, *options: str, token: str = TOKEN) -> Result:
    return arka("login", "--with-token", "--api-url", fake.url, *options, stdin=token)


def read_stored(home: Path, name: str = "default") -> dict[str, str]:
    found: dict[str, str] = json.loads((home / "data" / "tokens" / f"{name}.json").read_text())
    return found


def nothing_is_stored(home: Path) -> bool:
    return not list(home.rglob("*.json")) and not list(home.rglob("*.toml"))


def test_login_stores_the_workspace_s_details_of_a_valid_token(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "CI/CD Pipeline", expires=END)
    done = login(fake, "-p", "ci")
    assert (done.code, done.out) == (0, "")
    assert f"✓ Stored arka_…9f3c under profile 'ci', for {fake.url} (verified, as ann@example.com)" in done.err
    found = read_stored(home, "ci")
    assert (found["label"], found["expires"], found["user"]) == ("CI/CD Pipeline", END, "ann@example.com")
    assert [request.path for request in fake.requests] == ["/api/v1/me", "/api/v1/metadata"]
    assert {request.token for request in fake.requests} == {TOKEN}


def test_login_json_says_that_the_token_is_verified(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    document = login(fake, "--json").json
    assert (document["verified"], document["state"], document["reason"], document["user"]) == (
        True,
        "valid",
        None,
        "ann@example.com",
    )


def test_login_options_fill_in_what_the_workspace_does_not_report(home: Path, fake: FakeWorkspace) -> None:
    user = {"id": "usr_1", "email": "ann@example.com"}
    fake.script = [steps.reply_json(200, {"user": user, "token": {"id": "tok_1"}})]
    assert login(fake, "--label", "Mine", "--expires", "2099-12-31").code == 0
    assert (read_stored(home)["label"], read_stored(home)["expires"]) == ("Mine", "2099-12-31T23:59:59Z")


def test_login_notes_that_the_workspace_s_details_override_options(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "CI/CD Pipeline", expires=END)
    done = login(fake, "--label", "Mine", "--expires", "90d")
    assert "note: the workspace calls this token 'CI/CD Pipeline', so --label is not used" in done.err
    assert "note: the workspace says that it expires in " in done.err
    assert (read_stored(home)["label"], read_stored(home)["expires"]) == ("CI/CD Pipeline", END)


def test_login_stores_that_a_token_never_expires(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    done = login(fake, "--expires", "90d")
    assert "note: the workspace says that it never expires, so --expires is not used" in done.err
    assert read_stored(home)["expires"] == "never"


def test_login_prints_no_note_if_options_agree_with_the_workspace(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, expires=END)
    assert "note: the workspace" not in login(fake, "--label", "MacBook Pro", "--expires", END).err


@pytest.mark.parametrize("options", [[], ["--verify"], ["--expect-user", "ann@example.com"], ["--force"]])
def test_login_stores_no_rejected_token(home: Path, fake: FakeWorkspace, options: list[str]) -> None:
    done = login(fake, *options)
    assert (done.code, done.out) == (4, "")
    assert "error: Invalid token\n" in done.err
    assert (
        "it may have expired, been revoked, or be for another workspace; check also that it was copied whole"
        in done.err
    )
    assert f"hint: your tokens are on {fake.url}{PAGE}" in done.err
    assert nothing_is_stored(home)


def test_login_stores_nothing_without_a_pro_subscription(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, plan="free")
    done = login(fake)
    assert (done.code, done.out) == (4, "")
    assert done.err == f"error: Pro subscription required\nhint: subscribe on {fake.url}/billing\n"
    assert nothing_is_stored(home)


UNTOLD = {
    "a page": (steps.reply_page(200), "no_api", "has no API to verify a token: it answers with a web page"),
    "404": (steps.reply(404), "no_api", "has no API to verify a token: it answers with 404"),
    "500": (steps.reply(500), "unreachable", "failed: 500 Internal Server Error"),
    "429": (steps.reply(429, Retry_After="99"), "too_many_requests", "received too many requests"),
    "nonsense": (steps.reply_json(200, []), "unreachable", "sent an invalid response: the response is not an object"),
}


@pytest.mark.parametrize(("step", "state", "said"), UNTOLD.values(), ids=list(UNTOLD))
def test_login_stores_an_unverified_token_and_says_why(
    home: Path, fake: FakeWorkspace, step: Callable[[Handler], None], state: str, said: str
) -> None:
    fake.script = [step]
    done = login(fake, "--json", "--label", "Mine")
    assert done.code == 0
    assert f"(unverified)\nnote: it was not verified: {fake.url} {said}\n" in done.err.replace("the answer of ", "")
    assert (done.json["verified"], done.json["state"], read_stored(home)["label"]) == (False, state, "Mine")
    assert said in done.json["reason"]
    assert "user" not in read_stored(home)


@pytest.mark.parametrize(("step", "state", "said"), UNTOLD.values(), ids=list(UNTOLD))
def test_login_verify_stores_nothing_if_verification_fails(
    home: Path, fake: FakeWorkspace, step: Callable[[Handler], None], state: str, said: str
) -> None:
    fake.script = [step]
    done = login(fake, "--verify")
    assert (done.code, said in done.err) == (1, True)
    assert nothing_is_stored(home)


def test_login_no_verify_sends_no_request(home: Path, fake: FakeWorkspace) -> None:
    done = login(fake, "--no-verify", "--json")
    assert (done.code, fake.requests) == (0, [])
    assert (done.json["verified"], done.json["state"]) == (False, "not_asked")
    assert "(unverified)" in done.err
    assert "was not verified" not in done.err


def test_login_with_an_unusable_setting_stores_nothing(
    home: Path, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARKA_TIMEOUT", "soon")
    done = login(fake)
    assert (done.code, "ARKA_TIMEOUT: timeout is not a number of seconds" in done.err) == (1, True)
    assert nothing_is_stored(home)
    assert fake.requests == []


@pytest.mark.parametrize(("expected", "code"), [("ANN@example.com", 0), ("usr_1", 0), ("bob@example.com", 1)])
def test_login_expect_user_compares_the_token_s_user(home: Path, fake: FakeWorkspace, expected: str, code: int) -> None:
    fake.add(TOKEN)
    done = login(fake, "--expect-user", expected)
    assert done.code == code
    assert nothing_is_stored(home) is (code == 1)
    if code:
        assert "the token belongs to 'ann@example.com', not to 'bob@example.com'; nothing was stored" in done.err


def test_login_expect_user_stores_nothing_if_unverified(home: Path, fake: FakeWorkspace) -> None:
    fake.script = [steps.reply_page(200)]
    done = login(fake, "--expect-user", "ann@example.com")
    assert done.code == 1
    assert "cannot check whether the token belongs to 'ann@example.com': " in done.err
    assert nothing_is_stored(home)
    assert login(fake, "--expect-user", "ann@example.com", "--no-verify").code == 2


def test_login_replaces_another_user_s_token_only_with_force(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    fake.add(OTHER, email="bob@example.com")
    assert login(fake).code == 0
    done = login(fake, token=OTHER)
    assert (done.code, read_stored(home)["token"]) == (1, TOKEN)
    assert "profile 'default' has a token of ann@example.com, and this one is of bob@example.com" in done.err
    assert login(fake, "--force", token=OTHER).code == 0
    assert read_stored(home)["user"] == "bob@example.com"


def test_login_replaces_a_token_of_the_same_or_an_unknown_user(home: Path, fake: FakeWorkspace) -> None:
    assert login(fake, "--no-verify").code == 0
    fake.add(OTHER, email="bob@example.com")
    assert login(fake, token=OTHER).code == 0
    fake.add(TOKEN, email="Bob@example.com")
    assert login(fake).code == 0
    assert read_stored(home)["user"] == "Bob@example.com"


def test_login_escapes_control_characters_of_a_label(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "a\x1b[2Jb")
    done = login(fake)
    assert "\x1b" not in done.err
    assert "label contains a forbidden character" in done.err
    assert "label" not in read_stored(home)


# status


def read_rows(text: str) -> dict[str, str]:
    return {name: " ".join(rest) for name, *rest in (line.split() for line in text.splitlines()[1:])}


@pytest.fixture
def unverified_login(home: Path, fake: FakeWorkspace) -> FakeWorkspace:
    """Profile `work`. When its token was stored, it could not be verified."""
    assert login(fake, "-p", "work", "--no-verify", "--label", "Mine").code == 0
    return fake


def test_status_shows_the_verified_user(unverified_login: FakeWorkspace, home: Path) -> None:
    unverified_login.add(TOKEN, "CI/CD Pipeline", expires=END)
    before = read_stored(home, "work")
    done = arka("status")
    shown = read_rows(done.out)
    assert (done.code, done.err) == (0, "")
    assert (shown["verified"], shown["plan"]) == ("yes (as ann@example.com)", "pro")
    assert shown["label"] == "CI/CD Pipeline"
    assert "2099-01-01" in shown["expires"]
    assert read_stored(home, "work") == before
    document = arka("status", "--json").json
    assert (document["verified"], document["state"], document["plan"]) == (True, "valid", "pro")
    assert (document["token"]["user"], document["token"]["expires"]) == ("ann@example.com", END)


def test_status_suggests_rotate_for_a_valid_token_that_expires_soon(unverified_login: FakeWorkspace) -> None:
    unverified_login.add(TOKEN, expires=timestamps.to_text(timestamps.now() + timedelta(days=3)))
    done = arka("status")
    assert (done.code, "hint: arka rotate --profile work" in done.err) == (0, True)


def test_status_names_the_page_for_an_exported_token_that_expires_soon(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN, expires=timestamps.to_text(timestamps.now() + timedelta(days=3)))
    done = arka("status", "--api-url", fake.url, environ={"ARKA_API_KEY": TOKEN, "ARKA_API_URL": fake.url})
    assert (done.code, f"hint: create a new one on {fake.url}{PAGE}" in done.err) == (0, True)


def test_status_exits_with_4_for_a_revoked_token(unverified_login: FakeWorkspace) -> None:
    done = arka("status")
    assert (done.code, read_rows(done.out)["verified"]) == (4, "no: Invalid token")
    assert done.err.startswith("error: Invalid token\n")
    as_json = arka("status", "--json")
    assert (as_json.code, as_json.json["verified"], as_json.json["state"]) == (4, False, "invalid")


def test_status_exits_with_4_without_a_subscription(unverified_login: FakeWorkspace) -> None:
    unverified_login.add(TOKEN, plan="free")
    done = arka("status")
    assert (done.code, read_rows(done.out)["verified"]) == (4, "no: Pro subscription required")
    assert f"hint: subscribe on {unverified_login.url}/billing" in done.err


def test_status_succeeds_if_the_token_cannot_be_verified(unverified_login: FakeWorkspace) -> None:
    unverified_login.script = [steps.reply_page(200)] * 2
    done = arka("status")
    assert (done.code, done.err) == (0, "")
    assert read_rows(done.out)["verified"].startswith(f"unknown: no API {unverified_login.url} has no API")
    assert arka("status", "--json").json["state"] == "no_api"


def test_status_offline_sends_no_request(unverified_login: FakeWorkspace) -> None:
    assert read_rows(arka("status", "--offline").out)["verified"] == "not checked (--offline)"
    assert unverified_login.requests == []


def test_status_verify_fails_unless_the_workspace_confirms(unverified_login: FakeWorkspace) -> None:
    unverified_login.add(TOKEN)
    assert arka("status", "--verify").code == 0
    unverified_login.script = [steps.reply_page(200)] * 4
    done = arka("status", "--verify")
    assert (done.code, f"{unverified_login.url} has no API" in done.err) == (1, True)
    assert arka("status", "--verify", "--json").json["error"]["exit_code"] == 1


def test_status_verify_fetches_the_token_of_a_helper(home: Path, fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'[helpers]\nop = ["echo", "{TOKEN}"]\nno = ["false"]\n')
    assert arka("profiles", "create", "far", "token.helper=op", f"api_url={fake.url}").code == 0
    done = arka("status", "-p", "far", "--verify")
    assert (done.code, read_rows(done.out)["verified"]) == (0, "yes (as ann@example.com)")
    assert arka("profiles", "set", "far", "token.helper=no").code == 0
    done = arka("status", "-p", "far", "--verify")
    assert (done.code, "profile" in read_rows(done.out)) == (4, True)


def test_status_verifies_an_exported_token_and_shows_its_expiry(
    home: Path, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.add(TOKEN, expires=END)
    monkeypatch.setenv("ARKA_API_KEY", TOKEN)
    monkeypatch.setenv("ARKA_API_URL", fake.url)
    assert arka("profiles", "create", "used", f"api_url={fake.url}").code == 0
    assert arka("status", "--expiring", "1d").code == 0
    assert arka("status", "--expiring", "99999y").code == 3
    assert "label" in read_rows(arka("status").out)


def test_status_runs_no_helper(home: Path, fake: FakeWorkspace, tmp_path: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text(f'[helpers]\nop = ["touch", "{tmp_path}/ran"]\n')
    assert arka("profiles", "create", "far", "token.helper=op", f"api_url={fake.url}").code == 0
    done = arka("status", "-p", "far")
    assert read_rows(done.out)["verified"] == "unknown: not fetched the helper that prints the token was not run"
    assert (done.code, fake.requests, (tmp_path / "ran").exists()) == (0, [], False)


def test_status_sends_no_token_to_another_origin(unverified_login: FakeWorkspace, home: Path) -> None:
    with steps.serve_fake() as other_workspace:
        (home / "config" / "profiles").mkdir(parents=True, exist_ok=True)
        (home / "config" / "profiles" / "work.toml").write_text(f'api_url = "{other_workspace.url}"\n')
        assert arka("status").code == 1
        assert arka("profiles", "verify").code == 1
        assert arka("rotate").code == 1
        assert other_workspace.requests == unverified_login.requests == []
