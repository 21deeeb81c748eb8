"""The one source of a settings class: the effective value of each leaf, from the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined
from pydantic_settings import PydanticBaseSettingsSource

from arka_config.precedence.values import DEFAULT, FLAG, PROFILE, ResolvedValue
from arka_config.secret import Secret
from arka_config.settings.decoding import StructuredField, entries, table_in
from arka_config.settings.fields import Token, accepts_secret
from arka_config.settings.unused import unknown_keys
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

    from arka_config.precedence.values import Field
    from arka_config.settings.fields import Leaf
    from arka_config.store.resolution import Resolution

    Problem = tuple[Leaf | None, str]  # the leaf with an unsuitable value, and a sentence about it


class Given:
    """A value that is passed as it is: a keyword argument, of which a text is not decoded and None is a value."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class LayeredSource(PydanticBaseSettingsSource):
    """Pass pydantic the effective value of each leaf, and keep where it came from.

    `problems` are values that could not be passed, and settings of the profile that the class does not have. `absent`
    are nested models that a keyword argument says are None.
    """

    def __init__(
        self,
        settings: type[BaseSettings],
        leaves: Mapping[str, Leaf],
        resolution: Resolution,
        absent: Collection[str] = (),
    ) -> None:
        super().__init__(settings)
        self._absent = absent
        self._retired: Mapping[str, str] = settings.retired  # type: ignore[attr-defined]  # it is a ProfileSettings
        self.leaves = leaves
        self.resolution = resolution
        self.token_leaf = leaves.get(resolution.app.token_field.name)
        self.values: dict[str, ResolvedValue] = {}
        self.problems: list[Problem] = []
        self._stand_in: Token | None = None

    def pretend(self, settings: Mapping[str, Any]) -> None:
        """Use these settings in place of those in the profile's file, and any token if there is none.

        Without a required value, pydantic would not run the validators of the class. Raises what reading the profile
        raises.
        """
        if (profile := self.resolution.profile.profile) is not None:
            profile.settings = dict(settings)
        self._stand_in = Token("-")

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return one top-level leaf as pydantic-settings wants it: value, name, and that it needs no decoding."""
        leaf = self.leaves[field_name]
        found = self.resolution.resolve(leaf.field)
        return None if found is None else self._value(leaf, found), field_name, False

    def __call__(self) -> dict[str, Any]:
        table: dict[str, Any] = dict.fromkeys(self._absent)
        for name, leaf in self.leaves.items():
            if leaf.field.path[0] in self._absent:
                continue
            resolved = self.resolution.resolve(leaf.field)
            if resolved is not None:
                self.values[name] = _unwrap(resolved)
                if resolved.layer != DEFAULT or resolved.source or name == self.resolution.app.url_field.name:
                    _put(table, leaf.field.path, self._value(leaf, resolved))
        if self.token_leaf is not None and self._stand_in is not None:
            table.setdefault(self.token_leaf.field.name, self._stand_in)
        self._read_tables(table)
        self._add_defaults(table)
        app, profile = self.resolution.app, self.resolution.profile.profile
        self.problems += [(None, text) for text in unknown_keys(app, profile, self.leaves, self._retired)]
        return table

    def _add_defaults(self, table: dict[str, Any]) -> None:
        """Keep the rest of a nested model's default instance if only a part of it is set."""
        for leaf in self.leaves.values():
            *folders, name = leaf.field.path
            inner: Any = table
            for folder in folders:
                inner = inner.get(folder) if isinstance(inner, dict) else None
            if folders and isinstance(inner, dict) and name not in inner and leaf.default is not leaf.info.default:
                inner[name] = leaf.default

    def _read_tables(self, values: dict[str, Any]) -> None:
        """Add each nested model that a variable gives as JSON, even as an empty object; its leaves have been read.

        Report each variable that is not a JSON object, and names that a strict model lacks.
        """
        environ = self.resolution.environ
        named = [(leaf, field) for leaf in self.leaves.values() for field in (leaf.field, *leaf.field.old)]
        owners = {field.path[:-1]: leaf.owner for leaf, field in named}
        fields = [field for _, field in named]
        tables = {
            variable: (field.path[:depth], leaf.field.path[:depth])
            for leaf, field in named
            if isinstance(field, StructuredField)
            for depth, variable in enumerate(field.tables, 1)
        }
        for variable, (path, current) in tables.items():
            name = ".".join(path)
            table = table_in(environ, variable)
            is_given = environ.get(variable, "").strip() not in ("", "null")  # `null` means unset
            if is_given:
                _add_table(values, current)
            if is_given and table is None:
                self.problems.append((None, f"{name}: not valid JSON, which a table must be here (env: {variable})"))
            elif path in owners and owners[path].model_config.get("extra") in ("allow", "forbid"):
                paths = [*(field.path for field in fields), *(tuple(each.split(".")) for each in self._retired)]
                known = {each[len(path)].lower() for each in paths if each[: len(path)] == path and each != path}
                for entry, place in entries(environ, variable, table or {}):
                    if entry.lower() not in known:
                        self.problems.append((None, f"{name}.{visible(entry)}: unknown setting (env: {place})"))

    def _value(self, leaf: Leaf, found: ResolvedValue) -> object:
        if isinstance(found.value, Given):
            return found.value.value
        value = found.value
        if isinstance(value, Secret):
            # Wrapped before pydantic sees it: an error about any other field would quote its input (pydantic#9139).
            if leaf is self.token_leaf:
                return Token(value.reveal)
            if accepts_secret(leaf.info.annotation):
                return SecretStr(value.reveal())
            return self._decode(leaf, value.reveal())
        if found.layer == FLAG and isinstance(value, list):  # the texts of an option that was repeated
            return leaf.decode_items(value)
        if found.layer in (PROFILE, DEFAULT):
            return self._convert(leaf, leaf.from_profile, value)
        return self._decode(leaf, value) if isinstance(value, str) and not found.key else value

    def _decode(self, leaf: Leaf, text: str) -> object:
        return self._convert(leaf, leaf.decoder.decode, text)

    def _convert(self, leaf: Leaf, convert: Callable[[Any], object], value: object) -> object:
        try:
            return convert(value)
        except ValueError as error:
            problem = describe_problem(leaf.field, self.values[leaf.field.name], str(error))
        self.problems.append((leaf, problem))
        return PydanticUndefined


