"""Delete expired tokens and old audit entries, after an age that the operator sets.

All servers of a database try this regularly, and one of them does it: the one whose statement claims the hour.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from arka_config.text import visible
from arka_config.workspace.server import logs, records
from arka_config.workspace.server.database import insert
from arka_config.workspace.server.outages import driver_message
from arka_config.workspace.server.tables import AuditEntry, Job, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute

    from arka_config.workspace.server.database import Database

    Watch = Callable[[int, int], None]

EVERY = timedelta(hours=1)
_TRY_EVERY = 300.0  # seconds; a server that claimed the hour may have been killed
_TIME_LIMIT = 60.0  # seconds to find one batch in a large table
_AT_ONCE = 1000  # rows in one transaction, which other writers wait for
_JOB = "cleanup"


class Retention(NamedTuple):
    """How long expired tokens and audit entries are kept. None keeps them."""

    expired: timedelta | None = None
    audit: timedelta | None = None


class Removed(NamedTuple):
    """How many rows were deleted."""

    tokens: int
    entries: int


def clean_up(database: Database, retention: Retention, watch: Watch | None = None) -> Removed:
    """Delete what is older than its retention, and record in the audit log how much that was.

    `watch` is called with the number of deleted rows and their total, which is counted only for it.
    """
    now = datetime.now(UTC)
    expired = audit = 0
    expired_rows = None if retention.expired is None else Token.expires <= now - retention.expired
    audit_rows = None if retention.audit is None else AuditEntry.at <= now - retention.audit
    total = 0
    if watch is not None:
        total = _count(database, Token.id, expired_rows) + _count(database, AuditEntry.id, audit_rows)
        watch(0, total)

    def report(before: int, deleted: int) -> None:
        if watch is not None:
            watch(before + deleted, max(total, before + deleted))

    if expired_rows is not None:
        expired = _delete(database, Token.id, expired_rows, partial(report, 0))
    if audit_rows is not None:
        audit = _delete(database, AuditEntry.id, audit_rows, partial(report, expired))
    if expired or audit:
        with database.write() as session:
            subject = f"{expired} expired tokens, {audit} audit entries"
            records.audit(session, records.CLEANED_UP, user_id=None, subject=subject)
    return Removed(expired, audit)


def _count(
    database: Database, key: InstrumentedAttribute[str] | InstrumentedAttribute[int], old: ColumnElement[bool] | None
) -> int:
    if old is None:
        return 0
    with database.read(_TIME_LIMIT) as session:
        return session.scalar(select(func.count(key)).where(old)) or 0


def _delete(
    database: Database,
    key: InstrumentedAttribute[str] | InstrumentedAttribute[int],
    old: ColumnElement[bool],
    report: Callable[[int], None],
) -> int:
    """Delete the old rows of a table, in batches, and return their number."""
    count = 0
    while True:
        with database.write(_TIME_LIMIT) as session:
            batch = select(key).where(old).limit(_AT_ONCE)
            deleted = len(session.scalars(delete(key.class_).where(key.in_(batch)).returning(key)).all())
        count += deleted
        report(count)
        if deleted < _AT_ONCE:
            return count


def claim(database: Database, every: timedelta = EVERY) -> bool:
    """Whether this process is the one to clean up now: the first since that time, on any machine."""
    now = datetime.now(UTC)
    with database.write() as session:
        first = insert(session, Job).values(name=_JOB, started=now)
        statement = first.on_conflict_do_update(
            index_elements=["name"], set_={"started": now}, where=Job.started <= now - every
        )
        return session.scalar(statement.returning(Job.name)) is not None


@contextmanager
def run_regularly(database: Database, retention: Retention) -> Iterator[None]:
    """Clean up in a thread of this process until the block ends, if there is a retention."""
    if retention == Retention():
        yield
        return
    stopping = threading.Event()
    thread = threading.Thread(target=_clean_up_regularly, args=(database, retention, stopping), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _clean_up_regularly(database: Database, retention: Retention, stopping: threading.Event) -> None:
    while True:
        try:
            if claim(database):
                clean_up(database, retention)
        except SQLAlchemyError as error:
            logs.SERVER.warning("nothing was cleaned up: %s", visible(driver_message(error)))
        if stopping.wait(_TRY_EVERY):
            return
