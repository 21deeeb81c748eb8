"""Fields, the layers that answer for them, and the findings they answer with.

`resolve()` takes the first answer and `trace()` yields them all, the winner first: where a value came from is never
computed a second time.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Literal, TypeAlias

    LayerName: TypeAlias = Literal["flag", "env", "pin", "active", "profile", "default"]

FLAG: LayerName = "flag"
ENV: LayerName = "env"
PIN: LayerName = "pin"  # only for which profile it is
ACTIVE: LayerName = "active"  # only for which profile it is
PROFILE: LayerName = "profile"
DEFAULT: LayerName = "default"


class Field:
    """One setting, and its name in each layer.

    `path` is the attribute path in the settings class, `option` the command-line flag, `variable` the environment
    variable, `key` the dotted key in a profile's TOML file.
    """

    __slots__ = ("key", "option", "path", "secret", "variable")

    def __init__(self, path: tuple[str, ...], *, option: str, variable: str, key: str, secret: bool = False) -> None:
        self.path = path
        self.option = option
        self.variable = variable
        self.key = key
        self.secret = secret

    @property
    def name(self) -> str:
        """The path with dots: `http.retries`."""
        return ".".join(self.path)

    def __repr__(self) -> str:
        return f"Field({self.name})"


class ResolvedValue:
    """A field's value, and where it came from.

    `layer` is `flag`, `env`, `profile` or `default`, or the name of a layer that the app has added; `pin` and `active`
    are for which profile it is. `source` is the option, the variable or the path of the file, and `key` the key inside
    that file; both are empty for a default. A secret's value is a Secret, so that no finding shows one.
    """

    __slots__ = ("field", "key", "layer", "source", "value")

    def __init__(self, field: Field, value: object, layer: str, source: str = "", key: str = "") -> None:
        self.field = field
        self.value = value
        self.layer = layer
        self.source = source
        self.key = key

    @property
    def place(self) -> str:
        """The source and key in words: `ARKA_TIMEOUT`, `/home/…/work.toml: settings.timeout`, `built in`."""
        if not self.source:
            return "built in"
        return f"{self.source}: {self.key}" if self.key else self.source

    def __repr__(self) -> str:
        return f"ResolvedValue({self.field.name} from {self.layer}: {self.place})"


if TYPE_CHECKING:
    Layer: TypeAlias = Callable[[Field], ResolvedValue | None]  # a layer: "what do you have for this field?"
    Ranks: TypeAlias = tuple[tuple[Layer, ...], ...]  # who wins first; layers of one rank speak for each other


def trace(field: Field, layers: Iterable[Layer]) -> Iterator[ResolvedValue]:
    """Every layer's answer for a field, the winner first."""
    return (finding for layer in layers if (finding := layer(field)) is not None)


def resolve(field: Field, layers: Iterable[Layer]) -> ResolvedValue | None:
    """The winner's answer for a field, or None where no layer has one."""
    return next(trace(field, layers), None)


def in_order(ranks: Ranks) -> Iterator[Layer]:
    """The layers of all ranks, one after another."""
    return (layer for rank in ranks for layer in rank)
