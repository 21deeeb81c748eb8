"""Turning sealing on and off, new data keys, and other unlockers: each under the lock, all or nothing.

What is begun is written into the data key's file before a token is touched, and struck out at the end. Between the
two every token opens, by whichever key it is sealed with, so a kill needs no repair: the next change finishes what is
unfinished. An error puts everything back.
"""

from __future__ import annotations

import os
import warnings

from arka_config.errors import ConfigError, ConfigWarning, FileError, SealingError, WrongPassphrase
from arka_config.sealing import cipher, key_file
from arka_config.sealing.data_key import (
    DISABLE,
    ENABLE,
    KEY_FILE,
    KEYRING,
    PASSPHRASE,
    REKEY,
    DataKeyFile,
    Unlocker,
    new_key_id,
)
from arka_config.store import files
from arka_config.store.tokens import PLAIN
from arka_config.text import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.sealing.vault import Vault

    Told = Callable[[int, int], None]  # how many tokens have been moved, of how many

SEALED = "sealed"


class NewUnlocker:
    """An unlocker that is asked for: its kind, and the key file's path or the passphrase where it has one."""

    def __init__(self, kind: str, *, path: str = "", passphrase: str = "") -> None:
        self.kind = kind
        self.path = path
        self.passphrase = passphrase

    def __repr__(self) -> str:
        return f"NewUnlocker({self.kind!r})"


class HalfDone(SealingError):
    """A change failed, and so did putting everything back: every token opens, and the change is to be finished."""


def _tell_nobody(_done: int, _all: int) -> None:
    pass


# On and off


def enable(vault: Vault, wanted: list[NewUnlocker], told: Told = _tell_nobody) -> list[str]:
    """Turns sealing on and seals every plain token; the profiles concerned. Finishes what was begun before.

    Raises SealingError where it is on, and MalformedFile before anything is changed where a token cannot be read.
    """
    store = vault.store
    with store.lock:
        store.sweep()
        file = vault.file()
        if file is not None and not file.unfinished:
            raise SealingError("sealing is on already", hint=f"{store.app.name} vault add-unlocker, or vault status")
        if file is not None:
            keys = vault.keys(fresh=True)
            file.unfinished = ENABLE
            vault.write(file, keys[file.key_id])
            return _finish(vault, file, told)
        _check_nothing_is_sealed(vault)
        data_key = cipher.random_key()
        file = DataKeyFile(store.app.name, new_key_id(), [])
        undo: list[Callable[[], object]] = [vault.close]

        def begin() -> None:
            file.unfinished = ENABLE
            for each in wanted:
                file.unlockers.append(_made(vault, file, each, data_key, undo))
            undo.append(lambda: files.remove(vault.path))
            vault.write(file, data_key)

        names = _stored(vault, PLAIN)
        end = _Step(vault, file, data_key).strike_out
        _move(vault, names, SEALED, told, begin=begin, end=end, back=lambda: _undo(undo))
        return names


def disable(vault: Vault, told: Told = _tell_nobody) -> list[str]:
    """Turns sealing off: puts every sealed token back into a plain file, and drops the data key; the profiles."""
    store = vault.store
    with store.lock:
        file = vault.required_file()
        keys = vault.keys(fresh=True)
        names = _stored(vault, SEALED)
        data_key, before = keys[file.key_id], file.unfinished
        step = _Step(vault, file, data_key)
        vault.sessions.end_all()
        _move(
            vault,
            names,
            PLAIN,
            told,
            begin=lambda: step.mark(DISABLE),
            end=lambda: files.remove(vault.path),
            back=lambda: step.mark(before),
        )
        vault.close()
        for unlocker in file.unlockers:
            _forget(vault, unlocker)
        return names


# Another key


