"""Positions in a template's text. `tomllib` returns values without their lines, so the text is scanned a second time.

Only for text that `tomllib` has accepted: the scanner validates nothing and skips over values.
"""

from __future__ import annotations

import hashlib
import os
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_WORD = re.compile(r"[^,\]}\s#]+(?: [0-9][^,\]}\s#]*)?")  # a number, or a date, which may contain a space
_STRING = re.compile(
    r'''"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'''
    r"""|'''(?:[^']|'(?!''))*'{3,5}"""
    r'''|"(?:[^"\\\n]|\\.)*"'''
    r"""|'[^'\n]*'""",
    re.DOTALL,
)

Path = tuple[str, ...]


class Position(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


NOWHERE = Position(0, 0)


class Problem(NamedTuple):
    """A problem in a template file, with its position. If that is NOWHERE, the text names the file."""

    path: str
    position: Position
    text: str

    def __str__(self) -> str:
        if self.position == NOWHERE:
            return visible(self.text)
        return f"{visible(self.path)}:{self.position.line}:{self.position.column}: {self.text}"


class TemplateText:
    """The text of one file. `path` is as the user wrote it; `folder` and `name` are its real location.

    `refused` holds the problems of strings that may be secret. Nothing else is reported at their positions.
    """

    def __init__(self, path: str, folder: str, name: str, text: str) -> None:
        self.path = path
        self.folder = folder
        self.name = name
        self.text = text
        self.digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        self.refused: dict[Position, Problem] = {}
        self._offsets: dict[Path, int] | None = None
        self._lines: list[int] | None = None  # the offset of each

    @property
    def real_path(self) -> str:
        """The file's real path."""
        return os.path.join(self.folder, self.name)

    def problem(self, key: Iterable[str], text: str) -> Problem:
        """Return a problem with a key."""
        return Problem(self.path, self.position(tuple(key)), text)

    def problem_at(self, offset: int, text: str) -> Problem:
        """Return a problem with a character."""
        return Problem(self.path, self._position_at(offset), text)

    def place(self, key: Iterable[str]) -> str:
        """Return the file and line of a key: `profiles/ci.toml:14`."""
        return f"{self.path}:{self.position(tuple(key)).line}"

    def position(self, path: Path) -> Position:
        """Return the position of a key, else of the nearest table around it, else of the beginning."""
        if self._offsets is None:
            self._offsets = key_offsets(self.text)
        while path and path not in self._offsets:
            path = path[:-1]
        return self._position_at(self._offsets[path] if path else 0)

    def _position_at(self, offset: int) -> Position:
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._lines, offset)
        return Position(line, offset - self._lines[line - 1] + 1)


def key_offsets(text: str) -> dict[Path, int]:
    """Return the first offset of every key and table, by path. Array items are numbered from 0: `("a", "0", "b")`."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._offsets: dict[Path, int] = {}
        self._last_index: dict[Path, int] = {}  # of each array of tables

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_blank() < len(self._text):
            if self._text[self._at] == "[":
                table = self._scan_header()
            else:
                self._scan_pair(table)
        return self._offsets

    def _skip_blank(self) -> int:
        match = _BLANK.match(self._text, self._at)
        assert match is not None, "the pattern matches the empty string"
        self._at = match.end()
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(f"not TOML at character {self._at}")
        self._at = match.end()
        return match[0]

    def _scan_header(self) -> Path:
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        self._skip_blank()
        begin = self._at
        keys = self._take_key()
        path: Path = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            self._offsets.setdefault(path, begin)
            is_last = depth == len(keys) - 1
            if is_array and is_last:
                self._last_index[path] = self._last_index.get(path, -1) + 1
            if path in self._last_index:
                path = (*path, str(self._last_index[path]))
                self._offsets.setdefault(path, begin)
        self._skip_blank()
        self._at += 2 if is_array else 1
        return path

    def _scan_pair(self, table: Path) -> None:
        begin = self._skip_blank()
        path = table
        for key in self._take_key():
            path = (*path, key)
            self._offsets.setdefault(path, begin)
        self._skip_blank()
        self._at += 1  # the equals sign
        self._skip_value(path)

    def _take_key(self) -> list[str]:
        keys = [self._take_simple_key()]
        while _DOT.match(self._text, self._at):
            self._take(_DOT)
            keys.append(self._take_simple_key())
        return keys

    def _take_simple_key(self) -> str:
        if self._text[self._at] not in "\"'":
            return self._take(_BARE)
        import tomllib

        (key,) = tomllib.loads(f"{self._take(_STRING)} = 0")
        return key

    def _skip_value(self, path: Path) -> None:
        self._skip_blank()
        first = self._text[self._at]
        if first in "\"'":
            self._take(_STRING)
        elif first == "[":
            for index, begin in enumerate(self._items("]")):
                inner = (*path, str(index))
                self._offsets.setdefault(inner, begin)
                self._skip_value(inner)
        elif first == "{":
            for _ in self._items("}"):
                self._scan_pair(path)
        else:
            self._take(_WORD)

    def _items(self, closing: str) -> Iterator[int]:
        """Yield the offset of each item up to the closing bracket. The caller skips the item."""
        self._at += 1
        while self._text[self._skip_blank()] != closing:
            if self._text[self._at] == ",":
                self._at += 1
            else:
                yield self._at
        self._at += 1
