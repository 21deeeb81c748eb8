"""AppFiles: where an app keeps its files on this machine, the lock for them, and how tokens are stored in them."""

from __future__ import annotations

import os

from arka_config.errors import ConfigError, ConfigWarning, FileError, SealingError, VaultChanged
from arka_config.store import files
from arka_config.store.lock import Lock
from arka_config.store.profiles import ProfileFiles
from arka_config.store.selection import Selection
from arka_config.store.token_files import TokenFiles
from arka_config.store.tokens import PLAIN, SEALED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Any, Self

    from arka_config.app_identity import AppIdentity
    from arka_config.store.folders import Folders
    from arka_config.store.journal import Journal
    from arka_config.store.preferences import Preferences
    from arka_config.store.protocols import References, TokenStore, Vault
    from arka_config.store.secret_records import SecretRecords
    from arka_config.store.tokens import Document


class AppFiles:
    """The files of an app, and what every command needs of them.

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
        token_stores: Mapping[str, Callable[[Self], TokenStore]],
        make_vault: Callable[[Self], Vault],
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
        self._make_vault: Callable[[], Vault] = lambda: make_vault(self)
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

    def write_outside(self, path: str, text: str, *, follow_links: bool = False, keep_mode: bool = False) -> None:
        """Write a file outside of the store, and remove the temporary files of killed writers next to it.

        Those may contain a token. `keep_mode` is that of `files.write`. Raises FileError, LockTimeout, and UnsafeFile
        for a link unless `follow_links`.
        """
        if not follow_links:
            files.refuse_link(path)
        try:
            with self.lock:
                files.sweep([os.path.dirname(os.path.realpath(path))])
                files.write(path, text, follow_links=follow_links, keep_mode=keep_mode)
        except FileError as error:
            if error.path != self.lock.path:
                raise
            # The store is read-only, but this folder need not be.
            files.write(path, text, follow_links=follow_links, keep_mode=keep_mode)

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
            self._vault = self._make_vault()
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

        A plain file counts as missing if its token should be sealed: someone may have put it there so that the next
        token is stored in plain text.
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
