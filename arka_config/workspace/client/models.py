"""The values of an answer: who a token belongs to, and what is known of it.

Every string is checked on its way in: a workspace cannot drive a terminal, and its texts have bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.errors import InvalidToken, InvalidValue
from arka_config.secret import Secret
from arka_config.text import check_printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from arka_config.app import App

MANAGE = "tokens:manage"  # the scope of a token that may list, make and revoke the others
LONGEST_TEXT = 400  # characters; a label has a hundred at most, an address of mail 254
_LONGEST_LIST = 1000


class TokenDetails:
    """What the workspace says of a token, which is never the token itself. Times are as timestamps.stored() writes
    them, and empty where there is none. `includes_expires` tells an end that was not told from a token without one."""

    __slots__ = ("created", "expires", "id", "includes_expires", "label", "last_four", "last_used", "scopes")

    def __init__(
        self,
        id: str,  # noqa: A002  # its name at the workspace
        *,
        label: str = "",
        last_four: str = "",
        scopes: tuple[str, ...] = (),
        created: str = "",
        expires: str = "",
        last_used: str = "",
        includes_expires: bool = True,
    ) -> None:
        self.id = id
        self.label = label
        self.last_four = last_four
        self.scopes = scopes
        self.created = created
        self.expires = expires
        self.last_used = last_used
        self.includes_expires = includes_expires

    def __repr__(self) -> str:
        return f"TokenDetails({self.id!r}, {self.label!r})"

    @classmethod
    def of(cls, document: object) -> TokenDetails:
        """From the token object of an answer. Raises InvalidValue, naming the key."""
        table = _table(document, "the token")
        scopes = table.get("scopes") or []
        if not isinstance(scopes, list) or len(scopes) > _LONGEST_LIST:
            raise InvalidValue("scopes is not a list")
        return cls(
            _text(table, "id"),
            label=_text(table, "label", ""),
            last_four=_text(table, "last_four", "")[-4:],
            scopes=tuple(_text({"scopes": scope}, "scopes") for scope in scopes),
            created=_time(table, "created"),
            expires=_time(table, "expires"),
            last_used=_time(table, "last_used"),
            includes_expires="expires" in table,
        )


class Identity:
    """Who a token belongs to, and what is known of that token. `plan` is `pro`, `free`, or empty where not told."""

    __slots__ = ("email", "id", "plan", "token")

    def __init__(self, id: str, email: str, plan: str, token: TokenDetails) -> None:  # noqa: A002  # as above
        self.id = id
        self.email = email
        self.plan = plan
        self.token = token

    def __repr__(self) -> str:
        return f"Identity({self.email!r})"

    @classmethod
    def of(cls, document: object) -> Identity:
        """From the answer about the token itself. Raises InvalidValue, naming the key."""
        table = _table(document, "the answer")
        user = _table(table.get("user"), "user")
        token = TokenDetails.of(table.get("token"))
        return cls(_text(user, "id"), _text(user, "email"), _text(user, "plan", ""), token)

    def is_user(self, name: str) -> bool:
        """Whether the name is this user's: the address, whatever its case, or the id."""
        return name.strip().casefold() == self.email.casefold() or name.strip() == self.id


class Issued:
    """A new token and what is known of it."""

    __slots__ = ("details", "token")

    def __init__(self, token: Secret, details: TokenDetails) -> None:
        self.token = token
        self.details = details

    def __repr__(self) -> str:
        return f"Issued({self.details!r})"

    @classmethod
    def of(cls, document: object, app: App) -> Issued:
        """From the answer to making or rotating a token. Raises InvalidValue, which never repeats the token."""
        table = _table(document, "the answer")
        token = Secret(_text(table, "token"))
        try:
            app.check_token(token)
        except InvalidToken:
            fits = False
        else:
            fits = True
        if not fits:
            raise InvalidValue("token is not one of this app's")
        return cls(token, TokenDetails.of(table.get("details")))


def _table(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidValue(f"{what} is not an object")
    return value


def _text(table: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = table.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or (not value and default is None):
        raise InvalidValue(f"{key} is not a text")
    if len(value) > LONGEST_TEXT:
        raise InvalidValue(f"{key} is longer than {LONGEST_TEXT} characters")
    return check_printable(value, key)


def _time(table: Mapping[str, Any], key: str) -> str:
    text = _text(table, key, "")
    try:
        return timestamps.stored(timestamps.read(text)) if text else ""
    except ValueError:
        pass
    raise InvalidValue(f"{key} is not a time")
