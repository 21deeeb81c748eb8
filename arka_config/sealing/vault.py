"""The vault: whether sealing is on, and the data key, opened without asking if possible, otherwise by asking."""

from __future__ import annotations

from arka_config import debug
from arka_config.errors import ConfigWarning, FileError, InvalidSession, SealingError, VaultChanged, VaultLocked
from arka_config.sealing import data_key as data_keys
from arka_config.sealing.known_vault import KnownVault
from arka_config.sealing.sessions import Sessions
from arka_config.sealing.unlockers import registry
from arka_config.sealing.unlockers.protocol import RECOVERY, Context, NoAnswer, Unattended
from arka_config.store import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.sealing.unlockers.protocol import UnlockerKind
    from arka_config.store.profile_store import ProfileStore

    Attempt = tuple[str, Callable[[], bytes]]  # what may open the data key, and the call that tries it


def vault_of(store: ProfileStore) -> Vault:
    """Return the store's vault with this package's type: the store itself knows only a protocol."""
    assert isinstance(store.vault, Vault)
    return store.vault


class NotEnabled(SealingError):
    """Sealing is off: there is no data key."""


class DataKeys(dict[str, bytes]):
    """The open data keys by id: the current one, and the previous one while a change is unfinished."""

    def __init__(self, current: str, keys: dict[str, bytes]) -> None:
        super().__init__(keys)
        self.current = current

    def __repr__(self) -> str:
        return f"DataKeys({', '.join(self)})"


