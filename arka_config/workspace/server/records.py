"""Security records in the database: the audit log, and the failed attempts of each address.

Attempts are stored in the database because workers share nothing else. Only failures are counted, and only failing
requests are rejected, so a valid token works even if others behind the same address try invalid ones.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import case, delete, event, select

from arka_config.workspace.server import logs
from arka_config.workspace.server.audit_log import to_document
from arka_config.workspace.server.database import insert, insert_row
from arka_config.workspace.server.tables import Attempt, AuditEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.database import Database

SIGNED_IN = "signed in"
SIGNED_OUT = "signed out"
USER_ADDED = "user added"
USER_REMOVED = "user removed"
IDENTITY_LINKED = "identity linked"
LINK_MADE = "sign-in link made"
PLAN_CHANGED = "plan changed"
TOKEN_CREATED = "token created"
TOKEN_ROTATED = "token rotated"
TOKEN_REVOKED = "token revoked"
LOGIN_APPROVED = "login approved"
LOGIN_DENIED = "login denied"
TOKEN_LEAKED = "leaked token revoked"  # a partner reported it
TOKEN_FOUND = "token revoked by its finder"
LIMIT_REACHED = "limit reached"
CLEANED_UP = "cleaned up"
AUDIT_REPLAYED = "audit replayed"  # after a backup was restored

REVOCATIONS = frozenset((TOKEN_REVOKED, TOKEN_LEAKED, TOKEN_FOUND))  # of the token that is the subject
ACTIONS = frozenset(
    (
        *(SIGNED_IN, SIGNED_OUT, USER_ADDED, USER_REMOVED, LINK_MADE, PLAN_CHANGED, TOKEN_CREATED, TOKEN_ROTATED),
        *(LOGIN_APPROVED, LOGIN_DENIED, IDENTITY_LINKED, LIMIT_REACHED, CLEANED_UP, AUDIT_REPLAYED, *REVOCATIONS),
    )
)

LOCAL = "command line"  # the address of a command that opens the database itself


class Limit(NamedTuple):
    """The number of failures of one kind that are allowed in a window, which starts with the first failure."""

    kind: str
    most: int
    window: timedelta


SIGN_IN_LIMIT = Limit("sign-in", 10, timedelta(minutes=10))
_MAX_BLOCKED = 10_000  # in memory
BAD_TOKEN_LIMIT = Limit("bad token", 100, timedelta(minutes=1))
LOGIN_REQUEST_LIMIT = Limit("login request", 30, timedelta(minutes=10))
USER_CODE_LIMIT = Limit("user code", 10, timedelta(minutes=10))  # for each user
FOUND_TOKEN_LIMIT = Limit("found token", 20, timedelta(minutes=10))  # counts all, so that the limit tells nothing
BAD_REPORT_LIMIT = Limit("bad report", 20, timedelta(minutes=1))


def audit(
    session: Session,
    action: str,
    *,
    user_id: str | None,
    subject: str = "",
    address: str = LOCAL,
    acting_token: str | None = None,
) -> None:
    """Add an entry to the audit log, in the transaction of the action itself.

    `acting_token` is the id of the token that the action was done with; None for a page or a command. An entry never
    contains a token, a sign-in code or a session key.
    """
    entry = AuditEntry(at=datetime.now(UTC), user_id=user_id, action=action, subject=subject, address=address)
    entry.acting_token = acting_token
    entry.id = insert_row(session, entry)
    if logs.AUDIT.isEnabledFor(logging.INFO):
        event.listen(session, "after_commit", lambda _: logs.log_audit_entry(action, to_document(entry)), once=True)


def list_entries(
    session: Session, user_id: str, limit: int, *, before: int | None = None, since: datetime | None = None
) -> list[AuditEntry]:
    """Return up to `limit` of a user's entries, newest first: those before an id, not older than a time."""
    query = select(AuditEntry).where(AuditEntry.user_id == user_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    return list(session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)))


def parse_entry_id(text: str) -> int | None:
    """Return the id of an entry in a URL; None if it is not one."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else None


class BlockedAddresses:
    """When each blocked address may fail again, and what it sent since it was blocked, in the memory of one worker.

    A window never ends earlier than its first failure decided, so that a blocked address needs no query.
    """

    def __init__(self) -> None:
        self._ends: dict[tuple[Limit, str], float] = {}
        self._sent: dict[tuple[Limit, str, bytes], float] = {}

    def seconds_to_wait(self, limit: Limit, address: str) -> int:
        """Return for how many seconds the address is known to be rejected."""
        return max(math.ceil(self._ends.get((limit, network(address)), 0) - time.monotonic()), 0)

    def is_repeated(self, limit: Limit, address: str, secret: bytes) -> bool:
        """Whether a blocked address has sent the same secret before, of which this is the digest."""
        key = (limit, network(address), secret)
        now, end = time.monotonic(), self._ends.get((limit, network(address)), 0)
        if self._sent.get(key, 0) > now:
            return True
        if len(self._sent) >= _MAX_BLOCKED:
            self._sent = {each: until for each, until in self._sent.items() if until > now}
        if len(self._sent) < _MAX_BLOCKED:
            self._sent[key] = end
        return False

    def add(self, limit: Limit, address: str, seconds: int) -> None:
        """Remember that an address is rejected for so many seconds."""
        now = time.monotonic()
        if len(self._ends) >= _MAX_BLOCKED:
            self._ends = {key: end for key, end in self._ends.items() if end > now}
        if len(self._ends) < _MAX_BLOCKED:
            self._ends[limit, network(address)] = now + seconds - 1  # it was rounded up


def seconds_to_wait(database: Database, limit: Limit, address: str) -> int:
    """Return for how many seconds the address, or the user with this id, is rejected; 0 if it is not."""
    now = datetime.now(UTC)
    with database.read() as session:
        attempt = session.get(Attempt, (limit.kind, network(address)))
    if attempt is None or attempt.ends <= now or attempt.count < limit.most:
        return 0
    return max(math.ceil((attempt.ends - now).total_seconds()), 1)


def count_failure(database: Database, limit: Limit, address: str, *, user_id: str | None = None, times: int = 1) -> int:
    """Count one more failure of the address, or of the user if one is given, or several at once.

    Return for how many seconds it is rejected now; 0 if it is not. The failure that reaches the limit is added to the
    audit log, later ones are not.
    """
    with database.write() as session:
        count, ends = _increment(session, limit, user_id or network(address), times)
        if count - times < limit.most <= count:
            audit(session, LIMIT_REACHED, user_id=user_id, subject=limit.kind, address=address)
    return max(math.ceil((ends - datetime.now(UTC)).total_seconds()), 1) if count >= limit.most else 0


def _increment(session: Session, limit: Limit, address: str, times: int) -> tuple[int, datetime]:
    now = datetime.now(UTC)
    session.execute(delete(Attempt).where(Attempt.ends <= now - timedelta(days=1)))
    first = insert(session, Attempt).values(kind=limit.kind, address=address, ends=now + limit.window, count=times)
    is_over = Attempt.ends <= now
    updated = first.on_conflict_do_update(
        index_elements=["kind", "address"],
        set_={
            "count": case((is_over, times), else_=Attempt.count + times),
            "ends": case((is_over, first.excluded.ends), else_=Attempt.ends),
        },
    )
    count, ends = session.execute(updated.returning(Attempt.count, Attempt.ends)).one()
    return count, ends


def network(address: str) -> str:
    """Return what counts as one address: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
