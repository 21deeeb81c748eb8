"""What workspaces say about the checksum of their tokens, in the state folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError
from arka_config.store import files, json
from arka_config.token_checksum import NONE, OPTIONAL, REQUIRED

if TYPE_CHECKING:
    from arka_config.store.lock import Lock

FILE = "token-formats.json"
VERSION = 1


class TokenFormats:
    """`token-formats.json`: whether the tokens of each origin have a checksum.

    It is never needed: a file that cannot be read counts as empty, and is not overwritten.
    """

    def __init__(self, folder: str, lock: Lock) -> None:
        self.path = os.path.join(folder, FILE)
        self._lock = lock

    def checksum(self, origin: str) -> str:
        """What the origin said last: `required`, `optional` or `none`; empty if it was never asked."""
        try:
            return self._read().get(origin, "")
        except ConfigError:
            return ""

    def record(self, origin: str, checksum: str) -> None:
        """Remember what an origin says, unless the file cannot be written."""
        if self.checksum(origin) == checksum:
            return
        try:
            with self._lock:
                checksums = self._read() | {origin: checksum}
                files.write(self.path, json.dumps({"version": VERSION, "checksums": checksums}))
        except ConfigError:
            return

    def _read(self) -> dict[str, str]:
        checksums = json.read_table(self.path, VERSION, "checksums", fault="not a file of token formats")
        return {origin: each for origin, each in checksums.items() if each in (NONE, OPTIONAL, REQUIRED)}
