"""The `sealed` token store: the token is encrypted under the data key; its metadata is readable and authenticated."""

from __future__ import annotations

from arka_config.errors import SealedFileDamaged, SealedFileMoved, SealingError, VaultChanged
from arka_config.sealing import cipher
from arka_config.secret import Secret
from arka_config.store.tokens import SEALED, VERSION, credential_from, metadata_of, storable_token
from arka_config.text import quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.tokens import Credential, Document

METADATA = ("origin", "label", "created", "expires", "user")
_KEYS = {"version", "storage", "profile", *METADATA, "sealed"}
_PARTS = {"key", "nonce", "token"}


class SealedTokens:
    """Files with a token sealed with AES-256-GCM. Reading a file does not open the vault; revealing its token does."""

    kind = SEALED

    def __init__(self, store: ProfileStore) -> None:
        self._store = store

    def read(self, name: str, document: Document, path: str) -> Credential:
        """Return the credential; its token is decrypted when revealed. Raises SealedFileDamaged, SealedFileMoved."""
        check_envelope(document, _KEYS, name, path)
        part = document.get("sealed")
        if (
            not isinstance(part, dict)
            or part.keys() != _PARTS
            or cipher.from_hex(part["key"]) is None
            or cipher.from_hex(part["nonce"], cipher.NONCE_LENGTH) is None
            or not cipher.from_hex(part["token"])
        ):
            raise damaged(path)
        return credential_from(document, Secret(lambda: self._unseal(name, document, path)), path, self.kind)

    def save(self, name: str, credential: Credential) -> Document:
        """Seal the token under the current data key, and return the document. Raises InvalidValue, SealingError."""
        from arka_config.sealing.vault import vault_of

        token = storable_token(credential)
        keys = vault_of(self._store).keys(fresh=True)
        document: Document = {"version": VERSION, "storage": self.kind, "profile": name, **metadata_of(credential)}
        associated = associated_data(self._store.app.name, keys.current, document)
        nonce, sealed = cipher.seal(cipher.derive(keys[keys.current], "token"), token.encode(), associated)
        document["sealed"] = {"key": keys.current, "nonce": nonce.hex(), "token": sealed.hex()}
        return document

    def forget(self, name: str, document: Document) -> None:
        """Do nothing: the token is in the document itself."""

    def _unseal(self, name: str, document: Document, path: str) -> str:
        from arka_config.sealing.vault import NotEnabled, vault_of

        key_id, vault = document["sealed"]["key"], vault_of(self._store)
        try:
            keys: dict[str, bytes] = vault.keys(key_id)
        except (NotEnabled, VaultChanged):
            if vault.is_enabled:
                raise
            keys = {}  # sealing was turned off since the file was read, or data-key.json is gone
        if key_id not in keys:
            return self._read_again(name, document, path)
        token = unseal_token(document, keys[key_id], self._store.app.name)
        if token is None:
            raise damaged(path)
        return token

    def _read_again(self, name: str, document: Document, path: str) -> str:
        """Read the file again if another process has sealed it with a new key, or unsealed it, since it was read."""
        if self._store.tokens.read_document(name) != document:
            current = self._store.tokens.read(name)
            if current is not None and str(current.origin) == document["origin"]:
                return current.token.reveal()
        key, login = self._store.data_key_path, f"{self._store.app.name} login --profile {name}"
        if not self._store.vault.is_enabled:
            raise SealingError(
                f"{path}: sealed with the data key in {key}, which does not exist",
                hint=f"restore {key} from a backup, or log in again: {login}",
            )
        raise SealedFileMoved(
            f"{path}: not sealed with the data key in {key}, but with another one",
            path=path,
            hint=f"restore both files from the same backup, or log in again: {login}",
        )


def associated_data(app: str, key_id: str, document: Document) -> bytes:
    """The associated data of a sealed token: the app, the key, the profile, and all readable metadata."""
    texts = (str(document.get(key, "")) for key in ("profile", *METADATA))
    return cipher.bind("sealed token", str(VERSION), app, key_id, *texts)


def unseal_token(document: Document, data_key: bytes, app: str) -> str | None:
    """Decrypt the token of a checked document. Return None if it or its metadata was changed."""
    part = document["sealed"]
    content = cipher.unseal(
        cipher.derive(data_key, "token"),
        bytes.fromhex(part["nonce"]),
        bytes.fromhex(part["token"]),
        associated_data(app, part["key"], document),
    )
    return None if content is None else content.decode()


def check_envelope(document: Document, keys: set[str], name: str, path: str) -> None:
    """Check a document's keys and profile. Raises SealedFileDamaged, SealedFileMoved."""
    if document.keys() - keys or not isinstance(document.get("profile"), str):
        raise damaged(path)
    if document["profile"] != name:
        raise SealedFileMoved(
            f"{path}: this token was stored for another profile, and only works for that one",
            path=path,
            hint="move the file back, and use 'profiles rename' or 'profiles copy --with-token'",
        )


def damaged(path: str) -> SealedFileDamaged:
    """Return the error for a file with other content than was stored."""
    return SealedFileDamaged(
        f"{path}: damaged or changed: it is not what was stored",
        path=path,
        hint=f"restore it from a backup, or delete it and log in again: rm {quote_path(path)}",
    )
