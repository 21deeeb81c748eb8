"""The cache of what authorization servers say about themselves, in the state folder. Standard library only."""

from __future__ import annotations

import os
import time

from arka_config.errors import ConfigError
from arka_config.store import files, json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from arka_config.store.lock import Lock

FILE = "sign_in.json"
MAX_AGE = 24 * 60 * 60  # seconds
VERSION = 1


class SignInCache:
    """`sign_in.json`: the metadata of each issuer, and when it was read.

    It saves a request and is never needed: a file that cannot be read counts as empty, and is not overwritten.
    """

    def __init__(self, folder: str, lock: Lock) -> None:
        self.path = os.path.join(folder, FILE)
        self._lock = lock

    def read(self, issuer: str) -> object:
        """Return an issuer's metadata as it was read within the last day, or None. The caller validates it."""
        entry = self._entry(issuer)
        read = entry.get("read")
        now = time.time()
        if type(read) is not int or not now - MAX_AGE < read <= now:  # a difference may be too large for a float
            return None
        return entry.get("metadata")

    def has(self, issuer: str) -> bool:
        """Return whether the issuer had metadata when it was last asked."""
        return bool(issuer) and isinstance(self._entry(issuer).get("metadata"), dict)

    def write(self, issuer: str, metadata: Mapping[str, Any] | None) -> None:
        """Replace an issuer's metadata; None removes it."""
        try:
            with self._lock:
                issuers = self._read()
                if metadata is not None:
                    issuers[issuer] = {"read": int(time.time()), "metadata": dict(metadata)}
                elif issuers.pop(issuer, None) is None:
                    return
                files.write(self.path, json.dumps({"version": VERSION, "issuers": issuers}))
        except ConfigError:
            return  # a state folder that cannot be written, or a damaged file

    def _entry(self, issuer: str) -> dict[str, Any]:
        try:
            entry = self._read().get(issuer)
        except ConfigError:
            return {}
        return entry if isinstance(entry, dict) else {}

    def _read(self) -> dict[str, Any]:
        return json.read_table(self.path, VERSION, "issuers", fault="not a cache of metadata")
