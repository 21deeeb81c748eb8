"""`data-key.json`: the data key, wrapped once per unlocker, and the change of it that is unfinished, if any.

The file must be byte for byte what was written. A checksum tells damage from a wrong passphrase before any key is open;
an HMAC under the data key then covers the whole file, including the unlockers that were not used.
"""

from __future__ import annotations

from arka_config.errors import MalformedFile, SealedFileDamaged, SealedFileMoved
from arka_config.sealing import cipher
from arka_config.store.json import check_version, dumps
from arka_config.store.tokens import parse_document
from arka_config.text import is_printable, shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.store.tokens import Document

VERSION = 1
ENABLE, REKEY, DISABLE = "enable", "rekey", "disable"  # what may be unfinished

_KEYS = ("version", "app", "key", "unfinished", "unlockers", "previous", "code", "checksum")
_OPTIONAL = ("unfinished", "previous")
_WRAPPING = ("salt", "nonce", "wrapped")
_WRAPPED_LENGTH = cipher.KEY_LENGTH + 16  # bytes: a key and AES-GCM's tag


class Unlocker:
    """The data key as wrapped for one unlocker. `details` is what is needed to locate or derive the secret.

    `name` is the kind's name, with a number from the second unlocker of that kind on.
    """

    __slots__ = ("details", "kind", "name", "nonce", "salt", "wrapped")

    def __init__(
        self, name: str, kind: str, details: dict[str, object], salt: bytes, nonce: bytes = b"", wrapped: bytes = b""
    ) -> None:
        self.name = name
        self.kind = kind
        self.details = details
        self.salt = salt
        self.nonce = nonce
        self.wrapped = wrapped

    def __repr__(self) -> str:
        return f"Unlocker({self.name!r})"

    def wrap(self, data_key: bytes, secret: bytes, file: DataKeyFile) -> None:
        """Wrap a file's data key under a secret."""
        self.nonce, self.wrapped = cipher.seal(self._key(secret), data_key, self._associated_data(file))

    def unwrap(self, secret: bytes, file: DataKeyFile) -> bytes | None:
        """Return the file's data key, or None if it is wrapped under another secret."""
        return cipher.unseal(self._key(secret), self.nonce, self.wrapped, self._associated_data(file))

    def _key(self, secret: bytes) -> bytes:
        return cipher.derive(secret, f"unlocker/{self.kind}", self.salt)

    def _associated_data(self, file: DataKeyFile) -> bytes:
        return cipher.bind("data key", str(VERSION), file.app, file.key_id, self.kind, self.name)

    @property
    def document(self) -> Document:
        return {
            "kind": self.kind,
            **self.details,
            "salt": self.salt.hex(),
            "nonce": self.nonce.hex(),
            "wrapped": self.wrapped.hex(),
        }


class DataKeyFile:
    """The content of `data-key.json`.

    `unfinished` names a change that has begun. `previous` is the previous key's id, and that key wrapped under the
    current one; it is set as long as a token may still be sealed with it.
    """

    def __init__(self, app: str, key_id: str, unlockers: list[Unlocker]) -> None:
        self.app = app
        self.key_id = key_id
        self.unlockers = unlockers
        self.unfinished = ""
        self.previous: Document | None = None
        self._code = ""

    def wrap_previous(self, key_id: str, key: bytes, data_key: bytes) -> None:
        """Record the previous key, wrapped under the current one."""
        nonce, wrapped = cipher.seal(cipher.derive(data_key, "previous"), key, self._associated_data(key_id))
        self.previous = {"key": key_id, "nonce": nonce.hex(), "wrapped": wrapped.hex()}

    def unwrap_previous(self, data_key: bytes) -> dict[str, bytes]:
        """Return the previous key by its id, or an empty dict."""
        if self.previous is None:
            return {}
        key_id = self.previous["key"]
        nonce, wrapped = bytes.fromhex(self.previous["nonce"]), bytes.fromhex(self.previous["wrapped"])
        key = cipher.unseal(cipher.derive(data_key, "previous"), nonce, wrapped, self._associated_data(key_id))
        return {} if key is None else {key_id: key}

    def _associated_data(self, key_id: str) -> bytes:
        return cipher.bind("previous data key", str(VERSION), self.app, self.key_id, key_id)

    def is_authentic(self, data_key: bytes) -> bool:
        """Verify the file's HMAC under the data key."""
        return cipher.verify_mac(
            _mac_key(data_key), dumps(self._unsigned_document()).encode(), bytes.fromhex(self._code)
        )

    def _unsigned_document(self) -> Document:
        document: Document = {"version": VERSION, "app": self.app, "key": self.key_id}
        if self.unfinished:
            document["unfinished"] = self.unfinished
        document["unlockers"] = {unlocker.name: unlocker.document for unlocker in self.unlockers}
        if self.previous is not None:
            document["previous"] = self.previous
        return document

    def text(self, data_key: bytes) -> str:
        """The file's text, with its HMAC under the data key and its checksum."""
        document = self._unsigned_document()
        document["code"] = cipher.mac(_mac_key(data_key), dumps(document).encode()).hex()
        return dumps(document | {"checksum": _checksum(document)})


