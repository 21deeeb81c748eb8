"""`data-key.json`: the data key, wrapped once for each unlocker, and which change of it is not finished yet.

What is read is what was written, byte by byte. A checksum tells damage from a wrong passphrase before any key is at
hand, and a code under the data key itself then covers the whole of it, the unlockers that were not used too.
"""

from __future__ import annotations

from arka_config.errors import MalformedFile, NewerFormat, SealedFileDamaged, SealedFileMoved
from arka_config.sealing import cipher
from arka_config.store.json import text_of
from arka_config.store.tokens import parsed
from arka_config.text import is_printable, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.store.tokens import Document

VERSION = 1
ENABLE, REKEY, DISABLE = "enable", "rekey", "disable"

KEY_FILE, PASSPHRASE, KEYRING = "key-file", "passphrase", "keyring"
_DETAILS: dict[str, dict[str, type]] = {
    KEY_FILE: {"path": str},
    PASSPHRASE: {"memory": int, "passes": int, "lanes": int},
    KEYRING: {"backend": str, "account": str},
}
KINDS = tuple(_DETAILS)
_KEYS = ("version", "app", "key", "unfinished", "unlockers", "previous", "code", "checksum")
_OPTIONAL = ("unfinished", "previous")
_KEY_ID_LENGTH = 8  # bytes
_WRAPPED_LENGTH = cipher.KEY_LENGTH + 16  # bytes: a key and AES-GCM's tag


class Unlocker:
    """The data key as it is wrapped for one unlocker. `details` is what is to be known to find or to make its secret.

    `name` is the kind, with a number for a second one of that kind.
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

    def wrap(self, data_key: bytes, secret: bytes, app: str, key_id: str) -> None:
        """Wraps the data key for this unlocker's secret."""
        self.nonce, self.wrapped = cipher.seal(self._key(secret), data_key, self._associated(app, key_id))

    def unwrap(self, secret: bytes, app: str, key_id: str) -> bytes | None:
        """The data key, or None where the secret is another one."""
        return cipher.unseal(self._key(secret), self.nonce, self.wrapped, self._associated(app, key_id))

    def _key(self, secret: bytes) -> bytes:
        return cipher.derived(secret, f"unlocker/{self.kind}", self.salt)

    def _associated(self, app: str, key_id: str) -> bytes:
        return cipher.bound("data key", str(VERSION), app, key_id, self.kind, self.name)

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
    """What `data-key.json` says. `unfinished` names a change that was begun, and `previous` is the key before this
    one, its id with itself wrapped under this one, for as long as a token may still be sealed with it."""

    def __init__(self, app: str, key_id: str, unlockers: list[Unlocker]) -> None:
        self.app = app
        self.key_id = key_id
        self.unlockers = unlockers
        self.unfinished = ""
        self.previous: Document | None = None
        self._code = ""

    def remember(self, key_id: str, key: bytes, data_key: bytes) -> None:
        """Keeps the key before this one, wrapped under this one."""
        nonce, wrapped = cipher.seal(cipher.derived(data_key, "previous"), key, self._bound(key_id))
        self.previous = {"key": key_id, "nonce": nonce.hex(), "wrapped": wrapped.hex()}

    def remembered(self, data_key: bytes) -> dict[str, bytes]:
        """The key before this one by its id, where there is one."""
        if self.previous is None:
            return {}
        key_id = self.previous["key"]
        nonce, wrapped = bytes.fromhex(self.previous["nonce"]), bytes.fromhex(self.previous["wrapped"])
        key = cipher.unseal(cipher.derived(data_key, "previous"), nonce, wrapped, self._bound(key_id))
        return {} if key is None else {key_id: key}

    def _bound(self, key_id: str) -> bytes:
        return cipher.bound("previous data key", str(VERSION), self.app, self.key_id, key_id)

    def is_authentic(self, data_key: bytes) -> bool:
        """Whether this is, as a whole, what somebody wrote who had the data key."""
        return cipher.is_code(_code_key(data_key), text_of(self._uncoded()).encode(), bytes.fromhex(self._code))

    def _uncoded(self) -> Document:
        document: Document = {"version": VERSION, "app": self.app, "key": self.key_id}
        if self.unfinished:
            document["unfinished"] = self.unfinished
        document["unlockers"] = {unlocker.name: unlocker.document for unlocker in self.unlockers}
        if self.previous is not None:
            document["previous"] = self.previous
        return document

    def text(self, data_key: bytes) -> str:
        """The file's text, with its code under the data key."""
        document = self._uncoded()
        document["code"] = cipher.code(_code_key(data_key), text_of(document).encode()).hex()
        return text_of(document | {"checksum": cipher.digest(text_of(document).encode()).hex()})


