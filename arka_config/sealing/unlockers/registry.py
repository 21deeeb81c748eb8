"""Making an unlocker: a new one that is asked for, one renewed for another data key, and one that is forgotten."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

from arka_config.errors import ConfigWarning, FileError, SealingError, WrongPassphrase
from arka_config.sealing import cipher
from arka_config.sealing.data_key import KEY_FILE, KEYRING, PASSPHRASE, DataKeyFile, Unlocker
from arka_config.sealing.unlockers import key_file
from arka_config.store import files
from arka_config.text import check_printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.sealing.vault import Vault


class NewUnlocker:
    """An unlocker that is asked for: its kind, and the key file's path or the passphrase where it has one."""

    def __init__(self, kind: str, *, path: str = "", passphrase: str = "") -> None:
        self.kind = kind
        self.path = path
        self.passphrase = passphrase

    def __repr__(self) -> str:
        return f"NewUnlocker({self.kind!r})"


def made(
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
        from arka_config.sealing.unlockers import passphrase

        if vault.by_passphrase(file, wanted.passphrase) is not None:
            raise SealingError("that passphrase opens the vault already", hint="choose another one")
        made.details |= passphrase.PARAMETERS
        secret = passphrase.secret(wanted.passphrase, made, vault.path)
    else:
        from arka_config.sealing.unlockers import os_keyring

        secret = cipher.random_key()
        account, otherwise = f"data key {os.urandom(6).hex()}", "choose another unlocker: key-file, or passphrase"
        entry = os_keyring.put(vault.store.app.name, account, secret.hex(), otherwise=otherwise)
        made.details |= {"backend": entry.backend, "account": entry.account}
        undo.append(lambda: os_keyring.remove(vault.store.app.name, entry))
    made.wrap(data_key, secret, file.app, file.key_id)
    return made


def _key_file(
    vault: Vault, file: DataKeyFile, wanted: NewUnlocker, made: Unlocker, undo: list[Callable[[], object]]
) -> bytes:
    path = os.path.abspath(wanted.path or key_file.usual_path(vault.store.folders))
    check_printable(
        path, "the key file's path"
    )  # it is written into the data key's file, which is refused with another
    if any(unlocker.details.get("path") == path for unlocker in file.unlockers):
        raise SealingError(f"{path} is an unlocker already", hint="name another place: --key-file PATH")
    secret, is_new = key_file.made_or_read(path, vault.store.folders.data)
    if is_new:
        undo.append(lambda: files.remove(path))
    made.details["path"] = path
    return secret


def forget(vault: Vault, unlocker: Unlocker) -> None:
    """Takes an unlocker's entry out of the OS keyring; a warning where it cannot. A key file is left to its owner."""
    if unlocker.kind != KEYRING:
        return
    from arka_config.sealing.unlockers import os_keyring

    entry = os_keyring.Entry(str(unlocker.details["backend"]), str(unlocker.details["account"]))
    try:
        os_keyring.remove(vault.store.app.name, entry)
    except SealingError as error:
        warnings.warn(
            ConfigWarning(f"'{entry.account}' stays in the OS keyring, and opens nothing now: {error.message}"),
            stacklevel=2,
        )


def renewed(vault: Vault, old: DataKeyFile, unlocker: Unlocker, file: DataKeyFile, data_key: bytes) -> Unlocker:
    """The unlocker for a new data key: the same secret, a new salt. Raises SealingError where it is not at hand."""
    renewed = Unlocker(unlocker.name, unlocker.kind, dict(unlocker.details), os.urandom(cipher.SALT_LENGTH))
    try:
        if unlocker.kind == PASSPHRASE:
            from arka_config.sealing.unlockers import passphrase

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
    from arka_config.sealing.unlockers import passphrase

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
