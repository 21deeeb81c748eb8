"""Credentials, and the documents that they are kept as: one JSON file each, never in a profile's file.

A document says itself what kind it is, so a reader needs to know nothing in advance, and a profile's kind changes with
one rename of its file. The plain kind is here; the others stand above this room, in `sealing/`.
"""

from __future__ import annotations

from arka_config.errors import InvalidUrl, InvalidValue, MalformedFile, NewerFormat
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.store import json
from arka_config.store.times import is_time
from arka_config.text import check_printable, is_printable, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Document = dict[str, Any]

PLAIN = "plain"
STORAGES = (PLAIN, "sealed", "keyring")

_PLAIN_VERSION = 1
VERSION = 2  # of the kinds that are not plain: a program that knows only plain files then says that it is too old
LONGEST_TEXT = 400  # characters of what is known of a token; an address of mail has 254 at most
_TEXTS = ("label", "created", "expires", "user")
_TIMES = ("created", "expires")


class Credential:
    """A token, the origin that it is for, and what is known of it.

    `label` is the token's free-text name at the workspace. `created` (when it was stored) and `expires` are UTC
    timestamps as RFC 3339 writes them, `user` the identity that the workspace gave; each is empty where not known.
    `storage` is the kind of token store that it was read from.
    """

    __slots__ = ("created", "expires", "label", "origin", "storage", "token", "user")

    def __init__(
        self,
        token: Secret,
        origin: Origin,
        *,
        label: str = "",
        created: str = "",
        expires: str = "",
        user: str = "",
        storage: str = PLAIN,
    ) -> None:
        self.token = token
        self.origin = origin
        self.label = label
        self.created = created
        self.expires = expires
        self.user = user
        self.storage = storage

    def __repr__(self) -> str:
        return f"Credential({self.origin}, {self.label!r})"


class PlainTokens:
    """The token itself in the file, 0600 in a 0700 folder: as safe as the account that owns it."""

    kind = PLAIN

    def read(self, name: str, document: Document, path: str) -> Credential:
        """The credential. Raises MalformedFile."""
        return credential_of(document, path)

    def save(self, name: str, credential: Credential) -> Document:
        """The document. Raises InvalidValue, naming the part, for what could not be read back."""
        return {"version": _PLAIN_VERSION, "token": checked_token(credential), **known(credential)}

    def forget(self, name: str, document: Document) -> None:
        """Nothing is kept elsewhere."""


def storage_of(document: Mapping[str, Any], path: str) -> str:
    """The kind of token store that a document is of. Raises MalformedFile, NewerFormat."""
    version = document.get("version")
    if version == _PLAIN_VERSION:
        return PLAIN
    if version == VERSION and document.get("storage") in STORAGES[1:]:
        return str(document["storage"])
    if isinstance(version, int) and version > VERSION:
        raise NewerFormat(f"{path}: format {version} is newer than this program", path=path, hint="update this program")
    raise MalformedFile(f"{path}: not a credential file", path=path, hint=again(path))


def credential_of(document: Mapping[str, Any], path: str) -> Credential:
    """The credential of a plain document. Raises MalformedFile, which repeats nothing of it."""
    unknown = document.keys() - {"version", "token", "origin", *_TEXTS}
    if unknown or not isinstance(document.get("token"), str) or not document["token"]:
        # The key is not named: a token that was put in the wrong place would be shown.
        what = "it has a key that no credential has" if unknown else "it holds no token"
        raise MalformedFile(f"{path}: {what}", path=path, hint=again(path))
    _check_text(document, "token", path)
    return described(document, Secret(document["token"]), path)


def described(document: Mapping[str, Any], token: Secret, path: str, storage: str = PLAIN) -> Credential:
    """A credential with what a document says of its token in clear. Raises MalformedFile."""
    for key in ("origin", *_TEXTS):
        _check_text(document, key, path)
    for key in _TIMES:
        if document.get(key) and not is_time(document[key]):
            raise MalformedFile(
                f"{path}: {key} is not a time such as 2027-02-28T12:00:00Z", path=path, hint=again(path)
            )
    return Credential(
        token,
        _origin(document.get("origin", ""), path),
        storage=storage,
        **{key: document.get(key, "") for key in _TEXTS},
    )


def _check_text(document: Mapping[str, Any], key: str, path: str) -> None:
    value = document.get(key, "")
    if not (isinstance(value, str) and is_printable(value)):
        raise MalformedFile(f"{path}: {key} is not a plain text", path=path, hint=again(path))


def _origin(url: str, path: str) -> Origin:
    try:
        return Origin.of(url)
    except InvalidUrl:
        pass
    # Outside of the handler, as below: that error repeats the URL.
    raise MalformedFile(f"{path}: origin is not a URL that a token may go to", path=path, hint=again(path))


def parsed(text: str, path: str) -> Document:
    """The JSON object that a text holds. Raises MalformedFile, which repeats nothing of the text."""
    document = json.parse(text, path, again(path))
    if not isinstance(document, dict):
        raise MalformedFile(f"{path}: not a JSON object", path=path, hint=again(path))
    return document


def again(path: str) -> str:
    """The way out of a token file that cannot be used."""
    return f"look at what is in it, then: rm {quoted(path)}, and log in again"


def checked_token(credential: Credential) -> str:
    """The token, fit to be stored. Raises InvalidValue."""
    if not credential.token.reveal():
        raise InvalidValue("the token is empty")
    return check_printable(credential.token.reveal(), "the token")


def known(credential: Credential) -> dict[str, str]:
    """What is known of a credential beside its token, fit to be stored. Raises InvalidValue, naming the part."""
    document = {"origin": str(credential.origin)}
    for key in _TEXTS:
        if value := getattr(credential, key):
            if len(value) > LONGEST_TEXT:
                raise InvalidValue(f"the {key} is longer than {LONGEST_TEXT} characters")
            document[key] = check_printable(value, f"the {key}")
            if key in _TIMES and not is_time(value):
                raise InvalidValue(f"the {key} is not a time such as 2027-02-28T12:00:00Z")
    return document
