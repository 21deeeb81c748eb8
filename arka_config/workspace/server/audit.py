"""The record of who did what, when, and from which address. It never holds a token, a code or a session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from arka_config.workspace.server.tables import AuditEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SIGNED_IN = "signed in"
SIGNED_OUT = "signed out"
USER_ADDED = "user added"
LINK_MADE = "sign-in link made"
PLAN_CHANGED = "plan changed"
TOKEN_CREATED = "token created"
TOKEN_ROTATED = "token rotated"
TOKEN_REVOKED = "token revoked"
LIMIT_REACHED = "limit reached"

LOCAL = "command line"  # the address of who has the database's own URL


def record(session: Session, action: str, *, user_id: str | None, subject: str = "", address: str = LOCAL) -> None:
    """Writes an entry, in the transaction of what it is about: there is no one without the other."""
    session.add(AuditEntry(at=datetime.now(UTC), user_id=user_id, action=action, subject=subject, address=address))
