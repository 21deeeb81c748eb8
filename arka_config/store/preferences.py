"""Preferences: the user's own `config.toml`. Every key is optional."""

from __future__ import annotations

import warnings

from arka_config.errors import ConfigWarning, MalformedFile
from arka_config.store import files, toml
from arka_config.store.ownership import check_keys
from arka_config.store.tokens import STORAGES
from arka_config.text import shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_HARMLESS = ("expiry_warning",)
EXPIRY_WARNING = 14  # days, unless the file says otherwise
_KEYS = ("storage", "legacy_sync", "expiry_warning", "helpers", "allow_env", "file_roots")


class Preferences:
    """The content of `config.toml`.

    `storage` is the token store for new tokens, or empty; `legacy_sync` keeps the legacy file in step with the active
    profile; `expiry_warning` is how many days before its expiry a token is reported; `helpers` are the commands that
    references may name, as argument lists; `allow_env` and `file_roots` are what templates may read in addition to the
    app's own variables. A key of a newer version is a warning; `unknown` has the same, each with its correction.

    If other users can change the file, or replace it in one of `folders`, a key other than `expiry_warning` raises
    UnsafeFile.
    """

    __slots__ = ("allow_env", "expiry_warning", "file_roots", "helpers", "legacy_sync", "path", "storage", "unknown")

    def __init__(self, path: str, folders: Collection[str] = ()) -> None:
        found = files.read_with_status(path)
        table = toml.parse(found[0], path) if found is not None else {}
        if found is not None:
            check_keys(path, found[1], folders, (key for key in _KEYS if key in table and key not in _HARMLESS))
        self.path = path
        self.unknown = list(toml.unknown_keys(table, _KEYS))
        for message, correction in self.unknown:
            warnings.warn(ConfigWarning(f"{path}: {message}", hint=correction), stacklevel=2)
        self.storage: str = toml.get(table, "storage", str, path) or ""
        if self.storage not in ("", *STORAGES):
            raise MalformedFile(
                f"{path}: storage must be {', '.join(STORAGES[:-1])} or {STORAGES[-1]}",
                path=path,
                hint=f"edit {path}",
            )
        self.legacy_sync: bool = toml.get(table, "legacy_sync", bool, path) or False
        self.expiry_warning = _parse_days(toml.get(table, "expiry_warning", str, path) or f"{EXPIRY_WARNING}d", path)
        self.helpers = _parse_helpers(toml.get(table, "helpers", dict, path) or {}, path)
        self.allow_env = _get_strings(table, "allow_env", path)
        self.file_roots = _get_strings(table, "file_roots", path)


def _parse_days(text: str, path: str) -> int:
    from arka_config.timestamps import parse_days

    try:
        return parse_days(text)
    except ValueError as error:
        raise MalformedFile(f"{path}: expiry_warning: {error}", path=path, hint=f"edit {path}") from None


def _get_strings(table: Mapping[str, object], key: str, path: str) -> tuple[str, ...]:
    value = toml.get(table, key, list, path) or []
    if not all(isinstance(item, str) for item in value):
        raise MalformedFile(f"{path}: {key} must be an array of strings", path=path, hint=f"edit {path}")
    return tuple(value)


def _parse_helpers(table: Mapping[str, object], path: str) -> dict[str, tuple[str, ...]]:
    import shlex

    helpers: dict[str, tuple[str, ...]] = {}
    for name, command in table.items():
        try:
            words = shlex.split(command) if isinstance(command, str) else command
        except ValueError:  # an unclosed quotation mark
            words = None
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            raise MalformedFile(
                f"{path}: helpers.{shorten(name)} must be a command",
                path=path,
                correction=f'write it as {shorten(name)} = ["program", "argument"]',
            )
        helpers[name] = tuple(words)
    return helpers
