"""Looks for what has the shape of a token in text files of other programs, line by line."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.app import App

LARGEST = 64 << 20  # bytes; what lies behind that is not looked at
_LONGEST_LINE = 1 << 16
_NAMED = 5  # lines that a message names
_COMMAND = b"- cmd: "  # how an entry of fish's history begins


class Found(NamedTuple):
    """Lines with a token in them: one, or in fish's history those of the entry. Its repr shows no token."""

    first: int
    last: int
    tokens: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Found({self.first}, {self.last})"


def found_in(path: str, app: App) -> list[Found]:
    """Where a file has tokens of this app; nothing where it has none, or cannot be read."""
    if not app.token_prefix:  # nothing tells a token from another text then
        return []
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return []
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return []
    with os.fdopen(descriptor, "rb") as file:
        lines = file.read(LARGEST).split(b"\n")
        found = list(_searched(lines, app))
        return list(_whole_entries(lines, found)) if os.path.basename(path) == "fish_history" else found


def _searched(lines: Sequence[bytes], app: App) -> Iterator[Found]:
    prefix = app.token_prefix.encode()
    least = max(8, (app.token_length or 28) - len(app.token_prefix))
    shape = re.compile(rb"(?<![A-Za-z0-9_-])" + re.escape(prefix) + rb"[A-Za-z0-9_-]{%d,}" % least)
    for number, line in enumerate(lines, 1):
        if prefix in line:
            tokens = shape.findall(line[:_LONGEST_LINE])
            if tokens:
                yield Found(number, number, tuple(dict.fromkeys(token.decode() for token in tokens)))


def _whole_entries(lines: Sequence[bytes], found: Sequence[Found]) -> Iterator[Found]:
    """In fish's history an entry is several lines, which go together."""
    begins = [number for number, line in enumerate(lines, 1) if line.startswith(_COMMAND)]
    ends = [number - 1 for number in begins[1:]] + [len(lines) - (not lines[-1])]
    for first, last in zip(begins, ends, strict=True):
        tokens = [token for each in found if first <= each.first <= last for token in each.tokens]
        if tokens:
            yield Found(first, last, tuple(dict.fromkeys(tokens)))


def lines_in_words(found: Sequence[Found]) -> str:
    """`line 12`, `lines 3, 4 and 9`, `lines 1, 2, 3, 4, 5 and 7 more`."""
    numbers = [str(each.first) for each in found]
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if len(numbers) <= _NAMED:
        return f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"lines {', '.join(numbers[:_NAMED])} and {len(numbers) - _NAMED} more"
