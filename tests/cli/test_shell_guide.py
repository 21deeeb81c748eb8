"""The snippets of docs/guides/shell.md, run by their programs, or by a stand-in for the library of direnv."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests import peers
from tests.pages import ROOT, read_blocks

GUIDE = ROOT / "docs" / "guides" / "shell.md"
BIN = str(Path(sys.executable).parent)


def snippets(kind: str) -> list[str]:
    found = [block.text for block in read_blocks(GUIDE) if block.kind == kind]
    assert found
    return found


def run(home: Path, *words: str) -> str:
    environ = {"PATH": f"{BIN}:{os.environ['PATH']}", "ARKA_HOME": str(home), "HOME": str(home.parent), "TERM": "xterm"}
    done = subprocess.run(
        [peers.executable(words[0]), *words[1:]],
        env=environ, cwd=home.parent, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return re.sub(r"\x1b[\[(][0-9;]*[mB]", "", done.stdout)


@pytest.mark.peer("bash")
def test_bash_shows_the_profile_in_its_prompt(two_profiles: Path) -> None:
    shown = run(two_profiles, "bash", "--norc", "-c", f'{snippets("bash")[0]}\nprintf %s "${{PS1@P}}"')
    assert shown.startswith("work ")


@pytest.mark.peer("zsh")
def test_zsh_shows_the_profile_in_its_prompt(two_profiles: Path) -> None:
    assert run(two_profiles, "zsh", "-fc", f'{snippets("zsh")[0]}\nprint -P "$PROMPT"').startswith("work ")


@pytest.mark.peer("fish")
def test_fish_shows_the_profile_in_its_prompt(two_profiles: Path) -> None:
    assert "work" in run(two_profiles, "fish", "--no-config", "-c", f"{snippets('fish')[0]}\nfish_right_prompt")


def test_starship_runs_a_command_that_exists(two_profiles: Path) -> None:
    custom = tomllib.loads(snippets("toml")[0])["custom"]["arka"]
    assert run(two_profiles, "bash", "-c", custom["command"]) == "work\n"


@pytest.mark.peer("bash")
@pytest.mark.parametrize(("line", "profile"), [("use arka ci", "ci"), ("use arka", "work")])
def test_use_arka_selects_a_profile(two_profiles: Path, line: str, profile: str) -> None:
    """direnv's `use NAME …` calls `use_NAME …` of its library, and `watch_file` only records a path."""
    library = 'use() { local name=$1; shift; "use_$name" "$@"; }\nwatch_file() { watched=$1; }\n'
    script = f'{library}{snippets("bash")[1]}\n{line}\nprintf "%s %s" "$ARKA_PROFILE" "${{watched##*/}}"; env'
    shown = run(two_profiles, "bash", "--norc", "-c", script)
    assert shown.startswith(f"{profile} active")
    assert "ARKA_API_KEY" not in shown


def test_mise_selects_a_profile_by_its_variable() -> None:
    assert tomllib.loads(snippets("toml")[1]) == {"env": {"ARKA_PROFILE": "work"}}
