"""The audit log as the operator reads it: filtered, and as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import or_, select

from arka_config import timestamps
from arka_config.workspace.server.audit_format import FORMAT
from arka_config.workspace.server.tables import AuditEntry, User

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.audit_format import AuditEntryDocument

TIME_LIMIT = 60.0  # seconds for a statement of a command that reads or writes much
_ROWS = 1000  # fetched at a time


class Filter(NamedTuple):
    """Which entries are wanted. `user` is an e-mail address or an id; `token` acted, or was acted on."""

    user: str = ""
    actions: Sequence[str] = ()
    token: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Found(NamedTuple):
    """An entry, and the e-mail address of its user, or None if they were removed."""

    entry: AuditEntry
    email: str | None


def search(session: Session, wanted: Filter, newest: int | None = None) -> list[Found]:
    """Find entries, oldest first: all of them, or only the newest."""
    query = _build_query(wanted).limit(newest)
    if newest is not None:
        found = session.execute(query.order_by(AuditEntry.id.desc()))
        return [Found._make(row) for row in found][::-1]
    return [Found._make(row) for row in session.execute(query.order_by(AuditEntry.id))]


def stream(session: Session, wanted: Filter) -> Iterator[AuditEntry]:
    """Yield entries, oldest first, without loading all of them."""
    query = _build_query(wanted).order_by(AuditEntry.id)
    for row in session.execute(query, execution_options={"yield_per": _ROWS}):
        yield row[0]


def _build_query(wanted: Filter) -> Select[AuditEntry, str]:
    query = select(AuditEntry, User.email).outerjoin(User, User.id == AuditEntry.user_id)
    if wanted.user:
        query = query.where(or_(AuditEntry.user_id == wanted.user, User.email == wanted.user.strip().lower()))
    if wanted.actions:
        query = query.where(AuditEntry.action.in_(wanted.actions))
    if wanted.token:  # a rotation names two tokens
        subject = AuditEntry.subject
        is_subject = or_(
            subject == wanted.token,
            subject.startswith(f"{wanted.token} ", autoescape=True),
            subject.endswith(f" {wanted.token}", autoescape=True),
        )
        query = query.where(or_(AuditEntry.acting_token == wanted.token, is_subject))
    if wanted.since is not None:
        query = query.where(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEntry.at < wanted.until)
    return query


def to_document(entry: AuditEntry) -> AuditEntryDocument:
    """An entry as JSON, in an export and in the server's log."""
    return {
        "version": FORMAT,
        "id": entry.id,
        "at": timestamps.to_text(entry.at, "microseconds"),
        "action": entry.action,
        "user_id": entry.user_id,
        "subject": entry.subject,
        "acting_token": entry.acting_token,
        "address": entry.address,
    }
