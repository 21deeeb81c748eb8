"""`login` and what else asks, as a person meets them: the real program on a real pseudo-terminal."""

from __future__ import annotations

import os
import stat
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

from arka_config import Credential, Origin, ProfileStore, Secret
from arka_config.arka import app
from tests import no_network
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workspace.fake import Fake

ARKA = str(Path(sys.executable).with_name("arka"))
TOKEN = "arka_" + "t" * 33 + "9f3c"
PAGE = "https://arka-ai.com/app/personal/settings/tokens"
QUESTION = "Paste the token"


class Terminal:
    """One run of the program; `shown` is all that the terminal has shown of it so far."""

    def __init__(self, arguments: list[str], environ: dict[str, str]) -> None:
        self.child = pexpect.spawn(
            ARKA, arguments, env=environ, encoding="utf-8", timeout=20, dimensions=(40, 80), echo=True
        )
        self.shown = ""

    def expect(self, text: str) -> None:
        self.child.expect_exact(text)
        self.shown += (self.child.before or "") + text

    def type(self, text: str) -> None:
        self.child.sendline(text)

    def end(self) -> int:
        """The exit code, once the program has ended."""
        self.child.expect(pexpect.EOF)
        self.shown += self.child.before or ""
        self.child.close()
        assert self.child.exitstatus is not None
        return self.child.exitstatus


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    kept = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    return kept | no_network.VARIABLES


@pytest.fixture
def arka(environ: dict[str, str]) -> Callable[..., Terminal]:
    def start(*arguments: str) -> Terminal:
        return Terminal(list(arguments), environ)

    return start


def stored(environ: dict[str, str], name: str) -> str | None:
    credential = ProfileStore.open(app, environ).tokens.read(name)
    return None if credential is None else credential.token.reveal()


def has_echo(terminal: Terminal) -> bool:
    return bool(termios.tcgetattr(terminal.child.child_fd)[3] & termios.ECHO)


def test_login_shows_where_to_get_a_token_and_never_the_token(
    arka: Callable[..., Terminal], environ: dict[str, str]
) -> None:
    terminal = arka("login", "--profile", "laptop", "--label", "MacBook Pro")
    terminal.expect(PAGE)
    terminal.expect(QUESTION)
    terminal.child.waitnoecho(timeout=10)
    terminal.type(TOKEN)
    assert terminal.end() == 0
    assert "arka_…9f3c" in terminal.shown
    assert TOKEN not in terminal.shown
    assert "t" * 8 not in terminal.shown
    assert stored(environ, "laptop") == TOKEN


def test_ctrl_c_at_the_question_exits_with_130_and_stores_nothing(
    arka: Callable[..., Terminal], environ: dict[str, str], tmp_path: Path
) -> None:
    terminal = arka("login", "--profile", "laptop")
    terminal.expect(QUESTION)
    terminal.child.waitnoecho(timeout=10)
    terminal.child.send(TOKEN[:20])
    terminal.child.sendintr()
    assert terminal.end() == 130
    assert TOKEN[:20] not in terminal.shown
    assert "Traceback" not in terminal.shown
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock"] == []


def test_echo_is_back_after_ctrl_c(environ: dict[str, str]) -> None:
    shell = Terminal([], environ)
    shell.child.close()
    shell.child = pexpect.spawn(
        "bash", ["-ic", f"{ARKA} login; echo ended; read x"], env=environ, encoding="utf-8", timeout=20
    )
    shell.expect(QUESTION)
    shell.child.waitnoecho(timeout=10)
    assert not has_echo(shell)
    shell.child.sendintr()
    shell.expect("interrupted")
    shell.expect("ended")
    assert has_echo(shell)
    shell.child.close(force=True)


