"""The exported audit log: a file that only grows, and what is replayed from it after a backup was restored.

A restored database has the tokens and users that were revoked and removed since the backup. The export is kept apart
from the database, so it still knows them.
"""

from __future__ import annotations

import json
import os
import time
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select, update

from arka_config import timestamps
from arka_config.errors import ConfigError
from arka_config.store import files
from arka_config.store.system import SYSTEM
from arka_config.text import quote_path
from arka_config.workspace.server import accounts, records
from arka_config.workspace.server.audit_format import FORMAT
from arka_config.workspace.server.audit_log import TIME_LIMIT, Filter, stream, to_document
from arka_config.workspace.server.tables import AuditEntry, BrowserSession, LoginRequest, SignInCode, Token, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from sqlalchemy.orm import Session

    from arka_config.workspace.server.database import Database

    Watch = Callable[[int, int], None]

# An entry becomes visible when its transaction commits, perhaps after later ones. No transaction lasts this long.
_OVERLAP = timedelta(minutes=10)
_TAIL = 8 << 20  # bytes at the end of the file that are compared with the database
_IDS_AT_ONCE = 500
_PAUSE = 0.05  # seconds between two looks at the lock of another export
_START = b'{"version": '  # of each line


class Entry(NamedTuple):
    """An exported entry, as far as it is replayed."""

    at: datetime
    action: str
    user_id: str
    subject: str


class Replayed(NamedTuple):
    """What was revoked, removed and changed again, and the time of the last entry."""

    tokens: int
    users: int
    plans: int
    sessions: int
    last: datetime | None


