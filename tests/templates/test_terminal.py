"""`apply` on a real pseudo-terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from arka_config import open_store
from arka_config.arka import app
from tests.cli.program import TOKEN
from tests.cli.pseudo_terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

LAPTOP = 'version = 1\n[profile]\nname = "laptop"\n[token]\nprompt = true\n'


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "profiles").mkdir()
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def apply(environ: dict[str, str], *arguments: str) -> Terminal:
    return Terminal(["apply", environ["HOME"] + "/profiles", *arguments], environ)


def put(environ: dict[str, str], name: str, text: str) -> None:
    with open(f"{environ['HOME']}/profiles/{name}", "w", encoding="utf-8") as file:
        file.write(text)


def stored(environ: dict[str, str], name: str) -> str | None:
    credential = open_store(app, environ).tokens.read(name)
    return None if credential is None else credential.token.reveal()


def test_apply_shows_the_plan_asks_and_prompts_for_the_token_without_echo(environ: dict[str, str]) -> None:
    put(environ, "laptop.toml", LAPTOP)
    terminal = apply(environ)
    terminal.expect("1 to create, 0 to change")
    assert "will ask" in terminal.shown
    terminal.expect("Apply this plan? [y/N]: ")
    terminal.type("y")
    terminal.expect("or Enter to leave it for later")
    terminal.type(TOKEN)
    assert terminal.wait() == 0
    assert TOKEN not in terminal.shown
    assert "\x1b[32m+\x1b[0m" in terminal.shown
    assert stored(environ, "laptop") == TOKEN


def test_an_invalid_token_is_asked_for_again_and_enter_skips_it(environ: dict[str, str]) -> None:
    put(environ, "laptop.toml", LAPTOP)
    terminal = apply(environ, "--yes")
    terminal.expect("for later")
    terminal.type("nonsense")
    terminal.expect("does not start with arka_")
    terminal.expect("for later")
    terminal.type("")
    assert terminal.wait() == 0
    assert "needs a token" in terminal.shown
    again = apply(environ, "--yes")
    again.expect("for later")
    again.type(TOKEN)
    assert again.wait() == 0
    assert stored(environ, "laptop") == TOKEN


def test_declining_changes_nothing(environ: dict[str, str]) -> None:
    put(environ, "laptop.toml", LAPTOP)
    terminal = apply(environ)
    terminal.expect("Apply this plan?")
    terminal.type("")
    assert terminal.wait() == 1
    assert open_store(app, environ).names() == []


def test_a_new_origin_must_be_approved_by_name(environ: dict[str, str]) -> None:
    put(environ, "lab.toml", 'version = 1\n[profile]\nname = "lab"\napi_url = "https://lab.example"\n')
    terminal = apply(environ)
    terminal.expect("Tokens are sent to https://lab.example, which you have not used before. Is that right? [y/N]")
    terminal.type("y")
    terminal.expect("Apply this plan?")
    terminal.type("y")
    assert terminal.wait() == 0
    again = apply(environ)
    assert again.wait() == 0
    assert "Is that right?" not in again.shown


def test_many_templates_are_applied(environ: dict[str, str]) -> None:
    for number in range(300):
        put(environ, f"{number}.toml", f'version = 1\n[profile]\nname = "runner-{number}"\n')
    terminal = apply(environ, "--yes")
    assert terminal.wait() == 0
    assert len(open_store(app, environ).names()) == 300
