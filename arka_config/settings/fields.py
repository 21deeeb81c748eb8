"""The fields of a settings class: its leaves, which are the values that can be set separately, and their types."""

from __future__ import annotations

import types
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel, TypeAdapter
from pydantic import Secret as PydanticSecret
from pydantic.types import SecretBytes, SecretStr
from pydantic_core import PydanticUndefined, core_schema

from arka_config.secret import Secret
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
    from pydantic.fields import FieldInfo
    from pydantic.json_schema import JsonSchemaValue

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.values import Field

_SECRETS = (Secret, SecretStr, SecretBytes, PydanticSecret)


class Token(Secret):
    """A token in a settings class: `token: Token`. `reveal()` returns it; printing, dumping and pickling do not.

    If a profile refers to a token that a helper command prints, the command runs when the token is revealed, not when
    the settings are loaded.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json"),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": "password", "writeOnly": True}

    @classmethod
    def _validated(cls, value: object) -> Token:
        if isinstance(value, cls):
            return value
        if isinstance(value, Secret):
            return cls(value.reveal)
        if isinstance(value, str) and value:
            return cls(value)
        raise ValueError("a token must be a string")


class Leaf:
    """A field that is not a model. `default` is PydanticUndefined if the class has none."""

    __slots__ = ("default", "field", "info")

    def __init__(self, field: Field, info: FieldInfo, default: object) -> None:
        self.field = field
        self.info = info
        self.default = default

    @property
    def has_default(self) -> bool:
        """Whether the class has a default for it."""
        return self.default is not PydanticUndefined or self.info.default_factory is not None


def leaves(model: type[BaseModel], app: AppIdentity) -> dict[str, Leaf]:
    """The leaves of a settings class by dotted name, in the order of the class.

    If a nested model's default is an instance, the defaults of its leaves are that instance's values, so that setting
    one of them keeps the others.
    """
    return {leaf.field.name: leaf for leaf in _walk(model, app, (), None)}


def _walk(
    model: type[BaseModel], app: AppIdentity, path: tuple[str, ...], instance: BaseModel | None
) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        default = info.default if instance is None else getattr(instance, name)
        nested = nested_model(info.annotation)
        if nested is not None:
            inner = default if isinstance(default, nested) else None
            yield from _walk(nested, app, (*path, name), inner)
        else:
            field = app.field((*path, name), secret=is_secret(info.annotation))
            yield Leaf(field, info, default)


def no_such_setting(settings: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that the settings class lacks, with the nearest one if there is one."""
    near = did_you_mean(name, known)
    return f"{settings} has no {name}; {near}" if near else f"{settings} has no {name}"


def type_adapter(leaf: Leaf) -> TypeAdapter[Any]:
    """Return what validates the field's values: its annotation with its constraints."""
    return TypeAdapter(leaf.info.rebuild_annotation())


def messages(error: ValidationError) -> list[tuple[list[str], str, str]]:
    """Return the path, type and message of each problem, in lower case and without the value."""
    problems = []
    for details in error.errors(include_input=False, include_url=False, include_context=False):
        message = details["msg"].removeprefix("Value error, ")  # pydantic's prefix for a validator function's error
        problems.append(([str(part) for part in details["loc"]], details["type"], message[:1].lower() + message[1:]))
    return problems


def first_message(error: ValidationError) -> str:
    """Return the message of the first problem."""
    return messages(error)[0][2]


def nested_model(annotation: Any) -> type[BaseModel] | None:
    """The model of an annotation `Model` or `Model | None`; None for every other annotation."""
    models = [part for part in alternatives(annotation) if part is not type(None)]
    if len(models) == 1 and isinstance(models[0], type) and issubclass(models[0], BaseModel):
        return models[0]
    return None


def is_secret(annotation: Any) -> bool:
    """Whether the annotation contains, at any depth, a type that hides its value: `dict[str, SecretStr]`, a model."""
    return any(isinstance(part, type) and issubclass(part, _SECRETS) for part in _parts(annotation, set()))


def _parts(annotation: Any, seen: set[int]) -> Iterator[Any]:
    """Yield every type within an annotation, each once: arguments, fields of models and dataclasses, aliased types."""
    if id(annotation) in seen:  # a recursive model
        return
    seen.add(id(annotation))
    yield annotation
    inner: list[Any] = [get_origin(annotation), *get_args(annotation)]
    inner += [getattr(annotation, name, None) for name in ("__value__", "__supertype__")]  # a type alias, a NewType
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner += [info.annotation for info in annotation.model_fields.values()]
    elif isinstance(annotation, type) and (is_dataclass(annotation) or is_typeddict(annotation)):
        inner += get_type_hints(annotation).values()
    for part in inner:
        if part is not None:
            yield from _parts(part, seen)


def accepts_secret(annotation: Any) -> bool:
    """Whether the value itself, rather than a part of it, may be a SecretStr."""
    return any(isinstance(part, type) and issubclass(part, SecretStr) for part in alternatives(annotation))


def alternatives(annotation: Any) -> Iterator[Any]:
    """Yield the types that an annotation accepts: the parts of a union, without the metadata of `Annotated`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from alternatives(part)
    else:
        yield annotation
