"""The `sealed` kind of token store: the token encrypted under the data key, what is known of it readable and bound."""

from __future__ import annotations

from arka_config.errors import SealedFileDamaged, SealedFileMoved, SealingError
from arka_config.sealing import cipher
from arka_config.secret import Secret
from arka_config.store.tokens import VERSION, checked_token, described, known
from arka_config.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.tokens import Credential, Document

_KNOWN = ("origin", "label", "created", "expires", "user")
_KEYS = {"version", "storage", "profile", *_KNOWN, "sealed"}
_PARTS = {"key", "nonce", "token"}


class SealedTokens:
    """Files that hold a token sealed with AES-256-GCM. Reading one unlocks nothing; revealing its token does."""

    kind = "sealed"

    def __init__(self, store: ProfileStore) -> None:
        self._store = store

    def read(self, name: str, document: Document, path: str) -> Credential:
        """The credential, its token to be opened when it is revealed. Raises SealedFileDamaged, SealedFileMoved."""
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
        return described(document, Secret(lambda: self._opened(name, document, path)), path, self.kind)

    def save(self, name: str, credential: Credential) -> Document:
        """The document, sealed under the data key as it is now. Raises InvalidValue, SealingError."""
        token = checked_token(credential)
        from arka_config.sealing.vault import vault_of

        keys = vault_of(self._store).keys(fresh=True)
        document: Document = {"version": VERSION, "storage": self.kind, "profile": name, **known(credential)}
        associated = associated_data(self._store.app.name, keys.current, document)
        nonce, sealed = cipher.seal(cipher.derived(keys[keys.current], "token"), token.encode(), associated)
        document["sealed"] = {"key": keys.current, "nonce": nonce.hex(), "token": sealed.hex()}
        return document

    def forget(self, name: str, document: Document) -> None:
        """Nothing is kept elsewhere."""

    def _opened(self, name: str, document: Document, path: str) -> str:
        from arka_config.sealing.vault import NotEnabled, vault_of

        key_id = document["sealed"]["key"]
        try:
            keys: dict[str, bytes] = vault_of(self._store).keys(key_id)
        except NotEnabled:
            keys = {}  # sealing was turned off since the file was read, or its key was taken away
        if key_id not in keys:
            return self._read_again(name, document, path)
        token = token_of(document, keys[key_id], self._store.app.name)
        if token is None:
            raise damaged(path)
        return token

    def _read_again(self, name: str, document: Document, path: str) -> str:
        """The token of a file that was sealed with a new key, or unsealed, since it was read."""
        if self._store.tokens.document(name) != document:
            now = self._store.tokens.read(name)
            if now is not None and str(now.origin) == document["origin"]:
                return now.token.reveal()
        key, login = self._store.data_key_path, f"{self._store.app.name} login --profile {name}"
        if not self._store.vault.is_enabled:
            raise SealingError(
                f"{path}: sealed with the key in {key}, which is not there",
                hint=f"take {key} from a backup, or log in again: {login}",
            )
        raise SealedFileMoved(
            f"{path}: sealed with another data key than the one in {key}",
            path=path,
            hint=f"take both files from one backup, or log in again: {login}",
        )


def associated_data(app: str, key_id: str, document: Document) -> bytes:
    """What a sealed token is bound to: the app, the key, the profile, and all that stands readable beside it."""
    texts = (str(document.get(key, "")) for key in ("profile", *_KNOWN))
    return cipher.bound("sealed token", str(VERSION), app, key_id, *texts)


def token_of(document: Document, data_key: bytes, app: str) -> str | None:
    """The token of a checked document, or None where it was not sealed so."""
    part = document["sealed"]
    content = cipher.unseal(
        cipher.derived(data_key, "token"),
        bytes.fromhex(part["nonce"]),
        bytes.fromhex(part["token"]),
        associated_data(app, part["key"], document),
    )
    return None if content is None else content.decode()


def check_envelope(document: Document, keys: set[str], name: str, path: str) -> None:
    """Raises SealedFileDamaged for a key too many or too few, SealedFileMoved where it says another profile."""
    if document.keys() - keys or not isinstance(document.get("profile"), str):
        raise damaged(path)
    if document["profile"] != name:
        raise SealedFileMoved(
            f"{path}: the token in it was stored for another profile, and works for that one alone",
            path=path,
            hint="move the file back; 'profiles rename' and 'profiles copy --with-token' are the ways to do it",
        )


def damaged(path: str) -> SealedFileDamaged:
    """The error for a file whose content is not what was sealed."""
    return SealedFileDamaged(
        f"{path}: damaged, or changed by somebody: it does not hold what was sealed",
        path=path,
        hint=f"take it from a backup, or: rm {quoted(path)}, and log in again",
    )