def _mac_key(data_key: bytes) -> bytes:
    return cipher.derive(data_key, "data-key.json")


def new_key_id() -> str:
    """Return a random key id, which is no part of the key."""
    return cipher.random_key()[: cipher.KEY_ID_LENGTH].hex()


def parse(text: str, path: str, app: str) -> DataKeyFile:
    """Parse the file's text. Raises SealedFileDamaged, SealedFileMoved, NewerFormat."""
    try:
        document = parse_document(text, path)
    except MalformedFile:
        document = {}
    check_version(document, VERSION, path)
    if not _is_as_written(document, text):
        raise damage_error(path)
    if document["app"] != app:
        raise SealedFileMoved(
            f"{path}: this data key belongs to '{shorten(document['app'])}', not to '{app}'",
            path=path,
            hint=f"restore the file of '{app}'",
        )
    file = DataKeyFile(app, document["key"], [_unlocker(name, part) for name, part in document["unlockers"].items()])
    file.unfinished = document.get("unfinished", "")
    file.previous = document.get("previous")
    file._code = document["code"]
    return file


def damage_error(path: str) -> SealedFileDamaged:
    """Return the error for a data key's file that is not what was written."""
    return SealedFileDamaged(
        f"{path}: damaged or changed: it is not what was written",
        path=path,
        hint="restore it from a backup: without it the sealed tokens cannot be opened",
    )


def _is_as_written(document: Document, text: str) -> bool:
    """Whether a document has the keys and types of a data key's file, and is byte for byte the text."""
    keys = tuple(key for key in _KEYS if key in document or key not in _OPTIONAL)
    return (
        tuple(document) == keys
        and document["version"] is not True
        and document["version"] == VERSION
        and _is_text(document["app"])
        and cipher.from_hex(document["key"], cipher.KEY_ID_LENGTH) is not None
        and document.get("unfinished", ENABLE) in (ENABLE, REKEY, DISABLE)
        and isinstance(document["unlockers"], dict)
        and bool(document["unlockers"])
        and all(map(_is_text, document["unlockers"]))
        and all(map(_is_unlocker, document["unlockers"].values()))
        and ("previous" not in document or _is_previous(document["previous"]))
        and cipher.from_hex(document["code"], cipher.KEY_LENGTH) is not None
        and dumps(document) == text
        and document["checksum"] == _checksum(document)
    )


def _checksum(document: Document) -> str:
    content = {key: value for key, value in document.items() if key != "checksum"}
    return cipher.digest(dumps(content).encode()).hex()


def _is_unlocker(part: object) -> bool:
    """Whether it has the form of every unlocker. Its kind checks the details when it is used."""
    return (
        isinstance(part, dict)
        and next(iter(part), "") == "kind"
        and tuple(part)[-3:] == _WRAPPING
        and all(type(value) is int or _is_text(value) for value in part.values())
        and isinstance(part["kind"], str)
        and cipher.from_hex(part["salt"], cipher.SALT_LENGTH) is not None
        and cipher.from_hex(part["nonce"], cipher.NONCE_LENGTH) is not None
        and cipher.from_hex(part["wrapped"], _WRAPPED_LENGTH) is not None
    )


def _is_previous(part: object) -> bool:
    return (
        isinstance(part, dict)
        and tuple(part) == ("key", "nonce", "wrapped")
        and cipher.from_hex(part["key"], cipher.KEY_ID_LENGTH) is not None
        and cipher.from_hex(part["nonce"], cipher.NONCE_LENGTH) is not None
        and cipher.from_hex(part["wrapped"], _WRAPPED_LENGTH) is not None
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and is_printable(value)


def _unlocker(name: str, part: Document) -> Unlocker:
    return Unlocker(
        name,
        part["kind"],
        {key: value for key, value in part.items() if key not in ("kind", *_WRAPPING)},
        *(bytes.fromhex(part[key]) for key in _WRAPPING),
    )
