"""How long a workspace takes to verify one of a thousand tokens, and one of a million."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, text, update

from arka_config.arka import app
from arka_config.workspace.server import scopes, tokens
from arka_config.workspace.server.tables import Token, User, digest
from arka_config.workspace.server.workspace import Workspace
from bench.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FEW, MANY = 1_000, 1_000_000
SAMPLE = 500  # tokens, all verified in each round
_OF_EACH = 100  # tokens per user


class Filled(NamedTuple):
    """A workspace with many tokens, a sample of them, and one that may manage tokens."""

    workspace: Workspace
    sample: Sequence[str]
    manager: str


def fill(url: str, rows: int) -> Filled:
    """Create a workspace with so many tokens, all used just now."""
    workspace = Workspace.open(app, url, migrate=True)
    sample = [tokens.new_token(app).reveal() for _ in range(SAMPLE)]
    now = datetime.now(UTC)
    with workspace.database.write() as session:
        users = [
            {"id": _user(number), "email": f"{number}@example.com", "plan": "pro", "created": now}
            for number in range(rows // _OF_EACH)
        ]
        session.execute(insert(User), users)
    if workspace.database.is_sqlite:
        _fill_sqlite(workspace, _rows(rows, sample, now))
    else:
        _fill_postgresql(workspace, _rows(rows, sample, now))
    with workspace.database.write() as session:
        session.execute(text("ANALYZE"))
    manager = workspace.issue("0@example.com", "manager", [scopes.MANAGE]).secret.reveal()
    return Filled(workspace, sample, manager)


def timings(among: Mapping[int, Filled], runs: int) -> dict[int, Timing]:
    """Measure one verification in milliseconds, by the number of rows: so many rounds, after one to warm up.

    The workspaces take turns, so that other load on the machine affects all of them.
    """
    times: dict[int, list[float]] = {rows: [] for rows in among}
    for counted in (False, *[True] * runs):
        for held in among.values():
            _mark_used(held)
        took = dict.fromkeys(among, 0.0)
        for number in range(SAMPLE):
            for rows, held in among.items():
                took[rows] += _measure(held, number)
        for rows, seconds in took.items():
            if counted:
                times[rows].append(1e3 * seconds / SAMPLE)
    return {rows: Timing(taken) for rows, taken in times.items()}


def _measure(held: Filled, number: int) -> float:
    """Verify this token of the sample and return the seconds."""
    begin = time.perf_counter()
    found = held.workspace.verifier.verify_now(held.sample[number])
    took = time.perf_counter() - begin
    if found is None:
        raise SystemExit("a token of the sample was not found")
    return took


_COLUMNS = ("id", "user_id", "digest", "label", "last_four", "scopes", "created", "last_used")


def _rows(count: int, sample: Sequence[str], now: datetime) -> Iterator[tuple[object, ...]]:
    """Yield rows with the tokens of the sample spread over them. The others have only random digests."""
    every = count // len(sample)
    for number in range(count):
        at, is_known = divmod(number, every)
        known = is_known == 0 and at < len(sample)
        kept = digest(sample[at]) if known else os.urandom(32)
        user = _user(number // _OF_EACH)
        yield f"tok_{number:022}", user, kept, f"token {number}", "xxxx", "", now + timedelta(microseconds=number), now


def _user(number: int) -> str:
    return f"usr_{number:022}"


def _fill_sqlite(workspace: Workspace, rows: Iterator[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * len(_COLUMNS))
    plain = (tuple(_to_sqlite(value) for value in row) for row in rows)
    with workspace.database.write() as session:
        cursor: Any = session.connection().connection.cursor()
        cursor.executemany(f"INSERT INTO tokens ({', '.join(_COLUMNS)}) VALUES ({marks})", plain)
        cursor.close()


def _to_sqlite(value: object) -> object:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value


def _fill_postgresql(workspace: Workspace, rows: Iterator[tuple[object, ...]]) -> None:
    with workspace.database.write() as session:
        cursor: Any = session.connection().connection.cursor()
        with cursor.copy(f"COPY tokens ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.close()


def _mark_used(held: Filled) -> None:
    """Use the sample now, so that no round writes its time of use, which happens once a minute."""
    with held.workspace.database.write() as session:
        digests = [digest(token) for token in held.sample]
        session.execute(update(Token).where(Token.digest.in_(digests)).values(last_used=datetime.now(UTC)))
