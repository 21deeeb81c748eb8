"""The only source of a ProfileSettings class: the layers, resolved leaf by leaf and never merged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined
from pydantic_settings import PydanticBaseSettingsSource

from arka_config.precedence.values import DEFAULT, PROFILE, ResolvedValue
from arka_config.secret import Secret
from arka_config.settings.token import Token
from arka_config.text import did_you_mean, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

    from arka_config.precedence.values import Field
    from arka_config.settings.leaves import Leaf
    from arka_config.store.resolution import Resolution

    Problem = tuple[Leaf | None, str]  # the leaf whose value does not fit, and a sentence about it


class LayeredSource(PydanticBaseSettingsSource):
    """Pass pydantic the effective value of each leaf, and keep where it came from.

    `problems` are values that could not be passed, and settings of the profile that the class does not have.
    """

    def __init__(self, settings: type[BaseSettings], leaves: Mapping[str, Leaf], resolution: Resolution) -> None:
        super().__init__(settings)
        self.leaves = leaves
        self.resolution = resolution
        self.token_leaf = leaves.get(resolution.app.token_field.name)
        self.values: dict[str, ResolvedValue] = {}
        self.problems: list[Problem] = []

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return one top-level leaf as pydantic-settings wants it: value, name, and that it needs no decoding."""
        return self._value(self.leaves[field_name]), field_name, False

    def __call__(self) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for name, leaf in self.leaves.items():
            resolved = self.resolution.resolve(leaf.field)
            if resolved is not None:
                self.values[name] = resolved
                if resolved.layer != DEFAULT or name == self.resolution.app.url_field.name:
                    _put(table, leaf.field.path, self._value(leaf))
        self._add_defaults(table)
        self.problems += [(None, text) for text in unknown_keys(self.resolution, self.leaves)]
        return table

    def _add_defaults(self, table: dict[str, Any]) -> None:
        """Keep the rest of a nested model's default instance if only a part of it is set."""
        for leaf in self.leaves.values():
            *folders, name = leaf.field.path
            inner: Any = table
            for folder in folders:
                inner = inner.get(folder) if isinstance(inner, dict) else None
            if folders and isinstance(inner, dict) and name not in inner and leaf.default is not PydanticUndefined:
                inner[name] = leaf.default

    def _value(self, leaf: Leaf) -> object:
        resolved = self.values[leaf.field.name]
        value = resolved.value
        if isinstance(value, Secret):
            # Wrapped before pydantic sees it: an error about any other field would quote its input (pydantic#9139).
            return Token(value.reveal) if leaf is self.token_leaf else SecretStr(value.reveal())
        if isinstance(value, str) and resolved.layer not in (PROFILE, DEFAULT) and self.field_is_complex(leaf.info):
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                text = describe_problem(leaf.field, resolved, "not valid JSON, which a list or table must be here")
                self.problems.append((leaf, text))
                return PydanticUndefined
        return value


def _put(table: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    if value is PydanticUndefined:
        return
    for folder in path[:-1]:
        table = table.setdefault(folder, {})
    table[path[-1]] = value


def describe_problem(field: Field, resolved: ResolvedValue | None, what: str) -> str:
    """Say what is wrong with a value: field, problem, layer and place, but not the value."""
    return f"{field.name}: {what} ({resolved.layer}: {resolved.place})" if resolved else f"{field.name}: {what}"


def unknown_keys(resolution: Resolution, leaves: Mapping[str, Leaf]) -> list[str]:
    """A sentence for each setting of the profile that the settings class does not have, with the nearest name."""
    profile = resolution.profile.profile
    if profile is None:
        return []
    settings = [name for name, leaf in leaves.items() if leaf.field.key.startswith("settings.")]
    return [
        f"{visible(name)}: unknown setting (profile: {profile.path}: settings.{visible(name)})"
        + (f"; {near}" if (near := _nearest(name, settings)) else "")
        for name in _unknown(profile.settings, settings, "")
    ]


def _nearest(name: str, settings: list[str]) -> str:
    """The nearest name in the same table: the names of its parents already match."""
    within, dot, last = name.rpartition(".")
    siblings = [other[len(within + dot) :] for other in settings if other.startswith(within + dot)]
    return did_you_mean(last, siblings)


def _unknown(table: Mapping[str, Any], known: list[str], within: str) -> Iterator[str]:
    for key, value in table.items():
        name = f"{within}{key}"
        if name in known:
            continue
        if isinstance(value, dict) and any(leaf.startswith(f"{name}.") for leaf in known):
            yield from _unknown(value, known, f"{name}.")
        else:
            yield name
