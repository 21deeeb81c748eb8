"""The `sealed` token store: the secret is encrypted under the data key; the metadata is readable and authenticated."""

from __future__ import annotations

from arka_config.errors import SealedFileDamaged, SealedFileMoved, SealingError, VaultChanged
from arka_config.sealing import cipher
from arka_config.secret import Secret
from arka_config.store.secret_records import record_name
from arka_config.store.tokens import (
    SEALED,
    VERSION,
    check_record,
    credential_from,
    metadata_of,
    storable_token,
    store_again,
)
from arka_config.text import quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.tokens import Credential, Document

METADATA = ("origin", "label", "created", "expires", "user")
_KEYS = {"version", "storage", "profile", *METADATA, "sealed"}
TOKEN, SECRET = "token", "secret"  # the uses of the data key here


class SealedTokens:
    """Files with a token sealed with AES-256-GCM. Reading a file does not open the vault; revealing its token does."""

    kind = SEALED

    def __init__(self, store: ProfileStore) -> None:
        self._store = store

    def read(self, name: str, document: Document, path: str) -> Credential:
        """Return the credential; its token is decrypted when revealed. Raises SealedFileDamaged, SealedFileMoved."""
        check_envelope(document, _KEYS, name, path)
        _check_sealed(document.get("sealed"), TOKEN, path)
        return credential_from(document, Secret(lambda: self._unseal(name, document, path)), path, self.kind)

    def save(self, name: str, credential: Credential) -> Document:
        """Seal the token under the current data key, and return the document. Raises InvalidValue, SealingError."""
        token = storable_token(credential)
        document: Document = {"version": VERSION, "storage": self.kind, "profile": name, **metadata_of(credential)}
        return self._seal(document, token)

    def read_secret(self, profile: str, field: str, document: Document, path: str) -> Secret:
        """Return a secret, which is decrypted when revealed. Raises MalformedFile, SealedFileMoved."""
        check_record(document, profile, field, path, content="sealed")
        _check_sealed(document["sealed"], SECRET, path)
        return Secret(lambda: self._unseal(record_name(profile, field), document, path))

    def save_secret(self, profile: str, field: str, secret: Secret) -> Document:
        """Seal a secret under the current data key, and return the document. Raises SealingError."""
        document = {"version": VERSION, "storage": self.kind, "profile": profile, "field": field}
        return self._seal(document, secret.reveal())

    def forget(self, name: str, document: Document) -> None:
        """Do nothing: the token is in the document itself."""

    def _seal(self, document: Document, text: str) -> Document:
        """Add the sealed text to a document, which becomes associated data."""
        from arka_config.sealing.vault import vault_of

        use = use_of(document)
        keys = vault_of(self._store).keys(fresh=True)
        associated = associated_data(self._store.app.name, keys.current, document)
        nonce, sealed = cipher.seal(cipher.derive(keys[keys.current], use), text.encode(), associated)
        document["sealed"] = {"key": keys.current, "nonce": nonce.hex(), use: sealed.hex()}
        return document

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
        text = unseal(document, keys[key_id], self._store.app.name)
        if text is None:
            raise damage_error(path)
        return text

    def _read_again(self, name: str, document: Document, path: str) -> str:
        """Read the file again if another process has sealed it with a new key, or unsealed it, since it was read."""
        if self._store.tokens.read_document(name) != document:
            current = self._read_current(name, document)
            if current is not None:
                return current.reveal()
        key, app = self._store.data_key_path, self._store.app.name
        remove, write, do_again = f"logout --profile {name}", f"login --profile {name}", "log in again"
        if use_of(document) == SECRET:
            secret = f"{document['field']} --profile {document['profile']}"
            remove, write, do_again = f"secrets unset {secret}", f"secrets set {secret}", "store it again"
        again = f"{do_again}: {app} {write}"
        if not self._store.vault.is_enabled:  # a new token in place of a sealed one is sealed, so remove that first
            raise SealingError(
                f"{path}: sealed with the data key in {key}, which does not exist",
                hint=f"restore {key} from a backup, or {do_again}: {app} {remove} && {app} {write}",
            )
        raise SealedFileMoved(
            f"{path}: not sealed with the data key in {key}, but with another one",
            path=path,
            hint=f"restore both files from the same backup, or {again}",
        )

    def _read_current(self, name: str, document: Document) -> Secret | None:
        if use_of(document) == SECRET:
            return self._store.secrets.read(document["profile"], document["field"])
        current = self._store.tokens.read(name)
        return current.token if current is not None and str(current.origin) == document["origin"] else None


def use_of(document: Document) -> str:
    """Whether a document is that of a token or of another secret: each has its own key and associated data."""
    return SECRET if "field" in document else TOKEN


def associated_data(app: str, key_id: str, document: Document) -> bytes:
    """The associated data: the app, the key, the profile, and a token's metadata or a secret's field."""
    use = use_of(document)
    texts = (str(document.get(key, "")) for key in ("profile", *(METADATA if use == TOKEN else ("field",))))
    return cipher.bind(f"sealed {use}", str(VERSION), app, key_id, *texts)


def unseal(document: Document, data_key: bytes, app: str) -> str | None:
    """Decrypt the content of a checked document. Return None if it or what it is bound to was changed."""
    part, use = document["sealed"], use_of(document)
    content = cipher.unseal(
        cipher.derive(data_key, use),
        bytes.fromhex(part["nonce"]),
        bytes.fromhex(part[use]),
        associated_data(app, part["key"], document),
    )
    return None if content is None else content.decode()


def _check_sealed(part: object, use: str, path: str) -> None:
    """Raise SealedFileDamaged unless this is what `_seal` adds."""
    if (
        not isinstance(part, dict)
        or part.keys() != {"key", "nonce", use}
        or cipher.from_hex(part["key"]) is None
        or cipher.from_hex(part["nonce"], cipher.NONCE_LENGTH) is None
        or not cipher.from_hex(part[use])
    ):
        raise damage_error(path)


def check_envelope(document: Document, keys: set[str], name: str, path: str) -> None:
    """Check a document's keys and profile. Raises SealedFileDamaged, SealedFileMoved."""
    if document.keys() - keys or not isinstance(document.get("profile"), str):
        raise damage_error(path)
    if document["profile"] != name:
        raise SealedFileMoved(
            f"{path}: this token was stored for another profile, and only works for that one",
            path=path,
            hint="move the file back, and use 'profiles rename' or 'profiles copy --with-token'",
        )


def damage_error(path: str) -> SealedFileDamaged:
    """Return the error for a file with other content than was stored."""
    return SealedFileDamaged(
        f"{path}: damaged or changed: it is not what was stored",
        path=path,
        hint=f"restore it from a backup, or delete it and {store_again(path)}: rm {quote_path(path)}",
    )
