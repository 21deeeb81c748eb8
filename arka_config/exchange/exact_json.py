"""JSON that is read and written without loss: a number keeps its spelling. Standard library only.

Python's `json` turns 1e400 into infinity and 1.50 into 1.5, and writes lone surrogates, which cannot be encoded as
UTF-8. The output here equals JavaScript's `JSON.stringify(value, undefined, "\\t")`, which npm `conf` uses.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn, TypeAlias

    Value: TypeAlias = "dict[str, Value] | list[Value] | str | Number | bool | None"

DEEPEST = 100  # levels; reading and writing are recursive, and no real settings file has ten

_SURROGATE = re.compile("[\ud800-\udfff]")
_STRING_OR_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')


class Number(NamedTuple):
    """A number with its spelling in the file."""

    text: str


class Document(dict[str, "Value"]):
    """A JSON object, in the file's order. Its repr shows no values: one may be a token."""

    def __repr__(self) -> str:
        return "Document(…)"


class Fault(NamedTuple):
    """Why a text is not a JSON object, and at which line and column, from 1. The reason quotes nothing of the text."""

    reason: str
    line: int = 1
    column: int = 1


class _Constant(ValueError):
    """NaN or an infinity, which Python's `json` accepts and JSON does not have."""


def parse(text: str) -> Document | Fault:
    """Parse a JSON object; return a Fault if it is not valid. Of two equal keys the last wins, as in JavaScript.

    The fault is returned, not raised: JSONDecodeError holds the whole text, and would be the context of any error
    raised while it is handled.
    """
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return Fault("not valid JSON", error.lineno, error.colno)
    except _Constant:
        # Everything before the first constant outside a string is valid, so every string there is complete.
        at = next(match.start() for match in _STRING_OR_CONSTANT.finditer(text) if match[1])
        return Fault("not valid JSON", text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    except RecursionError:
        return Fault("nested too deeply")
    if not isinstance(value, dict):
        return Fault("not a JSON object")
    return Fault("nested too deeply") if _depth(value) > DEEPEST else Document(value)


def dump(document: Document) -> str:
    """Return the document as text, with tabs and without a final newline."""
    return _value_text(document, "\n")


def _depth(value: Value) -> int:
    depth = 0
    level = [value]
    while level:
        depth += 1
        level = [item for outer in level for item in _items(outer)]
    return depth - 1


def _items(value: Value) -> Iterable[Value]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _value_text(value: Value, line: str) -> str:
    deeper = line + "\t"
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        return _block("{}", [f"{_string_text(key)}: {_value_text(item, deeper)}" for key, item in value.items()], line)
    if isinstance(value, list):
        return _block("[]", [_value_text(item, deeper) for item in value], line)
    if isinstance(value, str):
        return _string_text(value)
    return "null" if value is None else "true" if value else "false"


def _block(brackets: str, items: list[str], line: str) -> str:
    inside = f",{line}\t".join(items)
    return f"{brackets[0]}{line}\t{inside}{line}{brackets[1]}" if items else brackets


def _string_text(text: str) -> str:
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", encode_basestring(text))


def _raise_constant(name: str) -> NoReturn:
    raise _Constant(name)


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_raise_constant)
