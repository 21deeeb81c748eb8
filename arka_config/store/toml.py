"""TOML in and out: parsed with a position in every error, and edited without losing a comment."""

from __future__ import annotations

from arka_config.errors import MalformedFile
from arka_config.store import files
from arka_config.store.fast import toml as fast_toml
from arka_config.text import did_you_mean, is_printable, shortened, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping
    from typing import Any


MOST_DOTS = 250  # in a line; tomllib takes minutes for a key of some ten thousand parts


def read(path: str) -> dict[str, Any] | None:
    """The file's table, every string in it printable, or None where there is no such file.

    Raises MalformedFile with line and column, or with the key of the string that is not fit.
    """
    text = files.read(path)
    return None if text is None else parse(text, path)


def parse(text: str, path: str) -> dict[str, Any]:
    """The table that a TOML text holds. Raises MalformedFile, in which `path` names the text."""
    try:
        table = _loaded(text)
        unfit = next((key for key, value in strings(table) if not (is_printable(value) and is_printable(key))), None)
    except ValueError as error:  # tomllib's own, and the interpreter's for a number of thousands of digits
        raise MalformedFile(f"{path}: not TOML: {_said(error)}", path=path, hint=f"edit {path}") from None
    except RecursionError:
        raise MalformedFile(f"{path}: not TOML that anyone wrote: nested too deeply", path=path) from None
    if unfit is not None:
        raise MalformedFile(
            f"{path}: {shortened(unfit)} holds a control character or a direction mark", path=path, hint=f"edit {path}"
        )
    return table


def _loaded(text: str) -> dict[str, Any]:
    if (table := fast_toml.loaded(text)) is not None:
        return table
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise ValueError(f"more than {MOST_DOTS} dots in a line (at line {number}, column 1)")
    import tomllib

    return tomllib.loads(text)


def _said(error: ValueError) -> str:
    """The parser's words as `line 3, column 7: …`. They name a character at the most, and never a value."""
    message = visible(str(error))
    said, separator, position = message.rpartition(" (at ")
    return f"{position.rstrip(')')}: {said.lower()}" if separator else message


def strings(value: object, key: str = "") -> Iterable[tuple[str, str]]:
    """Every string of a table with its dotted key; a key counts as a string of its own."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            inner = f"{key}.{name}" if key else name
            yield inner, name
            yield from strings(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, key)


def check_keys(table: Mapping[str, Any], known: Iterable[str], path: str, within: str = "") -> None:
    """Raises MalformedFile for the first key of the table that nobody reads, with the nearest name."""
    for key in table:
        if key not in known:
            where = f"{within}.{key}" if within else key
            raise MalformedFile(
                f"{path}: unknown key '{shortened(where)}'",
                path=path,
                correction=did_you_mean(key, known) or f"the keys here are {', '.join(sorted(known))}",
            )


def typed(table: Mapping[str, Any], key: str, kind: type, path: str, within: str = "") -> Any:
    """The value under a key, or None where there is none. Raises MalformedFile where it is of another type."""
    value = table.get(key)
    if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
        return value
    names = {str: "a string", dict: "a table", list: "an array", bool: "true or false", int: "a whole number"}
    where = f"{within}.{key}" if within else key
    raise MalformedFile(f"{path}: {shortened(where)} must be {names[kind]}", path=path, hint=f"edit {path}")


def edited(text: str, changes: Mapping[tuple[str, ...], Any], path: str) -> str:
    """The text with values set, or removed where the new value is None, and all else left as people wrote it.

    Raises MalformedFile where that cannot be done: tomlkit misplaces a line of some files whose tables are in pieces
    (`a.b = 1` at the top, and a new `[a.c]`), and what it wrote then does not mean what it should.
    """
    import tomllib

    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        change(document, changes, tomlkit.table)
        result = tomlkit.dumps(document)
        wanted = tomllib.loads(text)
        change(wanted, changes)
        if sorted(_leaves(tomllib.loads(result))) == sorted(_leaves(wanted)):
            return result
    except (TOMLKitError, tomllib.TOMLDecodeError):
        pass
    raise MalformedFile(
        f"{path}: its tables are written in pieces that this program cannot change without spoiling them",
        path=path,
        hint=f"edit {path}",
    )


def change(
    table: Any, changes: Mapping[tuple[str, ...], Any], new_table: Callable[[], MutableMapping[str, Any]] = dict
) -> None:
    """Sets values in a table of tables, by path, and removes those that are None."""
    for (*folders, key), value in changes.items():
        inner = table
        for folder in folders:
            if not isinstance(inner.get(folder), dict):
                if value is None:
                    break
                inner[folder] = new_table()
            inner = inner[folder]
        else:
            # A value goes to where the table was that it replaces, which before tomlkit 0.15.2 is inside another.
            if key in inner and (value is None or isinstance(inner[key], dict)):
                del inner[key]
            if value is not None:
                inner[key] = value


def _leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], str]]:
    """Every value that is no table, by path, as a text that compares: not a number is the same as itself."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), repr(value)


def written(table: Mapping[str, Any]) -> str:
    """A new file's text."""
    import tomli_w

    return tomli_w.dumps(table)
