"""Sessions: the vault kept open for one shell.

A file holds the data key wrapped under a random key, and only the shell's environment holds that key: neither opens
anything alone.
"""

from __future__ import annotations

import os
import time

from arka_config.errors import InvalidSession, MalformedFile
from arka_config.sealing import cipher
from arka_config.store import files
from arka_config.store.json import dumps
from arka_config.store.tokens import parse_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.sealing.data_key import DataKeyFile

VERSION = 1
_ENDING = ".json"
_KEYS = ("version", "key", "expires", "nonce", "wrapped")
_ID_LENGTH = 8  # bytes


class Sessions:
    """The folder of sessions."""

    def __init__(self, app: AppIdentity, state: str) -> None:
        self._app = app
        self.folder = os.path.join(state, "sessions")

    @property
    def variable(self) -> str:
        """The environment variable that holds a session."""
        return self._app.variable("SESSION")

    def begin(self, key_id: str, data_key: bytes, seconds: float) -> tuple[str, str]:
        """Write a session, and remove expired ones. Return the variable's value and the time at which it expires."""
        for name in self._names():
            if not self._is_alive(name):
                files.remove(os.path.join(self.folder, name))
        name, key = cipher.random_key()[:_ID_LENGTH].hex(), cipher.random_key()
        expires = _time_in(seconds)
        nonce, wrapped = cipher.seal(
            cipher.derive(key, "session"), data_key, self._associated_data(name, key_id, expires)
        )
        document = {
            "version": VERSION,
            "key": key_id,
            "expires": expires,
            "nonce": nonce.hex(),
            "wrapped": wrapped.hex(),
        }
        files.write(self._path(name), dumps(document))
        return f"{name}.{key.hex()}", expires

    def open(self, value: str, data_key_file: DataKeyFile) -> bytes:
        """Return the data key of a session. Raises InvalidSession."""
        name, _, key_text = value.partition(".")
        key = cipher.from_hex(key_text, cipher.KEY_LENGTH)
        if cipher.from_hex(name, _ID_LENGTH) is None or key is None:
            raise self._invalid("is not a session: it was not copied completely")
        path = self._path(name)
        text = files.read(path, secret=True)
        if text is None:
            raise self._invalid("has ended, or is from another machine")
        document = self._document(text, path)
        if document["expires"] <= _time_in(0):
            raise self._invalid(f"expired at {document['expires']}")
        if document["key"] != data_key_file.key_id:
            raise self._invalid("is for an earlier data key")
        content = cipher.unseal(
            cipher.derive(key, "session"),
            bytes.fromhex(document["nonce"]),
            bytes.fromhex(document["wrapped"]),
            self._associated_data(name, document["key"], document["expires"]),
        )
        if content is None:
            raise self._invalid(f"does not open {path}")
        return content

    def count(self) -> int:
        """Count the sessions that have not expired."""
        return sum(map(self._is_alive, self._names()))

    def end_all(self) -> int:
        """End every session; return how many had not expired."""
        alive = self.count()
        for name in self._names():
            files.remove(os.path.join(self.folder, name))
        return alive

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name + _ENDING)

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self.folder) if name.endswith(_ENDING))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise files.failure("read", self.folder, error) from None

    def _is_alive(self, name: str) -> bool:
        path = os.path.join(self.folder, name)
        try:
            text = files.read(path)
            return text is not None and self._document(text, path)["expires"] > _time_in(0)
        except (MalformedFile, InvalidSession):
            return False

    def _document(self, text: str, path: str) -> dict[str, str]:
        try:
            document = parse_document(text, path)
        except MalformedFile:
            document = {}
        if (
            tuple(document) != _KEYS
            or document["version"] != VERSION
            or not all(isinstance(document[key], str) for key in _KEYS[1:])
            or cipher.from_hex(document["nonce"], cipher.NONCE_LENGTH) is None
            or not cipher.from_hex(document["wrapped"])
            or dumps(document) != text
        ):
            raise self._invalid(f"is damaged: {path}")
        return document

    def _associated_data(self, name: str, key_id: str, expires: str) -> bytes:
        return cipher.bind("session", str(VERSION), self._app.name, name, key_id, expires)

    def _invalid(self, reason: str) -> InvalidSession:
        return InvalidSession(
            f"the session in {self.variable} {reason}",
            hint=f'eval "$({self._app.name} vault unlock)", or unset {self.variable}',
        )


def _time_in(seconds: float) -> str:
    """The time in some seconds, in the files' format, in which texts sort by time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
