"""Findings: tokens that were found, with the place of each."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from arka_config.scanning.tokens import Match


class Place(StrEnum):
    """What a token was found in. The values are those of `place` in JSON output."""

    FILE = "file"
    HISTORY = "history"
    STAGED = "staged"
    BLOB = "blob"  # a version of a file in the git history
    MESSAGE = "message"  # of a commit or an annotated tag


class Commit(NamedTuple):
    """The commit that added a token: its id, its author's name, and its date as `2026-11-25T12:00:00+01:00`."""

    id: str
    author: str
    date: str


class Finding(NamedTuple):
    """A token at a place. `path` is empty in a message, and for a blob that no commit has."""

    place: Place
    path: str
    match: Match
    commit: Commit | None = None
    object_id: str = ""

    @property
    def location(self) -> str:
        """Where it is, for a message: `src/a.py:12:5`, or an object's id without a path."""
        name = self.path or f"{'commit' if self.commit else 'object'} {self.object_id[:12]}"
        return f"{name}:{self.match.line}:{self.match.column}"
