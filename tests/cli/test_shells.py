"""`env` in real shells: the lines set variables and run nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.errors import InvalidValue
from arka_config.exchange import variables as formats
from arka_config.text import UNPRINTABLE
from tests import peers
from tests.cli.github_runner import parse_github_env
from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOW = "import json, os; print(json.dumps({n: v for n, v in os.environ.items() if n.startswith('ARKA_')}))"
HOSTILE = [
    "plain",
    "two words",
    "it's",
    '"quoted"',
    "$(touch ran)",
    "`touch ran`",
    "${HOME}",
    "; touch ran",
    "a\\'b\\",
    "\\",
    "''",
    "\u2018single\u2019 \u201alow\u201b \u201cdouble\u201d",
    "!! %PATH% *",
    "~/x",
    "-n",
    "",
    "日本語 🦊",
]

SHELLS = [pytest.param(name, marks=pytest.mark.peer(name)) for name in ("bash", "zsh", "fish")]
SHELLS.append(pytest.param("powershell", marks=pytest.mark.peer("pwsh")))


def evaluate(shell: str, lines: str, cwd: Path) -> dict[str, str]:
    """Evaluate the lines in a shell and return the ARKA_ variables that its child inherits."""
    program = peers.executable("pwsh" if shell == "powershell" else shell)
    clean = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"], "powershell": ["-NoProfile"]}
    flag = "-Command" if shell == "powershell" else "-c"
    script = f"{lines}\n& '{sys.executable}' -c \"{SHOW}\"" if shell == "powershell" else f'{lines}\n"$PY" -c "$SHOW"'
    environ = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PY": sys.executable, "SHOW": SHOW, "LANG": "C.UTF-8"}
    done = subprocess.run(
        [program, *clean[shell], flag, script], env=environ, cwd=cwd, capture_output=True, encoding="utf-8", check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def assert_shell_reads_back(shell: str, values: Sequence[str], cwd: Path) -> None:
    variables = {f"ARKA_V{number}": value for number, value in enumerate(values)}
    assert evaluate(shell, formats.shell_lines(variables, shell), cwd) == variables
    assert not (cwd / "ran").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_reads_back_a_hostile_value(shell: str, tmp_path: Path) -> None:
    assert_shell_reads_back(shell, HOSTILE, tmp_path)


@pytest.mark.parametrize("shell", SHELLS)
def test_shell_reads_back_any_printable_value(shell: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    printable = st.text(st.characters(exclude_characters="".join(UNPRINTABLE), exclude_categories=["Cs", "Cn"]))
    folder = tmp_path_factory.mktemp("shell")

    @given(st.lists(printable | st.text("'\\\"$`‘’ a"), min_size=30, max_size=60))
    def check(values: list[str]) -> None:
        assert_shell_reads_back(shell, values, folder)

    check()


@pytest.mark.parametrize("shell", formats.SHELLS)
def test_shell_lines_reject_a_control_character(shell: str) -> None:
    with pytest.raises(InvalidValue, match="ARKA_X contains a forbidden character"):
        formats.shell_lines({"ARKA_X": "a\nb"}, shell)


@pytest.mark.parametrize("shell", SHELLS)
def test_env_evaluated_selects_the_profile_and_token(two_profiles: Path, shell: str, tmp_path: Path) -> None:
    lines = arka("env", "-p", "ci", "--shell", shell).out
    assert evaluate(shell, lines, tmp_path) == {"ARKA_PROFILE": "ci"}
    lines = arka("env", "-p", "ci", "--shell", shell, "--with-token").out
    assert evaluate(shell, lines, tmp_path) == {
        "ARKA_PROFILE": "ci",
        "ARKA_API_KEY": OTHER,
        "ARKA_API_URL": "https://arka-ai.com",
    }


@pytest.mark.usefixtures("two_profiles")
def test_env_takes_the_shell_from_the_environment() -> None:
    assert arka("env", environ={"SHELL": "/usr/bin/fish"}).out == "set -gx ARKA_PROFILE 'work'\n"
    assert arka("env", environ={"SHELL": "/bin/sh"}).out == "export ARKA_PROFILE='work'\n"
    assert arka("env", environ={"SHELL": "/sbin/nologin"}).out == "export ARKA_PROFILE='work'\n"


@pytest.mark.parametrize("shell", ["/bin/csh", "/usr/bin/tcsh", "/usr/bin/nu", "/usr/bin/elvish"])
@pytest.mark.usefixtures("two_profiles")
def test_env_prints_no_lines_that_the_user_s_shell_does_not_understand(shell: str) -> None:
    done = arka("env", environ={"SHELL": shell})
    assert (done.code, done.out) == (2, "")
    assert f"SHELL is {shell.rpartition('/')[2]}, and there are no lines for its syntax" in done.err
    assert "hint: add --shell bash, zsh, fish or powershell; or use exec, which needs no shell" in done.err
    assert arka("env", "--shell", "bash", environ={"SHELL": shell}).out == "export ARKA_PROFILE='work'\n"
    assert arka("env", "--json", environ={"SHELL": shell}).json == {"variables": {"ARKA_PROFILE": "work"}}


@pytest.mark.usefixtures("two_profiles")
def test_env_github_masks_before_setting_variables(tmp_path: Path) -> None:
    file = tmp_path / "github-env"
    file.write_text("BEFORE=1\n")
    done = arka("env", "--github", "--with-token", environ={"GITHUB_ENV": str(file)})
    assert done.out == f"::add-mask::{TOKEN}\n"
    assert parse_github_env(file.read_text()) == {
        "BEFORE": "1",
        "ARKA_PROFILE": "work",
        "ARKA_API_KEY": TOKEN,
        "ARKA_API_URL": "https://arka-ai.com",
    }


def test_github_env_value_cannot_end_its_block(tmp_path: Path) -> None:
    file = tmp_path / "github-env"
    formats.append_github_env(str(file), {"A": "x", "B": "B<<end", "C": ""})
    assert parse_github_env(file.read_text()) == {"A": "x", "B": "B<<end", "C": ""}
    with pytest.raises(InvalidValue):
        formats.append_github_env(str(file), {"A": "x\nPATH=evil"})
