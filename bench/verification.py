"""How long a workspace takes to verify a token, among a thousand and among a million."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert, text, update

from arka_config.arka import app
from arka_config.workspace.server import tokens
from arka_config.workspace.server.tables import Token, User, digest
from arka_config.workspace.server.workspace import Workspace
from bench.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FEW, MANY = 1_000, 1_000_000
SAMPLE = 500  # tokens that are verified, in each round all of them
_OF_EACH = 100  # tokens of each user


class Filled(NamedTuple):
    """A workspace with so many tokens, and some of them."""

    workspace: Workspace
    sample: Sequence[str]


def filled(url: str, rows: int) -> Filled:
    """A workspace with so many tokens, which were all used a moment ago."""
    workspace = Workspace.open(app, url)
    sample = [tokens.new_token(app).reveal() for _ in range(SAMPLE)]
    now = datetime.now(UTC)
    with workspace.database.write() as session:
        users = [
            {"id": _user(number), "email": f"{number}@example.com", "plan": "pro", "created": now}
            for number in range(rows // _OF_EACH)
        ]
        session.execute(insert(User), users)
    if workspace.database.is_sqlite:
        _into_sqlite(workspace, _rows(rows, sample, now))
    else:
        _into_postgresql(workspace, _rows(rows, sample, now))
    with workspace.database.write() as session:
        session.execute(text("ANALYZE"))
    return Filled(workspace, sample)


def timings(among: Mapping[int, Filled], runs: int) -> dict[int, Timing]:
    """Milliseconds of one verification, by the number of rows: so many rounds, after one to warm up.

    One token among few, one among many, and so on: what else the machine does meanwhile, it does to both.
    """
    times: dict[int, list[float]] = {rows: [] for rows in among}
    for counted in (False, *[True] * runs):
        for held in among.values():
            _use(held)
        took = dict.fromkeys(among, 0.0)
        for number in range(SAMPLE):
            for rows, held in among.items():
                took[rows] += _verified(held, number)
        for rows, seconds in took.items():
            if counted:
                times[rows].append(1e3 * seconds / SAMPLE)
    return {rows: Timing(taken) for rows, taken in times.items()}


def _verified(held: Filled, number: int) -> float:
    """The seconds that the verification of this token of the sample takes."""
    begin = time.perf_counter()
    found = tokens.verify(held.workspace.database, app, held.sample[number])
    took = time.perf_counter() - begin
    if found is None:
        raise SystemExit("a token that was put there is not found")
    return took


_COLUMNS = ("id", "user_id", "digest", "label", "last_four", "scopes", "created", "last_used")


def _rows(count: int, sample: Sequence[str], now: datetime) -> Iterator[tuple[object, ...]]:
    """The tokens of the sample, spread over all of them; of the others the digests alone were drawn."""
    every = count // len(sample)
    for number in range(count):
        at, is_known = divmod(number, every)
        known = is_known == 0 and at < len(sample)
        kept = digest(sample[at]) if known else os.urandom(32)
        user = _user(number // _OF_EACH)
        yield f"tok_{number:022}", user, kept, f"token {number}", "xxxx", "", now + timedelta(microseconds=number), now


def _user(number: int) -> str:
    return f"usr_{number:022}"


def _into_sqlite(workspace: Workspace, rows: Iterator[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * len(_COLUMNS))
    plain = (tuple(_written(value) for value in row) for row in rows)
    with workspace.database.write() as session:
        cursor: Any = session.connection().connection.cursor()
        cursor.executemany(f"INSERT INTO tokens ({', '.join(_COLUMNS)}) VALUES ({marks})", plain)
        cursor.close()


def _written(value: object) -> object:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value


def _into_postgresql(workspace: Workspace, rows: Iterator[tuple[object, ...]]) -> None:
    with workspace.database.write() as session:
        cursor: Any = session.connection().connection.cursor()
        with cursor.copy(f"COPY tokens ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.close()


def _use(held: Filled) -> None:
    """Has the sample used now, so that no round writes it down: that is once a minute, whatever the number of rows."""
    with held.workspace.database.write() as session:
        digests = [digest(token) for token in held.sample]
        session.execute(update(Token).where(Token.digest.in_(digests)).values(last_used=datetime.now(UTC)))
