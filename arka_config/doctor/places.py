"""The files and folders of an app, as they stand: what is for its owner alone, and what people edit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import os as system
    from collections.abc import Iterable, Iterator

    from arka_config.doctor.machine import Machine

_STATE = ("active", "pins.json", "ledger.json", "ledger.pending.json", "agreements.json", "lock")
_DATA = ("data-key.json", "identity.txt", "workspace.db")


class Place(NamedTuple):
    """A file or folder that is there. `status` is that of what a link leads to, `owner` the link's own."""

    path: str
    status: system.stat_result
    owner: int

    @property
    def mode(self) -> int:
        """Its permission bits."""
        return self.status.st_mode & 0o7777


def private_folders(machine: Machine) -> list[Place]:
    """The folders that nobody else is to look into."""
    folders = machine.store.folders
    paths = [folders.data, machine.store.tokens.folder, folders.state, os.path.join(folders.state, "sessions")]
    return list(_there(paths))


def secret_files(machine: Machine) -> list[Place]:
    """The files that hold a secret, or open one."""
    folders = machine.store.folders
    paths = [os.path.join(folders.data, name) for name in _DATA]
    paths += [
        *_inside(machine.store.tokens.folder, ".json"),
        *_inside(os.path.join(folders.state, "sessions"), ".json"),
    ]
    return list(_there([*paths, *machine.key_files]))


def state_files(machine: Machine) -> list[Place]:
    """The files that hold no secret, and say which profile and which template is meant."""
    return list(_there(os.path.join(machine.store.folders.state, name) for name in _STATE))


def config_places(machine: Machine) -> list[Place]:
    """The folder and the files that people edit. They may be links, read-only, or in a repository."""
    config = machine.store.folders.config
    profiles = machine.store.profiles.folder
    return list(_there([config, os.path.join(config, "config.toml"), profiles, *_inside(profiles, ".toml")]))


def inside(folder: str) -> list[str]:
    """The names in a folder; none where it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _inside(folder: str, ending: str) -> list[str]:
    return [os.path.join(folder, name) for name in inside(folder) if name.endswith(ending)]


def _there(paths: Iterable[str]) -> Iterator[Place]:
    """Those that are there and may be looked at. On macOS and Windows two of our folders may be one."""
    for path in dict.fromkeys(paths):
        try:
            yield Place(path, os.stat(path), os.lstat(path).st_uid)
        except OSError:
            continue
