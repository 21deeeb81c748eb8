"""The rotations that are in progress, so that one that was killed is known: a token may work that no profile holds."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError, MalformedFile
from arka_config.store import files, json
from arka_config.text import is_profile_name, quote_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.store.lock import Lock

FILE = "rotations.json"
_VERSION = 1


class Rotations:
    """`rotations.json` in the state folder: the process that rotates a profile's token, by the profile's name."""

    def __init__(self, folder: str, lock: Lock) -> None:
        self.path = os.path.join(folder, FILE)
        self._lock = lock

    def read(self) -> dict[str, int]:
        """Return the process of each rotation that did not end. Raises MalformedFile."""
        text = files.read(self.path)
        if text is None:
            return {}
        hint = f"rm {quote_path(self.path)}"
        document = json.parse(text, self.path, hint)
        json.check_version(document, _VERSION, self.path)
        rotations = document.get("rotations") if isinstance(document, dict) else None
        if not isinstance(rotations, dict) or not all(map(_is_rotation, rotations, rotations.values())):
            raise MalformedFile(f"{self.path}: not a file of rotations", path=self.path, hint=hint)
        return {name: rotation["process"] for name, rotation in rotations.items()}

    @contextlib.contextmanager
    def record(self, name: str) -> Iterator[None]:
        """Record a rotation while the block runs. It stays recorded if the process is killed or interrupted.

        A ConfigError ends it too: its message says what is left. Raises LockTimeout, FileError.
        """
        with self._lock:
            self._write(self.read() | {name: os.getpid()})
        try:
            yield
        except ConfigError:
            self._remove(name)
            raise
        self._remove(name)

    def _remove(self, name: str) -> None:
        """Remove the record. If that fails, `doctor` reports it: no reason to call the rotation a failure."""
        with contextlib.suppress(ConfigError), self._lock:
            self._write({other: process for other, process in self.read().items() if other != name})

    def _write(self, rotations: Mapping[str, int]) -> None:
        if not rotations:
            files.remove(self.path)
            return
        table = {name: {"process": process} for name, process in sorted(rotations.items())}
        files.write(self.path, json.dumps({"version": _VERSION, "rotations": table}))


def _is_rotation(name: str, rotation: object) -> bool:
    return is_profile_name(name) and isinstance(rotation, dict) and type(rotation.get("process")) is int
