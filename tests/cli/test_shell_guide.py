"""The snippets of docs/guides/shell.md, run by their programs. starship is missing, so its command is run alone."""

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


_LOAD = 'load() { eval "$(direnv export bash 2>>direnv.log)"; }'  # direnv's hook runs this before each prompt


def run_direnv(home: Path, script: str) -> list[str]:
    library = home.parent / ".config/direnv/lib/arka.sh"
    library.parent.mkdir(parents=True)
    library.write_text(snippets("bash")[1])
    (home.parent / "project").mkdir()
    return run(home, "bash", "--norc", "-c", f"{_LOAD}\n{script}").splitlines()


@pytest.mark.peer("bash", "direnv")
@pytest.mark.parametrize(("line", "profile"), [("use arka ci", "ci"), ("use arka", "work")])
def test_direnv_selects_a_profile_in_the_folder_only(two_profiles: Path, line: str, profile: str) -> None:
    script = f"""
        cd project; echo {line} >.envrc; load; echo "not allowed: $ARKA_PROFILE"
        direnv allow; load; echo "allowed: $ARKA_PROFILE"; arka prompt; env | grep -c ARKA_API_KEY
        cd ..; load; echo "outside: $ARKA_PROFILE"
    """
    assert run_direnv(two_profiles, script) == ["not allowed: ", f"allowed: {profile}", profile, "0", "outside: "]


@pytest.mark.peer("bash", "direnv")
def test_direnv_follows_the_active_profile(two_profiles: Path) -> None:
    script = """
        touch -d "10 seconds ago" "$(arka config path state)/active"  # direnv compares whole seconds
        cd project; echo use arka >.envrc; direnv allow; load; echo $ARKA_PROFILE
        ARKA_PROFILE= arka use ci 2>/dev/null; load; echo $ARKA_PROFILE
    """
    assert run_direnv(two_profiles, script) == ["work", "ci"]


@pytest.mark.peer("bash", "direnv")
def test_direnv_selects_nothing_if_the_profile_does_not_exist(two_profiles: Path) -> None:
    script = """
        cd project; echo use arka nope >.envrc; direnv allow; load; echo "$ARKA_PROFILE"; grep error direnv.log
    """
    assert run_direnv(two_profiles, script) == ["", "error: there is no profile 'nope'"]


@pytest.fixture
def mise_project(two_profiles: Path) -> Path:
    """The home folder. The working directory is a project with both snippets for mise, and a Makefile."""
    folder = two_profiles.parent
    (folder / "mise.toml").write_text("\n".join(snippets("toml")[1:]).replace('"work"', '"ci"'))
    (folder / "Makefile").write_text("deploy:\n\t@echo $$ARKA_PROFILE has $${#ARKA_API_KEY} characters\n")
    return two_profiles


@pytest.mark.peer("mise")
def test_mise_selects_a_profile(mise_project: Path) -> None:
    run(mise_project, "mise", "trust", "--quiet")
    assert run(mise_project, "mise", "exec", "--", "arka", "prompt") == "ci\n"


@pytest.mark.peer("mise")
def test_mise_gives_a_token_to_the_task_only(mise_project: Path) -> None:
    run(mise_project, "mise", "trust", "--quiet")
    assert run(mise_project, "mise", "--quiet", "run", "deploy") == "ci has 42 characters\n"
    assert "ARKA_API_KEY" not in run(mise_project, "mise", "exec", "--", "env")
