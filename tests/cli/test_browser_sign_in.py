"""`login` and `refresh` through the browser, in this process: the workspace is real, and the browser approves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import delete, select

from arka_config.arka import app
from arka_config.cli.runtime import browser_sign_in
from arka_config.store import journal
from arka_config.store.profile_store import ProfileStore
from arka_config.testing import USER, ApprovingBrowser
from arka_config.workspace.server.tables import Token
from arka_config.workspace.server.tokens import generate_token
from tests.cli.program import TOKEN, Result, arka
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace
    from tests.workspace.fake import FakeWorkspace

REMOTE = {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}


def sign_in(*options: str, command: str = "login", **environ: str) -> tuple[Result, list[Any]]:
    """Run `login --json`, and return its result and the JSON objects of its lines."""
    done = arka(command, "-p", "laptop", "--json", *options, environ=environ)
    return done, [json.loads(line) for line in done.out.splitlines()]


def live_tokens(workspace: RunningWorkspace) -> int:
    with workspace.workspace.database.read() as session:
        return len(session.scalars(select(Token)).all())


def stored(home: Path) -> Any:
    return json.loads((home / "data" / "tokens" / "laptop.json").read_text())


def journal_is_empty(home: Path) -> bool:
    return not (home / "state" / "journal.json").exists()


@pytest.mark.parametrize("environ", [{}, REMOTE], ids=["loopback", "device code"])
def test_login_stores_a_verified_token_after_the_user_approves(
    environ: dict[str, str], home: Path, cli_browser: ApprovingBrowser, cli_workspace: RunningWorkspace
) -> None:
    done, (page, result) = sign_in(**environ)
    assert done.code == 0, done.err
    assert page["url"].startswith(cli_workspace.url)
    assert page["code"] in done.err
    assert result["profile"] == "laptop"
    assert (result["verified"], result["user"], result["label"]) == (True, USER, cli_browser.label)
    token = stored(home)["token"]
    assert (stored(home)["origin"], stored(home)["expires"][:2]) == (cli_workspace.url, "20")
    assert token not in done.out + done.err
    assert journal_is_empty(home)
    assert ("/oauth/authorize?" in cli_browser.pages[0]) == (not environ)


@pytest.mark.parametrize("environ", [{}, REMOTE], ids=["loopback", "device code"])
def test_denied_sign_in_stores_nothing(
    environ: dict[str, str], home: Path, cli_browser: ApprovingBrowser, cli_workspace: RunningWorkspace
) -> None:
    cli_browser.approves = False
    done, (_, result) = sign_in(**environ)
    assert done.code == 1
    assert result["error"]["message"] == "the request was denied in the browser; nothing was stored"
    assert (live_tokens(cli_workspace), journal_is_empty(home)) == (0, True)
    assert not (home / "data").exists()


@pytest.mark.parametrize("environ", [{}, REMOTE], ids=["loopback", "device code"])
def test_sign_in_without_pro_names_the_plan(
    environ: dict[str, str], cli_browser: ApprovingBrowser, cli_workspace: RunningWorkspace
) -> None:
    cli_workspace.add_user(USER, "free")
    done, (_, result) = sign_in(**environ)
    assert (done.code, result["error"]["message"]) == (4, "Pro subscription required")
    assert result["error"]["hint"] == f"subscribe on {cli_workspace.url}/billing"


@pytest.mark.usefixtures("cli_browser")
def test_token_that_cannot_be_stored_is_revoked(
    home: Path, cli_workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        assert live_tokens(cli_workspace) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(ProfileStore, "log_in", fail)
    done, _ = sign_in()
    assert (done.code, live_tokens(cli_workspace), journal_is_empty(home)) == (130, 0, True)


@pytest.mark.usefixtures("cli_browser")
def test_token_of_another_user_is_refused_and_revoked(home: Path, cli_workspace: RunningWorkspace) -> None:
    assert sign_in()[0].code == 0
    file = home / "data" / "tokens" / "laptop.json"
    file.write_text(json.dumps(stored(home) | {"user": "bob@example.com"}))
    done, (_, result) = sign_in()
    assert (done.code, f"of bob@example.com, and this one is of {USER}" in result["error"]["message"]) == (1, True)
    assert live_tokens(cli_workspace) == 1


def test_interrupt_withdraws_the_request(
    home: Path, cli_browser: ApprovingBrowser, cli_workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_browser, "open", lambda *_: False)
    monkeypatch.setattr("webbrowser.open", lambda *_: False)
    monkeypatch.setattr("arka_config.workspace.client.sign_in.server.pause", interrupt)
    done, (page,) = sign_in(**REMOTE)
    assert (done.code, "withdrew the request" in done.err, journal_is_empty(home)) == (130, True, True)
    with pytest.raises(httpx.HTTPStatusError, match="422"):  # the code is not known any more
        cli_browser.decide(f"/device?user_code={page['code']}")


@pytest.mark.usefixtures("cli_browser")
def test_device_code_is_used_if_no_browser_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def fail_once(page: str) -> bool:
        opened.append(page)
        return len(opened) > 1

    monkeypatch.setattr("webbrowser.open", fail_once)
    monkeypatch.setattr("arka_config.workspace.client.sign_in.server.pause", lambda *_: False)
    done, (first, second, result) = sign_in()
    assert (done.code, "error" in result) == (1, True)
    assert ("/oauth/authorize?" in first["url"], second["url"].endswith("/device")) == (True, True)


def test_busy_server_is_polled_until_the_code_expires(
    cli_browser: ApprovingBrowser, cli_workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = []

    def pause(until: float, ends: float, show: Any) -> bool:
        show(ends - until)
        pauses.append(until)
        return len(pauses) < 3

    monkeypatch.setattr("webbrowser.open", lambda *_: False)
    monkeypatch.setattr("arka_config.workspace.client.sign_in.server.pause", pause)
    done, (_, result) = sign_in(**REMOTE)
    assert (done.code, len(pauses)) == (1, 3)
    assert result["error"]["message"] == "the request was not approved in time; nothing was stored"


def test_no_browser_shows_a_device_code_and_opens_nothing(
    cli_browser: ApprovingBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arka_config.workspace.client.sign_in.server.pause", lambda *_: False)
    _, (page, _) = sign_in("--no-browser")
    assert (page["url"].endswith("/device"), cli_browser.pages) == (True, [])


def test_metadata_of_another_issuer_is_an_error_that_suggests_paste(home: Path, fake: FakeWorkspace) -> None:
    fake.scripts_metadata = True
    fake.script.append(steps.reply_json(200, {"issuer": "https://evil.example"}))
    done = arka("login", "-p", "laptop", "--json", "--api-url", fake.url)
    assert (done.code, done.json["error"]["hint"]) == (1, "--paste asks for a token instead")
    assert len(fake.requests) == 1


@pytest.mark.parametrize("option", ["--paste", "--with-token"])
def test_paste_and_with_token_open_no_browser(option: str, cli_browser: ApprovingBrowser) -> None:
    done = arka("login", "-p", "laptop", "--json", option, stdin=TOKEN if option == "--with-token" else "")
    assert cli_browser.pages == []
    assert done.code == (4 if option == "--with-token" else 2)


def test_no_input_names_the_flags_and_opens_nothing(cli_browser: ApprovingBrowser) -> None:
    done = arka("login", "-p", "laptop", "--json", "--no-input")
    assert (done.code, cli_browser.pages) == (2, [])
    assert "--with-token" in done.json["error"]["hint"]


@pytest.mark.usefixtures("home")
def test_without_a_terminal_or_json_login_names_the_flags() -> None:
    done = arka("login", "-p", "laptop")
    assert (done.code, "--with-token" in done.err, "cannot be reached" in done.err) == (2, True, False)


# refresh


@pytest.mark.usefixtures("cli_browser")
def test_refresh_replaces_an_expired_token_and_keeps_label_settings_and_storage(
    home: Path, cli_browser: ApprovingBrowser, cli_workspace: RunningWorkspace
) -> None:
    cli_browser.label = "MacBook Pro"
    assert sign_in()[0].code == 0
    assert arka("profiles", "set", "laptop", "timeout=7").code == 0
    old = stored(home)
    (home / "data" / "tokens" / "laptop.json").write_text(json.dumps(old | {"expires": "2020-01-01T00:00:00Z"}))
    assert "hint: arka refresh -p laptop" in arka("token", "--strict-expiry").err
    done, (_, result) = sign_in(command="refresh")
    assert (done.code, result["refreshed"], result["label"]) == (0, True, "MacBook Pro")
    assert "label=MacBook+Pro" in cli_browser.pages[-1]
    assert stored(home)["token"] != old["token"]
    assert arka("config", "get", "timeout").out == "7\n"


@pytest.mark.usefixtures("cli_browser")
def test_hint_of_a_rejected_token_is_a_refresh_that_replaces_it(home: Path, cli_workspace: RunningWorkspace) -> None:
    assert sign_in()[0].code == 0
    with cli_workspace.workspace.database.write() as session:
        session.execute(delete(Token))
    rejected = arka("status", "--json")
    assert (rejected.code, "arka refresh -p laptop" in rejected.err) == (4, True)
    assert arka("rotate").err.splitlines()[-1].startswith("hint: arka refresh -p laptop")
    assert sign_in(command="refresh")[0].code == 0


@pytest.mark.usefixtures("cli_browser")
def test_rejected_token_of_a_new_profile_hints_at_login_with_the_same_url(
    cli_workspace: RunningWorkspace,
) -> None:
    assert sign_in()[0].code == 0
    url = cli_workspace.url
    for name in ("new", "laptop"):  # the second one exists
        done = arka(
            "login", "-p", name, "--with-token", "--api-url", url, "--force", stdin=generate_token(app).reveal()
        )
        assert (done.code, f"hint: arka login -p {name} --api-url {url}; your tokens" in done.err) == (4, True), (
            done.err
        )
    assert arka("status", "--verify").code == 0


@pytest.mark.usefixtures("cli_browser")
def test_refresh_leaves_a_working_token(home: Path, cli_browser: ApprovingBrowser) -> None:
    assert sign_in()[0].code == 0
    before, pages = stored(home), list(cli_browser.pages)
    done = arka("refresh", "-p", "laptop", "--json")
    assert (done.code, done.json, cli_browser.pages) == (0, {"profile": "laptop", "refreshed": False}, pages)
    assert stored(home) == before


def test_refresh_without_a_terminal_names_login(two_profiles: Path) -> None:
    done = arka("refresh", "-p", "work", "--no-input")
    assert done.code in (1, 2)
    assert "hint:" in done.err


# Kills


@pytest.mark.usefixtures("cli_browser")
@pytest.mark.parametrize("environ", [{}, REMOTE], ids=["loopback", "device code"])
def test_token_that_a_killed_login_did_not_store_is_revoked_later(
    environ: dict[str, str], home: Path, cli_workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the server's answer and before the token is stored, so no cleanup of ours runs."""

    class Killed(BaseException):
        pass

    def die(*_: object, **__: object) -> bool:
        raise Killed

    monkeypatch.setattr(journal.Entry, "is_in_progress", False)  # as if its process were gone
    with monkeypatch.context() as killed:
        killed.setattr(ProfileStore, "log_in", die)
        killed.setattr(browser_sign_in, "_revoke", lambda *_: False)
        with pytest.raises(Killed):
            sign_in(**environ)
    assert (live_tokens(cli_workspace), journal_is_empty(home)) == (1, False)
    assert arka("doctor", "--fix").code in (0, 1)
    assert (live_tokens(cli_workspace), journal_is_empty(home)) == (0, True)
