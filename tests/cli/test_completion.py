"""`completion`: the scripts and the words they complete. test_shells.py runs them in real shells."""

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
def test_each_shell_has_a_script_and_json_wraps_it(shell: str) -> None:
    done = arka("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert "_ARKA_COMPLETE" in done.out
    assert arka("completion", shell, "--json").json == {"shell": shell, "script": done.out.removesuffix("\n")}


@pytest.mark.parametrize("arguments", [[], ["tcsh"]])
@pytest.mark.usefixtures("home")
def test_unknown_shell_is_a_usage_error_that_names_the_shells(arguments: list[str]) -> None:
    done = arka("completion", *arguments)
    assert (done.code, done.out) == (2, "")
    assert "\\x" not in done.err
    assert all(shell in done.err.splitlines()[0] for shell in ("bash", "zsh", "fish"))


def complete(home: Path, words: str) -> tuple[list[str], str]:
    """Complete the last word as bash would; return the words offered, and stderr with the loaded modules."""
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


def test_profile_names_are_completed_without_heavy_imports(two_profiles: Path) -> None:
    names, modules = complete(two_profiles, "arka token -p ")
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
def test_completion_offers_commands_options_and_names(two_profiles: Path, words: str, found: list[str]) -> None:
    assert complete(two_profiles, words)[0] == found


def test_completion_with_an_unreadable_folder_shows_no_error(two_profiles: Path) -> None:
    (two_profiles / "config").write_text("no folder")
    names, modules = complete(two_profiles, "arka use ")
    assert names in ([], ["ci", "work"])
    assert "Traceback" not in modules
