"""Credentials, and the documents that store them: one JSON file for each profile, never the profile's own file.

A document names its own kind of token store, so a reader needs no other information, and a profile changes to another
kind with one rename of its file. The plain kind is here; the others are in `arka_config/sealing/`.
"""

from __future__ import annotations

from arka_config.errors import InvalidUrl, InvalidValue, MalformedFile
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.store import json
from arka_config.text import check_printable, is_printable, quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    Document = dict[str, Any]


PLAIN, SEALED, KEYRING = "plain", "sealed", "keyring"
STORAGES = (PLAIN, SEALED, KEYRING)

PLAIN_VERSION = 1
VERSION = 2  # of the other kinds: a program that supports only plain files then reports that it is too old
MAX_TEXT_LENGTH = 400  # characters in a label or user; an e-mail address has 254 at most
_TEXTS = ("label", "created", "expires", "user")
_TIMES = ("created", "expires")
_TIME_CHARACTERS = frozenset("0123456789-+:.TZ")
_TIME_SHAPE = "0000-00-00T00:00:00Z"  # a time as it is written here, with all digits replaced
_TO_SHAPE = {ord(digit): "0" for digit in "123456789"}
NEVER = "never"  # in place of the time at which a token expires


class Credential:
    """A token, the origin that it is for, and what is known about it.

    `label` is the token's name at the workspace. `created` (when it was stored) and `expires` are UTC timestamps
    (RFC 3339), `user` the identity that the workspace gave; each is empty if unknown. `expires` is NEVER if the
    workspace says that the token does not expire. `storage` is the kind of token store that it was read from.
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

    @property
    def expiry(self) -> datetime | None:
        """When the token expires; None if never or unknown. Raises InvalidValue: a file's time is only checked here."""
        return None if self.expires in ("", NEVER) else _parse_time(self.expires, "expires")

    @property
    def is_expired(self) -> bool:
        """Whether the token is known to have expired. False if the stored time is invalid.

        Times are compared as text if they are written as here, because importing datetime would slow `token` down.
        """
        if self.expires in ("", NEVER):
            return False
        import time

        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if self.expires.translate(_TO_SHAPE) == _TIME_SHAPE:
            return self.expires <= now
        try:
            return _parse_time(self.expires, "expires") <= _parse_time(now, "now")
        except InvalidValue:
            return False


class PlainTokens:
    """The token itself in the file, 0600 in a 0700 folder: as safe as the account that owns it."""

    kind = PLAIN

    def read(self, name: str, document: Document, path: str) -> Credential:
        """Return the credential. Raises MalformedFile, which repeats nothing of the document."""
        unknown = document.keys() - {"version", "token", "origin", *_TEXTS}
        if unknown or not isinstance(document.get("token"), str) or not document["token"]:
            # The unknown key is not named: it may be a token in the wrong place.
            fault = "it has an unknown key" if unknown else "it has no token"
            raise _malformed_file(path, fault)
        _check_text(document, "token", path)
        return credential_from(document, Secret(document["token"]), path)

    def save(self, name: str, credential: Credential) -> Document:
        """Return the document. Raises InvalidValue, naming the part, for what could not be read back."""
        return {"version": PLAIN_VERSION, "token": storable_token(credential), **metadata_of(credential)}

    def read_secret(self, profile: str, field: str, document: Document, path: str) -> Secret:
        """Return the secret. Raises MalformedFile, which repeats nothing of the document."""
        check_record(document, profile, field, path, content="secret")
        if not isinstance(document["secret"], str) or not document["secret"]:
            raise _malformed_file(path, "it has no secret")
        return Secret(document["secret"])

    def save_secret(self, profile: str, field: str, secret: Secret) -> Document:
        """Return the document."""
        return {"version": PLAIN_VERSION, "profile": profile, "field": field, "secret": secret.reveal()}

    def forget(self, name: str, document: Document) -> None:
        """Do nothing: all of it is in the document."""


def storage_of(document: Mapping[str, Any], path: str) -> str:
    """Return the kind of token store of a document. Raises MalformedFile, NewerFormat."""
    version = document.get("version")
    if version == PLAIN_VERSION:
        return PLAIN
    if version == VERSION and document.get("storage") in STORAGES[1:]:
        return str(document["storage"])
    json.check_version(document, VERSION, path)
    raise _malformed_file(path, "not a credential file")


