"""Key files: 256 random bits in one line of text, stored apart from what they open."""

from __future__ import annotations

import os

from arka_config.errors import KeyFileMissing, SealingError, WrongKeyFile
from arka_config.sealing import cipher
from arka_config.sealing.unlockers.protocol import RECOVERY, Option, UnlockerKind
from arka_config.store import files
from arka_config.text import check_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.sealing.unlockers.protocol import Context
    from arka_config.store.folders import Folders

_BEGINNING = "vault-key-1:"


class KeyFile(UnlockerKind):
    """A secret in a file. It opens the vault without a question."""

    name = "key-file"
    details: Mapping[str, type] = {"path": str}
    options = (Option("path", "--key-file", "PATH", "The key file; created if it does not exist."),)
    is_quick = True

    def create(
        self, context: Context, file: DataKeyFile, values: Mapping[str, str], undo: list[Callable[[], object]]
    ) -> tuple[dict[str, object], bytes]:
        """Create the key file, or read the one that exists. Raises InvalidValue, SealingError."""
        folders = context.folders
        path = os.path.abspath(os.path.expanduser(values.get("path") or default_path(folders)))
        check_printable(path, "the key file's path")  # data-key.json records it
        if any(unlocker.details.get("path") == path for unlocker in file.unlockers):
            raise SealingError(f"{path} is already an unlocker", hint="choose another path: --key-file PATH")
        secret, is_new = create_or_read(path, folders.data)
        if is_new:
            undo.append(lambda: files.remove(path))
        return {"path": path}, secret

    def secrets(self, context: Context, file: DataKeyFile, unlockers: Sequence[Unlocker]) -> Iterator[bytes]:
        """Read the key file. Raises KeyFileMissing, WrongKeyFile, UnsafeFile."""
        path = str(unlockers[0].details["path"])
        check_place(path, context.folders.data)
        yield read(path)
        raise WrongKeyFile(
            f"the key file {path} does not open {context.path}: it belongs to another vault",
            hint=f"restore the right key file; if it is lost: {RECOVERY}",
        )

    def describe(self, unlocker: Unlocker) -> str:
        return str(unlocker.details["path"])

    def protection(self, context: Context, unlocker: Unlocker) -> str:
        home = context.environ.get("HOME") or os.path.expanduser("~")
        if is_below(self.describe(unlocker), home):
            return "a copy of the data folder alone opens no token; a copy of your home does, as the key file is in it"
        return "a copy of your home opens no token; a copy that has the key file too does"

    def leftover(self, unlocker: Unlocker) -> str:
        return self.describe(unlocker)  # the file may be on other media, or open other vaults


def default_path(folders: Folders) -> str:
    """The default path: in the state folder, which is neither shared nor checked in.

    If state and data share a folder, as on macOS and Windows, it is in a folder next to that one.
    """
    path = os.path.join(folders.state, "vault.key")
    return path if not is_below(path, folders.data) else os.path.join(folders.data + "-vault", "vault.key")


def is_below(path: str, folder: str) -> bool:
    """Whether a path is in a folder, with symbolic links resolved."""
    real, within = os.path.realpath(path), os.path.realpath(folder)
    if os.path.splitdrive(real)[0] == os.path.splitdrive(within)[0] and os.path.commonpath([real, within]) == within:
        return True
    # The same folder may have other names: on a file system that ignores case, or through a bind mount.
    parents = [real]
    while (parent := os.path.dirname(parents[-1])) != parents[-1]:
        parents.append(parent)
    return any(_is_same(parent, within) for parent in parents[1:])


def _is_same(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except OSError:
        return False


def check_place(path: str, data: str) -> None:
    """Raise WrongKeyFile unless a key file's path is absolute and outside the data folder, links resolved.

    This holds at every use, not only when it is created: with write access to the data folder alone, an attacker could
    otherwise put a whole vault there, with the key file that opens it.
    """
    if not os.path.isabs(path) or is_below(path, data):
        raise WrongKeyFile(
            f"the key file {path} is in the data folder {data}, next to the tokens that it opens, so it is not used"
            if os.path.isabs(path)
            else f"the key file's path '{path}' is not absolute, so it is not used",
            hint="put it in another folder: choose another path with --key-file PATH",
        )


def read(path: str) -> bytes:
    """Read a key file's secret. Raises KeyFileMissing, WrongKeyFile, UnsafeFile if others can write to it."""
    text = files.read(path, secret=True)
    if text is None:
        raise KeyFileMissing(
            f"the key file {path} does not exist",
            hint=f"restore it from a backup, or mount the drive it is on; if it is lost: {RECOVERY}",
        )
    secret = cipher.from_hex(text.removesuffix("\n").removeprefix(_BEGINNING), cipher.KEY_LENGTH)
    if secret is None or not text.startswith(_BEGINNING):
        raise WrongKeyFile(f"{path} is not a key file", hint="restore it from a backup")
    return secret


def create_or_read(path: str, data: str) -> tuple[bytes, bool]:
    """Return a key file's secret and whether the file is new. A new file has mode 0600 from the start.

    The caller holds the store's lock. Raises WrongKeyFile if the path is in the data folder, or the file is something
    else.
    """
    check_place(path, data)
    if files.exists(path):
        try:
            return read(path), False
        except WrongKeyFile as error:
            raise WrongKeyFile(error.message, hint="choose another path: --key-file PATH") from None
    files.refuse_link(path)  # to a file that does not exist
    files.sweep([os.path.dirname(os.path.realpath(path))])  # a killed process may have left a temporary file with a key
    secret = cipher.random_key()
    files.write(path, f"{_BEGINNING}{secret.hex()}\n")
    return secret, True
