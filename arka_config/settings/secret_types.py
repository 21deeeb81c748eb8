"""Which types of a settings class hide their values."""

from __future__ import annotations

import sys
from dataclasses import is_dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ForwardRef, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel
from pydantic import Secret as PydanticSecret
from pydantic.types import SecretBytes, SecretStr

from arka_config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRETS = (Secret, SecretStr, SecretBytes, PydanticSecret)


def is_secret(annotation: Any) -> bool:
    """Whether the annotation contains, at any depth, a type that hides its value: `dict[str, SecretStr]`, a model.

    An annotation that cannot be resolved counts as one, so that nothing of its value is shown.
    """
    try:
        return any(isinstance(part, type) and issubclass(part, _SECRETS) for part in _parts(annotation, {}))
    except (NameError, TypeError, AttributeError):  # from a forward reference
        return True


def _parts(annotation: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """Yield every type within an annotation, each once: arguments, fields of models and dataclasses, aliased types.

    Raises what evaluating a forward reference raises. `seen` keeps the parts, so that no id is used again.
    """
    if id(annotation) in seen:  # a recursive model
        return
    seen[id(annotation)] = annotation
    yield annotation
    for part in _inner_parts(annotation):
        if part is not None:
            yield from _parts(part, seen)


def _inner_parts(annotation: Any) -> Iterator[Any]:
    yield get_origin(annotation)
    yield from get_args(annotation)
    # A type alias, a NewType, and a type variable.
    for name in ("__value__", "__supertype__", "__bound__"):
        yield _evaluate(getattr(annotation, name, None), annotation)
    yield from (_evaluate(part, annotation) for part in getattr(annotation, "__constraints__", ()))
    if not isinstance(annotation, type):
        return
    if issubclass(annotation, BaseModel):
        yield from (info.annotation for info in annotation.model_fields.values())
        yield _evaluate(annotation.__annotations__.get("__pydantic_extra__"), annotation)
    elif is_dataclass(annotation) or is_typeddict(annotation) or hasattr(annotation, "_fields"):  # or a NamedTuple
        yield from get_type_hints(annotation).values()


def _evaluate(part: Any, owner: Any) -> Any:
    """Return a part of an annotation, evaluated in the module of its owner if it is a forward reference."""
    if not isinstance(part, str | ForwardRef):
        return part
    names = vars(sys.modules[owner.__module__])
    return get_type_hints(SimpleNamespace(__annotations__={"part": part}), globalns=names)["part"]