def test_the_end_of_the_input_says_so(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    terminal = arka("login")
    terminal.expect(QUESTION)
    terminal.child.waitnoecho(timeout=10)
    terminal.child.sendeof()
    assert terminal.end() == 1
    assert "nothing was entered" in terminal.shown
    assert stored(environ, "default") is None


def test_a_paste_that_cannot_be_right_is_asked_for_again(
    arka: Callable[..., Terminal], environ: dict[str, str]
) -> None:
    terminal = arka("login")
    for wrong, said in ((TOKEN[:-1], "was it copied whole?"), ("ghp_" + "x" * 38, "does not start with arka_")):
        terminal.expect(QUESTION)
        terminal.child.waitnoecho(timeout=10)
        terminal.type(wrong)
        terminal.expect(said)
    terminal.expect(QUESTION)
    terminal.child.waitnoecho(timeout=10)
    terminal.type(TOKEN)
    assert terminal.end() == 0
    assert "xxx" not in terminal.shown
    assert stored(environ, "default") == TOKEN


def test_three_wrong_pastes_end_with_4(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    terminal = arka("login")
    for _ in range(3):
        terminal.expect(QUESTION)
        terminal.child.waitnoecho(timeout=10)
        terminal.type("wrong")
    assert terminal.end() == 4
    assert "Invalid token" in terminal.shown
    assert stored(environ, "default") is None


@pytest.mark.parametrize(("options", "opened"), [((), True), (("--no-browser",), False)])
def test_the_page_is_opened_in_the_browser_unless_that_is_declined(
    arka: Callable[..., Terminal], environ: dict[str, str], tmp_path: Path, options: tuple[str, ...], opened: bool
) -> None:
    record = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {record}\n')
    browser.chmod(0o755)
    environ["BROWSER"] = f"{browser} %s"
    terminal = arka("login", "--api-url", "https://eu.arka-ai.com", *options)
    terminal.expect(QUESTION)
    terminal.child.waitnoecho(timeout=10)
    terminal.type(TOKEN)
    assert terminal.end() == 0
    assert record.exists() is opened
    if opened:
        assert record.read_text() == PAGE.replace("https://", "https://eu.")


def test_login_and_use_work_where_the_config_folder_cannot_be_written(
    arka: Callable[..., Terminal], environ: dict[str, str], tmp_path: Path
) -> None:
    """Root may write anywhere, so the folder is one that nobody can make: it would lie below a file."""
    config = tmp_path / "a-file"
    config.write_text("")
    config.chmod(stat.S_IREAD)
    environ["XDG_CONFIG_HOME"] = str(config)
    for name in ("laptop", "ci"):
        terminal = arka("login", "--profile", name)
        terminal.expect(QUESTION)
        terminal.child.waitnoecho(timeout=10)
        terminal.type(TOKEN)
        assert terminal.end() == 0
        assert stored(environ, name) == TOKEN
    assert arka("use", "ci").end() == 0
    assert ProfileStore.open(app, environ).selection.active() == ("ci", "laptop")
    assert arka("logout").end() == 0
    assert stored(environ, "ci") is None


def test_a_person_is_asked_although_stdout_is_no_terminal(environ: dict[str, str]) -> None:
    """`output=$(arka login …)`: bitwarden/cli#118 tested stdout and could not be used so."""
    script = f'output=$({ARKA} login --json) && echo "got $output"'
    child = pexpect.spawn("sh", ["-c", script], env=environ, encoding="utf-8", timeout=20)
    child.expect_exact(QUESTION)
    child.waitnoecho(timeout=10)
    child.sendline(TOKEN)
    child.expect_exact('"profile": "default"')
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


def test_use_offers_the_profiles_to_choose_from(arka: Callable[..., Terminal], environ: dict[str, str]) -> None:
    store = ProfileStore.open(app, environ)
    for name in ("ci", "work"):
        store.log_in(name, Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")))
    for answer, chosen in (("2", "work"), ("ci", "ci")):
        terminal = arka("use")
        terminal.expect("Which profile")
        terminal.type(answer)
        assert terminal.end() == 0
        assert store.selection.active()[0] == chosen


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, False), ("", 1, True), ("n", 1, True)])
def test_removing_asks_first(
    arka: Callable[..., Terminal], environ: dict[str, str], answer: str, code: int, left: bool
) -> None:
    store = ProfileStore.open(app, environ)
    store.log_in("work", Credential(Secret(TOKEN), Origin.of("https://arka-ai.com")))
    terminal = arka("profiles", "remove", "work")
    terminal.expect("Remove profile 'work' and its token?")
    terminal.type(answer)
    assert terminal.end() == code
    assert store.exists("work") is left


