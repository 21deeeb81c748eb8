"""Credentials, and the token stores that keep them: one file each, never in a profile's file."""

from __future__ import annotations

import os

from arka_config.errors import InvalidUrl, InvalidValue, MalformedFile
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.store import files, json
from arka_config.store.times import is_time
from arka_config.text import check_printable, is_printable, is_profile_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class TokenStore(Protocol):
        """Keeps credentials by profile name. `kind` is the word that `--storage` and `status` use for it."""

        kind: str

        def names(self) -> set[str]: ...
        def holds(self, name: str) -> bool: ...
        def path(self, name: str) -> str: ...
        def read(self, name: str) -> Credential | None: ...
        def write(self, name: str, credential: Credential) -> None: ...
        def remove(self, name: str) -> bool: ...


VERSION = 1
_TEXTS = ("label", "created", "expires", "user")
_TIMES = ("created", "expires")
_ENDING = ".json"


class Credential:
    """A token, the origin that it is for, and what is known of it.

    `label` is the token's free-text name at the workspace. `created` (when it was stored) and `expires` are UTC
    timestamps as RFC 3339 writes them, `user` the identity that the workspace gave; each is empty where not known.
    """

    __slots__ = ("created", "expires", "label", "origin", "token", "user")

    def __init__(
        self,
        token: Secret,
        origin: Origin,
        *,
        label: str = "",
        created: str = "",
        expires: str = "",
        user: str = "",
    ) -> None:
        self.token = token
        self.origin = origin
        self.label = label
        self.created = created
        self.expires = expires
        self.user = user

    def __repr__(self) -> str:
        return f"Credential({self.origin}, {self.label!r})"


class PlainTokens:
    """Plain JSON files, 0600 in a 0700 folder: as safe as the account that owns them."""

    kind = "plain"

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def path(self, name: str) -> str:
        """The file of a profile's credential, there or not. The name has been checked: it is no path."""
        return os.path.join(self.folder, name + _ENDING)

    def names(self) -> set[str]:
        """The profiles that have a token."""
        try:
            entries = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return set()
        except OSError as error:
            raise files.cannot("read", self.folder, error) from None
        stems = (entry[: -len(_ENDING)] for entry in entries if entry.endswith(_ENDING))
        return {stem for stem in stems if is_profile_name(stem)}

    def holds(self, name: str) -> bool:
        """Whether the profile has a token here."""
        return files.exists(self.path(name))

    def read(self, name: str) -> Credential | None:
        """The profile's credential, or None. Raises MalformedFile, UnsafeFile."""
        path = self.path(name)
        text = files.read(path, secret=True)
        return None if text is None else parsed(text, path)

    def write(self, name: str, credential: Credential) -> None:
        """Keeps the credential, in place of the one before. Raises InvalidValue, FileError."""
        files.write(self.path(name), written(credential))

    def remove(self, name: str) -> bool:
        """Forgets the profile's credential; whether there was one."""
        return files.remove(self.path(name))


def parsed(text: str, path: str) -> Credential:
    """The credential that a JSON text holds. Raises MalformedFile, which repeats nothing of the text."""
    document = json.parse(text, path, _again(path))
    if not isinstance(document, dict):
        raise MalformedFile(f"{path}: not a JSON object", path=path, hint=_again(path))
    version = document.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        raise MalformedFile(
            f"{path}: " + (f"format {version} is newer than this program" if newer else "not a credential file"),
            path=path,
            hint="update this program" if newer else _again(path),
        )
    unknown = document.keys() - {"version", "token", "origin", *_TEXTS}
    if unknown or not isinstance(document.get("token"), str) or not document["token"]:
        # The key is not named: a token that was put in the wrong place would be shown.
        what = "it has a key that no credential has" if unknown else "it holds no token"
        raise MalformedFile(f"{path}: {what}", path=path, hint=_again(path))
    for key in ("token", "origin", *_TEXTS):
        value = document.get(key, "")
        if not (isinstance(value, str) and is_printable(value)):
            raise MalformedFile(f"{path}: {key} is not a plain text", path=path, hint=_again(path))
    for key in _TIMES:
        if document.get(key) and not is_time(document[key]):
            raise MalformedFile(
                f"{path}: {key} is not a time such as 2027-02-28T12:00:00Z", path=path, hint=_again(path)
            )
    return Credential(
        Secret(document["token"]),
        _origin(document.get("origin", ""), path),
        **{key: document.get(key, "") for key in _TEXTS},
    )


def _origin(url: str, path: str) -> Origin:
    try:
        return Origin.of(url)
    except InvalidUrl:
        pass
    # Outside of the handler, as below: that error repeats the URL.
    raise MalformedFile(f"{path}: origin is not a URL that a token may go to", path=path, hint=_again(path))


def _again(path: str) -> str:
    return f"look at what is in it, then: rm '{path}', and log in again"


def written(credential: Credential) -> str:
    """The JSON text of a credential. Raises InvalidValue, naming the part, for what could not be read back."""
    if not credential.token.reveal():
        raise InvalidValue("the token is empty")
    document = {
        "version": VERSION,
        "token": check_printable(credential.token.reveal(), "the token"),
        "origin": str(credential.origin),
    }
    for key in _TEXTS:
        if value := getattr(credential, key):
            document[key] = check_printable(value, f"the {key}")
            if key in _TIMES and not is_time(value):
                raise InvalidValue(f"the {key} is not a time such as 2027-02-28T12:00:00Z")
    return json.written(document)
