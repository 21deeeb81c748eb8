"""A template's text, and where in it something is wrong."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from arka_config.templates.positions import Position, Positions
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problem(NamedTuple):
    """What is wrong with a file, and where."""

    path: str
    position: Position
    text: str

    def __str__(self) -> str:
        return f"{visible(self.path)}:{self.position.line}:{self.position.column}: {self.text}"


class TemplateText:
    """One file as it was read. `path` is as the user would say it, `folder` and `name` are its real place.

    `unfit` has the problems of strings that may stand in no template: nothing else is said of those.
    """

    def __init__(self, path: str, folder: str, name: str, text: str) -> None:
        self.path = path
        self.folder = folder
        self.name = name
        self.text = text
        self.digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        self.unfit: dict[Position, Problem] = {}
        self._positions = Positions(text)

    def problem(self, key: Iterable[str], text: str) -> Problem:
        """A problem with a key."""
        return Problem(self.path, self._positions.of(tuple(key)), text)

    def problem_at(self, offset: int, text: str) -> Problem:
        """A problem with a character."""
        return Problem(self.path, self._positions.at(offset), text)

    def place(self, key: Iterable[str]) -> str:
        """Where a key stands: `profiles/ci.toml:14`."""
        return f"{self.path}:{self._positions.of(tuple(key)).line}"
