"""The report as people see it: on terminals of 80 and of 60 columns, in a pipe, and in colour where there is colour."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pyte
import pytest

from tests.cli.program import TOKEN
from tests.doctor.illnesses import ILLNESSES

if TYPE_CHECKING:
    from tests.doctor.ward import Ward

ARKA = str(Path(sys.executable).with_name("arka"))
SOME = [
    "a readable token",
    "an expired token",
    "a token in the history of bash",
    "a variable that hides a profile",
    "tokens in a git work tree",
    "a misspelled setting",
]


@pytest.fixture
def ill(ward: Ward) -> dict[str, str]:
    environ = {key: value for name in SOME for key, value in (ILLNESSES[name].make(ward) or {}).items()}
    return {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **ward.environ, **environ}


def screen(environ: dict[str, str], columns: int, *options: str) -> tuple[list[str], str]:
    child = pexpect.spawn(
        ARKA, ["doctor", *options], env=environ, encoding="utf-8", dimensions=(80, columns), cwd=environ["HOME"]
    )
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    shown = pyte.Screen(columns, 80)
    pyte.Stream(shown).feed(child.before or "")
    return [line.rstrip() for line in shown.display if line.strip()], child.before or ""


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_words_are_folded_and_commands_are_in_one_piece(ward: Ward, ill: dict[str, str], columns: int) -> None:
    _, sent = screen(ill, columns)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", sent).replace("\r\n", "\n").split("\n")
    long = [line for line in lines if len(line) > columns]
    assert all(line.startswith("    $ ") or "/" in line for line in long)
    assert f"    $ chmod 600 {ward.data('tokens', 'ci.json')}" in lines
    assert not [line for line in long if not line.startswith("    $ ") and " " in line.strip()[2:].split("  ")[-1]]
    assert TOKEN not in sent


def test_the_report_at_60_columns_is_the_one_we_want(ward: Ward, ill: dict[str, str]) -> None:
    lines, _ = screen(ill, 60)
    text = "\n".join(lines)
    assert text.startswith(
        "✗ Files\n  ✗ modes  ~/.local/share/arka/tokens/ci.json\n    others can read the file (mode 0644)\n"
    )
    assert "\n✗ Tokens\n  ✗ expiry  ~/.local/share/arka/tokens/old.json\n" in text
    assert "\n    $ arka login --profile old\n" in text
    assert lines[-1].startswith("6 things to mend") or lines[-2].startswith("6 things to mend")


def test_a_group_without_a_fault_is_one_line(ward: Ward) -> None:
    lines, _ = screen({"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", **ward.environ}, 60)
    assert lines == [
        "✓ Files      for you alone, and nothing was left behind",
        "✓ Contents   all can be read, and nothing is half done",
        "✓ Tokens     none ends soon, and all can be had",
        "✓ Choice     what is chosen is there, and nothing hides it",
        "✓ Elsewhere  no copy of a token lies about",
        "Nothing is wrong",
    ]


def test_colour_is_for_terminals_that_want_it(ward: Ward, ill: dict[str, str]) -> None:
    assert "\x1b[31m✗" in screen(ill, 80)[1]
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in screen({**ill, **variables}, 80)[1]
    piped, forced = ward.doctor(), ward.doctor(FORCE_COLOR="1")
    assert "\x1b" not in piped.out
    assert "\x1b[31m✗" in forced.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", forced.out) == piped.out


def test_the_summary_counts(ward: Ward) -> None:
    ILLNESSES["a readable token"].make(ward)
    assert ward.doctor().out.endswith("\n1 thing to mend, arka doctor --fix mends it\n")
    ILLNESSES["an expired token"].make(ward)
    ILLNESSES["an export of another profile"].make(ward)
    assert ward.doctor().out.endswith("\n2 things to mend, 1 thing to know, arka doctor --fix mends 1 of them\n")


def test_a_profile_that_is_named_must_be_there(ward: Ward) -> None:
    assert ward.doctor("-p", "nosuch").code == 1
    assert ward.found("-p", "ci", ARKA_API_KEY=TOKEN) == []  # by flag, a profile beats the environment