def rekey(vault: Vault, told: Told = _tell_nobody, *, without: str | None = None) -> list[str]:
    """Makes a new data key and seals every token with it; the profiles. Ends every session.

    `without` leaves one unlocker out. The secret of every other one is needed. A rekeying that was begun before is
    finished instead, unless an unlocker is to be left out.
    """
    store = vault.store
    with store.lock:
        was_unfinished = vault.required_file().unfinished == REKEY
        moved = settle(vault, told)
        if was_unfinished and without is None:
            return moved
        old = vault.required_file()
        old_key = vault.keys(fresh=True)[old.key_id]
        data_key = cipher.random_key()
        file = DataKeyFile(store.app.name, new_key_id(), [])
        for unlocker in old.unlockers:
            if unlocker.name != without:
                file.unlockers.append(_renewed(vault, old, unlocker, file, data_key))
        file.remember(old.key_id, old_key, data_key)
        names = _stored(vault, SEALED)
        vault.sessions.end_all()
        step = _Step(vault, file, data_key)
        back = _Step(vault, old, old_key).mark
        _move(vault, names, SEALED, told, begin=lambda: step.mark(REKEY), end=step.strike_out, back=lambda: back(""))
        return names


def _renewed(vault: Vault, old: DataKeyFile, unlocker: Unlocker, file: DataKeyFile, data_key: bytes) -> Unlocker:
    """The unlocker for a new data key: the same secret, a new salt. Raises SealingError where it is not at hand."""
    renewed = Unlocker(unlocker.name, unlocker.kind, dict(unlocker.details), os.urandom(cipher.SALT_LENGTH))
    try:
        if unlocker.kind == PASSPHRASE:
            from arka_config.sealing import passphrase

            renewed.details |= passphrase.PARAMETERS
            secret = passphrase.secret(_passphrase_of(vault, old, unlocker), renewed, vault.path)
        else:
            secret = vault.kept_secret(unlocker)
            if unlocker.unwrap(secret, old.app, old.key_id) is None:
                raise SealingError(f"unlocker '{unlocker.name}' does not open the vault any more")
    except (SealingError, FileError) as error:
        app, way_out = vault.store.app.name, error.hint
        if len(old.unlockers) > 1:
            way_out = f"give it, or do without it: {app} vault remove-unlocker {unlocker.name}"
        raise SealingError(
            f"the new data key cannot be wrapped for unlocker '{unlocker.name}': {error.message}", hint=way_out
        ) from None
    renewed.wrap(data_key, secret, file.app, file.key_id)
    return renewed


def _passphrase_of(vault: Vault, file: DataKeyFile, unlocker: Unlocker) -> str:
    """The passphrase of an unlocker: the one that is known, else the environment's, else one that is typed."""
    from arka_config.sealing import passphrase

    if vault.passphrase is not None and vault.by_passphrase(file, vault.passphrase, only=unlocker) is not None:
        return vault.passphrase
    given = passphrase.given(vault.store.app, vault.store.environ)
    if given is not None and vault.by_passphrase(file, given[0], only=unlocker) is not None:
        return given[0]
    ask = vault.store.ask_passphrase
    typed = ask(f"Passphrase of unlocker '{unlocker.name}'") if ask else None
    if typed is None:
        raise SealingError(
            "its passphrase is not given, and nobody can be asked here",
            hint=f"set {vault.store.app.variable('PASSPHRASE_FILE')}",
        )
    if vault.by_passphrase(file, typed, only=unlocker) is None:
        raise WrongPassphrase("that is not its passphrase")
    return typed


# Other unlockers


def add_unlocker(vault: Vault, wanted: NewUnlocker, told: Told = _tell_nobody) -> str:
    """Wraps the data key for one more unlocker; its name."""
    with vault.store.lock:
        settle(vault, told)
        file = vault.required_file()
        data_key = vault.keys(fresh=True)[file.key_id]
        undo: list[Callable[[], object]] = []
        try:
            added = _made(vault, file, wanted, data_key, undo)
            file.unlockers.append(added)
            vault.write(file, data_key)
        except BaseException:
            _undo(undo)
            raise
        return added.name


