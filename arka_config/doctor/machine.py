"""Machine: one app's files and environment on this machine, read once for all checks.

What cannot be read is empty or None here: one check reports it, and the others continue.
"""

from __future__ import annotations

import contextlib
import os
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from arka_config import timestamps
from arka_config.doctor.problem import shell_command
from arka_config.errors import ConfigError
from arka_config.exchange import env_paths
from arka_config.sealing.unlockers import registry
from arka_config.sealing.vault import vault_of
from arka_config.store import files, journal, token_formats
from arka_config.store.resolution import Resolution
from arka_config.store.secret_records import record_name
from arka_config.store.system import SYSTEM
from arka_config.store.tokens import SEALED
from arka_config.templates import approvals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeVar

    from arka_config.app_identity import AppIdentity
    from arka_config.sealing.data_key import DataKeyFile
    from arka_config.secret import Secret
    from arka_config.store.journal import Entry
    from arka_config.store.preferences import Preferences
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential
    from arka_config.workspace.client.survey import Survey

    T = TypeVar("T")


_STATE_FILES = (
    "vault.json",
    "active",
    "pins.json",
    "ledger.json",
    journal.FILE,
    "ledger.pending.json",
    approvals.FILE,
    token_formats.FILE,
    "lock",
)
_DATA_FILES = ("data-key.json", "identity.txt", "workspace.db")


class FileStatus(NamedTuple):
    """A file or folder that exists. `status` follows a symbolic link; `owner` is the uid of the link itself."""

    path: str
    status: os.stat_result
    owner: int

    @property
    def mode(self) -> int:
        """The permission bits."""
        return self.status.st_mode & 0o7777


