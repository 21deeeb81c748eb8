"""A reader for the TOML of most profiles: importing `tomllib` takes longer than `token` does.

It supports tables, bare keys, strings without a backslash, integers, decimals, booleans and comments, one value to a
line. Any other text is left to `tomllib`. A test compares the two.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_BLANK = " \t"
_MAX_DIGITS = 15


class _Unsupported(Exception):
    """The text needs `tomllib`, or is not TOML."""


def loads(text: str) -> dict[str, Any] | None:
    """Return the table of a supported text, or None for any other."""
    root: dict[str, Any] = {}
    table = root
    try:
        for line in text.split("\n"):
            stripped = line.strip(_BLANK)
            if stripped[:1] in ("", "#"):
                _check_comment(stripped)
            elif stripped[0] == "[":
                table = _add_table(root, stripped)
            else:
                key, value = _parse_pair(stripped)
                if key in table:
                    return None
                table[key] = value
    except _Unsupported:
        return None
    return root


def _add_table(root: dict[str, Any], header: str) -> dict[str, Any]:
    """Add the table of a header and return it. It must be new: `tomllib` decides when a table may be repeated."""
    name, bracket, rest = header[1:].partition("]")
    _check_comment(rest.strip(_BLANK))
    *folders, last = name.split(".")
    if not bracket or not all(_is_bare(key) for key in (*folders, last)):
        raise _Unsupported
    table = root
    for folder in folders:
        table = table.setdefault(folder, {})
        if not isinstance(table, dict):
            raise _Unsupported
    if last in table:
        raise _Unsupported
    new: dict[str, Any] = {}
    table[last] = new
    return new


def _parse_pair(line: str) -> tuple[str, Any]:
    key, separator, value = line.partition("=")
    key, value = key.rstrip(_BLANK), value.lstrip(_BLANK)
    if not separator or not _is_bare(key):
        raise _Unsupported
    if value[:1] == '"':
        text, quote, rest = value[1:].partition('"')
        # Two quotation marks may be the first of three.
        if not quote or rest[:1] == '"' or "\\" in text or not _is_printable(text):
            raise _Unsupported
        _check_comment(rest.strip(_BLANK))
        return key, text
    word, mark, comment = value.partition("#")
    _check_comment(mark + comment)
    return key, _parse_value(word.rstrip(_BLANK))


def _parse_value(word: str) -> bool | int | float:
    if word in ("true", "false"):
        return word == "true"
    whole, point, decimals = word.partition(".")
    if not _is_number(whole) or (len(whole) > 1 and whole[0] == "0"):
        raise _Unsupported
    if not point:
        return int(whole)
    if not _is_number(decimals):
        raise _Unsupported
    return float(word)


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS


def _is_bare(key: str) -> bool:
    return key != "" and _BARE.issuperset(key)


def _check_comment(text: str) -> None:
    """Raise if a text is neither empty nor a comment."""
    if text and (text[0] != "#" or not _is_printable(text)):
        raise _Unsupported


def _is_printable(text: str) -> bool:
    return text.isprintable() or text.replace("\t", " ").isprintable()