class Vault:
    """A store's data key. It is opened when first needed, and stays open until the process ends."""

    def __init__(self, store: ProfileStore) -> None:
        self.store = store
        self.path = store.data_key_path
        self.known = KnownVault(store.known_vault_path, self.path)
        self.sessions = Sessions(store.app, store.folders.state)
        self.answers: list[bytes] = []  # the secrets that the user gave and that opened it; a rekey needs them again
        self._open: DataKeys | None = None
        self._failed: dict[bool, SealingError | FileError] = {}  # why it did not open without asking, if tried

    @property
    def context(self) -> Context:
        """What the kinds of unlocker are given."""
        return Context(self.store)

    @property
    def is_enabled(self) -> bool:
        """Whether sealing is on."""
        return files.exists(self.path)

    def file(self) -> DataKeyFile | None:
        """Read the data key's file; None if sealing is off. Raises SealingError, VaultChanged, UnsafeFile."""
        file = self._read()
        while file is not None:
            try:
                self.known.check(file.key_id)
            except VaultChanged:
                again = self._read()
                if again is None or again.key_id == file.key_id:
                    raise
                file = again  # a rekey has finished in between
            else:
                break
        return file

    def _read(self) -> DataKeyFile | None:
        text = files.read(self.path, secret=True)
        if text is None:
            return None
        file = data_keys.parse(text, self.path, self.store.app.name)
        registry.check_kinds(file, self.path)
        return file

    def require_file(self) -> DataKeyFile:
        """Read the data key's file. Raises NotEnabled if sealing is off, VaultChanged if it should be on."""
        file = self.file()
        if file is None:
            self.store.check_vault_exists()
            raise NotEnabled(f"sealing is off: {self.path} does not exist", hint=f"{self.store.app.name} vault enable")
        return file

    def keys(self, key_id: str | None = None, *, fresh: bool = False) -> DataKeys:
        """Return the data keys; open them if they are not open, or if none of them has the wanted id.

        `fresh` re-reads the file first (required before sealing). Raises VaultLocked, or the only unlocker's error.
        """
        if self._open is not None and not fresh and key_id in (None, *self._open):
            return self._open
        file = self.require_file()
        key = self._open.get(file.key_id) if self._open is not None else None
        if key is None:
            key = self._unlock(file, self._attempts(file, self.context))
        keys = self._adopt(file, self._verify_file(file, key))
        if fresh:
            self._remember(file)
        return keys

    def _remember(self, file: DataKeyFile) -> None:
        """Remember a vault that is used here for the first time, or again after the state folder was lost."""
        if self.known.read():
            return
        with self.store.lock:
            current = self._read()
            if current is not None and current.key_id == file.key_id:
                self.known.remember(current)

    def close(self) -> None:
        """Forget the open keys."""
        self._open = None

    def write(self, file: DataKeyFile, data_key: bytes) -> None:
        """Write the data key's file, and remember it. The caller holds the store's lock. Raises FileError."""
        self.known.prepare(self._read(), file)
        files.write(self.path, file.text(data_key))
        self.known.remember(file)
        self._adopt(file, data_key)

    def opens_at_once(self) -> bool:
        """Whether it is open, or opens without asking, waiting or running a program: by a session, a quick unlocker,
        or a passphrase in a variable or its file."""
        return self._try_unasked(may_wait=False) is None

    def why_locked(self) -> SealingError | FileError | None:
        """Return why it does not open without an answer from the user; None if it does. It may wait for a keyring, and
        run the command of a variable."""
        return self._try_unasked(may_wait=True)

    def _try_unasked(self, *, may_wait: bool) -> SealingError | FileError | None:
        """Open it, unless that needs an answer. A failure is kept: trying a wrong passphrase again takes as long."""
        if self._open is not None:
            return None
        if may_wait not in self._failed:
            try:
                file = self.require_file()
                attempts = self._attempts(file, Unattended(self.store, may_wait=may_wait))
                self._adopt(file, self._verify_file(file, self._unlock(file, attempts)))
            except (SealingError, FileError) as error:  # reported when a token is needed
                self._failed[may_wait] = error
        return self._failed.get(may_wait)

    def find_secret(
        self, file: DataKeyFile, unlockers: Sequence[Unlocker], context: Context | None = None
    ) -> tuple[bytes, bytes]:
        """Return the data key, and the secret that opened it through one of these unlockers of the same kind.

        Raises SealingError or FileError if none opens it.
        """
        kind = registry.kind_of(unlockers[0], self.path)
        for secret in self._secrets(kind, file, unlockers, context or self.context):
            for unlocker in unlockers:
                data_key = unlocker.unwrap(kind.derive(secret, unlocker, self.path), file)
                if data_key is not None:
                    if kind.asks and secret not in self.answers:
                        self.answers.append(secret)
                    return data_key, secret
        raise SealingError(f"unlocker '{unlockers[0].name}' does not open {self.path}", hint="use another unlocker")

    def _secrets(
        self, kind: UnlockerKind, file: DataKeyFile, unlockers: Sequence[Unlocker], context: Context
    ) -> Iterator[bytes]:
        if kind.asks:
            yield from self.answers
        yield from kind.secrets(context, file, unlockers)

    def _adopt(self, file: DataKeyFile, data_key: bytes) -> DataKeys:
        self._open = DataKeys(file.key_id, {**file.unwrap_previous(data_key), file.key_id: data_key})
        return self._open

    def _verify_file(self, file: DataKeyFile, data_key: bytes) -> bytes:
        if not file.is_authentic(data_key):
            raise data_keys.damage_error(self.path)
        return data_key

    # Opening: the session, quick unlockers, those that may have to wait, those that ask the user

    def _unlock(self, file: DataKeyFile, attempts: Iterable[Attempt]) -> bytes:
        failures: list[tuple[str, SealingError | FileError]] = []
        for name, attempt in attempts:
            try:
                data_key = attempt()
            except (SealingError, FileError) as error:
                debug.log(f"{name} does not open {self.path}: {error.message}")
                failures.append((name, error))
                continue
            if failures and isinstance(failures[0][1], InvalidSession):
                import warnings

                session = failures[0][1]
                warnings.warn(ConfigWarning(f"{session.message}; it is ignored", hint=session.hint), stacklevel=2)
            debug.log(f"{self.path} was opened by {name}")
            return data_key
        raise self._locked_error(failures)

    def _attempts(self, file: DataKeyFile, context: Context) -> Iterator[Attempt]:
        session = self.store.environ.get(self.sessions.variable, "")
        if session:
            yield self.sessions.variable, lambda: self.sessions.open(session, file)
        waiting: list[Unlocker] = []
        asking: dict[str, list[Unlocker]] = {}
        for unlocker in file.unlockers:
            kind = registry.kind_of(unlocker, self.path)
            if kind.asks:
                asking.setdefault(kind.name, []).append(unlocker)
            elif kind.is_quick:
                yield unlocker.name, self._attempt(file, [unlocker], context)
            elif context.may_wait:
                waiting.append(unlocker)
        for unlocker in waiting:
            yield unlocker.name, self._attempt(file, [unlocker], context)
        for name, unlockers in asking.items():
            yield name, self._attempt(file, unlockers, context)

    def _attempt(self, file: DataKeyFile, unlockers: Sequence[Unlocker], context: Context) -> Callable[[], bytes]:
        return lambda: self.find_secret(file, unlockers, context)[0]

    def _locked_error(self, failures: list[tuple[str, SealingError | FileError]]) -> SealingError | FileError:
        """Return the only error, or one that names them all. A bad session is reported alone if only the user's answer
        is missing."""
        if not failures:  # there are unlockers, but none that may be tried
            return VaultLocked(f"{self.path} is locked", hint=f'eval "$({self.store.app.name} vault unlock)"')
        first = failures[0][1]
        others = [error for _, error in failures[1:] if not isinstance(error, NoAnswer)]
        if len(failures) == 1 or (isinstance(first, InvalidSession) and not others):
            return first
        lines = [f"{name}: {error.message}" for name, error in failures]
        return VaultLocked(
            f"{self.path} cannot be opened:",
            more=lines,
            hint=f"{self.store.app.name} vault status; if all are lost: {RECOVERY}",
        )
