"""ProfileStore: the profiles of one app on this machine, with their tokens, the active one and the pins.

Whatever changes more than one file does so under the lock, and in an order in which a reader, who takes no lock, finds
the old state or the new one: what is new stands before the choice moves to it, and what is old goes last.
"""

from __future__ import annotations

import os

from arka_config.errors import (
    ConfigError,
    FileError,
    MalformedFile,
    NoToken,
    ProfileExists,
    SealingError,
    UnknownProfile,
)
from arka_config.store import files
from arka_config.store.lock import Lock
from arka_config.store.profiles import ProfileFiles
from arka_config.store.selection import Selection
from arka_config.store.token_files import TokenFiles
from arka_config.store.tokens import PLAIN
from arka_config.text import check_profile_name, did_you_mean, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.store.folders import Folders
    from arka_config.store.preferences import Preferences
    from arka_config.store.protocols import References, TokenStore, Vault
    from arka_config.store.tokens import Credential, Document


class ProfileStore:
    """The profiles of an app, as `arka_config.open_store` returns them.

    `token_stores` makes the kinds of token stores other than the plain one, by name; `make_vault` makes the vault, and
    `load_references` imports the kinds of token references. `ask_passphrase` may be set to a function that asks the
    user a question and returns the passphrase, or None if there is no terminal; without one, the user is never asked.
    """

    def __init__(
        self,
        app: AppIdentity,
        folders: Folders,
        environ: Mapping[str, str],
        *,
        token_stores: Mapping[str, Callable[[ProfileStore], TokenStore]],
        make_vault: Callable[[ProfileStore], Vault],
        load_references: Callable[[], References],
    ) -> None:
        self.app = app
        self.folders = folders
        self.environ = environ
        self.ask_passphrase: Callable[[str], str | None] | None = None
        self.profiles = ProfileFiles(os.path.join(folders.config, "profiles"), self._reference_kinds)
        self.tokens = TokenFiles(
            os.path.join(folders.data, "tokens"),
            kinds=tuple(token_stores),
            make_kind=lambda kind: token_stores[kind](self),
            default=self._usual_storage,
        )
        self.selection = Selection(folders.state)
        self.lock = Lock(os.path.join(folders.state, "lock"), after_a_kill=self._sweep)
        self._make_vault = make_vault
        self._load_references = load_references
        self._preferences: Preferences | None = None
        self._vault: Vault | None = None

    @property
    def written_folders(self) -> list[str]:
        """The folders that a writer's temporary files stand in."""
        data, state = self.folders.data, self.folders.state
        profiles = os.path.realpath(self.profiles.folder)
        return [profiles, os.path.join(data, "tokens"), data, state, os.path.join(state, "sessions")]

    def _sweep(self) -> None:
        files.sweep(self.written_folders)

    def sweep(self) -> None:
        """Removes what killed writers may have left behind, tokens in it and all."""
        with self.lock:
            self._sweep()

    @property
    def preferences(self) -> Preferences:
        """The user's config.toml, read once. Raises MalformedFile."""
        if self._preferences is None:
            from arka_config.store.preferences import Preferences

            self._preferences = Preferences(os.path.join(self.folders.config, "config.toml"))
        return self._preferences

    # How tokens are kept

    @property
    def data_key_path(self) -> str:
        """The file of the wrapped data key; it is there where sealing is on."""
        return os.path.join(self.folders.data, "data-key.json")

    @property
    def vault(self) -> Vault:
        """What encrypts sealed tokens."""
        if self._vault is None:
            self._vault = self._make_vault(self)
        return self._vault

    @property
    def references(self) -> References:
        """The kinds of token references, imported on first use."""
        return self._load_references()

    def _reference_kinds(self) -> Collection[str]:
        return self.references.kinds()

    def _usual_storage(self) -> str:
        """Where a token of a profile that has none yet goes: what config.toml says, else sealed where that is on."""
        is_on = files.exists(self.data_key_path)
        if self.preferences.storage == "sealed" and not is_on:
            raise SealingError(
                f'{self.preferences.path} says storage = "sealed", and sealing is not on',
                hint=f"{self.app.name} vault enable",
            )
        return self.preferences.storage or ("sealed" if is_on else PLAIN)

    # What there is

    def names(self) -> list[str]:
        """Every profile's name, sorted: those with a file, and those with only a token."""
        return sorted(self.profiles.names() | self.tokens.names())

    def exists(self, name: str) -> bool:
        """Whether there is such a profile: it has a file, or a token."""
        return self.profiles.holds(name) or self.tokens.holds(name)

    def check_exists(self, name: str, source: str = "") -> str:
        """The name itself. Raises InvalidName, or UnknownProfile with the nearest names."""
        check_profile_name(name, source)
        if not self.exists(name):
            names = self.names()
            where = f" (from {visible(source)})" if source else ""
            raise UnknownProfile(
                f"there is no profile '{name}'{where}",
                hint=did_you_mean(name, names)
                or (f"{self.app.name} profiles list" if names else f"{self.app.name} login --profile {name}"),
            )
        return name

    def check_free(self, name: str) -> str:
        """The name itself. Raises InvalidName, or ProfileExists."""
        check_profile_name(name)
        if self.exists(name):
            raise ProfileExists(f"there is a profile '{name}' already", hint=f"{self.app.name} profiles show {name}")
        return name

    # Changes to one profile

    def create(self, name: str, values: Mapping[tuple[str, ...], Any]) -> None:
        """Makes a profile with these values, by path in its file. Raises ProfileExists."""
        with self.lock:
            self.check_free(name)
            self.profiles.edit(name, values)

    def edit(self, name: str, changes: Mapping[tuple[str, ...], Any]) -> bool:
        """Sets values in the profile's file, and removes those that are None; whether it changed."""
        with self.lock:
            self.check_exists(name)
            return self.profiles.edit(name, changes)

    def log_in(
        self,
        name: str,
        credential: Credential,
        *,
        api_url: str = "",
        activate: bool = False,
        storage: str | None = None,
    ) -> bool:
        """Keeps a credential, and the URL in the profile's file where one is given; whether it is now active.

        The first login makes its profile active. `storage` is the kind of token store that was asked for. Raises
        ConfigError where the profile refers to a token elsewhere, SealingError where that store cannot be had.
        """
        check_profile_name(name)
        with self.lock:
            if self.profiles.read(name).reference is not None:
                raise ConfigError(
                    f"profile '{name}' takes its token from elsewhere: {self.profiles.path(name)}: token",
                    hint=f"{self.app.name} profiles unset {name} token",
                )
            document = self.tokens.prepare(name, credential, storage=storage)
            if api_url:
                self._edit_or_drop(name, api_url, document)
            self.tokens.put(name, document)
            active, _ = self.selection.active()
            if activate or active is None:
                self.use(name)
                return True
            return active == name

    def replace_token(self, name: str, before: Credential, after: Credential) -> bool:
        """Keeps a credential in place of the one before; False, with nothing changed, where that is not there now."""
        with self.lock:
            stored = self.tokens.read(name)
            if stored is None or stored.origin != before.origin or stored.token != before.token:
                return False
            self.tokens.write(name, after)
            return True

    def _edit_or_drop(self, name: str, api_url: str, document: Document) -> None:
        try:
            self.profiles.edit(name, {("api_url",): api_url})
        except BaseException:
            self.tokens.drop(name, document)
            raise

    def log_out(self, name: str) -> bool:
        """Forgets the profile's token; whether there was one. The profile stays, with its settings and its URL."""
        with self.lock:
            self.check_exists(name)
            if self.tokens.holds(name) and not self.profiles.holds(name):
                self._keep_without_token(name)
            return self.tokens.remove(name)

    def _keep_without_token(self, name: str) -> None:
        """Gives a profile that is only a token a file, so that it stays, and goes to the same place, without one."""
        origin = self.origin(name)
        try:
            self.profiles.edit(name, {("api_url",): origin} if origin not in (None, self.app.default_url()) else {})
        except FileError as error:
            if not error.is_refusal:
                raise
            self.selection.move(name, None)  # a config folder that is read-only: the profile goes with its token

    def origin(self, name: str) -> str | None:
        """The origin that the profile's stored token is for; None where it has none, or none that can be read."""
        try:
            credential = self.tokens.read(name)
        except MalformedFile:  # what is to be forgotten need not be readable
            return None
        return None if credential is None else str(credential.origin)

    def credential(self, name: str) -> Credential:
        """The profile's stored credential. Raises UnknownProfile, NoToken."""
        self.check_exists(name)
        credential = self.tokens.read(name)
        if credential is None:
            raise NoToken(f"profile '{name}' has no stored token", hint=f"{self.app.name} login --profile {name}")
        return credential

    # Changes to more than one file

    def copy(self, name: str, other: str, *, with_token: bool = False) -> None:
        """Gives another profile the same file, and the same token where that is asked for. Raises ProfileExists."""
        with self.lock:
            self.check_exists(name)
            self.check_free(other)
            credential = self.tokens.read(name) if with_token else None
            try:
                # The token last: with it, and without the settings, the other one would take other ways.
                if self.profiles.holds(name):
                    self.profiles.copy(name, other)
                elif credential is None:
                    self.profiles.edit(other, {})
                if credential is not None:
                    self.tokens.write(other, credential, storage=credential.storage)
            except BaseException:
                self.profiles.remove(other)
                raise

    def rename(self, name: str, other: str) -> None:
        """Renames a profile with its token; the active profile and the pins follow. Raises ProfileExists."""
        with self.lock:
            self.copy(name, other, with_token=True)
            self.selection.move(name, other)
            self.tokens.remove(name)
            self.profiles.remove(name)

    def remove(self, name: str) -> list[str]:
        """Removes a profile, its token and what chose it; the directories that were pinned to it."""
        with self.lock:
            self.check_exists(name)
            unpinned = self.selection.move(name, None)
            self.tokens.remove(name)
            self.profiles.remove(name)
            return unpinned

    # Which one it is

    def use(self, name: str) -> str | None:
        """Makes a profile active; the one that was."""
        with self.lock:
            self.check_exists(name)
            active, previous = self.selection.active()
            if active != name:
                self.selection.activate(name, previous=active or previous)
            return active

    def use_previous(self) -> str:
        """Makes the profile active that was before this one; its name. Raises ConfigError where there was none."""
        with self.lock:
            _, previous = self.selection.active()
            if previous is None:
                raise ConfigError("there is no profile to go back to", hint=f"{self.app.name} use NAME")
            self.use(previous)
            return previous

    def pin(self, directory: str, name: str) -> None:
        """Pins a directory tree to a profile."""
        with self.lock:
            self.check_exists(name)
            self.selection.pin(directory, name)

    def unpin(self, directory: str) -> str | None:
        """Takes a directory's own pin away; the profile that it was pinned to, or None."""
        with self.lock:
            return self.selection.unpin(directory)
