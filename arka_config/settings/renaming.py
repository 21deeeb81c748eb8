"""Changes of a profile's file that rename settings, and what such a file has under an old or retired name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.settings.fields import Leaf

    Path = tuple[str, ...]


def renamed(leaves: Mapping[str, Leaf]) -> dict[str, Leaf]:
    """Return the leaves by their old names, with dots."""
    return {old.name: leaf for leaf in leaves.values() for old in leaf.field.old}


def current_name(leaves: Mapping[str, Leaf], name: str) -> str:
    """Return the name that a setting has now."""
    leaf = renamed(leaves).get(name)
    return name if leaf is None else leaf.field.name


def with_old_names_removed(
    leaves: Mapping[str, Leaf], changes: Mapping[Path, Any], settings: Mapping[str, Any]
) -> dict[Path, Any]:
    """Return the changes of a profile's file, which also remove each changed setting under its old names."""
    result = dict(changes)
    for path in changes:
        leaf = leaves.get(".".join(path[1:])) if path[0] == "settings" else None
        for old in () if leaf is None else leaf.field.old:
            if has(settings, old.path):
                result["settings", *old.path] = None
    return _without_empty_tables(result, settings) if result.keys() > changes.keys() else result


def renaming(leaf: Leaf, name: str, settings: Mapping[str, Any]) -> dict[Path, Any]:
    """Return the changes that rename a setting in a profile's file; that only remove it if its new name has a value."""
    old = tuple(name.split("."))
    if not has(settings, old):
        return {}
    new = {} if has(settings, leaf.field.path) else {("settings", *leaf.field.path): _get(settings, old)}
    return _without_empty_tables({("settings", *old): None, **new}, settings)


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


def _without_empty_tables(changes: dict[Path, Any], settings: Mapping[str, Any]) -> dict[Path, Any]:
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
