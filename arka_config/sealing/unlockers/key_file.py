"""Key files: 256 random bits in one line of text, kept apart from what they open."""

from __future__ import annotations

import os

from arka_config.errors import KeyFileMissing, SealingError, WrongKeyFile
from arka_config.sealing import cipher
from arka_config.store import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.store.folders import Folders

_BEGINNING = "vault-key-1:"


def usual_path(folders: Folders) -> str:
    """Where a key file is kept when nobody says where: with the state, which no one shares or checks in. Where one
    folder is for data and state, as on macOS and Windows, beside it."""
    path = os.path.join(folders.state, "vault.key")
    return path if not is_below(path, folders.data) else os.path.join(folders.data + "-vault", "vault.key")


def is_below(path: str, folder: str) -> bool:
    """Whether a path leads into a folder, symbolic links followed."""
    real, within = os.path.realpath(path), os.path.realpath(folder)
    return os.path.commonpath([real, within]) == within if _on_one_drive(real, within) else False


def _on_one_drive(path: str, other: str) -> bool:
    return os.path.splitdrive(path)[0] == os.path.splitdrive(other)[0]


def read(path: str) -> bytes:
    """The secret of a key file. Raises KeyFileMissing, WrongKeyFile, UnsafeFile where others can write to it."""
    text = files.read(path, secret=True)
    if text is None:
        raise KeyFileMissing(
            f"the key file {path} is not there", hint="put it back, or mount what it is on; a backup may have it"
        )
    secret = cipher.from_hex(text.removesuffix("\n").removeprefix(_BEGINNING), cipher.KEY_LENGTH)
    if secret is None or not text.startswith(_BEGINNING):
        raise WrongKeyFile(f"{path} is not a key file", hint="take it from a backup")
    return secret


def made_or_read(path: str, data: str) -> tuple[bytes, bool]:
    """The secret of a key file, and whether it was made just now. A new one is 0600 from its first byte. For who holds
    the lock.

    Raises SealingError where it would lie in the data folder, WrongKeyFile where something else is there.
    """
    if is_below(path, data):
        raise SealingError(
            f"the key file {path} would lie in the data folder {data}, beside what it opens",
            hint="name another place: --key-file PATH",
        )
    if files.exists(path):
        try:
            return read(path), False
        except WrongKeyFile as error:
            raise WrongKeyFile(error.message, hint="name another place: --key-file PATH") from None
    files.sweep([os.path.dirname(os.path.realpath(path))])  # what a killed one left: it holds a key
    secret = cipher.random_key()
    files.write(path, f"{_BEGINNING}{secret.hex()}\n")
    return secret, True