def remove_unlocker(vault: Vault, name: str, told: Told = _tell_nobody) -> Unlocker:
    """Takes an unlocker away and makes a new data key, since what it opened is known to who has it."""
    with vault.store.lock:
        file = vault.required_file()
        found = next((unlocker for unlocker in file.unlockers if unlocker.name == name), None)
        names = [unlocker.name for unlocker in file.unlockers]
        if found is None:
            raise SealingError(
                f"there is no unlocker '{name}'", hint=did_you_mean(name, names) or f"there is {', '.join(names)}"
            )
        if len(names) == 1:
            raise SealingError(
                f"'{name}' is the last unlocker: without it no token could be opened",
                hint=f"{vault.store.app.name} vault add-unlocker first, or {vault.store.app.name} vault disable",
            )
        rekey(vault, told, without=name)
        _forget(vault, found)
        return found


def _made(
    vault: Vault, file: DataKeyFile, wanted: NewUnlocker, data_key: bytes, undo: list[Callable[[], object]]
) -> Unlocker:
    """A new unlocker of a file, its secret made and kept; what takes that back is added to `undo`."""
    number = sum(unlocker.kind == wanted.kind for unlocker in file.unlockers) + 1
    taken = {unlocker.name for unlocker in file.unlockers}
    while (name := wanted.kind if number == 1 else f"{wanted.kind}-{number}") in taken:
        number += 1
    made = Unlocker(name, wanted.kind, {}, os.urandom(cipher.SALT_LENGTH))
    if wanted.kind == KEY_FILE:
        secret = _key_file(vault, file, wanted, made, undo)
    elif wanted.kind == PASSPHRASE:
        from arka_config.sealing import passphrase

        made.details |= passphrase.PARAMETERS
        secret = passphrase.secret(wanted.passphrase, made, vault.path)
    else:
        from arka_config.sealing import os_keyring

        secret = cipher.random_key()
        entry = os_keyring.put(vault.store.app.name, f"data key {os.urandom(6).hex()}", secret.hex())
        made.details |= {"backend": entry.backend, "account": entry.account}
        undo.append(lambda: os_keyring.remove(vault.store.app.name, entry))
    made.wrap(data_key, secret, file.app, file.key_id)
    return made


def _key_file(
    vault: Vault, file: DataKeyFile, wanted: NewUnlocker, made: Unlocker, undo: list[Callable[[], object]]
) -> bytes:
    path = os.path.abspath(wanted.path or key_file.usual_path(vault.store.folders))
    if any(unlocker.details.get("path") == path for unlocker in file.unlockers):
        raise SealingError(f"{path} is an unlocker already", hint="name another place: --key-file PATH")
    secret, is_new = key_file.made_or_read(path, vault.store.folders.data)
    if is_new:
        undo.append(lambda: files.remove(path))
    made.details["path"] = path
    return secret


def _forget(vault: Vault, unlocker: Unlocker) -> None:
    """Takes an unlocker's entry out of the OS keyring; a warning where it cannot. A key file is left to its owner."""
    if unlocker.kind != KEYRING:
        return
    from arka_config.sealing import os_keyring

    entry = os_keyring.Entry(str(unlocker.details["backend"]), str(unlocker.details["account"]))
    try:
        os_keyring.remove(vault.store.app.name, entry)
    except SealingError as error:
        warnings.warn(
            ConfigWarning(f"'{entry.account}' stays in the OS keyring, and opens nothing now: {error.message}"),
            stacklevel=2,
        )


# What both ways share


def settle(vault: Vault, told: Told = _tell_nobody) -> list[str]:
    """Finishes what was begun and not ended; the profiles concerned. Raises SealingError where that is not plain."""
    with vault.store.lock:
        file = vault.required_file()
        if not file.unfinished:
            return []
        if file.unfinished == DISABLE:
            app = vault.store.app.name
            raise SealingError(
                "turning sealing off was interrupted", hint=f"{app} vault disable, or {app} vault enable to go back"
            )
        vault.keys(fresh=True)
        return _finish(vault, file, told)


