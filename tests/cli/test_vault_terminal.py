"""`vault` on a pseudo-terminal: its passphrase prompts are hidden."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.cli.program import OTHER, TOKEN
from tests.cli.pseudo_terminal import Terminal
from tests.store.samples import credential

if TYPE_CHECKING:
    from pathlib import Path

PHRASE = "correct horse battery stäple"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a home with three plain tokens."""
    made = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    store = open_store(app, made)
    for name in ("work", "ci", "eu"):
        store.log_in(name, credential(name))
    return made


def run(environ: dict[str, str], line: str) -> Terminal:
    return Terminal(line.split(), environ)


def enable(environ: dict[str, str]) -> None:
    operations.enable(vault_of(open_store(app, environ)), [NewUnlocker("passphrase", passphrase=PHRASE)])


def test_enable_asks_for_a_new_passphrase_twice(environ: dict[str, str]) -> None:
    terminal = run(environ, "vault enable --with passphrase")
    terminal.answer_hidden("New passphrase: ", PHRASE)
    terminal.answer_hidden("Repeat the passphrase: ", "something else")
    terminal.expect("the two passphrases differ")
    terminal.answer_hidden("New passphrase: ", PHRASE)
    terminal.answer_hidden("Repeat the passphrase: ", PHRASE)
    terminal.expect("Sealing is on; sealed 3 tokens")
    assert terminal.wait() == 0
    assert PHRASE not in terminal.shown
    assert "/3" not in terminal.shown  # it took less than a second
    assert "arka vault unlock" in terminal.shown


def test_enable_refuses_an_empty_passphrase(environ: dict[str, str]) -> None:
    terminal = run(environ, "vault enable --with passphrase")
    terminal.answer_hidden("New passphrase: ", "")
    assert terminal.wait() == 2
    assert "the passphrase is empty" in terminal.shown
    assert not open_store(app, environ).vault.is_enabled


def test_wrong_passphrase_is_asked_for_again_up_to_three_times(environ: dict[str, str]) -> None:
    enable(environ)
    terminal = run(environ, "token -p work")
    terminal.answer_hidden("Passphrase: ", "wrong")
    terminal.answer_hidden("Wrong passphrase, try again: ", PHRASE)
    assert terminal.wait() == 0
    assert credential("work").token.reveal() in terminal.shown

    terminal = run(environ, "token -p work")
    terminal.answer_hidden("Passphrase: ", "wrong")
    for _ in range(2):
        terminal.answer_hidden("Wrong passphrase, try again: ", "wrong too")
    assert terminal.wait() == 1
    assert "wrong passphrase" in terminal.shown
    assert "wrong too" not in terminal.shown
    assert credential("work").token.reveal() not in terminal.shown


def test_ctrl_c_at_the_question_changes_nothing(environ: dict[str, str]) -> None:
    for line in ("vault enable --with passphrase", "vault rekey", "token -p work"):
        if line == "vault rekey":
            enable(environ)
        terminal = run(environ, line)
        terminal.expect_hidden("assphrase")
        terminal.interrupt()
        assert terminal.wait() == 130
        assert "Traceback" not in terminal.shown
    answered = {**environ, "ARKA_PASSPHRASE": PHRASE}
    assert open_store(app, answered).credential("work").token.reveal() == credential("work").token.reveal()


def test_no_input_fails_instead_of_asking(environ: dict[str, str]) -> None:
    enable(environ)
    terminal = run(environ, "--no-input token -p work")
    assert terminal.wait() == 1
    assert "there is no terminal to ask on" in terminal.shown
    terminal = run(environ, "--no-input vault add-unlocker passphrase")
    assert terminal.wait() == 1
    terminal = run({**environ, "ARKA_NO_INPUT": "1"}, "vault disable")
    assert terminal.wait() in (1, 2)


def test_unlock_asks_once_for_a_shell(environ: dict[str, str]) -> None:
    enable(environ)
    terminal = run(environ, "vault unlock --shell bash")
    terminal.answer_hidden("Passphrase: ", PHRASE)
    terminal.expect("pass this line to eval")
    assert terminal.wait() == 0
    found = re.search(r"export ARKA_SESSION='([0-9a-f.]+)'", terminal.shown.replace("\r\n", ""))
    assert found is not None
    opened = run({**environ, "ARKA_SESSION": found[1]}, "token -p work")
    assert opened.wait() == 0
    assert "assphrase" not in opened.shown


def test_rekey_asks_for_each_passphrase_by_name(environ: dict[str, str]) -> None:
    enable(environ)
    terminal = run({**environ, "ARKA_PASSPHRASE": "the other"}, "vault add-unlocker passphrase")
    terminal.answer_hidden("Passphrase: ", PHRASE)
    assert terminal.wait() == 0
    terminal = run(environ, "vault rekey")
    terminal.answer_hidden("Passphrase: ", PHRASE)
    terminal.answer_hidden("Passphrase of unlocker 'passphrase-2': ", "the other")
    terminal.expect("sealed 3 tokens with it")
    assert terminal.wait() == 0
    for phrase in (PHRASE, "the other"):
        opened = open_store(app, {**environ, "ARKA_PASSPHRASE": phrase})
        assert opened.credential("ci").token.reveal() == credential("ci").token.reveal()


def test_add_unlocker_asks_for_a_second_passphrase(environ: dict[str, str]) -> None:
    enable(environ)
    terminal = run({**environ, "ARKA_PASSPHRASE": PHRASE}, "vault add-unlocker passphrase")
    terminal.answer_hidden("New passphrase: ", "another one")
    terminal.answer_hidden("Repeat the passphrase: ", "another one")
    assert terminal.wait() == 0
    opened = open_store(app, {**environ, "ARKA_PASSPHRASE": "another one"})
    assert opened.credential("work").token.reveal() == credential("work").token.reveal()


def test_disable_asks_for_confirmation(environ: dict[str, str]) -> None:
    enable(environ)
    terminal = run(environ, "vault disable")
    terminal.expect("to a plain text file? [y/N]: ")
    terminal.type("n")
    assert terminal.wait() == 1
    terminal = run(environ, "vault disable")
    terminal.expect("[y/N]: ")
    terminal.type("y")
    terminal.answer_hidden("Passphrase: ", PHRASE)
    terminal.expect("wrote 3 tokens in plain text")
    assert terminal.wait() == 0
    assert TOKEN not in terminal.shown
    assert OTHER not in terminal.shown
