"""Leaked tokens: revoke them, record the reporter, and show their owner a notice until it is dismissed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select, update

from arka_config import token_checksum
from arka_config.text import visible
from arka_config.workspace.server import records
from arka_config.workspace.server.tables import MAX_LEAK_URL_LENGTH, Leak, Token, digest
from arka_config.workspace.server.tokens import ID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.database import Database

FINDER = "finder"  # a person or program that had the token
PARTNER = "partner"  # a secret-scanning service
_MAX_SOURCE_LENGTH = 40
_AT_ONCE = 500  # digests in one query


class Report(NamedTuple):
    """A token that was found, what in (`commit`), and its URL; both may be empty. The repr does not show the token."""

    token: str
    source: str = ""
    url: str = ""

    def __repr__(self) -> str:
        return f"Report({self.source!r}, {self.url!r})"

    @property
    def hash(self) -> str:
        """The SHA-256 of the token, in hexadecimal digits."""
        return hashlib.sha256(self.token.encode("utf-8", "surrogatepass")).hexdigest()


def revoke_found(database: Database, token: str, *, address: str) -> None:
    """Revoke a found token. Nothing is returned, so that no caller learns whether there was one."""
    with database.read() as session:
        live, _ = _find(session, [digest(token)])
    if live:
        with database.write() as session:
            _revoke(session, Report(token), FINDER, address=address)


def revoke_reported(database: Database, app: AppIdentity, reports: Sequence[Report], *, address: str) -> list[bool]:
    """Revoke the tokens that a partner reports. Return for each whether it is, or was, a real token.

    A token that was revoked before is not in the database any more: it is recognized by its checksum, if it has one.
    """
    with database.read() as session:
        live, leaked = _find(session, [digest(each.token) for each in reports])
    if live:
        with database.write() as session:
            # Sorted, so that two requests lock rows in the same order.
            for key, report in sorted((digest(each.token), each) for each in reports):
                if key in live:
                    _revoke(session, report, PARTNER, address=address)
    return [digest(each.token) in live | leaked or _has_checksum(app, each.token) for each in reports]


def list_notices(session: Session, user_id: str) -> list[Leak]:
    """Return the user's leaked tokens that they have not dismissed, newest first."""
    query = select(Leak).where(Leak.user_id == user_id, Leak.dismissed.is_(None))
    return list(session.scalars(query.order_by(Leak.reported.desc(), Leak.id).limit(20)))


def dismiss(session: Session, user_id: str, leak_id: str) -> None:
    """Do not show a notice to the user any more."""
    if not ID.fullmatch(leak_id):  # PostgreSQL rejects text with a NUL
        return
    chosen = update(Leak).where(Leak.user_id == user_id, Leak.id == leak_id)
    session.execute(chosen.values(dismissed=datetime.now(UTC)))


def _find(session: Session, digests: Sequence[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Return which of the digests are of tokens that exist, and which of tokens that leaked before."""
    live: set[bytes] = set()
    leaked: set[bytes] = set()
    for at in range(0, len(digests), _AT_ONCE):
        each = digests[at : at + _AT_ONCE]
        live.update(session.scalars(select(Token.digest).where(Token.digest.in_(each))))
        leaked.update(session.scalars(select(Leak.digest).where(Leak.digest.in_(each))))
    return live, leaked


def _revoke(session: Session, report: Report, reporter: str, *, address: str) -> None:
    """Delete the token and record its leak, unless another request has just done so."""
    key = digest(report.token)
    deleted = delete(Token).where(Token.digest == key)
    row = session.execute(deleted.returning(Token.id, Token.user_id, Token.label, Token.last_four)).one_or_none()
    if row is None:
        return
    leak = Leak(digest=key, id=row.id, user_id=row.user_id, label=row.label, last_four=row.last_four)
    leak.reported, leak.reporter = datetime.now(UTC), reporter
    leak.source = visible(report.source)[:_MAX_SOURCE_LENGTH]
    leak.url = visible(report.url)[:MAX_LEAK_URL_LENGTH]
    session.add(leak)
    is_found = reporter == FINDER
    records.audit(
        session,
        records.TOKEN_FOUND if is_found else records.TOKEN_LEAKED,
        user_id=row.user_id,
        subject=row.id,
        address=address,
        acting_token=row.id if is_found else None,
    )


def _has_checksum(app: AppIdentity, token: str) -> bool:
    prefix = app.prefix_of(token)
    has_format = (prefix or not app.token_prefixes) and len(token) == (app.length_of(prefix) or len(token))
    return app.token_checksum != token_checksum.NONE and bool(has_format) and token_checksum.is_valid(token, prefix)
