"""Keys as npm `conf` reads them: `auth.apiKey` is the key `apiKey` of the object `auth`. Standard library only.

`conf` uses dot-prop: a dot separates names, a backslash makes the next character part of a name, and a list's item is
named by its index, as in `accounts.0`. Its other spelling of an index, `accounts[0]`, is rejected here: before version
7, dot-prop reads it as a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import UsageError
from arka_config.exchange.exact_json import DEEPEST
from arka_config.text import check_printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.exchange.exact_json import Document, Value

    KeyPath = tuple[str, ...]

# `conf` stores its migrations in the first; dot-prop ignores the others, at any depth.
_INTERNAL = "__internal__"
_RESERVED = frozenset({"__proto__", "constructor", "prototype"})
_LONGEST_INDEX = 6  # digits; dot-prop accepts up to 1,000,000


def parse_key(text: str) -> KeyPath:
    """Return the names in a key. Raises UsageError for one that `conf.get` would not find, or that is too deep."""
    check_printable(text, "the key")
    names = [""]
    characters = iter(text)
    for character in characters:
        if character == ".":
            names.append("")
        elif character == "[":
            names = [""]  # rejected below
            break
        else:
            names[-1] += next(characters, "\\") if character == "\\" else character
    path = tuple(names)
    if not _is_found_by_conf(path):
        raise UsageError(
            f"the key {text!r} cannot hold the token: a program built on conf would not find it there",
            hint="use names and dots, as in --key auth.token; a list's item is named by its index, as in accounts.0",
        )
    return path


def format_key(path: KeyPath) -> str:
    """Return the key with these names, so that `parse_key` and `conf` return to them."""
    return ".".join(name.replace("\\", r"\\").replace(".", r"\.").replace("[", r"\[") for name in path)


def find_strings(document: Document, matches: Callable[[str], bool]) -> Iterator[KeyPath]:
    """Yield the key of every string that matches, at any depth, if `conf` could find it. In the file's order."""
    waiting: list[tuple[KeyPath, Value]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            if matches(value) and _is_found_by_conf(path):
                yield path
        elif isinstance(value, dict):
            waiting += reversed([((*path, name), item) for name, item in value.items()])
        elif isinstance(value, list):
            waiting += reversed([((*path, str(index)), item) for index, item in enumerate(value)])


def get(document: Document, path: KeyPath) -> Value:
    """Return the value under a key, or None."""
    value: Value = document
    for name in path:
        value = _item(value, name)
    return value


def put(document: Document, path: KeyPath, text: str) -> str | None:
    """Set the string under a key, and create the objects that lead to it. Return what is in the way, if anything is.

    That is returned, not raised: a traceback would hold values of the file, and one may be a token.
    """
    at: Value = document
    for depth, name in enumerate(path[:-1]):
        if isinstance(at, dict) and at.get(name) is None:
            at[name] = {}
        at = _item(at, name)
        if not isinstance(at, dict | list):
            return f"no object under {format_key(path[: depth + 1])!r}"
    name = path[-1]
    if isinstance(_item(at, name), dict | list):
        return f"an object or a list under {format_key(path)!r}"
    if isinstance(at, dict):
        at[name] = text
    elif isinstance(at, list) and (index := _index(name, at)) is not None:
        at[index] = text
    else:
        return f"no item {format_key(path)!r}"
    return None


def remove(document: Document, path: KeyPath) -> bool:
    """Remove a key, and return whether it was there. An item of a list becomes null, as with `conf.delete`."""
    *parents, name = path
    at = get(document, tuple(parents))
    if isinstance(at, dict):
        return at.pop(name, at) is not at
    if isinstance(at, list) and (index := _index(name, at)) is not None:
        at[index] = None
        return True
    return False


def _is_found_by_conf(path: KeyPath) -> bool:
    return all(path) and _RESERVED.isdisjoint(path) and path[0] != _INTERNAL and len(path) < DEEPEST


def _item(container: Value, name: str) -> Value:
    if isinstance(container, dict):
        return container.get(name)
    if isinstance(container, list) and (index := _index(name, container)) is not None:
        return container[index]
    return None


def _index(name: str, items: list[Value]) -> int | None:
    """The index that a name stands for, written without leading zeros; None if the list has no such item."""
    if not (name.isascii() and name.isdigit() and len(name) <= _LONGEST_INDEX):
        return None
    index = int(name)
    return index if str(index) == name and index < len(items) else None
