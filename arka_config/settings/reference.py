"""What a reference says about each setting of a class: name, type, default, variable, option and description."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import AnyUrl, BaseModel, RootModel, Secret
from pydantic_core import PydanticUndefined, Url

from arka_config.settings.fields import alternatives
from arka_config.settings.plain_values import is_structured, plain_value
from arka_config.settings.secret_types import is_secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from pydantic.fields import FieldInfo

    from arka_config.app_identity import AppIdentity
    from arka_config.settings.fields import Leaf
    from arka_config.settings.profile_settings import ProfileSettings

_NAMES: tuple[tuple[Any, str], ...] = (
    (bool, "true or false"),
    (int, "integer"),
    (float, "number"),
    (str, "text"),
    (PurePath, "path"),
    (dt.datetime, "date and time"),
    (dt.date, "date"),
    (dt.timedelta, "duration"),
    (AnyUrl, "URL"),
    (Url, "URL"),
    (BaseModel, "table"),
    (Mapping, "table"),
)
_BOUNDS = (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))


class Setting(NamedTuple):
    """One setting. `default` is None if there is none; `option` is empty if the program does not offer one."""

    name: str
    type: str
    default: str | None
    required: bool
    variable: str
    option: str
    key: str
    description: str


def describe(app: AppIdentity, settings: type[ProfileSettings], options: bool | Collection[str]) -> list[Setting]:
    """Describe every setting of a class. `options` are the settings that an option of the program sets, or all."""
    return [_describe(app, leaf, options) for leaf in settings.leaves().values()]


def _describe(app: AppIdentity, leaf: Leaf, options: bool | Collection[str]) -> Setting:
    field, is_token = leaf.field, leaf.field == app.token_field
    is_offered = options is True or (options is not False and field.name in options)
    option = field.option if is_offered and (is_token or not field.secret) else ""
    if option and bool in alternatives(leaf.info.annotation):
        option = f"{option}/--no-{option[2:]}"
    default = app.default_url() if field == app.url_field else default_text(leaf)
    return Setting(
        field.name,
        type_words(leaf.info),
        default,
        default is None and not leaf.has_default,
        field.variable,
        option,
        field.key,
        " ".join((leaf.info.description or "").split()),
    )


def default_text(leaf: Leaf) -> str | None:
    """Return a setting's default as its user would give it; None without one, and for a secret."""
    value: Any = leaf.default
    if value is PydanticUndefined or value is None or leaf.field.secret:
        return None
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if is_structured(value):
        return json.dumps(plain_value(value), ensure_ascii=False)
    if isinstance(value, list | tuple | AbstractSet | Mapping):
        return ", ".join(str(item) for item in value) or None
    return str(value)


def type_words(info: FieldInfo) -> str:
    """Return a field's type in words, with its bounds: `number > 0`."""
    bounds = [
        f"{sign} {value:g}" if isinstance(value, int | float) else f"{sign} {value}"
        for metadata in info.metadata
        for name, sign in _BOUNDS
        if (value := getattr(metadata, name, None)) is not None
    ]
    return " ".join([_words(info.annotation), *([", ".join(bounds)] if bounds else [])])


def _words(annotation: Any) -> str:
    kinds = [kind for kind in alternatives(annotation) if kind is not type(None)]
    words = [word for kind in kinds for word in _kind_words(kind)]
    unique = list(dict.fromkeys(words))
    return " or ".join([", ".join(unique[:-1]), unique[-1]]) if len(unique) > 1 else "".join(unique)


def _kind_words(kind: Any) -> Iterable[str]:
    origin = get_origin(kind) or kind
    if origin is Literal:
        return [
            f"`{value.value if isinstance(value, Enum) else value}`" for value in get_args(kind) if value is not None
        ]
    if not isinstance(origin, type):
        return [str(kind).rpartition(".")[2]]
    if issubclass(origin, Enum):
        return [f"`{member.value}`" for member in origin]
    if is_secret(kind) and (origin is Secret or not get_args(kind)):
        return ["secret"]
    if issubclass(origin, RootModel):
        return [_words(origin.model_fields["root"].annotation)]
    if is_dataclass(origin):
        return ["table"]
    if issubclass(origin, list | tuple | set | frozenset) or origin.__name__ in ("Sequence", "Set", "Collection"):
        items = [item for item in get_args(kind) if item is not ...]
        return [f"list of {' and '.join(dict.fromkeys(map(_plural, items)))}" if items else "list"]
    return [next((name for known, name in _NAMES if issubclass(origin, known)), origin.__name__)]


def _plural(item: Any) -> str:
    words = _words(item)
    return words if "`" in words or " " in words else f"{words}s"
