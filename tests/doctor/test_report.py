"""The report on terminals of several widths, in a pipe, and in colour."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import TOKEN
from tests.cli.pseudo_terminal import run_on_terminal
from tests.doctor.all_cases import CASES

if TYPE_CHECKING:
    from tests.doctor.user_home import UserHome

REPORTED = [
    "a readable token",
    "an expired token",
    "a token in the history of bash",
    "a variable that hides a profile",
    "tokens in a git work tree",
    "a misspelled setting",
]


@pytest.fixture
def broken(user_home: UserHome) -> dict[str, str]:
    environ = {key: value for name in REPORTED for key, value in (CASES[name].create(user_home) or {}).items()}
    return {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **user_home.environ, **environ}


def report(environ: dict[str, str], columns: int, *options: str) -> tuple[list[str], str]:
    """Run `arka doctor` on a terminal; return the lines on its screen at the end, and the bytes sent to it."""
    return run_on_terminal(["doctor", *options], environ, columns, environ["HOME"])


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_report_wraps_text_but_not_commands(user_home: UserHome, broken: dict[str, str], columns: int) -> None:
    _, sent = report(broken, columns)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", sent).replace("\r\n", "\n").split("\n")
    long = [line for line in lines if len(line) > columns]
    assert all(line.startswith("    $ ") or "/" in line for line in long)
    assert f"    $ chmod 600 {user_home.data('tokens', 'ci.json')}" in lines
    assert not [line for line in long if not line.startswith("    $ ") and " " in line.strip()[2:].split("  ")[-1]]
    assert TOKEN not in sent


def test_report_fits_60_columns(user_home: UserHome, broken: dict[str, str]) -> None:
    lines, _ = report(broken, 60)
    text = "\n".join(lines)
    assert text.startswith(
        "✗ Files\n  ✗ modes  ~/.local/share/arka/tokens/ci.json\n    others can read the file (mode 0644)\n"
    )
    assert "\n✗ Tokens\n  ✗ expiry  ~/.local/share/arka/tokens/old.json\n" in text
    assert "\n    $ arka login --profile old\n" in text
    assert lines[-1].startswith("6 problems") or lines[-2].startswith("6 problems")


def test_group_without_problems_is_one_line(user_home: UserHome) -> None:
    lines, _ = report({"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", **user_home.environ}, 60)
    assert lines == [
        "✓ Files      private, and nothing is left over",
        "✓ Contents   readable and complete",
        "✓ Tokens     available, and none expires soon",
        "✓ Selection  the profile exists, and nothing hides it",
        "✓ Leaks      no copies of tokens in other files",
        "No problems found",
    ]


def test_report_is_coloured_only_on_terminals_that_support_it(user_home: UserHome, broken: dict[str, str]) -> None:
    assert "\x1b[31m✗" in report(broken, 80)[1]
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in report({**broken, **variables}, 80)[1]
    piped, forced = user_home.doctor(), user_home.doctor(FORCE_COLOR="1")
    assert "\x1b" not in piped.out
    assert "\x1b[31m✗" in forced.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", forced.out) == piped.out


def test_summary_counts_problems_and_notes(user_home: UserHome) -> None:
    CASES["a readable token"].create(user_home)
    assert user_home.doctor().out.endswith("\n1 problem; arka doctor --fix fixes it\n")
    CASES["an expired token"].create(user_home)
    CASES["an export of another profile"].create(user_home)
    assert user_home.doctor().out.endswith("\n2 problems, 1 note; arka doctor --fix fixes 1 of them\n")


def test_profile_flag_must_name_an_existing_profile(user_home: UserHome) -> None:
    assert user_home.doctor("-p", "nosuch").code == 1
    assert user_home.problems("-p", "ci", ARKA_API_KEY=TOKEN) == []  # a profile that a flag names beats the environment
