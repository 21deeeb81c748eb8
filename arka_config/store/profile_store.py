"""ProfileStore: the profiles of one app on this machine, with their tokens, the active profile and the pins.

A change to several files is made under the lock, in an order that shows readers, which take no lock, the old state or
the new one: new files are written first, then the selection changes, and old files are removed last.
"""

from __future__ import annotations

from arka_config.errors import (
    ConfigError,
    FileError,
    MalformedFile,
    NoToken,
    ProfileExists,
    UnknownProfile,
)
from arka_config.precedence.origin import Origin
from arka_config.store.app_files import AppFiles
from arka_config.store.tokens import PLAIN
from arka_config.text import check_profile_name, did_you_mean, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from arka_config.secret import Secret
    from arka_config.store.tokens import Credential, Document


class ProfileStore(AppFiles):
    """The profiles of an app, as `arka_config.open_store` returns them."""

    # Reading

    def names(self) -> list[str]:
        """Return the names of all profiles, sorted: those with a file, and those with only a token."""
        return sorted(self.profiles.names() | self.tokens.names())

    def exists(self, name: str) -> bool:
        """Return whether the profile exists: it has a file or a token."""
        return self.profiles.holds(name) or self.tokens.holds(name)

    def check_exists(self, name: str, source: str = "") -> str:
        """Return the name. Raises InvalidName, or UnknownProfile with similar names."""
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
        """Return the name. Raises InvalidName, or ProfileExists."""
        check_profile_name(name)
        if self.exists(name):
            raise ProfileExists(f"profile '{name}' already exists", hint=f"{self.app.name} profiles show {name}")
        return name

    def sign_in_command(self, name: str, url: str, *, is_profiles: bool = True) -> str:
        """The command that gets a profile another token; empty if its workspace is not known to support sign-in.

        `is_profiles` says whether the profile, if it exists, has this URL without `--api-url`.
        """
        from arka_config.store.sign_in_cache import SignInCache

        if not SignInCache(self.folders.state, self.lock).has(self.app.issuer(url)):
            return ""
        if is_profiles and self.exists(name):
            return f"{self.app.name} refresh -p {name}"
        return f"{self.app.name} login -p {name} --api-url {url}"

    # Changes to one profile

    def create(self, name: str, values: Mapping[tuple[str, ...], Any]) -> None:
        """Create a profile with these values, by path in its file. Raises ProfileExists."""
        with self.lock:
            self.check_free(name)
            self.profiles.edit(name, values)

    def edit(self, name: str, changes: Mapping[tuple[str, ...], Any]) -> bool:
        """Set values in the profile's file, and remove those that are None. Return whether it changed."""
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
        """Store a credential, and the URL in the profile's file if given. Return whether the profile is now active.

        The first login makes its profile active. `storage` is the requested kind of token store. Raises ConfigError if
        the profile has a token reference, SealingError if the kind is not available.
        """
        check_profile_name(name)
        with self.lock:
            self._check_no_reference(name)
            document = self.tokens.prepare(name, credential, storage=storage)
            if api_url:
                self._write_url_or_discard(name, api_url, document)
            self.tokens.put(name, document)
            active, _ = self.selection.read_active()
            if activate or active is None:
                self.use(name)
                return True
            return active == name

    def check_can_log_in(self, name: str, origin: Origin, *, storage: str | None = None) -> None:
        """Check that `log_in` could store a token, before one is issued for it. Raises the same errors."""
        check_profile_name(name)
        self._check_no_reference(name)
        self.tokens.check_can_store(name, origin, storage=storage)

    def _check_no_reference(self, name: str) -> None:
        if self.profiles.read(name).reference is not None:
            raise ConfigError(
                f"profile '{name}' has a token reference: {self.profiles.path(name)}: token",
                hint=f"{self.app.name} profiles unset {name} token",
            )

    def replace_token(self, name: str, before: Credential, after: Credential) -> bool:
        """Replace a credential. Return False, with nothing changed, if `before` is no longer the stored one."""
        with self.lock:
            stored = self.tokens.read(name)
            if stored is None or stored.origin != before.origin or stored.token != before.token:
                return False
            self.tokens.write(name, after, storage=stored.storage if stored.token == after.token else None)
            return True

    def _write_url_or_discard(self, name: str, api_url: str, document: Document) -> None:
        try:
            self.profiles.edit(name, {("api_url",): api_url})
        except BaseException:
            self.tokens.discard(name, document)
            raise

    def log_out(self, name: str) -> bool:
        """Remove the profile's token. Return whether there was one. The profile keeps its settings and URL."""
        with self.lock:
            self.check_exists(name)
            if self.tokens.holds(name) and not self.profiles.holds(name):
                self._create_file_for(name)
            return self.tokens.remove(name)

    def _create_file_for(self, name: str) -> None:
        """Create the file of a profile that is only a token, so that it keeps its URL without the token."""
        origin, default = self.read_origin(name), self.default_url()
        is_implied = origin is None or (default is not None and origin == str(Origin.of(default)))
        try:
            self.profiles.edit(name, {} if is_implied else {("api_url",): origin})
        except FileError as error:
            if not error.is_refusal:
                raise
            self.secrets.remove_all(name)
            self.selection.replace(name, None)  # a read-only config folder: the profile is removed with its token

    def read_origin(self, name: str) -> str | None:
        """Return the origin that the profile's stored token is for; None if it has none, or an unreadable one."""
        try:
            credential = self.tokens.read(name)
        except MalformedFile:  # a token to be removed need not be readable
            return None
        return None if credential is None else str(credential.origin)

    def credential(self, name: str) -> Credential:
        """Return the profile's stored credential. Raises UnknownProfile, NoToken."""
        self.check_exists(name)
        credential = self.tokens.read(name)
        if credential is None:
            raise NoToken(f"profile '{name}' has no stored token", hint=f"{self.app.name} login --profile {name}")
        return credential

    # Other secrets

    def set_secret(self, name: str, field: str, secret: Secret, *, storage: str | None = None) -> str:
        """Store the secret of a setting, and return the kind of token store that it is in.

        Raises UnknownProfile, InvalidValue, and SealingError if the kind is not available.
        """
        with self.lock:
            self.check_exists(name)
            self.secrets.write(name, field, secret, storage=storage)
            return self.secrets.read_storage(name, field) or PLAIN

    def unset_secrets(self, name: str, fields: Collection[str]) -> list[str]:
        """Remove the secrets of settings. Return those that were stored. Raises UnknownProfile."""
        with self.lock:
            self.check_exists(name)
            return [field for field in fields if self.secrets.remove(name, field)]

    # Changes to more than one file

    def copy(self, name: str, other: str, *, with_token: bool = False) -> None:
        """Copy a profile's file, and its token and secrets if requested, to a new profile. Raises ProfileExists."""
        with self.lock:
            self.check_exists(name)
            self.check_free(other)
            credential = self.tokens.read(name) if with_token else None
            secrets = self.secrets.read_all(name) if with_token else {}
            try:
                # The token last: with the token but without the settings, requests would take another route.
                if self.profiles.holds(name):
                    self.profiles.copy(name, other)
                elif credential is None or secrets:  # a secret belongs to a profile that exists
                    self.profiles.edit(other, {})
                for field, (secret, storage) in secrets.items():
                    self.secrets.write(other, field, secret, storage=storage)
                if credential is not None:
                    self.tokens.write(
                        other, credential, storage=None if credential.storage == PLAIN else credential.storage
                    )
            except BaseException:
                self.secrets.remove_all(other)
                self.profiles.remove(other)
                raise

    def rename(self, name: str, other: str) -> None:
        """Rename a profile with its token and secrets. The active profile and the pins follow. Raises ProfileExists."""
        with self.lock:
            self.copy(name, other, with_token=True)
            self.selection.replace(name, other)
            self.secrets.remove_all(name)
            self.tokens.remove(name)
            self.profiles.remove(name)

    def remove(self, name: str) -> list[str]:
        """Remove a profile, its token, its secrets and its pins. Return the directories that were pinned to it."""
        with self.lock:
            self.check_exists(name)
            unpinned = self.selection.replace(name, None)
            self.secrets.remove_all(name)
            self.tokens.remove(name)
            self.profiles.remove(name)
            return unpinned

    # Selecting a profile

    def use(self, name: str) -> str | None:
        """Make a profile active. Return the previously active one."""
        with self.lock:
            self.check_exists(name)
            active, previous = self.selection.read_active()
            if active != name:
                self.selection.activate(name, previous=active or previous)
            return active

    def use_previous(self) -> str:
        """Make the previously active profile active. Return its name. Raises ConfigError if there was none."""
        with self.lock:
            _, previous = self.selection.read_active()
            if previous is None:
                raise ConfigError("there is no previous profile", hint=f"{self.app.name} use NAME")
            self.use(previous)
            return previous

    def pin(self, directory: str, name: str) -> None:
        """Pin a directory tree to a profile."""
        with self.lock:
            self.check_exists(name)
            self.selection.pin(directory, name)

    def unpin(self, directory: str) -> str | None:
        """Remove a directory's own pin. Return the profile that it was pinned to, or None."""
        with self.lock:
            return self.selection.unpin(directory)
