"""Which vault is this machine's: `state/vault.json` has its data key's id, so that another `data-key.json` is noticed.

The data folder is the one that is copied, synchronised and restored. A vault that replaces the known one there may be
an attacker's, and its key opens every token that would be sealed from then on.
"""

from __future__ import annotations

from arka_config.errors import MalformedFile, VaultChanged
from arka_config.sealing import cipher
from arka_config.store import files, json
from arka_config.text import quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.sealing.data_key import DataKeyFile

VERSION = 1
_KEYS = ("key", "previous")


class KnownVault:
    """The id of this machine's data key. While it changes, the new id and the previous one are both known."""

    def __init__(self, path: str, data_key_path: str) -> None:
        self.path = path
        self._data_key_path = data_key_path

    def read(self) -> tuple[str, ...]:
        """Return the ids, the newest first; none if no vault is known. Raises MalformedFile, UnsafeFile."""
        text = files.read(self.path, secret=True)
        if text is None:
            return ()
        hint = f"if {self._data_key_path} is your own vault: rm {quote_path(self.path)}"
        document = json.parse(text, self.path, hint)
        json.check_version(document, VERSION, self.path)
        ids = [document.get(key) for key in _KEYS if key in document] if isinstance(document, dict) else []
        if not ids or not all(cipher.from_hex(each, cipher.KEY_ID_LENGTH) for each in ids):
            raise MalformedFile(f"{self.path}: it does not name a vault", path=self.path, hint=hint)
        return tuple(map(str, ids))

    def check(self, key_id: str) -> None:
        """Raise VaultChanged if another vault is known. If none is, any is accepted."""
        ids = self.read()
        if ids and key_id not in ids:
            raise VaultChanged(
                f"{self._data_key_path} is not this machine's vault: its key is {key_id}, but {self.path} says "
                f"{ids[0]}. It may have been put there to read your next token, so it is not used",
                path=self._data_key_path,
                hint=f"restore your own; if you replaced it yourself: rm {quote_path(self.path)}",
            )

    # Changes, for which the caller holds the store's lock

    def prepare(self, current: DataKeyFile | None, new: DataKeyFile) -> None:
        """Accept the new data key before `data-key.json` changes to it. Raises FileError."""
        if current is None:
            self.forget()  # a vault that was deleted: sealing is turned on again
        elif current.key_id != new.key_id and self.read():
            self._write(new.key_id, current.key_id)

    def remember(self, file: DataKeyFile) -> None:
        """Make a data key's file the known one. If that fails, it is accepted all the same. Raises FileError."""
        self._write(file.key_id, *([str(file.previous["key"])] if file.previous else []))

    def forget(self) -> bool:
        """Forget the vault. Return whether one was known."""
        return files.remove(self.path)

    def _write(self, *ids: str) -> None:
        files.write(self.path, json.dumps({"version": VERSION, **dict(zip(_KEYS, ids, strict=False))}))
