"""A JSON reader and writer for the files that this program writes: importing `json` takes longer than `token` does.

It handles what `json.dumps(table, indent=2)` makes of tables, strings without escapes and integers, line by line. A
test compares it with the standard library.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MAX_DIGITS = 15


class _Unsupported(Exception):
    """The text or value needs the standard library's parser."""


def dumps(table: Mapping[str, Any]) -> str | None:
    """Return a table as JSON, or None if it contains a value that is not supported here."""
    try:
        return _dump(table, "\n") + "\n"
    except _Unsupported:
        return None


def loads(text: str) -> dict[str, Any] | None:
    """Return the table of a text that `dumps` wrote, or None for any other text."""
    try:
        return _load(text)
    except _Unsupported:
        return None


def _dump(value: object, newline: str) -> str:
    """Return a value as JSON. `newline` is a line break with the current indentation."""
    if type(value) is str and _is_plain(value):
        return f'"{value}"'
    if type(value) is int:
        return str(value)
    if type(value) is not dict:
        raise _Unsupported
    if not value:
        return "{}"
    inner = newline + "  "
    parts = [f"{_dump_key(key, inner)}: {_dump(part, inner)}" for key, part in value.items()]
    return "{" + inner + f",{inner}".join(parts) + newline + "}"


def _dump_key(key: object, newline: str) -> str:
    if type(key) is not str:
        raise _Unsupported
    return _dump(key, newline)


def _load(text: str) -> dict[str, Any]:
    lines = text.split("\n")
    if lines[0] != "{" or lines[-2:] != ["}", ""]:
        raise _Unsupported
    root: dict[str, Any] = {}
    tables = [root]
    is_continued = True  # the previous line ended with a comma, or opened a table
    for line in lines[1:-2]:
        indent = "  " * len(tables)
        content = line.removesuffix(",")
        if content == indent[2:] + "}" and len(tables) > 1:
            if is_continued:
                raise _Unsupported
            tables.pop()
        elif is_continued and line.startswith(indent + '"'):
            key, separator, value = content[len(indent) + 1 :].partition('": ')
            if not separator or not _is_plain(key):
                raise _Unsupported
            if value == "{" and content == line:
                inner: dict[str, Any] = {}
                tables[-1][key] = inner
                tables.append(inner)
                continue
            tables[-1][key] = _load_value(value)
        else:
            raise _Unsupported
        is_continued = content != line
    if is_continued or len(tables) > 1:
        raise _Unsupported
    return root


def _load_value(text: str) -> str | int | dict[str, Any]:
    if text == "{}":
        return {}
    if len(text) > 1 and text[0] == text[-1] == '"' and _is_plain(text[1:-1]):
        return text[1:-1]
    if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and str(int(text)) == text:
        return int(text)
    raise _Unsupported


def _is_plain(text: str) -> bool:
    """Whether a string is the same in JSON, without escapes."""
    return text.isprintable() and '"' not in text and "\\" not in text
