"""Single key presses from the terminal on stdin, without echo. Needs termios: not on Windows."""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UP, DOWN, HOME, END, PAGE_UP, PAGE_DOWN = "up", "down", "home", "end", "page-up", "page-down"
ENTER, ESCAPE, BACKSPACE, CLEAR, END_OF_INPUT = "enter", "escape", "backspace", "clear", "end-of-input"

_CONTROLS = {
    "\r": ENTER,
    "\n": ENTER,
    "\x7f": BACKSPACE,
    "\b": BACKSPACE,
    "\x15": CLEAR,  # Ctrl-U
    "\x10": UP,  # Ctrl-P
    "\x0e": DOWN,  # Ctrl-N
    "\t": DOWN,
    "\x04": END_OF_INPUT,  # Ctrl-D
}
# What follows an escape, with and without the keypad's application mode (ECMA-48, xterm's ctlseqs).
_SEQUENCES = {
    "[A": UP,
    "OA": UP,
    "[B": DOWN,
    "OB": DOWN,
    "[H": HOME,
    "OH": HOME,
    "[1~": HOME,
    "[F": END,
    "OF": END,
    "[4~": END,
    "[5~": PAGE_UP,
    "[6~": PAGE_DOWN,
}
_ESCAPE_SECONDS = 0.1  # a terminal sends the rest of a sequence at once; an escape alone is the key


def can_read_keys() -> bool:
    """Whether the terminal sends single keys and can move the cursor."""
    if os.environ.get("TERM", "") in ("", "dumb"):
        return False
    try:
        import termios
    except ImportError:
        return False
    try:
        termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, OSError, ValueError):
        return False
    return True


@contextlib.contextmanager
def read_keys() -> Iterator[Iterator[str]]:
    """Turn off echo and line editing during a block, and yield the keys: a name above, or the character typed.

    Ctrl-C still raises KeyboardInterrupt. Ctrl-Z does nothing: it would leave the terminal without echo.
    """
    import termios

    stream = sys.stdin.fileno()
    before = termios.tcgetattr(stream)
    changed = termios.tcgetattr(stream)
    changed[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
    changed[6][termios.VSUSP] = b"\0"
    changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
    termios.tcsetattr(stream, termios.TCSADRAIN, changed)
    try:
        yield _keys(stream)
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


def _keys(stream: int) -> Iterator[str]:
    """Yield each key, and END_OF_INPUT if the terminal is gone."""
    decode = codecs.getincrementaldecoder("utf-8")(errors="ignore").decode
    typed = ""
    while True:
        while not typed or _is_incomplete(typed):
            if typed and not select.select([stream], [], [], _ESCAPE_SECONDS)[0]:
                break
            try:
                data = os.read(stream, 1024)
            except OSError:
                data = b""
            if not data:
                yield END_OF_INPUT
                return
            typed += decode(data)
        key, typed = next_key(typed)
        if key:
            yield key


def _is_incomplete(typed: str) -> bool:
    """Whether more of an escape sequence may follow."""
    return typed in ("\x1b", "\x1bO") or (typed[:2] == "\x1b[" and not typed[2:].strip("0123456789;"))


def next_key(typed: str) -> tuple[str, str]:
    """Return the first key of what was typed, empty if it has no meaning here, and the rest."""
    first, rest = typed[:1], typed[1:]
    if first == "\x1b":
        for sequence, key in _SEQUENCES.items():
            if rest.startswith(sequence):
                return key, rest[len(sequence) :]
        if rest[:1] not in ("[", "O"):
            return ESCAPE, rest
        end = next((at for at, character in enumerate(rest[1:], start=2) if "@" <= character <= "~"), len(rest))
        return "", rest[end:]  # a sequence of another key
    if first in _CONTROLS:
        return _CONTROLS[first], rest
    return (first if first.isprintable() else ""), rest
