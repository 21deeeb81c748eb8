"""`login` and other commands that prompt, on a real pseudo-terminal."""

from __future__ import annotations

import os
import stat
from threading import Event
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store
from arka_config.arka import app
from arka_config.cli.input.profile_name import suggest_machine
from tests import no_network
from tests.cli.program import OTHER
from tests.cli.pseudo_terminal import ARKA, Terminal
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

TOKEN = "arka_" + "t" * 33 + "9f3c"
PAGE = "https://arka-ai.com/app/personal/settings/tokens"
QUESTION = "Paste the token"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    variables = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    return variables | no_network.VARIABLES


@pytest.fixture
def arka(environ: dict[str, str]) -> Callable[..., Terminal]:
    def start(*arguments: str) -> Terminal:
        return Terminal(list(arguments), environ)

    return start


def stored(environ: dict[str, str], name: str) -> str | None:
    credential = open_store(app, environ).tokens.read(name)
    return None if credential is None else credential.token.reveal()


def test_login_shows_the_token_page_and_never_the_token(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    terminal = arka("login", "--profile", "laptop", "--label", "MacBook Pro")
    terminal.expect(PAGE)
    terminal.answer_hidden(QUESTION, TOKEN)
    assert terminal.wait() == 0
    assert "arka_…9f3c" in terminal.shown
    assert TOKEN not in terminal.shown
    assert "t" * 8 not in terminal.shown
    assert stored(environ, "laptop") == TOKEN


def test_ctrl_c_at_the_token_prompt_exits_130_and_stores_nothing(
    arka: Callable[..., Terminal], environ: dict[str, str], tmp_path: Path
) -> None:
    terminal = arka("login", "--profile", "laptop")
    terminal.expect_hidden(QUESTION)
    terminal.child.send(TOKEN[:20])
    terminal.interrupt()
    assert terminal.wait() == 130
    assert TOKEN[:20] not in terminal.shown
    assert "Traceback" not in terminal.shown
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock"] == []


def test_ctrl_c_turns_the_echo_on_again(environ: dict[str, str]) -> None:
    shell = Terminal(["-ic", f"{ARKA} login -p default; echo ended; read x"], environ, program="bash")
    shell.expect_hidden(QUESTION)
    shell.interrupt()
    shell.expect("interrupted")
    shell.expect("ended")
    assert shell.has_echo()
    shell.child.close(force=True)


def test_end_of_input_is_an_error_that_says_nothing_was_entered(
    arka: Callable[..., Terminal], environ: dict[str, str]
) -> None:
    terminal = arka("login", "-p", "default")
    terminal.expect_hidden(QUESTION)
    terminal.child.sendeof()
    assert terminal.wait() == 1
    assert "nothing was entered" in terminal.shown
    assert stored(environ, "default") is None


def test_login_asks_again_after_a_malformed_token(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    terminal = arka("login", "-p", "default")
    for wrong, message in ((TOKEN[:-1], "was it copied whole?"), ("ghp_" + "x" * 38, "does not start with arka_")):
        terminal.answer_hidden(QUESTION, wrong)
        terminal.expect(message)
    terminal.answer_hidden(QUESTION, TOKEN)
    assert terminal.wait() == 0
    assert "xxx" not in terminal.shown
    assert stored(environ, "default") == TOKEN


def test_login_asks_again_after_an_empty_paste(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    terminal = arka("login", "-p", "default")
    terminal.answer_hidden(QUESTION, "")
    terminal.expect("nothing was pasted")
    terminal.answer_hidden(QUESTION, TOKEN)
    assert terminal.wait() == 0
    assert stored(environ, "default") == TOKEN


def test_logout_all_asks_first(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    log_in = arka("login", "-p", "work")
    log_in.answer_hidden(QUESTION, TOKEN)
    assert log_in.wait() == 0
    terminal = arka("logout", "--all")
    terminal.expect("Remove the token (work)? [y/N]:")
    terminal.type("n")
    assert (terminal.wait(), stored(environ, "work")) == (1, TOKEN)
    assert (arka("logout", "--all", "--yes").wait(), stored(environ, "work")) == (0, None)


def test_login_exits_4_after_three_malformed_tokens(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    terminal = arka("login", "-p", "default")
    for _ in range(3):
        terminal.answer_hidden(QUESTION, "wrong")
    assert terminal.wait() == 4
    assert "Invalid token" in terminal.shown
    assert stored(environ, "default") is None


@pytest.mark.parametrize(("options", "opened"), [((), True), (("--no-browser",), False)])
def test_login_opens_the_token_page_unless_no_browser_is_given(
    arka: Callable[..., Terminal], environ: dict[str, str], tmp_path: Path, options: tuple[str, ...], opened: bool
) -> None:
    record = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {record}\n')
    browser.chmod(0o755)
    environ["BROWSER"] = f"{browser} %s"
    terminal = arka("login", "-p", "default", "--api-url", "https://eu.arka-ai.com", *options)
    terminal.answer_hidden(QUESTION, TOKEN)
    assert terminal.wait() == 0
    assert record.exists() is opened
    if opened:
        assert record.read_text() == PAGE.replace("https://", "https://eu.")


def test_login_and_use_work_with_a_read_only_config_folder(
    arka: Callable[..., Terminal], environ: dict[str, str], tmp_path: Path
) -> None:
    """Root can write to any folder, so here the folder's path is below a regular file."""
    config = tmp_path / "a-file"
    config.write_text("")
    config.chmod(stat.S_IREAD)
    environ["XDG_CONFIG_HOME"] = str(config)
    for name in ("laptop", "ci"):
        terminal = arka("login", "--profile", name)
        terminal.answer_hidden(QUESTION, TOKEN)
        assert terminal.wait() == 0
        assert stored(environ, name) == TOKEN
    assert arka("use", "ci").wait() == 0
    assert open_store(app, environ).selection.read_active() == ("ci", "laptop")
    assert arka("logout").wait() == 0
    assert stored(environ, "ci") is None


def test_login_asks_when_only_stdout_is_not_a_terminal(environ: dict[str, str]) -> None:
    """As in `output=$(arka login ...)`. bitwarden/cli#118 tested stdout, so that failed."""
    script = f'output=$({ARKA} login -p default --json) && echo "got $output"'
    shell = Terminal(["-c", script], environ, program="sh")
    shell.answer_hidden(QUESTION, TOKEN)
    shell.expect('"profile": "default"')
    assert shell.wait() == 0


def test_use_lets_the_user_pick_a_profile(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    store = open_store(app, environ)
    for name in ("ci", "work"):
        store.log_in(name, Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")))
    for answer, active in (("wor", "work"), ("ci", "ci")):
        terminal = arka("use")
        terminal.expect("Which profile")
        terminal.type(answer)
        assert terminal.wait() == 0
        assert store.selection.read_active()[0] == active


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, False), ("", 1, True), ("n", 1, True)])
def test_profiles_remove_asks_for_confirmation(
    arka: Callable[..., Terminal], environ: dict[str, str], answer: str, code: int, left: bool
) -> None:
    store = open_store(app, environ)
    store.log_in("work", Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")))
    terminal = arka("profiles", "remove", "work")
    terminal.expect("Remove profile 'work' and its token?")
    terminal.type(answer)
    assert terminal.wait() == code
    assert store.exists("work") is left


def test_login_asks_again_after_the_workspace_refuses_the_token(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: FakeWorkspace
) -> None:
    fake.add(TOKEN)
    terminal = arka("login", "-p", "default", "--api-url", fake.url)
    for token in ("arka_" + "x" * 37, TOKEN):
        terminal.answer_hidden(QUESTION, token)
    terminal.expect("(verified, as ann@example.com)")
    assert terminal.wait() == 0
    assert "Invalid token" in terminal.shown
    assert "x" * 8 not in terminal.shown
    assert stored(environ, "default") == TOKEN


def test_login_does_not_ask_again_without_a_subscription(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: FakeWorkspace
) -> None:
    fake.add(TOKEN, plan="free")
    terminal = arka("login", "-p", "default", "--api-url", fake.url)
    terminal.answer_hidden(QUESTION, TOKEN)
    terminal.expect("Pro subscription required")
    terminal.expect(f"{fake.url}/billing")
    assert terminal.wait() == 4
    assert stored(environ, "default") is None


def test_verify_shows_a_progress_bar_and_removes_it(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: FakeWorkspace
) -> None:
    fake.add(TOKEN)
    store = open_store(app, environ)
    for name in ("ci", "work"):
        store.log_in(name, Credential(Secret(TOKEN), Origin.of(fake.url)))
    slow: list[Callable[[steps.Handler], None] | None] = [lambda handler: (steps.stall(1.5)(handler), None)[1]] * 2
    fake.script = slow
    terminal = arka("profiles", "verify")
    terminal.expect("Asking")
    terminal.expect("/2")
    terminal.expect("PROFILE")
    assert terminal.wait() == 0
    assert "Asking" not in terminal.shown.rpartition("PROFILE")[2]


def test_ctrl_c_removes_the_bar_and_says_what_was_revoked(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: FakeWorkspace
) -> None:
    store = open_store(app, environ)
    for name, token in (("ci", TOKEN), ("work", OTHER)):
        fake.add(token)
        store.log_in(name, Credential(Secret(token), Origin.of(fake.url)))
    answer = Event()
    fake.script = [None, lambda _: (answer.wait(60), None)[1]]
    try:
        terminal = arka("logout", "--all", "--revoke", "--yes")
        terminal.expect("Revoked the token of profile 'ci'")
        terminal.expect("Revoking tokens")
        terminal.expect("1/2")
        terminal.interrupt()
        terminal.expect("\x1b[K")
        terminal.expect("interrupted\r\n  revoked: ci\r\n  may have been revoked: work\r\n")
        terminal.expect("arka logout --revoke --all")
        assert terminal.wait() == 130
        assert "1/2" not in terminal.shown.rpartition("interrupted")[2]
    finally:
        answer.set()


def test_ctrl_c_does_not_wait_for_the_workspace(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: FakeWorkspace
) -> None:
    open_store(app, environ).log_in("work", Credential(Secret(TOKEN), Origin.of(fake.url)))
    answer, arrived = Event(), Event()

    def hold(handler: steps.Handler) -> None:
        arrived.set()
        answer.wait(60)

    try:
        for line in (("status",), ("profiles", "verify"), ("rotate",)):
            fake.script = [hold]
            arrived.clear()
            terminal = arka(*line)
            assert arrived.wait(60)
            terminal.interrupt()
            terminal.expect("interrupted")
            assert terminal.wait() == 130
            assert "Traceback" not in terminal.shown
    finally:
        answer.set()


@pytest.mark.parametrize(("answer", "code", "works"), [("y", 0, False), ("n", 1, True), ("", 1, True)])
def test_revoke_asks_for_confirmation(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: FakeWorkspace, answer: str, code: int, works: bool
) -> None:
    fake.add(TOKEN)
    open_store(app, environ).log_in("work", Credential(Secret(TOKEN), Origin.of(fake.url)))
    terminal = arka("revoke")
    terminal.expect("Revoke arka_…9f3c of profile 'work' at")
    terminal.expect("[y/N]")
    terminal.type(answer)
    assert terminal.wait() == code
    assert fake.accepts(TOKEN) is works
    assert (stored(environ, "work") is not None) is works


def test_first_login_asks_for_the_profile_s_name_and_suggests_the_machine_s(
    arka: Callable[..., Terminal], environ: dict[str, str]
) -> None:
    suggested = suggest_machine()
    terminal = arka("login")
    terminal.expect(f"Name of the profile [{suggested}]: ")
    terminal.type("Work Laptop")
    terminal.expect("try 'work-laptop'")
    terminal.expect(f"Name of the profile [{suggested}]: ")
    terminal.type("")
    terminal.answer_hidden(QUESTION, TOKEN)
    assert terminal.wait() == 0
    assert stored(environ, suggested) == TOKEN


@pytest.mark.parametrize("answer", ["y", ""])
def test_first_login_offers_to_import_the_node_cli_s_token(
    arka: Callable[..., Terminal], environ: dict[str, str], tmp_path: Path, answer: str
) -> None:
    file = tmp_path / ".config" / "arka-code-nodejs" / "config.json"
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_text(f'{{\n\t"token": "{TOKEN}"\n}}')
    file.chmod(0o600)
    terminal = arka("login", "-p", "laptop")
    terminal.expect("has a token of the Node CLI. Import it instead of getting a new one? [y/N]: ")
    terminal.type(answer)
    if answer:
        terminal.expect("Delete the plain copy")
        terminal.type("n")
        assert terminal.wait() == 0
        assert stored(environ, "laptop") == TOKEN
        again = arka("login", "-p", "laptop")
        again.expect_hidden(QUESTION)  # a token is stored, so the question is not asked again
        again.interrupt()
        assert again.wait() == 130
    else:
        terminal.answer_hidden(QUESTION, TOKEN.replace("t", "u"))
        assert terminal.wait() == 0
        assert stored(environ, "laptop") == TOKEN.replace("t", "u")
