"""A valid token and its user, as they were in the database when the token was looked up."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


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
