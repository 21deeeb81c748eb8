"""The only source of a ProfileSettings class: the layers, asked leaf by leaf. It merges nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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


class LayeredSource(PydanticBaseSettingsSource):
    """Gives pydantic each leaf's winner, and keeps the findings. `problems` are the values that it could not give."""

    def __init__(self, settings: type[BaseSettings], leaves: Mapping[str, Leaf], resolution: Resolution) -> None:
        super().__init__(settings)
        self.leaves = leaves
        self.resolution = resolution
        self.findings: dict[str, ResolvedValue] = {}
        self.problems: list[str] = []

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """One top-level leaf, as pydantic-settings asks for it: value, name, and that it needs no decoding."""
        return self._value(self.leaves[field_name]), field_name, False

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, leaf in self.leaves.items():
            finding = self.resolution.resolve(leaf.field)
            if finding is not None:
                self.findings[name] = finding
                if finding.layer != DEFAULT or name == self.resolution.app.url_field.name:
                    _put(values, leaf.field.path, self._value(leaf))
        self._fill_in(values)
        self.problems += unknown_keys(self.resolution, self.leaves)
        return values

    def _fill_in(self, values: dict[str, Any]) -> None:
        """A nested model that is set in part keeps the rest of its default instance."""
        for leaf in self.leaves.values():
            *folders, name = leaf.field.path
            inner: Any = values
            for folder in folders:
                inner = inner.get(folder) if isinstance(inner, dict) else None
            if folders and isinstance(inner, dict) and name not in inner and leaf.default is not PydanticUndefined:
                inner[name] = leaf.default

    def _value(self, leaf: Leaf) -> object:
        finding = self.findings[leaf.field.name]
        value = finding.value
        if isinstance(value, Secret):
            # Wrapped before pydantic sees it: an error about any other field would quote its input (pydantic#9139).
            return Token(value.reveal) if leaf.field is self.resolution.app.token_field else _wrapped(value)
        if isinstance(value, str) and finding.layer not in (PROFILE, DEFAULT) and self.field_is_complex(leaf.info):
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                self.problems.append(
                    problem(leaf.field, finding, "not the JSON that a list or table is written in here")
                )
                return PydanticUndefined
        return value


def _wrapped(secret: Secret) -> object:
    from pydantic import SecretStr

    return SecretStr(secret.reveal())


def _put(values: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    if value is PydanticUndefined:
        return
    for folder in path[:-1]:
        values = values.setdefault(folder, {})
    values[path[-1]] = value


def problem(field: Field, finding: ResolvedValue | None, what: str) -> str:
    """The sentence for a value that does not fit: field, fault, layer and place, never the value."""
    return f"{field.name}: {what} ({finding.layer}: {finding.place})" if finding else f"{field.name}: {what}"


def unknown_keys(resolution: Resolution, leaves: Mapping[str, Leaf]) -> list[str]:
    """A sentence for every setting of the profile that the settings class does not have, with the nearest name."""
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
    """The nearest name in the same table, since the names of its parents are alike already."""
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