def _finish(vault: Vault, file: DataKeyFile, told: Told) -> list[str]:
    names = [name for name in _stored(vault, SEALED) if _key_id(vault, name) != file.key_id]
    if file.unfinished == ENABLE:
        names += _stored(vault, PLAIN)
    data_key = vault.keys()[file.key_id]
    text = file.text(data_key)
    end = _Step(vault, file, data_key).strike_out
    _move(vault, names, SEALED, told, begin=vault.keys, end=end, back=lambda: files.write(vault.path, text))
    return sorted(names)


class _Step:
    """The data key's file, and what is written into it before the tokens are moved, and after."""

    def __init__(self, vault: Vault, file: DataKeyFile, data_key: bytes) -> None:
        self._vault = vault
        self._file = file
        self._data_key = data_key

    def mark(self, unfinished: str) -> None:
        """Says what is begun."""
        self._file.unfinished = unfinished
        self._vault.write(self._file, self._data_key)

    def strike_out(self) -> None:
        """Says that nothing is unfinished, and forgets the key before this one."""
        self._file.previous = None
        self.mark("")


def _stored(vault: Vault, storage: str) -> list[str]:
    """The profiles whose tokens are of this kind. What cannot be told counts as plain, since it may hold a token."""
    tokens = vault.store.tokens
    return sorted(name for name in tokens.names() if (tokens.storage(name) or PLAIN) == storage)


def _key_id(vault: Vault, name: str) -> str:
    document = vault.store.tokens.document(name) or {}
    part = document.get("sealed")
    return str(part.get("key")) if isinstance(part, dict) else ""


def _check_nothing_is_sealed(vault: Vault) -> None:
    lost = _stored(vault, SEALED)
    if lost:
        app = vault.store.app.name
        raise SealingError(
            f"there are sealed tokens, of {', '.join(lost)}, and no {vault.path} to open them",
            hint=f"take it from a backup, or forget them: {app} logout --profile {lost[0]}",
        )


def _move(
    vault: Vault,
    names: list[str],
    storage: str,
    told: Told,
    *,
    begin: Callable[[], object],
    end: Callable[[], object],
    back: Callable[[], object],
) -> None:
    """Writes these profiles' tokens anew, in this kind, after `begin` and before `end`.

    All are opened before anything is written. An error puts back those that were written, and then calls `back`, which
    must not be called while one of them needs what `begin` has written: a token nobody can open is a token lost.
    """
    tokens = vault.store.tokens
    texts = {name: files.read(tokens.path(name)) or "" for name in names}
    credentials = {name: credential for name in names if (credential := tokens.read(name)) is not None}
    for credential in credentials.values():
        credential.token.reveal()
    written: list[str] = []
    try:
        begin()
        for done, (name, credential) in enumerate(credentials.items()):
            told(done, len(credentials))
            written.append(name)
            tokens.write(name, credential, storage=storage)
        told(len(credentials), len(credentials))
        end()
    except BaseException as error:
        _put_back(vault, {name: texts[name] for name in reversed(written)}, error)
        back()
        raise


def _put_back(vault: Vault, texts: dict[str, str], error: BaseException) -> None:
    for name, text in texts.items():
        try:
            files.write(vault.store.tokens.path(name), text)
        except FileError as another:
            raise HalfDone(
                f"{error if isinstance(error, ConfigError) else 'interrupted'}; and it could not be undone: "
                f"{another.message}. Every token can still be opened",
                hint=f"make room, and run the command again: {vault.store.app.name} vault status",
            ) from None


def _undo(undo: list[Callable[[], object]]) -> None:
    for step in reversed(undo):
        try:
            step()
        except ConfigError as error:
            warnings.warn(ConfigWarning(f"not everything could be put back: {error.message}"), stacklevel=2)
