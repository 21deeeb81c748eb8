"""Profiles: one TOML file each, which users may edit. It contains settings and never a token."""

from __future__ import annotations

import os

from arka_config.errors import MalformedFile
from arka_config.precedence.origin import Origin
from arka_config.store import files, toml
from arka_config.store.ownership import check_keys, find_fault
from arka_config.text import edit_command, is_profile_name, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from typing import Any

_KEYS = ("description", "api_url", "token", "settings")
_SUFFIX = ".toml"


class Profile:
    """The content of a profile's file. `reference` is the (kind, target) of a token reference.

    A profile that is only a token has no file: everything is empty, and `is_on_disk` is false.
    """

    __slots__ = ("api_url", "description", "is_on_disk", "name", "path", "reference", "settings")

    def __init__(
        self,
        name: str,
        path: str,
        *,
        description: str = "",
        api_url: str = "",
        reference: tuple[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
        is_on_disk: bool = True,
    ) -> None:
        self.name = name
        self.is_on_disk = is_on_disk
        self.path = path
        self.description = description
        self.api_url = api_url
        self.reference = reference
        self.settings = dict(settings or {})

    def __repr__(self) -> str:
        return f"Profile({self.name!r})"


class ProfileFiles:
    """The folder of profile files. `reference_kinds` is called if a profile has a token reference.

    `enclosing` are the folders around it. If other users can change a profile's file, or replace it in one of these
    folders, its description, numbers and booleans are used, and any other key raises UnsafeFile.
    """

    def __init__(
        self, folder: str, reference_kinds: Callable[[], Collection[str]], enclosing: Collection[str] = ()
    ) -> None:
        self.folder = folder
        self._folders = (folder, *enclosing)
        self._reference_kinds = reference_kinds

    def path(self, name: str) -> str:
        """The profile's file, whether it exists or not. The name must have been checked."""
        return os.path.join(self.folder, name + _SUFFIX)

    def names(self) -> set[str]:
        """Return the profiles that have a file."""
        return {name for name in files.stems(self.folder, _SUFFIX) if is_profile_name(name)}

    def misnamed_files(self) -> list[str]:
        """Return the TOML files that are ignored because their names are not profile names."""
        return sorted(name + _SUFFIX for name in files.stems(self.folder, _SUFFIX) if not is_profile_name(name))

    def holds(self, name: str) -> bool:
        """Return whether the profile has a file."""
        return files.exists(self.path(name))

    def read(self, name: str) -> Profile:
        """Return the content of the profile's file; an empty profile if it has none.

        Raises MalformedFile, UnsafeFile.
        """
        text = self._read_text(name)
        path = self.path(name)
        return Profile(name, path, is_on_disk=False) if text is None else self.parse(name, toml.parse(text, path))

    def _read_text(self, name: str) -> str | None:
        """Return the file's text, or None if there is no file. Raises UnsafeFile if a key of it is refused."""
        path = self.path(name)
        found = files.read_with_status(path)
        if found is None:
            return None
        text, status = found
        if find_fault(path, status, self._folders) is not None:
            check_keys(path, status, self._folders, _sensitive_keys(toml.parse(text, path)))
        return text

    def edit(self, name: str, changes: Mapping[tuple[str, ...], Any]) -> bool:
        """Set values, and remove those that are None. Return whether the file changed.

        The file is created if necessary. Comments, order and blank lines of an existing one stay. Nothing is written
        that could not be read back.
        """
        path = self.path(name)
        before = self._read_text(name)
        if before is not None:
            return self._write_changed(name, before, lambda text: toml.edit(text, changes, path))
        table: dict[str, Any] = {}
        toml.apply_changes(table, changes)
        text = toml.dumps(table)
        self.parse(name, toml.parse(text, path))
        return files.write(path, text)

    def rewrite(self, name: str, change: Callable[[str], str]) -> bool:
        """Write what `change` returns for the text of the profile's file, if it has one. Return whether it changed."""
        text = self._read_text(name)
        return text is not None and self._write_changed(name, text, change)

    def _write_changed(self, name: str, text: str, change: Callable[[str], str]) -> bool:
        path = self.path(name)
        self.parse(name, toml.parse(text, path))
        text = change(text)
        self.parse(name, toml.parse(text, path))
        return files.write(path, text)

    def copy(self, name: str, other: str) -> None:
        """Copy the profile's file, with its comments, to another profile."""
        text = self._read_text(name)
        if text is not None:
            files.write(self.path(other), text)

    def remove(self, name: str) -> bool:
        """Remove the profile's file. Return whether it had one."""
        return files.remove(self.path(name))

    def parse(self, name: str, table: Mapping[str, Any]) -> Profile:
        """Return the profile that a table describes. Raises MalformedFile for an unknown key, InvalidUrl."""
        path = self.path(name)
        toml.check_keys(table, _KEYS, path)
        if isinstance(table.get("token"), str):
            raise MalformedFile(
                f"{path}: token is a string, but a profile's file contains no token: [token] says where it is",
                path=path,
                correction=f"remove it from {path}, and log in to profile '{name}'",
            )
        api_url = toml.get(table, "api_url", str, path) or ""
        if api_url:
            Origin.of(api_url, f"{path}: api_url")
        return Profile(
            name,
            path,
            description=toml.get(table, "description", str, path) or "",
            api_url=api_url,
            reference=self._parse_reference(toml.get(table, "token", dict, path), path),
            settings=toml.get(table, "settings", dict, path),
        )

    def _parse_reference(self, table: Mapping[str, Any] | None, path: str) -> tuple[str, str] | None:
        if not table:
            return None
        toml.check_keys(table, self._reference_kinds(), path, "token")
        if len(table) != 1:
            raise MalformedFile(
                f"{path}: token names {' and '.join(table)}, but a token comes from one place",
                path=path,
                correction="keep one of them",
            )
        ((kind, _),) = table.items()
        target = toml.get(table, kind, str, path, "token")
        if not target:
            raise MalformedFile(f"{path}: token.{kind} is empty", path=path, hint=edit_command(path))
        return kind, target


def _sensitive_keys(table: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """Yield the keys that may run a program, read a file, or decide where a token goes: also an app's own settings."""
    for key, value in table.items():
        name = f"{within}{key}"
        if isinstance(value, dict) and name != "token":
            yield from _sensitive_keys(value, f"{name}.")
        elif name != "description" and not isinstance(value, bool | int | float):
            yield shorten(name)
