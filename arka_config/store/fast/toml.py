"""The TOML that most profiles are written in, read without `tomllib`, whose import takes longer than `token` does.

Tables, and bare keys with texts without a backslash, whole and decimal numbers, true and false, one to a line, with
comments. A text with anything else in it is left to `tomllib`, and whatever is read here means the same there: a test
holds the two to the same answer.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_BLANK = " \t"
_LONGEST_NUMBER = 15  # digits


class _NotSimple(Exception):
    """TOML of another kind, or none."""


def loaded(text: str) -> dict[str, Any] | None:
    """The table of a simple text, or None for any other one."""
    root: dict[str, Any] = {}
    table = root
    try:
        for line in text.split("\n"):
            stripped = line.strip(_BLANK)
            if stripped[:1] in ("", "#"):
                _check_comment(stripped)
            elif stripped[0] == "[":
                table = _new_table(root, stripped)
            else:
                key, value = _pair(stripped)
                if key in table:
                    return None
                table[key] = value
    except _NotSimple:
        return None
    return root


def _new_table(root: dict[str, Any], header: str) -> dict[str, Any]:
    """The table that a header begins, which must not be there yet: `tomllib` knows when it may be."""
    name, bracket, rest = header[1:].partition("]")
    _check_comment(rest.strip(_BLANK))
    *folders, last = name.split(".")
    if not bracket or not all(_is_bare(key) for key in (*folders, last)):
        raise _NotSimple
    table = root
    for folder in folders:
        table = table.setdefault(folder, {})
        if not isinstance(table, dict):
            raise _NotSimple
    if last in table:
        raise _NotSimple
    new: dict[str, Any] = {}
    table[last] = new
    return new


def _pair(line: str) -> tuple[str, Any]:
    key, separator, written = line.partition("=")
    key, written = key.rstrip(_BLANK), written.lstrip(_BLANK)
    if not separator or not _is_bare(key):
        raise _NotSimple
    if written[:1] == '"':
        text, quote, rest = written[1:].partition('"')
        # Two quotation marks at the beginning may be the first of three.
        if not quote or rest[:1] == '"' or "\\" in text or not _is_printable(text):
            raise _NotSimple
        _check_comment(rest.strip(_BLANK))
        return key, text
    word, mark, comment = written.partition("#")
    _check_comment(mark + comment)
    return key, _plain_value(word.rstrip(_BLANK))


def _plain_value(word: str) -> bool | int | float:
    if word in ("true", "false"):
        return word == "true"
    whole, point, decimals = word.partition(".")
    if not _is_number(whole) or (len(whole) > 1 and whole[0] == "0"):
        raise _NotSimple
    if not point:
        return int(whole)
    if not _is_number(decimals):
        raise _NotSimple
    return float(word)


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER


def _is_bare(key: str) -> bool:
    return key != "" and _BARE.issuperset(key)


def _check_comment(text: str) -> None:
    """Raises where a text is neither nothing nor a comment."""
    if text and (text[0] != "#" or not _is_printable(text)):
        raise _NotSimple


def _is_printable(text: str) -> bool:
    return text.isprintable() or text.replace("\t", " ").isprintable()