class Machine:
    """The store and its environment, the working directory, and the time that expiries are compared with.

    `profile` is the profile named with a flag, `templates` are the files and folders named as arguments. `directory` is
    an absolute path, or empty if it no longer exists. `survey` is what the workspaces say; None if they were not asked.
    `finish` revokes a token that a killed command left, and raises ConfigError if it cannot.
    """

    def __init__(
        self,
        store: ProfileStore,
        *,
        profile: str | None = None,
        templates: Sequence[str] = (),
        directory: str = "",
        survey: Survey | None = None,
        finish: Callable[[Entry], object] | None = None,
    ) -> None:
        self.store = store
        self.profile = profile
        self.templates = templates
        self.directory = directory
        self.now = timestamps.now()
        self.survey = survey
        self.finish = finish
        self.read_errors: dict[str, ConfigError] = {}  # of profiles and token files, by path

    @property
    def app(self) -> AppIdentity:
        """The app that the files belong to."""
        return self.store.app

    @property
    def program(self) -> str:
        """The app's command."""
        return self.app.name

    def command(self, *words: str) -> str:
        """Return a command line of the app."""
        return shell_command(self.program, *words)

    @cached_property
    def home(self) -> str:
        """The user's home folder."""
        return self.store.environ.get("HOME") or os.path.expanduser("~")

    @cached_property
    def owner(self) -> int:
        """The uid that should own the files: the current user, or the one that invoked sudo."""
        user = SYSTEM.user_id()
        sudo_uid = self.store.environ.get("SUDO_UID", "")
        if user == 0 and sudo_uid.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(self.home).st_uid == int(sudo_uid):
                    return int(sudo_uid)
        return user

    # The contents of the files

    @cached_property
    def preferences(self) -> Preferences | None:
        """The contents of config.toml; None if it cannot be read."""
        return _read_or_none(lambda: self.store.preferences)

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """The profiles that have a readable file."""
        return dict(self._read_all(self.store.profiles.names, self.store.profiles.read, self.store.profiles.path))

    @cached_property
    def credentials(self) -> dict[str, Credential]:
        """The stored credentials that can be read, sealed or not."""
        credentials = self._read_all(self.store.tokens.names, self.store.tokens.read, self.store.tokens.path)
        return {name: credential for name, credential in credentials if credential is not None}

    @cached_property
    def secrets(self) -> dict[str, Secret]:
        """The stored secrets that can be read, sealed or not, by the name of their record: `work.webhook_secret`."""
        store = self.store
        records = self._read_all(
            lambda: {record_name(*each) for each in store.secrets.names()},
            lambda name: store.secrets.read(*name.split(".", 1)),
            store.tokens.path,
        )
        return {name: secret for name, secret in records if secret is not None}

    def _read_all(
        self, names: Callable[[], set[str]], read: Callable[[str], T], path: Callable[[str], str]
    ) -> Iterator[tuple[str, T]]:
        for name in sorted(_read_or_none(names) or ()):
            try:
                yield name, read(name)
            except ConfigError as error:
                self.read_errors[path(name)] = error

    @cached_property
    def profile_names(self) -> list[str]:
        """The names of all profiles, readable or not."""
        folders = (self.store.profiles, self.store.tokens)
        return sorted(set().union(*(_read_or_none(folder.names) or () for folder in folders)))

    @cached_property
    def active_profile(self) -> str | None:
        """The active profile, or None, also if the file cannot be read."""
        active = _read_or_none(self.store.selection.read_active)
        return None if active is None else active[0]

    @cached_property
    def vault_file(self) -> DataKeyFile | None:
        """The contents of the data key file; None if sealing is off or the file cannot be read."""
        is_on = _read_or_none(lambda: files.exists(self.store.data_key_path))
        file: DataKeyFile | None = _read_or_none(vault_of(self.store).file) if is_on else None
        return file

    @cached_property
    def opens_at_once(self) -> bool:
        """Whether sealed tokens can be opened without a prompt."""
        return self.vault_file is not None and bool(self.store.vault.opens_at_once())

    def reveal(self, credential: Credential) -> str | None:
        """Return a stored token, or None if that would need a passphrase or the OS keyring."""
        if not (credential.token.is_at_hand or (credential.storage == SEALED and self.opens_at_once)):
            return None
        return _read_or_none(credential.token.reveal)

    def find_holder(self, token: str) -> str | None:
        """Return a profile that stores this token. Tokens that would need a prompt are not compared."""
        return next((name for name, each in self.credentials.items() if self.reveal(each) == token), None)

    # What is effective

    @cached_property
    def resolution(self) -> Resolution:
        """The effective values, in this environment and directory.

        A variable that names an unknown profile is ignored, so that the remaining problems are found too.
        """
        environ, variable = dict(self.store.environ), self.app.profile_field.variable
        if environ.get(variable) not in self.profile_names:
            environ.pop(variable, None)
        return Resolution(
            self.store, environ, profile=self.profile, directory=lambda: os.path.realpath(self.directory or os.sep)
        )

    @cached_property
    def legacy_path(self) -> str | None:
        """The path of the Node CLI's file, which may not exist; None for an app without one."""
        project = self.app.legacy_project
        return None if project is None else _read_or_none(lambda: env_paths.legacy_path(project, self.store.environ))

    # The files and folders themselves

    @property
    def private_folders(self) -> list[FileStatus]:
        """The folders that only the user may access."""
        folders = self.store.folders
        return list(_stat([folders.data, self.store.tokens.folder, folders.state, self._sessions]))

    @property
    def secret_files(self) -> list[FileStatus]:
        """The files that contain or unlock a secret."""
        unlockers = self.vault_file.unlockers if self.vault_file is not None else []
        path = self.store.data_key_path
        key_files = filter(None, (registry.kind_of(unlocker, path).leftover(unlocker) for unlocker in unlockers))
        data = [os.path.join(self.store.folders.data, name) for name in _DATA_FILES]
        tokens, sessions = list_folder(self.store.tokens.folder, ".json"), list_folder(self._sessions, ".json")
        return list(_stat([*data, *tokens, *sessions, *key_files]))

    @property
    def state_files(self) -> list[FileStatus]:
        """The files of the state folder, which contain no secret."""
        return list(_stat(os.path.join(self.store.folders.state, name) for name in _STATE_FILES))

    @property
    def config_files(self) -> list[FileStatus]:
        """The files that the user edits, and their folders. They may be links, read-only, or in a repository."""
        config, profiles = self.store.folders.config, self.store.profiles.folder
        enclosing = self.store.folders.enclosing(config)
        return list(_stat([*enclosing, os.path.join(config, "config.toml"), profiles, *list_folder(profiles, ".toml")]))

    @property
    def _sessions(self) -> str:
        return os.path.join(self.store.folders.state, "sessions")


def list_folder(folder: str, suffix: str = "") -> list[str]:
    """Return the sorted paths in a folder with this suffix, or an empty list if it cannot be read."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith(suffix)]


def work_tree_of(folder: str) -> str | None:
    """Return the root of the git work tree that contains a folder, with links resolved."""
    if not os.path.isdir(folder):
        return None
    folder = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _stat(paths: Iterable[str]) -> Iterator[FileStatus]:
    """Yield the status of the paths that exist, each once: on macOS and Windows two of our folders may be the same."""
    for path in dict.fromkeys(paths):
        try:
            yield FileStatus(path, os.stat(path), os.lstat(path).st_uid)
        except OSError:
            continue


def _read_or_none(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except (ConfigError, OSError):
        return None
