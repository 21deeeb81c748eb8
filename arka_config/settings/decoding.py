"""Decode text from variables and options as pydantic-settings does, and gather tables from several variables."""

from __future__ import annotations

import copy
import json
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ForwardRef, cast

from pydantic_core import PydanticUndefined
from pydantic_settings import EnvSettingsSource, ForceDecode, NoDecode
from pydantic_settings import SettingsError as PydanticSettingsError

from arka_config.precedence.values import ENV, Field, ResolvedValue
from arka_config.secret import Secret
from arka_config.text import check_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings, SettingsConfigDict

DELIMITER = "__"
NOT_JSON = "not valid JSON, which a list or table must be here"
_NAME = "value"  # of the one field that the decoder's source knows


class Decoder:
    """Decode the text of one setting. The rules, such as `NoDecode` and `strict`, are those of pydantic-settings."""

    def __init__(self, info: FieldInfo, config: SettingsConfigDict) -> None:
        self._info = info
        self._config = config

    @property
    def is_json(self) -> bool:
        """Whether the text of a list or table is JSON, rather than for a validator of the class."""
        is_off = NoDecode in self._info.metadata or self._config.get("enable_decoding") is False
        return ForceDecode in self._info.metadata or not is_off

    @property
    def is_strict(self) -> bool:
        """Whether the class is strict: it accepts no text for a value of another type."""
        return bool(self._config.get("strict"))

    @cached_property
    def has_parts(self) -> bool:
        """Whether variables with names that begin with the setting's may give parts of it."""
        annotation: Any = self._info.annotation
        if isinstance(annotation, str | ForwardRef):  # not defined yet
            return False
        return self.decode(None, {"any": "1"}) is not PydanticUndefined

    def decode(self, text: str | None, parts: Mapping[str, str] | None = None) -> Any:
        """Return the value that a text stands for, with `parts` of a table by name, such as `inner__key`.

        PydanticUndefined if the text is JSON's `null`, which means unset. Raises ValueError if a text is not the JSON
        that the type needs.
        """
        texts = {f"{_NAME}{DELIMITER}{name}": part for name, part in (parts or {}).items()}
        if text is not None:
            texts[_NAME] = text
        none = self._config.get("env_parse_none_str")
        if none is not None and text == none:
            return None
        source = copy.copy(self._source)  # of this call only: another thread may load another profile
        source.env_vars = texts
        try:
            value = source().get(_NAME, PydanticUndefined)
        except (PydanticSettingsError, RecursionError):
            pass
        else:
            return value if none is None else _replace(value, none)
        raise ValueError(NOT_JSON)  # outside `except` so pydantic's error is not chained: it may hold a secret

    @cached_property
    def _source(self) -> EnvSettingsSource:
        """Return a source for a class with this one field, under a name without prefix and alias."""
        info = copy.copy(self._info)
        info.alias = info.validation_alias = None
        config = dict(self._config) | {"env_prefix": "", "case_sensitive": False, "env_parse_none_str": None}
        one_field = SimpleNamespace(model_config=config, model_fields={_NAME: info})
        return EnvSettingsSource(cast("type[BaseSettings]", one_field), env_nested_delimiter=DELIMITER)


