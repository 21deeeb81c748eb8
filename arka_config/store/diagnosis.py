"""Diagnosis: what is known of a run even if part of it fails, for the commands that show where values come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from arka_config.precedence.values import Field, Layer, ResolvedValue
    from arka_config.store.resolution import Resolution

    T = TypeVar("T")


class Diagnosis:
    """The answers of a Resolution, without those that fail. `error` is the first error: raise it after the output.

    Its values are for display only: the token and the URL may be of different origins.
    """

    def __init__(self, resolution: Resolution) -> None:
        self.error: ConfigError | None = None
        self._resolution = resolution
        self.attempt(lambda: resolution.profile)

    def attempt(self, ask: Callable[[], T]) -> T | None:
        """Return the answer, or None if it fails."""
        try:
            return ask()
        except ConfigError as error:
            self.error = self.error or error
            return None

    def trace_choice(self) -> list[ResolvedValue]:
        """Return the profile that each layer selects, whether it exists or not, highest precedence first."""
        return self._trace_each(self._resolution.app.profile_field, self._resolution.choice_layers())

    def trace(self, field: Field) -> list[ResolvedValue]:
        """Return the effective value of a field, followed by the values that it overrides."""
        values = self.attempt(lambda: self._resolution.trace(field))
        return self._trace_each(field, self._resolution.unchecked_layers()) if values is None else values

    def _trace_each(self, field: Field, layers: Iterable[Layer]) -> list[ResolvedValue]:
        return [value for layer in layers if (value := self._value_in(layer, field)) is not None]

    def _value_in(self, layer: Layer, field: Field) -> ResolvedValue | None:
        return self.attempt(lambda: layer(field))
