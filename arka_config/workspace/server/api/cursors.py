"""A cursor says where a list goes on. To those who send it back it is a word without a meaning."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta

from arka_config.workspace.server.tokens import ID, Place

LONGEST = 80
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def written(place: Place) -> str:
    """The cursor for a place."""
    microseconds = (place.created - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{microseconds} {place.id}".encode()).decode().rstrip("=")


def read(text: str) -> Place | None:
    """The place that a cursor means, or None where it is not one of ours."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        microseconds, _, token_id = decoded.partition(" ")
        created = _EPOCH + timedelta(microseconds=int(microseconds))
    except (binascii.Error, ValueError, OverflowError):
        return None
    return Place(created, token_id) if ID.fullmatch(token_id) else None
