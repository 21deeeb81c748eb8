"""The old and retired names of settings in profiles and templates, and changes that rename and remove them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from arka_config.store import toml
from arka_config.store.toml_keys import rename_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.settings.fields import Leaf

    Path = tuple[str, ...]

_MAX_PASSES = 4  # a table that gets its new name may have retired settings


def leaves_by_old_name(leaves: Mapping[str, Leaf]) -> dict[str, Leaf]:
    """Return the leaves by their old names, with dots."""
    return {old.name: leaf for leaf in leaves.values() for old in leaf.field.old}


def remove_old_names(
    leaves: Mapping[str, Leaf], changes: Mapping[Path, Any], settings: Mapping[str, Any]
) -> dict[Path, Any]:
    """Return the changes of a profile's file, which also remove each changed setting under its old names."""
    result = dict(changes)
    for path in changes:
        leaf = leaves.get(".".join(path[1:])) if path[0] == "settings" else None
        for old in () if leaf is None else leaf.field.old:
            if has(settings, old.path):
                result["settings", *old.path] = None
    return _remove_empty_tables(result, settings) if result.keys() > changes.keys() else result


def modernize(text: str, leaves: Mapping[str, Leaf], retired: Mapping[str, str], path: str) -> str:
    """Return the text of a profile or template with the current names of its settings, without what has no effect.

    That is a retired setting, and one that has a value under a newer name too. Nothing else changes: of a key that is
    renamed only the name, unless its value has to move to another table. Raises MalformedFile, which names `path`, if
    the text cannot be changed safely.
    """
    names = _new_names(leaves)
    for _ in range(_MAX_PASSES):
        before = text
        settings = toml.get(toml.parse(text, path), "settings", dict, path) or {}
        unused: dict[Path, Any] = {("settings", *each): None for each in _without_effect(leaves, retired, settings)}
        if unused:
            text = toml.edit(text, _remove_empty_tables(unused, settings), path)
        text = _rename(text, names, path)
        if text == before:
            break
    return text


def _new_names(leaves: Mapping[str, Leaf]) -> dict[Path, str]:
    """Return the new name for the last part of each path that has an old one. The parts before it are current."""
    names: dict[Path, str] = {}
    for field in (leaf.field for leaf in leaves.values()):
        for old in field.old:
            for depth, (new, part) in enumerate(zip(field.path, old.path, strict=True)):
                if part != new:
                    names[*field.path[:depth], part] = new
    return names


def _without_effect(
    leaves: Mapping[str, Leaf], retired: Mapping[str, str], settings: Mapping[str, Any]
) -> Iterator[Path]:
    for leaf in leaves.values():
        found = [field.path for field in (leaf.field, *leaf.field.old) if has(settings, field.path)]
        yield from found[1:]
    yield from (tuple(name.split(".")) for name, _ in retired_keys(settings, retired))


def _rename(text: str, names: Mapping[Path, str], path: str) -> str:
    table = toml.parse(text, path)
    before = table.get("settings", {})
    after = _with_new_names(before, names)
    if _paths(before) == _paths(after):
        return text
    result = rename_keys(text, partial(_new_name, names))
    if toml.contains(result, {**table, "settings": after}):
        return result
    # A table of the new name exists already: the values move there.
    old, new = _paths(before), _paths(after)
    changes: dict[Path, Any] = {("settings", *each): None for each in old if each not in new}
    changes |= {("settings", *each): value for each, value in new.items() if each not in old}
    return toml.edit(text, _remove_empty_tables(changes, before), path)


def _new_name(names: Mapping[Path, str], path: Path) -> str:
    """Return the name for the last part of a key's path in the file, of which any part may be an old name."""
    if path[0] != "settings":
        return path[-1]
    within: Path = ()
    for part in path[1:]:
        within = (*within, names.get((*within, part), part))
    return within[-1] if within else path[-1]


def _with_new_names(table: Mapping[str, Any], names: Mapping[Path, str], within: Path = ()) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in table.items():
        name = names.get((*within, key), key)
        inner = _with_new_names(value, names, (*within, name)) if isinstance(value, dict) else value
        result[name] = _merge(result[name], inner) if name in result else inner
    return result


def _merge(one: Any, other: Any) -> Any:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one
    shared = {key: _merge(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **shared}


def _paths(table: Mapping[str, Any], within: Path = ()) -> dict[Path, Any]:
    """Return every value that is not a table by its path, and each empty table."""
    found: dict[Path, Any] = {}
    for key, value in table.items():
        found |= _paths(value, (*within, key)) if isinstance(value, dict) and value else {(*within, key): value}
    return found


def has(table: Any, path: Path) -> bool:
    """Whether a table has a value at a path."""
    for part in path:
        if not isinstance(table, dict) or part not in table:
            return False
        table = table[part]
    return True


def _get(table: Any, path: Path) -> Any:
    for part in path:
        table = table[part]
    return table


def _remove_empty_tables(changes: dict[Path, Any], settings: Mapping[str, Any]) -> dict[Path, Any]:
    """Remove a table instead of each of its keys, if nothing would be left in it."""
    for path in sorted((path for path in changes if len(path) > 2), key=len, reverse=True):
        table = path[:-1]
        if path not in changes or not has(settings, table[1:]):
            continue
        keys = {(*table, key) for key in _get(settings, table[1:])}
        if all(changes.get(key, "") is None for key in keys) and not any(
            value is not None and changed[: len(table)] == table for changed, value in changes.items()
        ):
            changes = {changed: value for changed, value in changes.items() if changed not in keys} | {table: None}
    return changes


def retired_keys(settings: Mapping[str, Any], retired: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the retired names that a table of settings has, each with the reason."""
    for name, reason in retired.items():
        if has(settings, tuple(name.split("."))):
            yield name, reason
