"""Machine: one app on this machine, as the checks look at it. All of it is read once, and what cannot be read is empty
here: one check says so, and the others go on."""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.errors import ConfigError
from arka_config.exchange.env_paths import legacy_path
from arka_config.store import files
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import TypeVar

    from arka_config.app import App
    from arka_config.sealing.data_key import DataKeyFile
    from arka_config.store.preferences import Preferences
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential

    T = TypeVar("T")

KEY_FILE = "key-file"


class Machine:
    """The store, its environment, the working directory, and the moment that expiries are compared with.

    `profile` is the one that was named by flag. `directory` is a full path.
    """

    def __init__(
        self, store: ProfileStore, *, profile: str | None = None, directory: str = "", now: datetime | None = None
    ) -> None:
        self.store = store
        self.profile = profile
        self.directory = directory
        self.now = now or timestamps.now()
        self.faults: dict[str, ConfigError] = {}  # of token files and profiles' files, by path

    @property
    def app(self) -> App:
        """The app whose files these are."""
        return self.store.app

    @property
    def program(self) -> str:
        """The app's command, as it is typed."""
        return self.app.name

    @cached_property
    def home(self) -> str:
        """The user's home folder."""
        return self.store.environ.get("HOME") or os.path.expanduser("~")

    @cached_property
    def owner(self) -> int:
        """Whose the files should be: this user's, or that of who runs this by sudo in a home folder of theirs."""
        user = os.geteuid()
        behind = self.store.environ.get("SUDO_UID", "")
        if user == 0 and behind.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(self.home).st_uid == int(behind):
                    return int(behind)
        return user

    # What is in the files

    @cached_property
    def preferences(self) -> Preferences | None:
        """What config.toml says; None where that cannot be read."""
        return _or_none(lambda: self.store.preferences)

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """Every profile that has a file which can be read."""
        return dict(self._readable(self.store.profiles.names, self.store.profiles.read, self.store.profiles.path))

    @cached_property
    def credentials(self) -> dict[str, Credential]:
        """Every stored credential that can be read, sealed or not."""
        found = self._readable(self.store.tokens.names, self.store.tokens.read, self.store.tokens.path)
        return {name: credential for name, credential in found if credential is not None}

    def _readable(
        self, names: Callable[[], set[str]], read: Callable[[str], T], path: Callable[[str], str]
    ) -> Iterator[tuple[str, T]]:
        for name in sorted(_or_none(names) or ()):
            try:
                yield name, read(name)
            except ConfigError as error:
                self.faults[path(name)] = error

    @cached_property
    def names(self) -> list[str]:
        """Every profile that there is, readable or not."""
        return sorted((_or_none(self.store.profiles.names) or set()) | (_or_none(self.store.tokens.names) or set()))

    @cached_property
    def vault_file(self) -> DataKeyFile | None:
        """What the data key's file says; None where sealing is off, or where it cannot be read."""
        is_on = _or_none(lambda: files.exists(self.store.data_key_path))
        found: DataKeyFile | None = _or_none(self.store.vault.file) if is_on else None
        return found

    @cached_property
    def key_files(self) -> list[str]:
        """The key files that open the vault."""
        unlockers = self.vault_file.unlockers if self.vault_file is not None else []
        return [str(unlocker.details["path"]) for unlocker in unlockers if unlocker.kind == KEY_FILE]

    @cached_property
    def opens_at_once(self) -> bool:
        """Whether sealed tokens open without asking anybody."""
        return self.vault_file is not None and bool(self.store.vault.opens_at_once())

    def token(self, credential: Credential) -> str | None:
        """A stored token, where it is had without asking anybody: no passphrase, no keyring."""
        if not (credential.token.is_at_hand or (credential.storage == "sealed" and self.opens_at_once)):
            return None
        return _or_none(credential.token.reveal)

    def holder(self, token: str) -> str | None:
        """A profile that has this token stored, as far as that can be told without asking."""
        return next((name for name, each in self.credentials.items() if self.token(each) == token), None)

    # What is in force

    @cached_property
    def resolution(self) -> Resolution:
        """Who wins, in this environment and this directory. A variable that names no profile is left out: what else is
        wrong is to be found too."""
        environ, variable = dict(self.store.environ), self.app.profile_field.variable
        if environ.get(variable) not in self.names:
            environ.pop(variable, None)
        return Resolution(
            self.store, environ, profile=self.profile, directory=lambda: os.path.realpath(self.directory or os.sep)
        )

    @cached_property
    def legacy(self) -> str | None:
        """The Node CLI's file, there or not; None for an app without one."""
        project = self.app.legacy_project
        return None if project is None else _or_none(lambda: legacy_path(project, self.store.environ))


def _or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except (ConfigError, OSError):
        return None