def _code_key(data_key: bytes) -> bytes:
    return cipher.derived(data_key, "data-key.json")


def new_key_id() -> str:
    """A key's id: random, and no part of the key."""
    return cipher.random_key()[:_KEY_ID_LENGTH].hex()


def read(text: str, path: str, app: str) -> DataKeyFile:
    """What the text of a data key's file says. Raises SealedFileDamaged, SealedFileMoved, NewerFormat."""
    try:
        document = parsed(text, path)
    except MalformedFile:
        document = {}
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat(f"{path}: format {version} is newer than this program", path=path, hint="update this program")
    if not _is_as_written(document, text):
        raise damaged(path)
    if document["app"] != app:
        raise SealedFileMoved(
            f"{path}: the data key in it is that of '{shortened(document['app'])}', not of '{app}'",
            path=path,
            hint=f"put back the one of '{app}'",
        )
    found = DataKeyFile(app, document["key"], [_unlocker(name, part) for name, part in document["unlockers"].items()])
    found.unfinished = document.get("unfinished", "")
    found.previous = document.get("previous")
    found._code = document["code"]
    return found


def damaged(path: str) -> SealedFileDamaged:
    """The error for a data key's file that is not what was written."""
    return SealedFileDamaged(
        f"{path}: damaged, or changed by somebody: it is not what was written",
        path=path,
        hint="take it from a backup: without it the sealed tokens cannot be opened",
    )


def _is_as_written(document: Document, text: str) -> bool:
    """Whether a document has the keys and types of a data key's file, and is the text byte by byte."""
    wanted = tuple(key for key in _KEYS if key in document or key not in _OPTIONAL)
    return (
        tuple(document) == wanted
        and document["version"] is not True
        and document["version"] == VERSION
        and _is_text(document["app"])
        and cipher.from_hex(document["key"], _KEY_ID_LENGTH) is not None
        and document.get("unfinished", ENABLE) in (ENABLE, REKEY, DISABLE)
        and isinstance(document["unlockers"], dict)
        and bool(document["unlockers"])
        and all(map(_is_text, document["unlockers"]))
        and all(map(_is_unlocker, document["unlockers"].values()))
        and ("previous" not in document or _is_previous(document["previous"]))
        and cipher.from_hex(document["code"], cipher.KEY_LENGTH) is not None
        and text_of(document) == text
        and document["checksum"] == _checksum(document)
    )


def _checksum(document: Document) -> str:
    summed = {key: value for key, value in document.items() if key != "checksum"}
    return cipher.digest(text_of(summed).encode()).hex()


def _is_unlocker(part: object) -> bool:
    if not isinstance(part, dict) or not isinstance(part.get("kind"), str) or part["kind"] not in _DETAILS:
        return False
    details = _DETAILS[part["kind"]]
    return (
        tuple(part) == ("kind", *details, "salt", "nonce", "wrapped")
        and all(type(part[key]) is kind and (kind is int or _is_text(part[key])) for key, kind in details.items())
        and cipher.from_hex(part["salt"], cipher.SALT_LENGTH) is not None
        and cipher.from_hex(part["nonce"], cipher.NONCE_LENGTH) is not None
        and cipher.from_hex(part["wrapped"], _WRAPPED_LENGTH) is not None
    )


def _is_previous(part: object) -> bool:
    return (
        isinstance(part, dict)
        and tuple(part) == ("key", "nonce", "wrapped")
        and cipher.from_hex(part["key"], _KEY_ID_LENGTH) is not None
        and cipher.from_hex(part["nonce"], cipher.NONCE_LENGTH) is not None
        and cipher.from_hex(part["wrapped"], _WRAPPED_LENGTH) is not None
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and is_printable(value)


def _unlocker(name: str, part: Document) -> Unlocker:
    return Unlocker(
        name,
        part["kind"],
        {key: part[key] for key in _DETAILS[part["kind"]]},
        bytes.fromhex(part["salt"]),
        bytes.fromhex(part["nonce"]),
        bytes.fromhex(part["wrapped"]),
    )
