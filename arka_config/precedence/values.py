"""Fields, and the values that layers have for them, each with where it came from.

`resolve()` returns the first value and `trace()` yields all of them, highest precedence first: precedence is computed
in one place only.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Literal, TypeAlias

    LayerName: TypeAlias = Literal["flag", "env", "pin", "active", "profile", "default"]

FLAG: LayerName = "flag"
ENV: LayerName = "env"
PIN: LayerName = "pin"  # only for the choice of the profile
ACTIVE: LayerName = "active"  # only for the choice of the profile
PROFILE: LayerName = "profile"
DEFAULT: LayerName = "default"


class Field:
    """One setting, and its name in each layer.

    `path` is the attribute path in the settings class, `option` the command-line flag, `variable` the environment
    variable, `key` the dotted key in a profile's TOML file. Fields with the same path are equal, because a program in
    one module has two apps: one in `__main__`, and one in the module that the app names. `old` is the setting under the
    names that it had before.
    """

    __slots__ = ("key", "old", "option", "path", "secret", "variable")

    def __init__(self, path: tuple[str, ...], *, option: str, variable: str, key: str, secret: bool = False) -> None:
        self.path = path
        self.option = option
        self.variable = variable
        self.key = key
        self.secret = secret
        self.old: tuple[Field, ...] = ()

    @property
    def name(self) -> str:
        """The path with dots: `http.retries`."""
        return ".".join(self.path)

    def gather(self, environ: Mapping[str, str]) -> ResolvedValue | None:
        """Return the value that other variables give. None here: only a structured setting has other variables."""
        return None

    def variables_in(self, environ: Mapping[str, str]) -> set[str]:
        """Return the variables that are set and may give this value, or a part of it, under any of its names."""
        return {self.variable, *(old.variable for old in self.old)} & environ.keys()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Field) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __repr__(self) -> str:
        return f"Field({self.name})"


class ResolvedValue:
    """A field's value, and where it came from.

    `layer` is `flag`, `env`, `profile` or `default`, or the name of a custom layer; for the choice of the profile also
    `pin` or `active`. `source` is the option, the variable or the file, and `key` the key in that file; both are empty
    for a default. The value of a secret is a Secret. `old` is the field with the old name that the value was found
    under, else None.
    """

    __slots__ = ("field", "key", "layer", "old", "source", "value")

    def __init__(
        self, field: Field, value: object, layer: str, source: str = "", key: str = "", old: Field | None = None
    ) -> None:
        self.field = field
        self.value = value
        self.layer = layer
        self.source = source
        self.key = key
        self.old = old

    @property
    def place(self) -> str:
        """The source and key in words: `ARKA_TIMEOUT`, `/home/…/work.toml: settings.timeout`, `built in`."""
        if not self.source:
            return "built in"
        return f"{self.source}: {self.key}" if self.key else self.source

    def __repr__(self) -> str:
        return f"ResolvedValue({self.field.name} from {self.layer}: {self.place})"


if TYPE_CHECKING:
    Layer: TypeAlias = Callable[[Field], ResolvedValue | None]  # the value that a layer has for a field
    Ranks: TypeAlias = tuple[
        tuple[Layer, ...], ...
    ]  # highest precedence first; a token and its URL may come from two layers of one rank


def trace(field: Field, layers: Iterable[Layer]) -> Iterator[ResolvedValue]:
    """Yield each layer's value for a field, highest precedence first."""
    return (value for layer in layers if (value := layer(field)) is not None)


def under_any_name(field: Field, layer: Layer) -> ResolvedValue | None:
    """Return what a layer has for a field under its name, else under the first old one."""
    found = layer(field)
    if found is not None or not field.old:
        return found
    for old in field.old:
        found = layer(old)
        if found is not None:
            return ResolvedValue(field, found.value, found.layer, found.source, found.key, old)
    return None


def resolve(field: Field, layers: Iterable[Layer]) -> ResolvedValue | None:
    """Return the effective value of a field, or None if no layer has one."""
    return next(trace(field, layers), None)


def flatten(ranks: Ranks) -> Iterator[Layer]:
    """Yield the layers of all ranks, in order."""
    return (layer for rank in ranks for layer in rank)