class StructuredField(Field):
    """A setting that the environment may give in parts, or as a part of the table that contains it.

    `ACME_HTTP__HEADERS__ACCEPT=json` is an entry of `http.headers`, and `ACME_HTTP='{"retries": 9}'` gives
    `http.retries`. The setting's own variable beats the table, and an entry beats both.
    """

    __slots__ = ("_decoder", "tables")

    def __init__(self, field: Field, decoder: Decoder, tables: tuple[str, ...]) -> None:
        super().__init__(field.path, option=field.option, variable=field.variable, key=field.key, secret=field.secret)
        self._decoder = decoder
        self.tables = tables  # the variables of the models that contain it, outermost first

    def gather(self, environ: Mapping[str, str]) -> ResolvedValue | None:
        """Return the value that other variables than its own give, in part or as a whole; None if none does."""
        parts = self.parts(environ) if self._decoder.has_parts else {}
        text = environ.get(self.variable) or None
        if text and not parts:
            return None
        whole = None if text else self._in_table(environ)
        if not parts:
            return whole
        variables = [self.variable] if text else [whole.source] if whole else []
        variables += [f"{self.variable}{DELIMITER}{name}" for name in parts]
        for variable in variables:
            check_lines(environ[variable], variable)
        try:
            value = self._decoder.decode(text, {name.lower(): part for name, part in parts.items()})
        except ValueError:  # one of them is not JSON: reported when the value is loaded, but not when it is shown
            value = text or ", ".join(parts.values())
        if whole is not None and isinstance(value, dict) and isinstance(inner := _plain(whole.value), dict):
            value = merge(inner, value)
        return self._resolve(value, ", ".join(variables), "")

    def variables_in(self, environ: Mapping[str, str]) -> set[str]:
        """Return the variables that are set and may give this value, or a part of it."""
        names = {f"{self.variable}{DELIMITER}{name}" for name in self.parts(environ)} if self._decoder.has_parts else ()
        found = {self.variable, *self.tables, *names} & environ.keys()
        return found.union(*(old.variables_in(environ) for old in self.old))

    def parts(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The texts of the variables that begin with this one's name and `__`, by the rest of their names."""
        prefix = self.variable + DELIMITER
        return {name[len(prefix) :]: text for name, text in environ.items() if name.startswith(prefix) and text}

    def _in_table(self, environ: Mapping[str, str]) -> ResolvedValue | None:
        """Return this setting's value in the JSON of a table that contains it, the innermost first."""
        for depth in range(len(self.tables), 0, -1):
            variable = self.tables[depth - 1]
            value: Any = table_in(environ, variable)
            names = self.path[depth:]
            for name in names:
                value = _entry(value, name)
            if value is not None:
                check_lines(environ[variable], variable)
                return self._resolve(value, variable, ".".join(names))
        return None

    def _resolve(self, value: Any, source: str, key: str) -> ResolvedValue:
        if self.secret and value is not None:
            value = Secret(value if isinstance(value, str) else json.dumps(value, default=str))
        return ResolvedValue(self, value, ENV, source, key)


def table_in(environ: Mapping[str, str], variable: str) -> dict[str, Any] | None:
    """Return the JSON object in a variable; None if there is something else, or nothing."""
    try:
        table = json.loads(environ.get(variable, ""))
    except (ValueError, RecursionError):
        return None
    return table if isinstance(table, dict) else None


def entries(environ: Mapping[str, str], variable: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of a nested model's entries, each with the variable that has it: its own, or one of an entry."""
    yield from ((name, variable) for name in table)
    prefix = variable + DELIMITER
    for name, text in environ.items():
        if name.startswith(prefix) and text:
            yield name[len(prefix) :].partition(DELIMITER)[0], name


def merge(lower: dict[str, Any], higher: dict[str, Any]) -> dict[str, Any]:
    """Return both tables in one, and the tables in them too; the values of `higher` beat those of `lower`."""
    merged = dict(lower)
    for name, value in higher.items():
        inner = merged.get(name)
        merged[name] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _entry(table: Any, name: str) -> Any:
    """Return a table's value by name, in any case."""
    if not isinstance(table, dict):
        return None
    return table[name] if name in table else next((table[key] for key in table if key.lower() == name.lower()), None)


def _replace(value: Any, none: str) -> Any:
    """Return a table with None for each text that stands for it."""
    if isinstance(value, dict):
        return {name: _replace(inner, none) for name, inner in value.items()}
    return None if value == none else value


def _plain(value: object) -> Any:
    """Return a value as it is without the Secret around its JSON; None if it is not JSON."""
    if not isinstance(value, Secret):
        return value
    try:
        return json.loads(value.reveal())
    except (ValueError, RecursionError):  # a text where a table must be: its entries' variables replace it
        return None
