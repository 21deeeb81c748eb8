"""Searches text files of other programs for tokens, line by line."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

from arka_config.store.system import CLOEXEC, NONBLOCK
from arka_config.text import shorten_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.app_identity import AppIdentity

MAX_SIZE = 64 << 20  # bytes; the rest of a larger file is not searched
_MAX_LINE = 1 << 16  # bytes
_MAX_NUMBERS = 5  # in a message
_FISH_ENTRY = b"- cmd: "  # the beginning of an entry in fish's history


class Match(NamedTuple):
    """Lines that contain tokens: a single one, or all of an entry in fish's history. Its repr shows no token."""

    first: int
    last: int
    tokens: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Match({self.first}, {self.last})"


def scan_file(path: str, app: AppIdentity) -> list[Match]:
    """Return the lines of a file that contain tokens of the app; none if the file cannot be read."""
    if not app.token_prefixes:  # its tokens look like any other text
        return []
    try:
        descriptor = os.open(path, os.O_RDONLY | NONBLOCK | CLOEXEC)
    except OSError:
        return []
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return []
    with os.fdopen(descriptor, "rb") as file:
        lines = file.read(MAX_SIZE).split(b"\n")
    matches = list(_scan(lines, app))
    return list(_extend_to_entries(lines, matches)) if os.path.basename(path) == "fish_history" else matches


def _scan(lines: Sequence[bytes], app: AppIdentity) -> Iterator[Match]:
    prefixes = [prefix.encode() for prefix in app.token_prefixes]
    shapes = [
        rb"%b[A-Za-z0-9_-]{%d,}" % (re.escape(prefix.encode()), max(8, (app.length_of(prefix) or 28) - len(prefix)))
        for prefix in app.token_prefixes
    ]
    pattern = re.compile(rb"(?<![A-Za-z0-9_-])(?:%b)" % b"|".join(shapes))
    for number, line in enumerate(lines, 1):
        if any(prefix in line for prefix in prefixes):
            tokens = pattern.findall(line[:_MAX_LINE])
            if tokens:
                yield Match(number, number, tuple(dict.fromkeys(token.decode() for token in tokens)))


def _extend_to_entries(lines: Sequence[bytes], matches: Sequence[Match]) -> Iterator[Match]:
    """Extend matches to whole entries, which have several lines in fish's history."""
    starts = [number for number, line in enumerate(lines, 1) if line.startswith(_FISH_ENTRY)]
    ends = [number - 1 for number in starts[1:]] + [len(lines) - (not lines[-1])]
    for first, last in zip(starts, ends, strict=True):
        tokens = [token for match in matches if first <= match.first <= last for token in match.tokens]
        if tokens:
            yield Match(first, last, tuple(dict.fromkeys(tokens)))


def describe_lines(matches: Sequence[Match]) -> str:
    """Return `line 12`, `lines 3, 4 and 9`, or `lines 1, 2, 3, 4, 5 and 7 more`."""
    numbers = [str(match.first) for match in matches]
    if len(numbers) == 1:
        return f"line {numbers[0]}"
    if len(numbers) <= _MAX_NUMBERS:
        return f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"
    return f"lines {shorten_list(numbers, _MAX_NUMBERS)}"
