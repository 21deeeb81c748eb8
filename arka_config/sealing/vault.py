"""The vault: whether sealing is on, and the data key, opened by whatever opens it without asking, else by asking."""

from __future__ import annotations

from arka_config import debug
from arka_config.errors import (
    ConfigWarning,
    FileError,
    InvalidSession,
    SealingError,
    VaultLocked,
    WrongKeyFile,
    WrongPassphrase,
)
from arka_config.sealing import cipher
from arka_config.sealing import data_key as data_keys
from arka_config.sealing.data_key import KEY_FILE, KEYRING, PASSPHRASE
from arka_config.sealing.sessions import Sessions
from arka_config.sealing.unlockers import key_file
from arka_config.store import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.store.profile_store import ProfileStore

    Way = tuple[str, Callable[[], bytes]]  # what opens the data key, and the call that does

_TRIES = 3


def vault_of(store: ProfileStore) -> Vault:
    """Return the store's vault with this package's type: the store itself knows only a protocol."""
    assert isinstance(store.vault, Vault)
    return store.vault


class NotEnabled(SealingError):
    """Sealing is off: there is no data key."""


class NoPassphrase(VaultLocked):
    """There is a passphrase, and neither the environment nor a person gives it."""


class DataKeys(dict[str, bytes]):
    """The data keys that are open, by id: the current one, and for a while the one before it."""

    def __init__(self, current: str, keys: dict[str, bytes]) -> None:
        super().__init__(keys)
        self.current = current

    def __repr__(self) -> str:
        return f"DataKeys({', '.join(self)})"


