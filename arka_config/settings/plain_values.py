"""Models and dataclasses among the values of settings, which are shown as the tables that a file or variable has."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any


def is_structured(value: object) -> bool:
    """Whether a value is, or contains, a model or a dataclass. Does not import pydantic."""
    if isinstance(value, dict | list | tuple | set | frozenset):
        return any(map(is_structured, value.values() if isinstance(value, dict) else value))
    return hasattr(value, "__pydantic_fields__") or (is_dataclass(value) and not isinstance(value, type))


def plain_value(value: object) -> Any:
    """Return a value with models and dataclasses as lists, tables and plain values; any other one unchanged."""
    if not is_structured(value):
        return value
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value, fallback=str)
