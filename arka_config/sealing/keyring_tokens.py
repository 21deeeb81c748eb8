"""The `keyring` token store: the token is in the OS keyring, and the file names the entry."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

from arka_config.errors import ConfigWarning, KeyringUnavailable
from arka_config.sealing import cipher, os_keyring
from arka_config.sealing.sealed_tokens import METADATA, TOKEN, check_envelope, damage_error, use_of
from arka_config.secret import Secret
from arka_config.store.tokens import KEYRING, VERSION, check_record, credential_from, metadata_of, storable_token
from arka_config.text import is_printable

if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.tokens import Credential, Document

_KEYS = {"version", "storage", "profile", *METADATA, "keyring"}
_PARTS = ("backend", "account")


class KeyringTokens:
    """Files that name an entry of the OS keyring. Reading a file does not use the keyring; revealing its token does."""

    kind = KEYRING

    def __init__(self, store: ProfileStore) -> None:
        self._store = store

    def read(self, name: str, document: Document, path: str) -> Credential:
        """Return the credential; its token is fetched when revealed. Raises SealedFileDamaged, SealedFileMoved."""
        check_envelope(document, _KEYS, name, path)
        if _entry_in(document) is None:
            raise damage_error(path)
        return credential_from(document, Secret(lambda: self._fetch(document, path)), path, self.kind)

    def save(self, name: str, credential: Credential) -> Document:
        """Store the token in the keyring; return the document that names it. Raises KeyringUnavailable."""
        token = storable_token(credential)
        document: Document = {"version": VERSION, "storage": self.kind, "profile": name, **metadata_of(credential)}
        return self._put(document, token)

    def read_secret(self, profile: str, field: str, document: Document, path: str) -> Secret:
        """Return a secret, which is fetched when revealed. Raises MalformedFile, SealedFileMoved."""
        check_record(document, profile, field, path, content="keyring")
        if _entry_in(document) is None:
            raise damage_error(path)
        return Secret(lambda: self._fetch(document, path))

    def save_secret(self, profile: str, field: str, secret: Secret) -> Document:
        """Store a secret in the keyring; return the document that names it. Raises KeyringUnavailable."""
        document = {"version": VERSION, "storage": self.kind, "profile": profile, "field": field}
        return self._put(document, secret.reveal())

    def _put(self, document: Document, text: str) -> Document:
        """Store a text in the keyring, and add the entry's name to the document."""
        words = (use_of(document), document["profile"], *([document["field"]] if "field" in document else []))
        # A new entry, so the old one stays until the file is replaced.
        account = f"{' '.join(words)} {os.urandom(6).hex()}"
        alternative = "choose another storage: --storage sealed, or --storage plain"
        entry = os_keyring.put(self._store.app.name, account, f"{self._mark(document)} {text}", alternative=alternative)
        document["keyring"] = {"backend": entry.backend, "account": entry.account}
        return document

    def forget(self, name: str, document: Document) -> None:
        """Remove the entry. A failure is a warning, since the file that named it has gone already."""
        entry = _entry_in(document)
        if entry is None:
            return
        try:
            os_keyring.remove(self._store.app.name, entry)
        except KeyringUnavailable as error:
            warnings.warn(
                ConfigWarning(
                    f"a {use_of(document)} stays in the OS keyring, as '{entry.account}' of '{self._store.app.name}': "
                    f"{error.message}",
                    hint="remove it with the system's password manager",
                ),
                stacklevel=2,
            )

    def _mark(self, document: Document) -> str:
        """The digest in the entry that binds it to the file: a change of the file would need a change of both."""
        use = use_of(document)
        texts = (str(document.get(key, "")) for key in ("profile", *(METADATA if use == TOKEN else ("field",))))
        return cipher.digest(cipher.bind(f"keyring {use}", str(VERSION), self._store.app.name, *texts)).hex()

    def _fetch(self, document: Document, path: str) -> str:
        entry = _entry_in(document)
        assert entry is not None, "read() has checked it"
        mark, _, text = os_keyring.get(self._store.app.name, entry).partition(" ")
        if not text or mark != self._mark(document):
            raise damage_error(path)
        return text


def _entry_in(document: Document) -> os_keyring.Entry | None:
    part = document.get("keyring")
    if not isinstance(part, dict) or tuple(part) != _PARTS:
        return None
    if not all(isinstance(part[key], str) and part[key] and is_printable(part[key]) for key in _PARTS):
        return None
    return os_keyring.Entry(part["backend"], part["account"])
