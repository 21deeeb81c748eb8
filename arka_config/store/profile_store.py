"""ProfileStore: the profiles of one app on this machine, with their tokens, the active profile and the pins.

A change to several files is made under the lock, in an order that shows readers, which take no lock, the old state or
the new one: new files are written first, then the selection changes, and old files are removed last.
"""

from __future__ import annotations

import os

from arka_config.errors import (
    ConfigError,
    ConfigWarning,
    FileError,
    MalformedFile,
    NoToken,
    ProfileExists,
    SealingError,
    UnknownProfile,
    VaultChanged,
)
from arka_config.store import files
from arka_config.store.lock import Lock
from arka_config.store.profiles import ProfileFiles
from arka_config.store.selection import Selection
from arka_config.store.token_files import TokenFiles
from arka_config.store.tokens import PLAIN, SEALED
from arka_config.text import check_profile_name, did_you_mean, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.origin import Origin
    from arka_config.secret import Secret
    from arka_config.store.folders import Folders
    from arka_config.store.journal import Journal
    from arka_config.store.preferences import Preferences
    from arka_config.store.protocols import References, TokenStore, Vault
    from arka_config.store.secret_records import SecretRecords
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
        self.profiles = ProfileFiles(
            os.path.join(folders.config, "profiles"), self._reference_kinds, folders.enclosing(folders.config)
        )
        self.tokens = TokenFiles(
            os.path.join(folders.data, "tokens"),
            kinds=tuple(token_stores),
            make_kind=lambda kind: token_stores[kind](self),
            choose=self._choose_storage,
            on_plain=self._report_plain_token,
            guarded=folders.enclosing(folders.data),
        )
        state = folders.enclosing(folders.state)
        self.selection = Selection(folders.state, state)
        self.lock = Lock(
            os.path.join(folders.state, "lock"),
            after_a_kill=self._sweep,
            when_taken=self._report_unfinished,
            folders=state,
        )
        self.reports_unfinished = True  # unless this command finishes them
        self._make_vault = make_vault
        self._load_references = load_references
        self._preferences: Preferences | None = None
        self._vault: Vault | None = None
        self._reported: set[str] = set()  # the plain token files that were warned of

    @property
    def folders_to_sweep(self) -> list[str]:
        """The folders that may contain writers' temporary files."""
        data, state = self.folders.data, self.folders.state
        profiles = os.path.realpath(self.profiles.folder)
        config = os.path.dirname(os.path.realpath(os.path.join(self.folders.config, "config.toml")))
        return [profiles, config, os.path.join(data, "tokens"), data, state, os.path.join(state, "sessions")]

    def _sweep(self) -> None:
        files.sweep(self.folders_to_sweep)

    def sweep(self) -> None:
        """Remove the temporary files that killed writers may have left, which may contain tokens."""
        with self.lock:
            self._sweep()

    def write_outside(self, path: str, text: str, *, follow_links: bool = False) -> None:
        """Write a file outside of the store, and remove the temporary files of killed writers next to it.

        Those may contain a token. Raises FileError, LockTimeout, and UnsafeFile for a link unless `follow_links`.
        """
        if not follow_links:
            files.refuse_link(path)
        try:
            with self.lock:
                files.sweep([os.path.dirname(os.path.realpath(path))])
                files.write(path, text, follow_links=follow_links)
        except FileError as error:
            if error.path != self.lock.path:
                raise
            files.write(path, text, follow_links=follow_links)  # the store is read-only, but this folder need not be

    @property
    def preferences(self) -> Preferences:
        """The user's config.toml, read on first use. Raises MalformedFile, UnsafeFile."""
        if self._preferences is None:
            from arka_config.store.preferences import Preferences

            folders = self.folders.enclosing(self.folders.config)
            self._preferences = Preferences(self.preferences_path, folders)
        return self._preferences

    @property
    def preferences_path(self) -> str:
        """The user's config.toml."""
        return os.path.join(self.folders.config, "config.toml")

    def edit_preferences(self, changes: Mapping[tuple[str, ...], Any]) -> bool:
        """Set values in config.toml, and remove those that are None. Return whether it changed."""
        from arka_config.store import preferences

        with self.lock:
            changed = preferences.edit(self.preferences_path, changes, self.folders.enclosing(self.folders.config))
        self._preferences = None
        return changed

    def default_url(self) -> str | None:
        """The URL of the user's default workspace: what config.toml says, else the app's. Raises MalformedFile."""
        return self.preferences.api_url or self.app.default_url()

    def sign_in_command(self, name: str, url: str) -> str:
        """The command that gets a profile another token; empty if its workspace is not known to support sign-in."""
        from arka_config.store.sign_in_cache import SignInCache

        if not SignInCache(self.folders.state, self.lock).has(self.app.issuer(url)):
            return ""
        return f"{self.app.name} {'refresh' if self.exists(name) else 'login'} -p {name}"

    # How tokens are stored

    @property
    def data_key_path(self) -> str:
        """The file of the wrapped data key. It exists if sealing is on."""
        return os.path.join(self.folders.data, "data-key.json")

    @property
    def known_vault_path(self) -> str:
        """The file that says which vault is this machine's. It exists if sealing was turned on or used here."""
        return os.path.join(self.folders.state, "vault.json")

    @property
    def vault(self) -> Vault:
        """What encrypts sealed tokens."""
        if self._vault is None:
            self._vault = self._make_vault(self)
        return self._vault

    @property
    def secrets(self) -> SecretRecords:
        """The stored secrets other than tokens."""
        from arka_config.store.secret_records import SecretRecords

        return SecretRecords(self.tokens)

    @property
    def journal(self) -> Journal:
        """The tokens that were requested, and are not known to be stored or revoked."""
        from arka_config.store.journal import Journal

        return Journal(self.folders.state, self.lock)

    def _report_unfinished(self) -> None:
        """Warn once of tokens that killed commands left: a command that only changes files asks no workspace."""
        if not self.reports_unfinished or not files.exists(os.path.join(self.folders.state, "journal.json")):
            return
        self.reports_unfinished = False
        try:
            left = self.journal.left_behind()
        except ConfigError:  # `doctor` reports it, and so does every command that needs the journal
            return
        if left:
            import warnings

            from arka_config.store.journal import describe

            warnings.warn(ConfigWarning(describe(left, self.app.name)), stacklevel=2)

    @property
    def references(self) -> References:
        """The kinds of token references, imported on first use."""
        return self._load_references()

    def _reference_kinds(self) -> Collection[str]:
        return self.references.kinds()

    def _choose_storage(self, current: str | None) -> str:
        """Return the storage of a new token if none is requested: the current one's, or else the default.

        A plain file counts as none if its token should be sealed: it may have been put there to get the next one.
        """
        if current not in (None, PLAIN):
            return str(current)
        preferred = self.preferences.storage
        if files.exists(self.data_key_path):
            return SEALED if preferred in ("", PLAIN) else preferred
        self.check_vault_exists()
        if preferred == SEALED:
            raise SealingError(
                f'{self.preferences.path} says storage = "sealed", but sealing is off',
                hint=f"{self.app.name} vault enable",
            )
        return current or preferred or PLAIN

    def check_vault_exists(self) -> None:
        """Raise VaultChanged if sealing was on, and the data key's file was removed."""
        if files.exists(self.known_vault_path) and not files.exists(self.data_key_path):
            raise VaultChanged(
                f"{self.data_key_path} does not exist, but {self.known_vault_path} says that sealing is on",
                path=self.data_key_path,
                hint=f"restore it from a backup, or turn sealing off: {self.app.name} vault disable",
            )

    def _report_plain_token(self, name: str, document: Document) -> None:
        """Warn of a plain token file that is there although sealing is on."""
        path = self.tokens.path(name)
        key = files.read(self.data_key_path) if path not in self._reported else None
        if key is None or '"unfinished": "enable"' in key or '"unfinished": "disable"' in key:
            return
        if self.tokens.read_document(name) != document:
            return  # another process has just sealed it
        self._reported.add(path)
        import warnings

        command = f"{self.app.name} doctor --fix"
        message = f"{path} is in plain text, although sealing is on: check whose it is, then seal it: {command}"
        warnings.warn(ConfigWarning(message), stacklevel=2)

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
        origin = self.read_origin(name)
        try:
            self.profiles.edit(name, {("api_url",): origin} if origin not in (None, self.default_url()) else {})
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
