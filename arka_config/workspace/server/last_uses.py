"""The last use of each token, its time, address and client: collected in memory, and written every few seconds.

Writing it must not make a request wait, and a database that cannot be written must not refuse a valid token.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import DBAPIError

from arka_config.text import visible
from arka_config.workspace.server.outages import UNAVAILABLE
from arka_config.workspace.server.tables import MAX_ADDRESS_LENGTH, MAX_CLIENT_LENGTH, Token

if TYPE_CHECKING:
    from arka_config.workspace.server.database import Database
    from arka_config.workspace.server.verified_token import Sender, VerifiedToken

PRECISION = timedelta(minutes=1)
_INTERVAL = 5.0  # seconds
_AT_ONCE = 500  # rows in one transaction, which other writers wait for
_UPDATE = (
    update(Token.__table__)  # type: ignore[arg-type]  # typed as FromClause
    .where(
        Token.id == bindparam("token_id"),
        or_(Token.last_used.is_(None), Token.last_used < bindparam("used")),
    )
    .values(last_used=bindparam("used"), last_used_address=bindparam("address"), last_used_client=bindparam("client"))
)


class _Use(NamedTuple):
    used: datetime
    address: str
    client: str

    @classmethod
    def by(cls, sender: Sender, used: datetime) -> _Use:
        """The use of a token by the sender of a request. What it sent is untrusted text of any length."""
        client = " ".join(visible(sender.read_client()[:MAX_CLIENT_LENGTH]).split())
        return cls(used, sender.address[:MAX_ADDRESS_LENGTH], client[:MAX_CLIENT_LENGTH])


class LastUses:
    """The last uses of one worker that are not written yet. Safe in threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._unwritten: dict[str, _Use] = {}
        self._timer: threading.Timer | None = None

    def record(self, token: VerifiedToken, sender: Sender) -> VerifiedToken:
        """Remember that a token is used now, unless it was used within the last minute. Return it with that time."""
        now = datetime.now(UTC)
        if token.last_used is not None and token.last_used > now - PRECISION:
            return token
        with self._lock:
            use = self._unwritten.get(token.id)
            if use is None:  # else the User-Agent is not read
                use = self._unwritten[token.id] = _Use.by(sender, now)
            if self._timer is None:
                self._timer = threading.Timer(_INTERVAL, self.flush)
                self._timer.daemon = True
                self._timer.start()
        return token._replace(last_used=use.used)

    @staticmethod
    def must_be_written_now(token: VerifiedToken) -> bool:
        """Whether this is the first use of a successor. If it is not written, the next rotation revokes it."""
        return token.last_used is None and token.successor_of is not None

    def write_first_use(self, token: VerifiedToken, sender: Sender) -> VerifiedToken | None:
        """Write a use now. None if the token was revoked in the meantime."""
        use = _Use.by(sender, datetime.now(UTC))
        try:
            with self._database.write() as session:
                session.connection().execute(_UPDATE, {"token_id": token.id, **use._asdict()})
                is_valid = session.scalar(select(Token.id).where(Token.id == token.id)) is not None
        except (DBAPIError, *UNAVAILABLE):  # then no rotation can be written either
            return self.record(token, sender)
        return token._replace(last_used=use.used) if is_valid else None

    def flush(self) -> None:
        """Write what is in memory. If that fails, keep it for the next time."""
        with self._writing:
            with self._lock:
                self._timer = None
                unwritten, self._unwritten = sorted(self._unwritten.items()), {}
            # Sorted, so that two workers lock rows in the same order.
            while unwritten:
                rows = [{"token_id": token_id, **use._asdict()} for token_id, use in unwritten[:_AT_ONCE]]
                try:
                    with self._database.write() as session:
                        session.connection().execute(_UPDATE, rows)
                except (DBAPIError, *UNAVAILABLE):
                    with self._lock:
                        self._unwritten = dict(unwritten) | self._unwritten
                    return
                del unwritten[:_AT_ONCE]

    def close(self) -> None:
        """Write what is in memory, for the last time."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
        self.flush()
