"""Token: the field type of a token. It is masked in output and fetched only when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from arka_config.secret import Secret

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


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
