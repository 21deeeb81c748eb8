"""Selection: which of a user's tokens a list or a bulk revocation is about, as conditions of one statement."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_

from arka_config.workspace.server.tables import Token

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MAX_PATTERN_LENGTH = 200  # characters
LABEL_FUNCTION = "arka_label_matches"  # SQLite's own GLOB has another syntax for sets


class State(StrEnum):
    """Whether a token still works."""

    VALID = "valid"
    EXPIRED = "expired"


class Selection(NamedTuple):
    """Conditions, all of which must be met. `label` is a pattern with `*`, `?` and `[…]`, as in a shell.

    A token that was never used counts as last used when it was created.
    """

    label: str = ""
    state: State | None = None
    expires_before: datetime | None = None
    last_used_before: datetime | None = None
    ids: tuple[str, ...] = ()
    issued_by: str | None = None  # the line of a token with the scope tokens:issue

    def narrow(self, query: Select[Any], session: Session) -> Select[Any]:
        """Add the conditions to a query of tokens."""
        return query.where(*self._conditions(session))

    def _conditions(self, session: Session) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.label and self.label != "*":
            conditions.append(_label_matches(self.label, session))
        if self.state is not None:
            has_expired = Token.expires <= datetime.now(UTC)
            is_valid = or_(Token.expires.is_(None), Token.expires > datetime.now(UTC))
            conditions.append(has_expired if self.state is State.EXPIRED else is_valid)
        if self.expires_before is not None:
            conditions.append(Token.expires < self.expires_before)
        if self.last_used_before is not None:
            conditions.append(func.coalesce(Token.last_used, Token.created) < self.last_used_before)
        if self.issued_by is not None:
            conditions.append(Token.issued_by == self.issued_by)
        if self.ids:
            conditions.append(Token.id.in_(self.ids))
        return conditions


EVERYTHING = Selection()


def _label_matches(pattern: str, session: Session) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "sqlite":
        matches: ColumnElement[bool] = getattr(func, LABEL_FUNCTION)(Token.label, pattern)
        return matches
    return Token.label.regexp_match(to_regex(pattern))


def label_matches(label: str, pattern: str) -> bool:
    """Whether a label matches a pattern, for SQLite. Its time is linear in the label: fnmatch does not backtrack."""
    return fnmatchcase(label, pattern)


def to_regex(pattern: str) -> str:
    """Translate a pattern into a regular expression for PostgreSQL, with the meaning that fnmatch gives it.

    It has no groups, so PostgreSQL matches it in linear time, without backtracking.
    """
    parts = []
    position = 0
    while position < len(pattern):
        character = pattern[position]
        end = _end_of_set(pattern, position) if character == "[" else -1
        if end > 0:
            parts.append(_set_to_regex(pattern[position + 1 : end]))
            position = end
        elif character == "*":
            parts.append("" if parts[-1:] == [".*"] else ".*")
        else:
            parts.append("." if character == "?" else _escape(character))
        position += 1
    return rf"\A{''.join(parts)}\Z"


def _end_of_set(pattern: str, start: int) -> int:
    """The position of the `]` that ends a set, or -1, so that the `[` is an ordinary character."""
    first = start + 2 if pattern[start + 1 : start + 2] == "!" else start + 1
    return pattern.find("]", first + 1)


def _set_to_regex(content: str) -> str:
    negation = "^" if content.startswith("!") else ""
    content = content.removeprefix("!")
    parts = []
    while content:
        if content[1:2] == "-" and len(content) > 2:
            first, last, content = content[0], content[2], content[3:]
            parts += [f"{_escape(first)}-{_escape(last)}"] if first <= last else []
        else:
            parts.append(_escape(content[0]))
            content = content[1:]
    if not parts:
        return "." if negation else r"(?!.)."  # any character, or none
    return f"[{negation}{''.join(parts)}]"


def _escape(character: str) -> str:
    """A character by its number, since each syntax has other special ones."""
    return character if re.match("[0-9A-Za-z]", character) else rf"\U{ord(character):08X}"
