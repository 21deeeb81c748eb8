"""A layer that an app adds to the four that there are: a cloud's parameter store, say. Standard library only."""

from __future__ import annotations

from arka_config.precedence.layers import wrapped
from arka_config.precedence.values import ENV, FLAG, PROFILE, ResolvedValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    from arka_config.precedence.values import Field, Layer

    Read: TypeAlias = Callable[[Field, str | None], tuple[object, str] | None]

_PLACES = (FLAG, ENV, PROFILE)
_TAKEN = (*_PLACES, "pin", "active", "default")


class CustomLayer:
    """A layer of an author's own: `App("acme", layers=[CustomLayer("ssm", read, below="env")])`.

    `name` is shown by `config show` and in `ResolvedValue.layer`. `read` is called with a field and the name of the
    effective profile, at most once per field and run, and only if no layer above has a value. It returns the value and
    its place in words, or None; a string is validated and, for a secret field, wrapped in a Secret. It is inserted
    directly `below` "flag", "env" or "profile". A token from it goes to its own URL, or to the default one.
    """

    __slots__ = ("below", "name", "read")

    def __init__(self, name: str, read: Read, *, below: Literal["flag", "env", "profile"] = "profile") -> None:
        if not (name.isascii() and name.replace("-", "").isalnum()) or name in _TAKEN:
            raise ValueError(
                f"'{name}' cannot be a layer's name: take a word of letters, digits and dashes, not one of ours"
            )
        if below not in _PLACES:
            raise ValueError(f"a layer stands below one of {', '.join(_PLACES)}, and not below '{below}'")
        self.name = name
        self.read = read
        self.below = below

    def __repr__(self) -> str:
        return f"CustomLayer({self.name!r}, below={self.below!r})"

    def answers(self, profile: str | None) -> Layer:
        """What the layer has for each field, with this profile in force. It is asked for each once."""
        known: dict[str, ResolvedValue | None] = {}

        def layer(field: Field) -> ResolvedValue | None:
            if field.name not in known:
                known[field.name] = self._found(field, profile)
            return known[field.name]

        return layer

    def _found(self, field: Field, profile: str | None) -> ResolvedValue | None:
        answer = self.read(field, profile)
        if answer is None:
            return None
        value, place = answer
        place = place or self.name
        if isinstance(value, str):
            value = wrapped(field, value, place) if value else None
        return None if value is None else ResolvedValue(field, value, self.name, place)
