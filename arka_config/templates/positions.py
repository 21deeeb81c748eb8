"""Where each key of a TOML text stands. `tomllib` says what a text means and not where, so this scans it again.

Only for a text that `tomllib` has taken: nothing is checked here, and what a value means is skipped over.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_WORD = re.compile(r"[^,\]}\s#]+(?: [0-9][^,\]}\s#]*)?")  # a number or a date, which may hold one blank
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)

Path = tuple[str, ...]


class Position(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


class Positions:
    """Where the keys of one text stand, looked for at the first question."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._offsets: dict[Path, int] | None = None

    def of(self, path: Path) -> Position:
        """The place of a key, or of the nearest table around it that is there; else the beginning."""
        if self._offsets is None:
            self._offsets = offsets(self._text)
        while path and path not in self._offsets:
            path = path[:-1]
        return self.at(self._offsets[path] if path else 0)

    def at(self, offset: int) -> Position:
        """The line and column of a character."""
        begin = self._text.rfind("\n", 0, offset) + 1
        return Position(self._text.count("\n", 0, offset) + 1, offset - begin + 1)


def offsets(text: str) -> dict[Path, int]:
    """The first place of every key and of every table, by path. Entries of an array count from 0: `("a", "0", "b")`."""
    return _Scan(text).all()


class _Scan:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: dict[Path, int] = {}
        self._entries: dict[Path, int] = {}  # arrays of tables, with the number of their last entry

    def all(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_blank() < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _skip_blank(self) -> int:
        found = _BLANK.match(self._text, self._at)
        assert found is not None, "the pattern matches nothing at all, too"
        self._at = found.end()
        return self._at

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"no TOML at character {self._at}")
        self._at = found.end()
        return found[0]

    def _note(self, path: Path, at: int) -> None:
        self._found.setdefault(path, at)

    def _header(self) -> Path:
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        self._skip_blank()
        begin = self._at
        keys = self._key()
        path: Path = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            self._note(path, begin)
            is_last = depth == len(keys) - 1
            if is_array and is_last:
                self._entries[path] = self._entries.get(path, -1) + 1
            if path in self._entries:
                path = (*path, str(self._entries[path]))
                self._note(path, begin)
        self._skip_blank()
        self._at += 2 if is_array else 1
        return path

    def _pair(self, table: Path) -> None:
        begin = self._skip_blank()
        path = table
        for key in self._key():
            path = (*path, key)
            self._note(path, begin)
        self._skip_blank()
        self._at += 1  # the equals sign
        self._value(path)

    def _key(self) -> list[str]:
        keys = [self._simple_key()]
        while _DOT.match(self._text, self._at):
            self._take(_DOT)
            keys.append(self._simple_key())
        return keys

    def _simple_key(self) -> str:
        if self._text[self._at] not in "\"'":
            return self._take(_BARE)
        import tomllib

        (key,) = tomllib.loads(f"{self._string()} = 0")
        return key

    def _string(self) -> str:
        begin = self._at
        for pattern in _STRINGS:
            if pattern.match(self._text, self._at):
                self._take(pattern)
                break
        return self._text[begin : self._at]

    def _value(self, path: Path) -> None:
        self._skip_blank()
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._list(path)
        elif first == "{":
            self._inline(path)
        else:
            self._take(_WORD)

    def _list(self, path: Path) -> None:
        self._at += 1
        entry = 0
        while self._text[self._skip_blank()] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            inner = (*path, str(entry))
            self._note(inner, self._at)
            self._value(inner)
            entry += 1
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while self._text[self._skip_blank()] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(path)
        self._at += 1
