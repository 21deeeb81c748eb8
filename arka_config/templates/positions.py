"""Positions in a template's text, for messages."""

from __future__ import annotations

import hashlib
import os
import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from arka_config.store.toml_keys import key_offsets
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arka_config.store.toml_keys import Path


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
