"""Validate a secret before it is stored, as loading the settings will."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from pydantic import SecretStr, ValidationError
from pydantic_core import core_schema

from arka_config.errors import InvalidValue
from arka_config.settings.fields import accepts_secret, messages, type_adapter

if TYPE_CHECKING:
    from arka_config.settings.fields import Leaf

# Errors with a message that never has a part of the value. Those of an author's validators may have it.
_QUOTABLE = frozenset(get_args(core_schema.ErrorType)) - {"value_error", "assertion_error", "union_tag_invalid"}


def check_secret_value(leaf: Leaf, text: str) -> None:
    """Raise InvalidValue, which does not contain the text, if the setting cannot have this value.

    A list or table that contains secrets is given as JSON, as in a variable.
    """
    adapter = type_adapter(leaf)
    is_whole = accepts_secret(leaf.info.annotation)
    problem = ""
    is_json = not is_whole and text[:1] in ("[", "{")
    for validate in (adapter.validate_python, *([adapter.validate_json] if is_json else [])):
        try:
            validate(SecretStr(text) if is_whole else text)  # type: ignore[arg-type]  # validate_json gets the text
        except ValidationError as error:
            _, kind, message = messages(error)[0]
            problem = message if is_whole or kind in _QUOTABLE else "it is not valid"
        else:
            return
    # Raised outside of the handler: pydantic's error contains the value.
    raise InvalidValue(f"{leaf.field.name}: {problem}; nothing was stored")
