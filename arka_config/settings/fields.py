"""The fields of a settings class: its leaves, which are the values that can be set separately, and their types."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence, Set
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Json,
    PlainValidator,
    PydanticUserError,
    RootModel,
    SecretStr,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)
from pydantic_core import PydanticUndefined, core_schema

from arka_config.secret import Secret
from arka_config.settings.decoding import Decoder, StructuredField
from arka_config.settings.old_names import names_of
from arka_config.settings.secret_types import is_secret
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.fields import FieldInfo
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_settings import SettingsConfigDict

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.values import Field

_VALIDATORS: dict[str, Any] = {
    "after": AfterValidator,
    "before": BeforeValidator,
    "plain": PlainValidator,
    "wrap": WrapValidator,
}


class Token(Secret):
    """A token in a settings class: `token: Token`. `reveal()` returns it; printing, dumping and pickling do not.

    If a profile refers to a token that a helper command prints, the command runs when the token is revealed, not when
    the settings are loaded.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(str, when_used="json"),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": "password", "writeOnly": True}

    @classmethod
    def _validate(cls, value: object) -> Token:
        if isinstance(value, cls):
            return value
        if isinstance(value, Secret):
            return cls(value.reveal)
        if isinstance(value, str) and value:
            return cls(value)
        raise ValueError("a token must be a string")


class Leaf:
    """A field that is not a model. `default` is PydanticUndefined if the class has none.

    `owner` is the model that declares it: the settings class, or one nested in it.
    """

    __slots__ = ("decoder", "default", "field", "info", "owner")

    def __init__(
        self, field: Field, info: FieldInfo, default: object, owner: type[BaseModel], decoder: Decoder
    ) -> None:
        self.field = field
        self.info = info
        self.default = default
        self.owner = owner
        self.decoder = decoder

    def from_profile(self, value: object) -> object:
        """Return a value from TOML, ready to validate: in a strict class, a text may give a type that TOML lacks."""
        if isinstance(value, str) and self.decoder.is_strict:
            return self.decoder.decode(value)
        return value

    @property
    def items(self) -> tuple[Any, ...]:
        """The types of a list's items: several for a tuple of several types, none if it is not a list."""
        kinds = [kind for kind in alternatives(self.info.annotation) if kind is not type(None)]
        if len(kinds) != 1 or not is_container(kinds[0]) or is_subclass(kinds[0], (Mapping,)):
            return ()
        if hasattr(kinds[0], "_fields"):  # a NamedTuple
            return ()
        return tuple(item for item in get_args(kinds[0]) if item is not ...) or (str,)

    def decode_items(self, texts: list[Any]) -> list[Any]:
        """Return the values of a list's items, which were given as texts."""
        items = self.items
        kinds = items if len(items) > 1 else items * len(texts)
        return [_decode_item(kind, text) for kind, text in zip(kinds, texts, strict=False)] + texts[len(kinds) :]

    @property
    def is_json_text(self) -> bool:
        """Whether its value is a text that contains JSON: pydantic's `Json`."""
        return any(type(each) is Json or each is Json for each in self.info.metadata)

    @property
    def has_default(self) -> bool:
        """Whether the class has a default for it."""
        return self.default is not PydanticUndefined or self.info.default_factory is not None


def leaves(model: type[BaseModel], app: AppIdentity) -> dict[str, Leaf]:
    """The leaves of a settings class by dotted name, in the order of the class.

    If a nested model's default is an instance, the defaults of its leaves are that instance's values, so that setting
    one of them keeps the others.
    """
    return {leaf.field.name: leaf for leaf in _Walk(model, app).leaves(model, [()], None, ())}


class _Walk:
    def __init__(self, settings: type[BaseModel], app: AppIdentity) -> None:
        self._config = cast("SettingsConfigDict", settings.model_config)
        self._app = app

    def leaves(
        self, model: type[BaseModel], paths: list[tuple[str, ...]], instance: BaseModel | None, within: tuple[type, ...]
    ) -> Iterator[Leaf]:
        """Yield the leaves of a model at a path, which has these models around it and may be a default instance.

        The rest of `paths` are the model's old names.
        """
        if not model.__pydantic_complete__:  # it names a type that was defined after it
            model.model_rebuild(raise_errors=False)
        for name, info in model.model_fields.items():
            default = info.default if instance is None else getattr(instance, name)
            nested = nested_model(info.annotation)
            named = [(*path, each) for path in paths for each in names_of(name, info)]
            decoder = Decoder(info, self._config)
            # A recursive model is a leaf within itself, and so is one whose text is for a validator of the class.
            if nested is not None and nested not in (model, *within) and decoder.is_json:
                inner = default if isinstance(default, nested) else None
                yield from self.leaves(nested, named, inner, (model, *within))
            else:
                field, *old = (self._field(path, info, decoder) for path in named)
                field.old = tuple(old)
                yield Leaf(field, info, default, model, decoder)

    def _field(self, path: tuple[str, ...], info: FieldInfo, decoder: Decoder) -> Field:
        field = self._app.field(path, secret=is_secret(info.annotation))
        if field in (self._app.token_field, self._app.url_field):
            return field
        tables = tuple(self._app.field(path[:depth]).variable for depth in range(1, len(path)))
        return StructuredField(field, decoder, tables)