class Vault:
    """The data key of a store. It is opened at the first need, once, and kept for as long as this process runs."""

    def __init__(self, store: ProfileStore) -> None:
        self.store = store
        self.path = store.data_key_path
        self.sessions = Sessions(store.app, store.folders.state)
        self._open: DataKeys | None = None
        self.passphrase: str | None = None  # the one that opened it, for what needs it again

    @property
    def is_enabled(self) -> bool:
        """Whether sealing is on."""
        return files.exists(self.path)

    def file(self) -> DataKeyFile | None:
        """What the data key's file says, or None where sealing is off. Raises SealingError, UnsafeFile."""
        text = files.read(self.path, secret=True)
        return None if text is None else data_keys.read(text, self.path, self.store.app.name)

    def required_file(self) -> DataKeyFile:
        """What the data key's file says. Raises NotEnabled where sealing is off."""
        found = self.file()
        if found is None:
            raise NotEnabled(f"sealing is not on: {self.path} is not there", hint=f"{self.store.app.name} vault enable")
        return found

    def keys(self, key_id: str | None = None, *, fresh: bool = False) -> DataKeys:
        """The data keys, opened where they are not open yet, or where none of those has the wanted id.

        `fresh` compares with the file first, as who seals must. Raises VaultLocked, or what alone kept it closed.
        """
        if self._open is not None and not fresh and key_id in (None, *self._open):
            return self._open
        file = self.required_file()
        key = self._open.get(file.key_id) if self._open is not None else None
        return self.adopt(file, self._checked(file, self._opened(file) if key is None else key))

    def adopt(self, file: DataKeyFile, data_key: bytes) -> DataKeys:
        """Takes the data key of a file as open."""
        self._open = DataKeys(file.key_id, {**file.remembered(data_key), file.key_id: data_key})
        return self._open

    def close(self) -> None:
        """Forgets the open keys."""
        self._open = None

    def write(self, file: DataKeyFile, data_key: bytes) -> None:
        """Keeps the data key's file. Whoever writes holds the store's lock. Raises FileError."""
        files.write(self.path, file.text(data_key))
        self.adopt(file, data_key)

    def opens_at_once(self) -> bool:
        """Whether it is open, or opens quickly and without asking anybody: by a session or a key file."""
        if self._open is not None:
            return True
        try:
            file = self.file()
            if file is None:
                return False
            for _, way in self._quick_ways(file):
                try:
                    self.adopt(file, self._checked(file, way()))
                except SealingError:
                    continue
                return True
        except (SealingError, FileError):
            pass  # who then asks for the token itself is told
        return False

    def _checked(self, file: DataKeyFile, data_key: bytes) -> bytes:
        if not file.is_authentic(data_key):
            raise data_keys.damaged(self.path)
        return data_key

    # The ways in, in order

    def _opened(self, file: DataKeyFile) -> bytes:
        faults: list[tuple[str, SealingError | FileError]] = []
        for name, way in self._ways(file):
            try:
                data_key = way()
            except (SealingError, FileError) as error:
                debug.log(f"{name} does not open {self.path}: {error.message}")
                faults.append((name, error))
                continue
            if faults and isinstance(faults[0][1], InvalidSession):
                self._tell_of_the_session(faults[0][1])
            debug.log(f"{self.path} was opened by {name}")
            return data_key
        raise self._locked(faults)

    def _ways(self, file: DataKeyFile) -> Iterator[Way]:
        yield from self._quick_ways(file)
        for unlocker in file.unlockers:
            if unlocker.kind == KEYRING:
                yield unlocker.name, lambda unlocker=unlocker: self._by_secret(unlocker, file)  # type: ignore[misc]  # mypy knows no default of a lambda
        if any(unlocker.kind == PASSPHRASE for unlocker in file.unlockers):
            yield PASSPHRASE, lambda: self._by_passphrase(file)

    def _quick_ways(self, file: DataKeyFile) -> Iterator[Way]:
        session = self.store.environ.get(self.sessions.variable, "")
        if session:
            yield self.sessions.variable, lambda: self.sessions.opened(session, file)
        for unlocker in file.unlockers:
            if unlocker.kind == KEY_FILE:
                yield unlocker.name, lambda unlocker=unlocker: self._by_secret(unlocker, file)  # type: ignore[misc]  # as above

    def _by_secret(self, unlocker: Unlocker, file: DataKeyFile) -> bytes:
        """The data key, by a key file or the OS keyring."""
        data_key = unlocker.unwrap(self.kept_secret(unlocker), file.app, file.key_id)
        if data_key is None:
            place = unlocker.details.get("path", "what the OS keyring holds")
            raise WrongKeyFile(
                f"{place} does not open {self.path}: it is another vault's", hint="put the right one back"
            )
        return data_key

    def kept_secret(self, unlocker: Unlocker) -> bytes:
        """The secret of an unlocker that has it kept somewhere. Raises SealingError."""
        if unlocker.kind == KEY_FILE:
            return key_file.read(str(unlocker.details["path"]))
        from arka_config.sealing.unlockers import os_keyring

        entry = os_keyring.Entry(str(unlocker.details["backend"]), str(unlocker.details["account"]))
        secret = cipher.from_hex(os_keyring.get(self.store.app.name, entry), cipher.KEY_LENGTH)
        if secret is None:
            raise SealingError(f"{entry.backend} holds no key under '{entry.account}'", hint="use another unlocker")
        return secret

    def _by_passphrase(self, file: DataKeyFile) -> bytes:
        """The data key, by the passphrase that the environment gives, else by one that a person types."""
        from arka_config.sealing.unlockers import passphrase

        given = passphrase.given(self.store.app, self.store.environ)
        if given is not None:
            data_key = self.by_passphrase(file, given[0])
            if data_key is not None:
                return data_key
            if self.store.ask_passphrase is None:
                raise WrongPassphrase(f"the passphrase in {given[1]} is not the vault's", hint=f"correct {given[1]}")
        for left in reversed(range(_TRIES)):
            question = "Passphrase" if left == _TRIES - 1 else "That is not it. Passphrase"
            typed = self.store.ask_passphrase(question) if self.store.ask_passphrase else None
            if typed is None and given is not None:
                raise WrongPassphrase(f"the passphrase in {given[1]} is not the vault's", hint=f"correct {given[1]}")
            if typed is None:
                break
            data_key = self.by_passphrase(file, typed)
            if data_key is not None:
                return data_key
            if not left:
                raise WrongPassphrase("that is not the vault's passphrase", hint="try again; it was tried three times")
        variable = self.store.app.variable("PASSPHRASE")
        raise NoPassphrase(
            f"{self.path} needs a passphrase, {variable} is not set, and nobody can be asked here",
            hint=f'eval "$({self.store.app.name} vault unlock)" on a terminal, or set {variable}_FILE',
        )

    def by_passphrase(self, file: DataKeyFile, typed: str, *, only: Unlocker | None = None) -> bytes | None:
        """The data key that a passphrase opens, or None where it opens none."""
        from arka_config.sealing.unlockers import passphrase

        for unlocker in file.unlockers:
            if unlocker.kind == PASSPHRASE and only in (None, unlocker):
                data_key = unlocker.unwrap(passphrase.secret(typed, unlocker, self.path), file.app, file.key_id)
                if data_key is not None:
                    self.passphrase = typed
                    return data_key
        return None

    # What is said where none opens it

    def _tell_of_the_session(self, error: InvalidSession) -> None:
        import warnings

        warnings.warn(ConfigWarning(f"{error.message}, and is passed over", hint=error.hint), stacklevel=2)

    def _locked(self, faults: list[tuple[str, SealingError | FileError]]) -> SealingError | FileError:
        """The one fault, or one that names all of them. That no passphrase was given is no fault beside a session."""
        first = faults[0][1]
        rest = [error for _, error in faults[1:] if not isinstance(error, NoPassphrase)]
        if len(faults) == 1 or (isinstance(first, InvalidSession) and not rest):
            return first
        said = [f"{name}: {error.message}" for name, error in faults]
        return VaultLocked(f"{self.path} cannot be opened:", more=said, hint=f"{self.store.app.name} vault status")