def credential_from(document: Mapping[str, Any], token: Secret, path: str, storage: str = PLAIN) -> Credential:
    """Return a credential with the metadata of a document. Raises MalformedFile."""
    for key in ("origin", *_TEXTS):
        _check_text(document, key, path)
    for key in _TIMES:  # no letters of a token: it is shown, and could be a token in the wrong place
        value = document.get(key, "")
        if not _TIME_CHARACTERS.issuperset(value) and (key, value) != ("expires", NEVER):
            raise _malformed_file(path, f"{key} is not a time such as 2027-02-28T12:00:00Z")
    return Credential(
        token,
        _origin_from(document.get("origin", ""), path),
        storage=storage,
        **{key: document.get(key, "") for key in _TEXTS},
    )


def check_record(document: Document, profile: str, field: str, path: str, *, content: str) -> None:
    """Check a record's keys, profile and field. Raises MalformedFile, SealedFileMoved; neither repeats a value.

    `content` is the key of what only this kind of token store has.
    """
    if document.keys() - {"storage"} != {"version", "profile", "field", content}:
        raise _malformed_file(path, "not the record of a secret")
    if (document["profile"], document["field"]) != (profile, field):
        from arka_config.errors import SealedFileMoved

        raise SealedFileMoved(
            f"{path}: this secret was stored for another profile or setting, and only works for that one",
            path=path,
            hint="move the file back, and use 'profiles rename' or 'profiles copy --with-token'",
        )


def _check_text(document: Mapping[str, Any], key: str, path: str) -> None:
    value = document.get(key, "")
    if not (isinstance(value, str) and is_printable(value)):
        raise _malformed_file(path, f"{key} is not a printable string")


def _origin_from(url: str, path: str) -> Origin:
    try:
        return Origin.of(url)
    except InvalidUrl:
        pass
    # Raised outside of the handler: that error repeats the URL.
    raise _malformed_file(path, "origin is not a URL that a token may be sent to")


def parse_document(text: str, path: str) -> Document:
    """Return the JSON object of a text. Raises MalformedFile, which repeats nothing of the text."""
    document = json.parse(text, path, recovery_hint(path))
    if not isinstance(document, dict):
        raise _malformed_file(path, "not a JSON object")
    return document


def recovery_hint(path: str) -> str:
    """Return the hint for a file of a token or secret that cannot be used."""
    return f"look at what is in it, then: rm {quote_path(path)}, and {store_again(path)}"


def store_again(path: str) -> str:
    """Say what stores the content of a file again: a file of a secret has its field after the profile's name."""
    is_secret = "." in path.replace("\\", "/").rpartition("/")[2].removesuffix(".json")
    return "store the secret again" if is_secret else "log in again"


def _malformed_file(path: str, fault: str) -> MalformedFile:
    return MalformedFile(f"{path}: {fault}", path=path, hint=recovery_hint(path))


def storable_token(credential: Credential) -> str:
    """Return the token after checking that it can be stored. Raises InvalidValue."""
    if not credential.token.reveal():
        raise InvalidValue("the token is empty")
    return check_printable(credential.token.reveal(), "the token")


def metadata_of(credential: Credential) -> dict[str, str]:
    """Return what is known about a credential's token, as documents store it. Raises InvalidValue, naming the part."""
    document = {"origin": str(credential.origin)}
    for key in _TEXTS:
        if value := getattr(credential, key):
            if len(value) > MAX_TEXT_LENGTH:
                raise InvalidValue(f"the {key} is longer than {MAX_TEXT_LENGTH} characters")
            document[key] = check_printable(value, f"the {key}")
            if key in _TIMES and (key, value) != ("expires", NEVER):
                _parse_time(value, f"the {key}")
    return document


def _parse_time(text: str, what: str) -> datetime:
    from datetime import UTC, datetime

    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: outside of the calendar in UTC
        pass
    raise InvalidValue(f"{what} is not a time such as 2027-02-28T12:00:00Z")
