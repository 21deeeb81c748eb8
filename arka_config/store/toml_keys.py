"""The keys of a TOML text, with their offsets: `tomllib` returns values without them, so the text is scanned again.

Only for text that `tomllib` has accepted: the scanner validates nothing and skips over values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


class Key(NamedTuple):
    """A simple key in a text: one part of the key of a pair or a header. `path` ends in it."""

    path: Path
    start: int
    end: int


def key_offsets(text: str) -> dict[Path, int]:
    """Return the first offset of every key and table, by path. Array items are numbered from 0: `("a", "0", "b")`."""
    return _Scanner(text).scan()


def rename_keys(text: str, new_name: Callable[[Path], str]) -> str:
    """Return the text with other names for its keys. Only the keys' own characters change.

    `new_name` is called with each key's path.
    """
    scanner = _Scanner(text)
    scanner.scan()
    pieces, at = [], 0
    for path, start, end in scanner.keys:
        if (name := new_name(path)) != path[-1]:
            pieces += [text[at:start], name if _BARE.fullmatch(name) else f'"{name}"']
            at = end
    return "".join([*pieces, text[at:]])


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._offsets: dict[Path, int] = {}
        self.keys: list[Key] = []
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
        keys = list(self._take_key())
        path: Path = ()
        for depth, (key, start, end) in enumerate(keys):
            path = (*path, key)
            self._offsets.setdefault(path, begin)
            self.keys.append(Key(path, start, end))
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
        for key, start, end in self._take_key():
            path = (*path, key)
            self._offsets.setdefault(path, begin)
            self.keys.append(Key(path, start, end))
        self._skip_blank()
        self._at += 1  # the equals sign
        self._skip_value(path)

    def _take_key(self) -> Iterator[tuple[str, int, int]]:
        """Yield the parts of a dotted key, each with its start and its end."""
        while True:
            start = self._at
            yield self._take_simple_key(), start, self._at
            if not _DOT.match(self._text, self._at):
                return
            self._take(_DOT)

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
