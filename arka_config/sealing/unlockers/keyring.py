"""The OS keyring as an unlocker: a random secret in an entry of its own."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

from arka_config.errors import ConfigWarning, SealingError, WrongKeyFile
from arka_config.sealing import cipher, os_keyring
from arka_config.sealing.unlockers.protocol import RECOVERY, UnlockerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.sealing.unlockers.protocol import Context


class Keyring(UnlockerKind):
    """A secret in the OS keyring, which may be locked, and may take time to answer."""

    name = "keyring"
    details: Mapping[str, type] = {"backend": str, "account": str}

    def create(
        self, context: Context, file: DataKeyFile, values: Mapping[str, str], undo: list[Callable[[], object]]
    ) -> tuple[dict[str, object], bytes]:
        """Store a random secret in the keyring. Raises KeyringUnavailable."""
        secret, app = cipher.random_key(), context.app.name
        account = f"data key {os.urandom(6).hex()}"
        entry = os_keyring.put(app, account, secret.hex(), alternative="choose another unlocker")
        undo.append(lambda: os_keyring.remove(app, entry))
        return {"backend": entry.backend, "account": entry.account}, secret

    def secrets(self, context: Context, file: DataKeyFile, unlockers: Sequence[Unlocker]) -> Iterator[bytes]:
        """Read the entry. Raises KeyringUnavailable, SealingError."""
        entry = _entry(unlockers[0])
        secret = cipher.from_hex(os_keyring.get(context.app.name, entry), cipher.KEY_LENGTH)
        if secret is None:
            raise SealingError(
                f"{entry.backend}: entry '{entry.account}' is not a key",
                hint=f"use another unlocker; if there is none: {RECOVERY}",
            )
        yield secret
        raise WrongKeyFile(
            f"the key in the OS keyring does not open {context.path}: it belongs to another vault",
            hint=f"use another unlocker; if there is none: {RECOVERY}",
        )

    def protection(self, context: Context, unlocker: Unlocker) -> str:
        return "a copy of your files opens no token without your login password; programs that run as you can open them"

    def describe(self, unlocker: Unlocker) -> str:
        return str(unlocker.details["backend"])

    def forget(self, context: Context, unlocker: Unlocker) -> None:
        entry = _entry(unlocker)
        try:
            os_keyring.remove(context.app.name, entry)
        except SealingError as error:
            warnings.warn(
                ConfigWarning(f"'{entry.account}' stays in the OS keyring, but opens nothing now: {error.message}"),
                stacklevel=2,
            )


def _entry(unlocker: Unlocker) -> os_keyring.Entry:
    return os_keyring.Entry(str(unlocker.details["backend"]), str(unlocker.details["account"]))
