"""A layer that an app adds to the built-in ones, such as a cloud's parameter store. Standard library only."""

from __future__ import annotations

from arka_config.precedence.layers import value_of
from arka_config.precedence.values import ENV, FLAG, PROFILE, ResolvedValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    from arka_config.precedence.values import Field, Layer

    Read: TypeAlias = Callable[[Field, str | None], tuple[object, str] | None]

_BUILT_IN = (FLAG, ENV, PROFILE)
_RESERVED = (*_BUILT_IN, "pin", "active", "default")


class CustomLayer:
    """A layer of an author's own: `App("acme", layers=[CustomLayer("ssm", read, below="env")])`.

    `name` is shown by `config show` and in `ResolvedValue.layer`. `read` is called with a field and the name of the
    effective profile, at most once per field and run, and only if no layer above has a value. It returns the value and
    its place in words, or None; a string is validated and, for a secret field, wrapped in a Secret. It is inserted
    directly `below` "flag", "env" or "profile". A token from it goes to its own URL, or to the default one.
    """

    __slots__ = ("below", "name", "read")

    def __init__(self, name: str, read: Read, *, below: Literal["flag", "env", "profile"] = "profile") -> None:
        if not (name.isascii() and name.replace("-", "").isalnum()) or name in _RESERVED:
            raise ValueError(
                f"'{name}' cannot be a layer's name: use letters, digits and dashes, and not a built-in layer's name"
            )
        if below not in _BUILT_IN:
            raise ValueError(f"below must be one of {', '.join(_BUILT_IN)}, not '{below}'")
        self.name = name
        self.read = read
        self.below = below

    def __repr__(self) -> str:
        return f"CustomLayer({self.name!r}, below={self.below!r})"

    def bind(self, profile: str | None) -> Layer:
        """Return the layer for an effective profile. It reads each field once."""
        values: dict[str, ResolvedValue | None] = {}

        def layer(field: Field) -> ResolvedValue | None:
            if field.name not in values:
                values[field.name] = self._read_value(field, profile)
            return values[field.name]

        return layer

    def _read_value(self, field: Field, profile: str | None) -> ResolvedValue | None:
        result = self.read(field, profile)
        if result is None:
            return None
        value, place = result
        place = place or self.name
        if isinstance(value, str):
            value = value_of(field, value, place) if value else None
        return None if value is None else ResolvedValue(field, value, self.name, place)
