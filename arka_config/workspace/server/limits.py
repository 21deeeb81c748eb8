"""How often one address may fail. The counts are in the database, since workers share nothing else.

Only failures are counted, and only who fails is turned away: what works costs nothing more, and one who tries tokens
does not shut out the others behind the same address.
"""

from __future__ import annotations

import ipaddress
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import case, delete, select

from arka_config.workspace.server import audit
from arka_config.workspace.server.database import insert
from arka_config.workspace.server.tables import Attempt

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.database import Database


class Limit(NamedTuple):
    """So many failures of a kind, in a window that begins with the first of them."""

    kind: str
    most: int
    window: timedelta


SIGN_IN = Limit("sign-in", 10, timedelta(minutes=10))
BAD_TOKEN = Limit("bad token", 100, timedelta(minutes=1))


def seconds_to_wait(database: Database, limit: Limit, address: str) -> int:
    """For how long the address is turned away, in seconds; 0 where it is not."""
    now = datetime.now(UTC)
    with database.reading() as session:
        attempt = session.get(Attempt, (limit.kind, network(address)))
    if attempt is None or attempt.ends <= now or attempt.count < limit.most:
        return 0
    return max(math.ceil((attempt.ends - now).total_seconds()), 1)


def count_failure(database: Database, limit: Limit, address: str) -> None:
    """Counts one more. The one that fills the window goes into the audit log, and those after it are not written."""
    with database.writing() as session:
        if _counted(session, limit, network(address)) == limit.most:
            audit.record(session, audit.LIMIT_REACHED, user_id=None, subject=limit.kind, address=address)


def _counted(session: Session, limit: Limit, place: str) -> int:
    now = datetime.now(UTC)
    session.execute(delete(Attempt).where(Attempt.ends <= now - timedelta(days=1)))
    first = insert(session, Attempt).values(kind=limit.kind, address=place, ends=now + limit.window, count=1)
    is_over = Attempt.ends <= now
    session.execute(
        first.on_conflict_do_update(
            index_elements=["kind", "address"],
            set_={
                "count": case((is_over, 1), else_=Attempt.count + 1),
                "ends": case((is_over, first.excluded.ends), else_=Attempt.ends),
            },
        )
    )
    found = session.scalar(select(Attempt.count).where(Attempt.kind == limit.kind, Attempt.address == place))
    return found or 0


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 that an IPv6 subscriber has all to themselves."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
