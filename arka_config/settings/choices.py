"""The words that a setting can be set to, if its type has only some values."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

if TYPE_CHECKING:
    from collections.abc import Iterator


def choices(kinds: list[Any]) -> Iterator[tuple[str, object]]:
    """Yield each choice and its value, if every kind is a Literal or an Enum; else nothing."""
    if not all(get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)) for kind in kinds):
        return
    for kind in kinds:
        values = get_args(kind) if get_origin(kind) is Literal else [member.value for member in kind]
        for value in values:
            word = value.value if isinstance(value, Enum) else value  # a Literal may have members of an Enum
            if word is not None:
                yield str(word), value