def test_a_paste_that_the_workspace_refuses_is_asked_for_again(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: Fake
) -> None:
    fake.add(TOKEN)
    terminal = arka("login", "--api-url", fake.url)
    for pasted in ("arka_" + "x" * 37, TOKEN):
        terminal.expect(QUESTION)
        terminal.child.waitnoecho(timeout=10)
        terminal.type(pasted)
    terminal.expect("(verified, as ann@example.com)")
    assert terminal.end() == 0
    assert "Invalid token" in terminal.shown
    assert "x" * 8 not in terminal.shown
    assert stored(environ, "default") == TOKEN


def test_one_without_a_subscription_is_not_asked_for_again(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: Fake
) -> None:
    fake.add(TOKEN, plan="free")
    terminal = arka("login", "--api-url", fake.url)
    terminal.expect(QUESTION)
    terminal.child.waitnoecho(timeout=10)
    terminal.type(TOKEN)
    terminal.expect("Pro subscription required")
    terminal.expect(f"{fake.url}/billing")
    assert terminal.end() == 4
    assert stored(environ, "default") is None


def test_a_bar_shows_how_far_the_verifying_is_and_leaves_nothing_behind(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: Fake
) -> None:
    fake.add(TOKEN)
    store = ProfileStore.open(app, environ)
    for name in ("ci", "work"):
        store.log_in(name, Credential(Secret(TOKEN), Origin.of(fake.url)))
    slow: list[Callable[[steps.Handler], None] | None] = [lambda handler: (steps.silent(0.5)(handler), None)[1]] * 2
    fake.script = slow
    terminal = arka("profiles", "verify")
    terminal.expect("Asking")
    terminal.expect("/2")
    terminal.expect("PROFILE")
    assert terminal.end() == 0
    assert "Asking" not in terminal.shown.rpartition("PROFILE")[2]


def test_ctrl_c_waits_for_no_answer(arka: Callable[..., Terminal], environ: dict[str, str], fake: Fake) -> None:
    ProfileStore.open(app, environ).log_in("work", Credential(Secret(TOKEN), Origin.of(fake.url)))
    for line in (("status",), ("profiles", "verify"), ("rotate",)):
        fake.script = [steps.silent(8)]
        fake.seen.clear()
        terminal = arka(*line)
        while not fake.seen:
            pass
        terminal.child.sendintr()
        terminal.child.timeout = 4
        terminal.expect("interrupted")
        assert terminal.end() == 130
        assert "Traceback" not in terminal.shown


@pytest.mark.parametrize(("answer", "code", "works"), [("y", 0, False), ("n", 1, True), ("", 1, True)])
def test_revoking_asks_first(
    arka: Callable[..., Terminal], environ: dict[str, str], fake: Fake, answer: str, code: int, works: bool
) -> None:
    fake.add(TOKEN)
    ProfileStore.open(app, environ).log_in("work", Credential(Secret(TOKEN), Origin.of(fake.url)))
    terminal = arka("revoke")
    terminal.expect("Revoke arka_…9f3c of profile 'work' at")
    terminal.expect("[y/N]")
    terminal.type(answer)
    assert terminal.end() == code
    assert fake.works(TOKEN) is works
    assert (stored(environ, "work") is not None) is works
