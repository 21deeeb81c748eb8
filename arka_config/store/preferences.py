"""Preferences: the user's own `config.toml`. Every key is optional."""

from __future__ import annotations

import warnings

from arka_config.errors import ConfigError, ConfigWarning, InvalidValue, MalformedFile
from arka_config.precedence.origin import Origin
from arka_config.store import files, toml
from arka_config.store.ownership import check_keys
from arka_config.store.tokens import STORAGES
from arka_config.text import edit_command, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

_HARMLESS = ("expiry", "expiry_warning")
EXPIRY_WARNING = 14  # days, unless the file says otherwise
WARN, REFUSE = "warn", "refuse"  # what to do with a token that has expired
# The keys, and how `config set` reads each from its text.
KINDS: Mapping[str, type] = {
    "api_url": str,
    "storage": str,
    "legacy_sync": bool,
    "expiry": str,
    "expiry_warning": str,
    "helpers": dict,
    "allow_env": list,
    "file_roots": list,
    "ca_bundle": str,
    "trust_env_ca": bool,
}


class Preferences:
    """The content of `config.toml`, or of a table that is to become its content.

    `storage` is the token store for new tokens, or empty; `legacy_sync` keeps the legacy file in step with the active
    profile; `expiry` is WARN or REFUSE, for a stored token that has expired; `expiry_warning` is how many days before
    its expiry a token is reported; `helpers` are the commands that
    references may name, as argument lists; `allow_env` and `file_roots` are what templates may read in addition to the
    app's own variables. `api_url` and `ca_bundle` are the defaults of those settings, or empty; `trust_env_ca` accepts
    certificates that the environment names. A key of a newer version is a warning; `unknown` has the same, each with
    its correction.

    If other users can change the file, or replace it in one of `folders`, a key other than `expiry` and
    `expiry_warning` raises UnsafeFile.
    """

    __slots__ = (
        "allow_env",
        "api_url",
        "ca_bundle",
        "expiry",
        "expiry_warning",
        "file_roots",
        "helpers",
        "legacy_sync",
        "path",
        "storage",
        "trust_env_ca",
        "unknown",
    )

    def __init__(self, path: str, folders: Collection[str] = (), *, table: Mapping[str, Any] | None = None) -> None:
        if table is None:
            text = _read_text(path, folders)
            table = {} if text is None else toml.parse(text, path)
        self.path = path
        self.unknown = list(toml.unknown_keys(table, KINDS))
        for message, correction in self.unknown:
            warnings.warn(ConfigWarning(f"{path}: {message}", hint=correction), stacklevel=2)
        self.api_url: str = toml.get(table, "api_url", str, path) or ""
        if self.api_url:
            Origin.of(self.api_url, f"{path}: api_url")
        self.ca_bundle: str = toml.get(table, "ca_bundle", str, path) or ""
        self.trust_env_ca: bool = toml.get(table, "trust_env_ca", bool, path) or False
        self.storage: str = toml.get(table, "storage", str, path) or ""
        if self.storage not in ("", *STORAGES):
            raise MalformedFile(
                f"{path}: storage must be {', '.join(STORAGES[:-1])} or {STORAGES[-1]}",
                path=path,
                hint=edit_command(path),
            )
        self.legacy_sync: bool = toml.get(table, "legacy_sync", bool, path) or False
        self.expiry: str = toml.get(table, "expiry", str, path) or WARN
        if self.expiry not in (WARN, REFUSE):
            raise MalformedFile(f"{path}: expiry must be {WARN} or {REFUSE}", path=path, hint=edit_command(path))
        warning = toml.get(table, "expiry_warning", str, path)
        self.expiry_warning = _parse_days(warning, path) if warning else EXPIRY_WARNING
        self.helpers = _parse_helpers(toml.get(table, "helpers", dict, path) or {}, path)
        self.allow_env = _get_strings(table, "allow_env", path)
        self.file_roots = _get_strings(table, "file_roots", path)


def _read_text(path: str, folders: Collection[str]) -> str | None:
    """Return the file's text, or None if there is no file. Raises UnsafeFile if a key of it is refused."""
    found = files.read_with_status(path)
    if found is None:
        return None
    text, status = found
    table = toml.parse(text, path)
    check_keys(path, status, folders, (key for key in KINDS if key in table and key not in _HARMLESS))
    return text


def edit(path: str, changes: Mapping[tuple[str, ...], Any], folders: Collection[str] = ()) -> bool:
    """Set values in `config.toml`, and remove those that are None. Return whether the file changed.

    Comments, order and blank lines stay. Nothing is written that could not be read back, and no key that is refused
    now becomes trusted. The caller must hold the lock.
    """
    text = _read_text(path, folders)
    before = {} if text is None else toml.parse(text, path)
    if text is None and not any(value is not None for value in changes.values()):
        return False
    if text is None:
        table: dict[str, Any] = {}
        toml.apply_changes(table, changes)
        text = toml.dumps(table)
    else:
        text = toml.edit(text, changes, path)
    after = toml.parse(text, path)
    if after == before:
        return False
    try:
        Preferences(path, table=after)
    except ConfigError as error:
        raise InvalidValue(f"{error.message}; nothing was changed") from None
    return files.write(path, text)


def _parse_days(text: str, path: str) -> int:
    from arka_config.timestamps import parse_days

    try:
        return parse_days(text)
    except ValueError as error:
        raise MalformedFile(f"{path}: expiry_warning: {error}", path=path, hint=edit_command(path)) from None


def _get_strings(table: Mapping[str, object], key: str, path: str) -> tuple[str, ...]:
    value = toml.get(table, key, list, path) or []
    if not all(isinstance(item, str) for item in value):
        raise MalformedFile(f"{path}: {key} must be an array of strings", path=path, hint=edit_command(path))
    return tuple(value)


def _parse_helpers(table: Mapping[str, object], path: str) -> dict[str, tuple[str, ...]]:
    helpers: dict[str, tuple[str, ...]] = {}
    for name, command in table.items():
        try:
            words = _split(command) if isinstance(command, str) else command
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


def _split(command: str) -> list[str]:
    import shlex  # imports re, which `token` does not need

    return shlex.split(command)