def _add_table(values: dict[str, Any], path: tuple[str, ...]) -> None:
    """Add an empty table at a path, unless there is something."""
    inner: Any = values
    for folder in path:
        inner = inner.setdefault(folder, {}) if isinstance(inner, dict) else None


def _unwrap(resolved: ResolvedValue) -> ResolvedValue:
    """Return a keyword argument's value as others are: without its wrapper, and a Secret if the field is secret."""
    if not isinstance(resolved.value, Given):
        return resolved
    value, field = resolved.value.value, resolved.field
    value = Secret(value) if field.secret and isinstance(value, str) else value
    return ResolvedValue(field, value, resolved.layer, resolved.source, resolved.key)


def _put(table: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    if value is PydanticUndefined:
        return
    for folder in path[:-1]:
        table = table.setdefault(folder, {})
    table[path[-1]] = value


def describe_missing(leaf: Leaf) -> str:
    """Say that a setting has no value, and what sets it. A missing token has its own error."""
    return f"{leaf.field.name}: not set; set {leaf.field.variable}, or {leaf.field.key} in a profile"


def describe_problem(field: Field, resolved: ResolvedValue | None, what: str) -> str:
    """Say what is wrong with a value: field, problem, layer and place, but not the value."""
    return f"{field.name}: {what} ({resolved.layer}: {resolved.place})" if resolved else f"{field.name}: {what}"
