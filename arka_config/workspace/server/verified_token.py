"""A valid token and its user, as they were in the database when the token was looked up."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Sender(NamedTuple):
    """The sender of a request: its address, and a function that reads the name of its program from the User-Agent."""

    address: str = ""
    read_client: Callable[[], str] = str


class VerifiedUser(NamedTuple):
    """The user of a valid token."""

    id: str
    email: str
    plan: str


class VerifiedToken(NamedTuple):
    """A valid token, as it was in the database when it was looked up."""

    id: str
    user_id: str
    label: str
    last_four: str
    scopes: str
    created: datetime
    expires: datetime | None
    last_used: datetime | None
    successor_of: str | None
    user: VerifiedUser