def export(database: Database, path: str, watch: Watch = lambda _done, _all: None) -> int:
    """Append the entries that the file does not have yet, and return their number. Private, and on disk afterwards.

    `watch` is called with how many entries were read, of how many.

    Raises FileError, and ConfigError if the file is not an export.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), files.PRIVATE_FILE)
        with open(descriptor, "r+b") as file:
            _lock(file)
            return _append(database, file, path, watch)
    except OSError as error:
        raise files.failure("write", path, error) from None


def _append(database: Database, file: BinaryIO, path: str, watch: Watch) -> int:
    known, last = _read_tail(file, path)
    since = None if last is None else last - _OVERLAP
    count = 0
    with database.read(TIME_LIMIT) as session:
        newer = select(func.count(AuditEntry.id))
        total = session.scalar(newer if since is None else newer.where(AuditEntry.at >= since)) or 0
        for done, entry in enumerate(stream(session, Filter(since=since))):
            watch(done, max(done, total))
            document = to_document(entry)
            if (document["id"], document["at"]) not in known:
                file.write(json.dumps(document).encode() + b"\n")
                count += 1
    file.flush()
    os.fsync(file.fileno())
    return count


def _read_tail(file: BinaryIO, path: str) -> tuple[set[tuple[object, object]], datetime | None]:
    """Read which entries the end of the file has, and the time of the newest. Remove an incomplete last line.

    It is incomplete if an export was interrupted, which will write the entry again.
    """
    size = file.seek(0, os.SEEK_END)
    start = file.seek(max(size - _TAIL, 0))
    lines = file.read().splitlines(keepends=True)
    if start:
        del lines[0]  # it may be the end of a line
    known: set[tuple[object, object]] = set()
    last: datetime | None = None
    for line in lines:
        if not line.endswith(b"\n") and (line.startswith(_START) or _START.startswith(line)):
            file.truncate(size - len(line))
            break
        document = _parse(line, quote_path(path))
        if not document:
            raise ConfigError(f"{quote_path(path)} is a log of the server", hint="name another file for the export")
        at = timestamps.parse(str(document["at"]))
        last = at if last is None else max(last, at)
        known.add((document["id"], document["at"]))
    file.seek(0, os.SEEK_END)
    return known, last


def _lock(file: BinaryIO) -> None:
    while not SYSTEM.try_lock(file.fileno()):
        time.sleep(_PAUSE)


def read_entries(path: str) -> Iterator[Entry]:
    """Yield the entries of an export, or of a log of the server in JSON. An incomplete last line is left out.

    Raises FileError, ConfigError for any other line that cannot be read: it may be a revocation.
    """
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n") and line.startswith(b'{"'):
                    return
                document = _parse(line, f"{quote_path(path)}, line {number}")
                if "action" in document:
                    yield Entry(
                        timestamps.parse(str(document["at"])),
                        str(document["action"]),
                        str(document["user_id"] or ""),
                        str(document["subject"]),
                    )
    except OSError as error:
        raise files.failure("read", path, error) from None


def _parse(line: bytes, place: str) -> dict[str, object]:
    """Parse an exported entry, or one in a log entry; an empty document for another log entry. Raises ConfigError."""
    reason = "is not an entry of an exported audit log"
    try:
        document = json.loads(line)
        if "logger" in document:
            document = document.get("audit")
            if document is None:
                return {}
        timestamps.parse(document["at"])
        if document["version"] <= FORMAT and document.keys() >= {"id", "action", "user_id", "subject"}:
            return dict(document)
        reason = "was written by a newer version"
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise ConfigError(f"{place} {reason}", hint="name files that 'workspace audit --export' or the server's log wrote")


def replay(database: Database, entries: Iterable[Entry], watch: Watch = lambda _done, _all: None) -> Replayed:
    """Repeat what the entries record, in one transaction: revoked tokens, removed users, and changed plans. `watch` is
    called with how many of them are done, of how many.

    Sessions, sign-in codes and requests to sign in end too: the backup may have some that were used up since.
    """
    tokens: set[str] = set()
    users: set[str] = set()
    plans: dict[str, str] = {}
    last: datetime | None = None
    with database.write(TIME_LIMIT) as session:
        newest = session.scalar(select(func.max(AuditEntry.at)))  # of the backup: it has what was changed before
        for entry in sorted(entries):
            last = entry.at
            if entry.action in records.REVOCATIONS:
                tokens.add(entry.subject)
            elif entry.action == records.USER_REMOVED:
                users.add(entry.user_id)
            elif entry.action == records.PLAN_CHANGED and (newest is None or entry.at > newest):
                plans[entry.user_id] = entry.subject
        total = len(tokens) + len(users)
        replayed = Replayed(
            tokens=_revoke(session, tokens, lambda done: watch(done, total)),
            users=_remove_users(session, users, lambda done: watch(len(tokens) + done, total)),
            plans=_set_plans(session, plans),
            sessions=_end_sessions(session),
            last=last,
        )
        _record(session, replayed)
    return replayed


def revoke_all(database: Database, watch: Watch = lambda _done, _all: None) -> Replayed:
    """Revoke every token, for a backup without an export, in one transaction. `watch` is called as by `replay`."""
    with database.write(TIME_LIMIT) as session:
        ids = session.scalars(select(Token.id)).all()
        tokens = _revoke(session, ids, lambda done: watch(done, len(ids)))
        replayed = Replayed(tokens, 0, 0, _end_sessions(session), None)
        _record(session, replayed)
    return replayed


def _record(session: Session, replayed: Replayed) -> None:
    subject = f"{replayed.tokens} tokens revoked, {replayed.users} users removed, {replayed.plans} plans changed"
    records.audit(session, records.AUDIT_REPLAYED, user_id=None, subject=subject)


def _revoke(session: Session, token_ids: Iterable[str], report: Callable[[int], None]) -> int:
    count = 0
    for number, batch in enumerate(_batches(token_ids)):
        report(number * _IDS_AT_ONCE)
        deleted = delete(Token).where(Token.id.in_(batch)).returning(Token.id, Token.user_id)
        for token_id, user_id in session.execute(deleted).all():
            records.audit(session, records.TOKEN_REVOKED, user_id=user_id, subject=token_id)
            count += 1
    return count


def _remove_users(session: Session, user_ids: Iterable[str], report: Callable[[int], None]) -> int:
    count = 0
    for number, batch in enumerate(_batches(user_ids)):
        report(number * _IDS_AT_ONCE)
        for user in session.scalars(select(User).where(User.id.in_(batch))).all():
            accounts.remove(session, user)
            count += 1
    return count


def _set_plans(session: Session, plans: dict[str, str]) -> int:
    count = 0
    for user_id, plan in plans.items():
        changed = update(User).where(User.id == user_id, User.plan != plan).values(plan=plan).returning(User.id)
        if plan in accounts.PLANS and session.scalar(changed) is not None:
            records.audit(session, records.PLAN_CHANGED, user_id=user_id, subject=plan)
            count += 1
    return count


def _end_sessions(session: Session) -> int:
    session.execute(delete(SignInCode))
    session.execute(delete(LoginRequest))
    return len(session.scalars(delete(BrowserSession).returning(BrowserSession.digest)).all())


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(sorted(ids))
    while batch := list(islice(remaining, _IDS_AT_ONCE)):
        yield batch
