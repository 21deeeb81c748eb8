"""TOML in and out: errors have a position, and edits keep comments."""

from __future__ import annotations

from arka_config.errors import MalformedFile
from arka_config.store import files
from arka_config.store.fast import toml as fast_toml
from arka_config.text import did_you_mean, edit_command, is_printable, shorten, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping
    from typing import Any


_MAX_DOTS = 250  # in a line; tomllib takes minutes for a key of some ten thousand parts


def read(path: str) -> dict[str, Any] | None:
    """Return the file's table, or None if the file does not exist.

    Raises MalformedFile with line and column, or with the key of a string that is not printable.
    """
    text = files.read(path)
    return None if text is None else parse(text, path)


def parse(text: str, path: str) -> dict[str, Any]:
    """Return the table of a TOML text. Raises MalformedFile, which names `path`."""
    try:
        table = loads(text)
        unprintable = next(
            (key for key, value in strings(table) if not (is_printable(value) and is_printable(key))), None
        )
    except ValueError as error:  # tomllib's own, or the interpreter's for a number with thousands of digits
        raise MalformedFile(f"{path}: not TOML: {_describe(error)}", path=path, hint=edit_command(path)) from None
    except RecursionError:
        raise MalformedFile(f"{path}: not TOML: nested too deeply", path=path) from None
    if unprintable is not None:
        raise MalformedFile(
            f"{path}: {shorten(unprintable)} contains a control character or a direction mark",
            path=path,
            hint=edit_command(path),
        )
    return table


def loads(text: str) -> dict[str, Any]:
    """Return the table of a TOML text, which need not be printable. Raises ValueError, RecursionError."""
    if (table := fast_toml.loads(text)) is not None:
        return table
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MAX_DOTS:
            raise ValueError(f"more than {_MAX_DOTS} dots in a line (at line {number}, column 1)")
    import tomllib

    return tomllib.loads(text)


def _describe(error: ValueError) -> str:
    """Return the parser's message as `line 3, column 7: …`. It contains at most one character of the text."""
    message = visible(str(error))
    fault, separator, position = message.rpartition(" (at ")
    return f"{position.rstrip(')')}: {fault.lower()}" if separator else message


def strings(value: object, key: str = "") -> Iterable[tuple[str, str]]:
    """Yield every string of a table with its dotted key. A key counts as a string too."""
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
    """Raise MalformedFile for the first unknown key of the table, with the nearest known one."""
    for message, correction in unknown_keys(table, known, within):
        raise MalformedFile(f"{path}: {message}", path=path, correction=correction)


def unknown_keys(table: Mapping[str, Any], known: Iterable[str], within: str = "") -> Iterable[tuple[str, str]]:
    """Yield a message for each unknown key of the table, and its correction: the nearest known one, or all of them."""
    for key in table:
        if key not in known:
            name = f"{within}.{key}" if within else key
            correction = did_you_mean(key, known) or f"the keys here are {', '.join(sorted(known))}"
            yield f"unknown key '{shorten(name)}'", correction


def get(table: Mapping[str, Any], key: str, kind: type, path: str, within: str = "") -> Any:
    """Return the value of a key, or None if it is missing. Raises MalformedFile if it has another type."""
    value = table.get(key)
    if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
        return value
    names = {str: "a string", dict: "a table", list: "an array", bool: "true or false", int: "a whole number"}
    name = f"{within}.{key}" if within else key
    raise MalformedFile(f"{path}: {shorten(name)} must be {names[kind]}", path=path, hint=edit_command(path))


def edit(text: str, changes: Mapping[tuple[str, ...], Any], path: str) -> str:
    """Return the text with values set, or removed if None, and everything else as the user wrote it.

    Raises MalformedFile if that is not possible: tomlkit misplaces lines in some files with split tables (`a.b = 1` at
    the top, and a new `[a.c]`), so the result is compared with the intended table.
    """
    import tomllib

    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        apply_changes(document, changes, tomlkit.table)
        result = tomlkit.dumps(document)
        wanted = tomllib.loads(text)
        apply_changes(wanted, changes)
        if contains(result, wanted):
            return result
    except (TOMLKitError, tomllib.TOMLDecodeError):
        pass
    raise MalformedFile(
        f"{path}: its tables are split in a way that this program cannot change safely",
        path=path,
        hint=edit_command(path),
    )


def contains(text: str, table: Mapping[str, Any]) -> bool:
    """Whether a text is TOML, and has the values of a table and no others. Empty tables do not count."""
    import tomllib

    try:
        return sorted(_leaves(tomllib.loads(text))) == sorted(_leaves(table))
    except tomllib.TOMLDecodeError:
        return False


def apply_changes(
    table: Any, changes: Mapping[tuple[str, ...], Any], new_table: Callable[[], MutableMapping[str, Any]] = dict
) -> None:
    """Set values in nested tables, by path, and remove those that are None."""
    for (*folders, key), value in changes.items():
        inner = table
        for folder in folders:
            if not isinstance(inner.get(folder), dict):
                if value is None:
                    break
                inner[folder] = new_table()
            inner = inner[folder]
        else:
            # Before tomlkit 0.15.2, a value that replaces a table would end up inside another table.
            if key in inner and (value is None or isinstance(inner[key], dict)):
                del inner[key]
            if value is not None:
                inner[key] = value


def _leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterable[tuple[tuple[str, ...], str]]:
    """Yield every value that is not a table, by path, as its repr: so that nan equals nan."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), repr(value)


def dumps(table: Mapping[str, Any]) -> str:
    """Return the text of a new file."""
    import tomli_w

    return tomli_w.dumps(table)