def no_such_setting(settings: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that the settings class lacks, with the nearest one if there is one."""
    near = did_you_mean(name, known)
    return f"{settings} has no {name}; {near}" if near else f"{settings} has no {name}"


def type_adapter(leaf: Leaf) -> TypeAdapter[Any]:
    """Return what the field's type accepts: its annotation with its constraints."""
    return TypeAdapter(leaf.info.rebuild_annotation())


def validator(leaf: Leaf) -> TypeAdapter[Any]:
    """Return what validates the field's values: its type, with the field validators and the configuration of its class.

    A validator of the class that reads other fields raises what it raises without them.
    """
    name, annotation = leaf.field.path[-1], leaf.info.rebuild_annotation()
    for decorator in leaf.owner.__pydantic_decorators__.field_validators.values():
        if name in decorator.info.fields or "*" in decorator.info.fields:
            annotation = Annotated[annotation, _VALIDATORS[decorator.info.mode](decorator.func)]
    try:
        return TypeAdapter(annotation, config=_type_config(leaf.owner))
    except PydanticUserError:  # a model or a dataclass, which has its own
        return TypeAdapter(annotation)


def _type_config(owner: type[BaseModel]) -> ConfigDict:
    """Return a model's configuration as far as it is about types."""
    config = {key: value for key, value in owner.model_config.items() if key in ConfigDict.__annotations__}
    return cast("ConfigDict", config | {"arbitrary_types_allowed": True})


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
    """The model of an annotation `Model` or `Model | None`; None for every other annotation.

    A RootModel is not one: it has no names within it.
    """
    models = [part for part in alternatives(annotation) if part is not type(None)]
    model = models[0] if len(models) == 1 else None
    is_model = isinstance(model, type) and issubclass(model, BaseModel) and not issubclass(model, RootModel)
    return model if is_model else None


def accepts_secret(annotation: Any) -> bool:
    """Whether the value itself, rather than a part of it, may be a SecretStr."""
    return any(isinstance(part, type) and issubclass(part, SecretStr) for part in alternatives(annotation))


def alternatives(annotation: Any) -> Iterator[Any]:
    """Yield the types that an annotation accepts: the parts of a union, without the metadata of `Annotated`.

    A type alias stands for its value; a recursive one is not followed twice.
    """
    yield from _alternatives(annotation, ())


def is_container(kind: Any) -> bool:
    """Whether it is a table, a list or the like."""
    return is_subclass(kind, (Mapping, Sequence, Set)) and not is_subclass(kind, (str, bytes))


def is_subclass(kind: Any, kinds: tuple[type, ...]) -> bool:
    """Whether the class of an annotation is a subclass of one of these."""
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, kinds)


def _decode_item(kind: Any, text: Any) -> Any:
    """Return a text as it is if the type accepts it, else as JSON: `1` for Literal[1] and strict numbers."""
    if not isinstance(text, str):
        return text
    adapter = TypeAdapter(kind)
    try:
        adapter.validate_python(text)
    except ValidationError:
        try:
            return adapter.validate_json(text)
        except ValidationError:  # reported when the list is validated
            return text
    return text


def _alternatives(annotation: Any, aliases: tuple[Any, ...]) -> Iterator[Any]:
    origin = get_origin(annotation)
    if hasattr(origin or annotation, "__value__"):  # a type alias, with or without arguments
        if annotation not in aliases:  # a recursive one
            yield from _alternatives(value_of_alias(annotation), (*aliases, annotation))
    elif origin is Annotated:
        yield from _alternatives(get_args(annotation)[0], aliases)
    elif origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _alternatives(part, aliases)
    else:
        yield annotation


def value_of_alias(alias: Any) -> Any:
    """Return the type behind an alias, with its arguments in place of its parameters."""
    origin = get_origin(alias)
    return alias.__value__ if origin is None else origin.__value__[get_args(alias)]


def choices(kinds: list[Any]) -> Iterator[tuple[str, object]]:
    """Yield each choice and its value, if every kind is a Literal or an Enum; else nothing."""
    if not all(get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum)) for kind in kinds):
        return
    for kind in kinds:
        values = get_args(kind) if get_origin(kind) is Literal else [member.value for member in kind]
        for value in values:
            word = value.value if isinstance(value, Enum) else value  # a Literal may have members of an Enum
            if word is not None:
                yield str(word), value
