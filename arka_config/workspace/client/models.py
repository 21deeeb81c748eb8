"""The values in a response: the token's user, and the token's details.

Every string is checked when it is read: it is printable, so that a workspace cannot control a terminal, and its length
is limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config import timestamps
from arka_config.errors import InvalidToken, InvalidValue
from arka_config.secret import Secret
from arka_config.store.tokens import NEVER
from arka_config.text import check_printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from arka_config.app_identity import AppIdentity

CURRENT = "current"  # the id of the token that authenticates the request
MAX_TEXT_LENGTH = 400  # characters; a label has at most 100, an e-mail address 254
_MAX_SCOPES = 1000


class Bounds(NamedTuple):
    """What a token with the scope ISSUE may create: labels that match a pattern, for how many seconds, and how many."""

    label: str
    max_lifetime: int
    max_tokens: int

    @classmethod
    def parse(cls, document: object) -> Bounds:
        """Read the `issue` of a token. Raises InvalidValue, naming the key."""
        table = read_object(document, "issue")
        lifetime, count = table.get("max_lifetime"), table.get("max_tokens")
        if not isinstance(lifetime, int) or not isinstance(count, int):
            raise InvalidValue("issue.max_lifetime or issue.max_tokens is not a number")
        return cls(read_text(table, "label"), lifetime, count)


class TokenDetails(NamedTuple):
    """What an API says about a token, without the token itself. Only a workspace gives tokens an id.

    Timestamps are in stored form; a missing one is an empty string. `includes_expires` is false if the response does
    not mention the expiry, which is not the same as a token that never expires.
    """

    id: str = ""
    label: str = ""
    last_four: str = ""
    scopes: tuple[str, ...] = ()
    created: str = ""
    expires: str = ""
    last_used: str = ""
    last_used_address: str = ""
    last_used_client: str = ""
    includes_expires: bool = False
    issue: Bounds | None = None

    @classmethod
    def parse(cls, document: object) -> TokenDetails:
        """Read the token object of a response. Raises InvalidValue, naming the key."""
        table = read_object(document, "the token")
        return cls(
            read_text(table, "id"),
            label=read_text(table, "label", ""),
            last_four=read_text(table, "last_four", "")[-4:],
            scopes=read_scopes(table.get("scopes") or [], "scopes"),
            created=read_timestamp(table, "created"),
            expires=read_timestamp(table, "expires"),
            last_used=read_timestamp(table, "last_used"),
            last_used_address=read_text(table, "last_used_address", ""),
            last_used_client=read_text(table, "last_used_client", ""),
            includes_expires="expires" in table,
            issue=Bounds.parse(table["issue"]) if table.get("issue") is not None else None,
        )

    @property
    def stored_expires(self) -> str:
        """The expiry as a Credential has it: a timestamp, NEVER, or empty if the workspace does not say."""
        return self.expires or (NEVER if self.includes_expires else "")


class Identity(NamedTuple):
    """A token's user and details. `user` is an e-mail address or another name that the user knows.

    `plan` is empty if the API does not say: a workspace's is `pro` or `free`.
    """

    user: str
    id: str = ""
    plan: str = ""
    token: TokenDetails = TokenDetails()

    @classmethod
    def parse(cls, document: object) -> Identity:
        """Read the response to `GET /me`. Raises InvalidValue, naming the key."""
        table = read_object(document, "the response")
        user = read_object(table.get("user"), "user")
        token = TokenDetails.parse(table.get("token"))
        return cls(read_text(user, "email"), read_text(user, "id"), read_text(user, "plan", ""), token)

    def is_user(self, name: str) -> bool:
        """Whether the name is this user's id, or e-mail address or other name in any case."""
        wanted = name.strip()
        return bool(wanted) and (wanted.casefold() == self.user.casefold() or wanted == self.id)


class Issued(NamedTuple):
    """A new token and its details."""

    token: Secret
    details: TokenDetails

    @classmethod
    def parse(cls, document: object, app: AppIdentity) -> Issued:
        """Read the response to creating or rotating a token. Raises InvalidValue, which never repeats the token."""
        table = read_object(document, "the response")
        token = Secret(read_text(table, "token"))
        try:
            app.check_token(token)
            return cls(token, TokenDetails.parse(table.get("details")))
        except InvalidToken:
            pass
        raise InvalidValue("token does not have the format of this app's tokens")


class Activity(NamedTuple):
    """An entry of the workspace's audit log: the time, the action, and what it was done to, from and with."""

    at: str
    action: str
    subject: str = ""
    address: str = ""
    acting_token: str = ""  # its id

    @classmethod
    def parse(cls, document: object) -> Activity:
        """Read an entry of a response. Raises InvalidValue, naming the key."""
        table = read_object(document, "the entry")
        texts = (read_text(table, key, "") for key in ("subject", "address", "acting_token"))
        return cls(read_timestamp(table, "at"), read_text(table, "action"), *texts)


def read_object(value: object, name: str) -> dict[str, Any]:
    """Return a JSON object. Raises InvalidValue for any other value."""
    if not isinstance(value, dict):
        raise InvalidValue(f"{name} is not an object")
    return value


def read_text(table: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """Return a printable string, or the default if it is missing. Raises InvalidValue, naming the key."""
    value = table.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (not value and default is None):
        raise InvalidValue(f"{key} is not a string")
    if len(value) > MAX_TEXT_LENGTH:
        raise InvalidValue(f"{key} is longer than {MAX_TEXT_LENGTH} characters")
    return check_printable(value, key)


def read_scopes(value: object, name: str) -> tuple[str, ...]:
    """Return a list of scopes. Raises InvalidValue, naming the key."""
    if not isinstance(value, list) or len(value) > _MAX_SCOPES:
        raise InvalidValue(f"{name} is not a list of scopes")
    return tuple(read_text({name: scope}, name) for scope in value)


def read_timestamp(table: Mapping[str, Any], key: str) -> str:
    """Return a time in stored form, or an empty string if it is missing. Raises InvalidValue, naming the key."""
    text = read_text(table, key, "")
    try:
        return timestamps.to_text(timestamps.parse(text)) if text else ""
    except ValueError:
        pass
    raise InvalidValue(f"{key} is not a timestamp")
