"""`completion`: the scripts. What shells make of them is tested in test_shells.py."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import arka

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.usefixtures("home")
def test_each_shell_has_its_script_and_json_wraps_it(shell: str) -> None:
    done = arka("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_ARKA_COMPLETE" in done.out
    assert arka("completion", shell, "--json").json == {"shell": shell, "script": done.out.removesuffix("\n")}


@pytest.mark.parametrize("arguments", [[], ["tcsh"]])
@pytest.mark.usefixtures("home")
def test_another_shell_is_refused(arguments: list[str]) -> None:
    done = arka("completion", *arguments)
    assert (done.code, done.out) == (2, "")


def completed(home: Path, words: str) -> tuple[list[str], str]:
    """What the program answers a bash that completes the last of the words; and stderr, where the user would see it."""
    script = (
        "import os, sys; from arka_config.arka import app; from arka_config.cli.runtime.run import run\n"
        "import atexit; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "sys.exit(run(app))"
    )
    environ = {
        "_ARKA_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "ARKA_HOME": str(home),
        "HOME": str(home.parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, encoding="utf-8", check=False
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()], done.stderr


def test_names_are_completed_without_the_heavy_tier(two: Path) -> None:
    names, modules = completed(two, "arka token -p ")
    assert names == ["ci", "work"]
    assert not {"pydantic", "pydantic_settings", "rich", "cryptography", "tomllib"} & set(modules.split())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("arka profiles rename c", ["ci"]),
        ("arka profiles set w", ["work"]),
        ("arka -p ci use w", ["work"]),
        ("arka env --shell po", ["powershell"]),
        ("arka config ge", ["get"]),
        ("arka prof", ["profiles"]),
    ],
)
def test_commands_options_and_names_are_completed(two: Path, words: str, found: list[str]) -> None:
    assert completed(two, words)[0] == found


def test_a_folder_that_cannot_be_read_completes_nothing_and_shows_no_error(two: Path) -> None:
    (two / "config").write_text("no folder")
    names, modules = completed(two, "arka use ")
    assert names in ([], ["ci", "work"])
    assert "Traceback" not in modules
