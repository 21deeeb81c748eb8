"""Hostile texts, and a check that no output controls the terminal, ends a line, or changes the text direction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from arka_config.text import UNPRINTABLE

if TYPE_CHECKING:
    from tests.cli.program import Result

# Escapes that set a title, clear the screen, send an answer, and use colours that ours do not; 8-bit C1; line ends;
# bidi marks; code points that are not characters; syntax of shells, rich, click, TOML and JSON.
PIECES = [
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "\x1b[38;5;199m",
    "\x1b[41m",
    "\x1bP1$r\x1b\\",
    "\x9b41m",
    "\x9d0;owned\x9c",
    "\x85",
    "\r● evil",
    "\n● evil",
    "\x0b\x0c",
    "\x08\x08\x08",
    "\x7f",
    "\u202etxt.exe",
    "\u2066\u2069",
    "\u200f\u061c",
    "\u2028\u2029",
    "\ufeff",
    "\udc9b",
    "\ud83e",
    "'; touch ran; '",
    "$(touch ran)",
    "`touch ran`",
    '"; touch ran; "',
    "\\",
    "[bold red]",
    "[/]",
    ":fox_face:",
    "{app}",
    "%s%n",
    "}}{{",
    '"""',
    "]\n[token]\nenv='X'",
    '","token":"x',
    "::add-mask::",
    "::set-output name=x::",
    "研究室🦊",
    "arka_",
    " ",
    "a",
]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=6).map("".join)
# Without the characters that the system does not accept in an argument or a variable.
ARGUMENT = HOSTILE.map(lambda text: re.sub("[\0\ud800-\udc7f\udd00-\udfff]", "", text).lstrip("-")).filter(bool)
MEGABYTE = "\x1b[41m\u202e" * 200_000

_OURS = re.compile(r"\x1b\[(?:0|[1-9]|3[0-7]|9[0-7])(?:;(?:[1-9]|3[0-7]|9[0-7]))*m")
_HARM = UNPRINTABLE - {"\n"}


def check_clean(done: Result, what: object = "") -> None:
    """Raise AssertionError if a stream has more than text, line ends and our own colours."""
    for stream in (done.out, done.err):
        left = _OURS.sub("", stream)
        harm = sorted(_HARM.intersection(left))
        assert not harm, f"{what}: {[hex(ord(character)) for character in harm]} in {left!r}"
        assert "Traceback" not in left, what
    # A line that begins with this mark would have been started by hostile text.
    lines = (done.out + done.err).split("\n")
    assert not any(line.strip().startswith("● evil") for line in lines), (what, lines)
