"""JSON in and out: parsed with a position in every error, and without the `json` package where the text is our own.

Importing `json` takes longer than all else that the `token` command does. What `json.dumps(…, indent=2)` makes of
tables, plain texts and whole numbers is therefore written and read here, line by line; whatever has another form is
left to the package. A test holds the two to the same answer.
"""

from __future__ import annotations

from arka_config.errors import MalformedFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LONGEST_NUMBER = 15  # digits


class _OtherForm(Exception):
    """The text is JSON of another form, or none."""


def parse(text: str, path: str, hint: str) -> Any:
    """The value that a JSON text holds. Raises MalformedFile, in which `path` names the text and nothing repeats it."""
    table = in_our_form(text)
    if table is not None:
        return table
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = f", line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):  # a number of thousands of digits, or nested too deeply
        at = ""
    # Outside of the handler: the decoder's error holds the whole text, which may be a token's.
    raise MalformedFile(f"{path}{at}: not JSON", path=path, hint=hint)


def text_of(table: Mapping[str, Any]) -> str:
    """The one text of a table, byte by byte; in our form wherever its values are of that kind."""
    try:
        return _written(table, "\n") + "\n"
    except _OtherForm:
        import json

        return json.dumps(table, indent=2, ensure_ascii=False) + "\n"


def _written(value: object, newline: str) -> str:
    """A value as the package writes it, where a line that ends begins the next one with this indentation."""
    if type(value) is str and _is_plain(value):
        return f'"{value}"'
    if type(value) is int:
        return str(value)
    if type(value) is not dict:
        raise _OtherForm
    if not value:
        return "{}"
    within = newline + "  "
    parts = [f"{_written(_key(key), within)}: {_written(part, within)}" for key, part in value.items()]
    return "{" + within + f",{within}".join(parts) + newline + "}"


def _key(key: object) -> str:
    if type(key) is not str:
        raise _OtherForm
    return key


def in_our_form(text: str) -> dict[str, Any] | None:
    """The table of a text that `text_of` gave, where it holds plain texts and whole numbers; None for other texts."""
    try:
        return _table(text)
    except _OtherForm:
        return None


def _table(text: str) -> dict[str, Any]:
    lines = text.split("\n")
    if lines[0] != "{" or lines[-2:] != ["}", ""]:
        raise _OtherForm
    root: dict[str, Any] = {}
    tables = [root]
    is_continued = True  # the line before ended in a comma, or began a table
    for line in lines[1:-2]:
        within = "  " * len(tables)
        ended = line.removesuffix(",")
        if ended == within[2:] + "}" and len(tables) > 1:
            if is_continued:
                raise _OtherForm
            tables.pop()
        elif is_continued and line.startswith(within + '"'):
            key, separator, written = ended[len(within) + 1 :].partition('": ')
            if not separator or not _is_plain(key):
                raise _OtherForm
            if written == "{" and ended == line:
                inner: dict[str, Any] = {}
                tables[-1][key] = inner
                tables.append(inner)
                continue
            tables[-1][key] = _value(written)
        else:
            raise _OtherForm
        is_continued = ended != line
    if is_continued or len(tables) > 1:
        raise _OtherForm
    return root


def _value(written: str) -> str | int | dict[str, Any]:
    if written == "{}":
        return {}
    if len(written) > 1 and written[0] == written[-1] == '"' and _is_plain(written[1:-1]):
        return written[1:-1]
    if written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER and str(int(written)) == written:
        return int(written)
    raise _OtherForm


def _is_plain(text: str) -> bool:
    """Whether a text stands in JSON as it is."""
    return text.isprintable() and '"' not in text and "\\" not in text
