"""Profiles: one hand-editable TOML file each, that holds settings and never a token."""

from __future__ import annotations

import os

from arka_config.errors import MalformedFile
from arka_config.precedence.origin import Origin
from arka_config.store import files, toml
from arka_config.text import is_profile_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

_KEYS = ("description", "api_url", "token", "settings")
_ENDING = ".toml"


class Profile:
    """What a profile's file says. `reference` is the (kind, target) of a token that lives elsewhere.

    A profile that is only a token has no file: all is empty, and `is_on_disk` is false.
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
    """The folder of profile files. `reference_kinds` is called if a profile has a token reference."""

    def __init__(self, folder: str, reference_kinds: Callable[[], Collection[str]]) -> None:
        self.folder = folder
        self._reference_kinds = reference_kinds

    def path(self, name: str) -> str:
        """The file of a profile, there or not. The name has been checked: it is no path."""
        return os.path.join(self.folder, name + _ENDING)

    def names(self) -> set[str]:
        """The profiles that have a file."""
        return {name for name in self._stems() if is_profile_name(name)}

    def misnamed(self) -> list[str]:
        """The TOML files whose names are no profile names, so that nobody reads them."""
        return sorted(name + _ENDING for name in self._stems() if not is_profile_name(name))

    def _stems(self) -> list[str]:
        try:
            entries = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise files.cannot("read", self.folder, error) from None
        return [entry[: -len(_ENDING)] for entry in entries if entry.endswith(_ENDING) and entry[0] != "."]

    def holds(self, name: str) -> bool:
        """Whether the profile has a file."""
        return files.exists(self.path(name))

    def read(self, name: str) -> Profile:
        """The profile's file; an empty profile where it has none. Raises MalformedFile."""
        path = self.path(name)
        table = toml.read(path)
        return Profile(name, path, is_on_disk=False) if table is None else self.parse(name, table)

    def edit(self, name: str, changes: Mapping[tuple[str, ...], Any]) -> bool:
        """Sets values, and removes those that are None; whether the file changed.

        A new file is made where there is none. What a person wrote in an old one stays: comments, order, blank lines.
        Nothing is written that could not be read back.
        """
        path = self.path(name)
        text = files.read(path)
        if text is None:
            table: dict[str, Any] = {}
            toml.change(table, changes)
            text = toml.written(table)
        else:
            self.parse(name, toml.parse(text, path))
            text = toml.edited(text, changes, path)
        self.parse(name, toml.parse(text, path))
        return files.write(path, text)

    def copy(self, name: str, other: str) -> None:
        """Gives the other profile the same file, comments and all."""
        text = files.read(self.path(name))
        if text is not None:
            files.write(self.path(other), text)

    def remove(self, name: str) -> bool:
        """Removes the profile's file; whether it had one."""
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
        api_url = toml.typed(table, "api_url", str, path) or ""
        if api_url:
            Origin.of(api_url, f"{path}: api_url")
        return Profile(
            name,
            path,
            description=toml.typed(table, "description", str, path) or "",
            api_url=api_url,
            reference=self._parse_reference(toml.typed(table, "token", dict, path), path),
            settings=toml.typed(table, "settings", dict, path),
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
        target = toml.typed(table, kind, str, path, "token")
        if not target:
            raise MalformedFile(f"{path}: token.{kind} is empty", path=path, hint=f"edit {path}")
        return kind, target
