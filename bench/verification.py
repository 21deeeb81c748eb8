"""How long a workspace takes to verify one of a thousand tokens, and one of a million."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, text, update

from arka_config.arka import app
from arka_config.workspace.scopes import MANAGE
from arka_config.workspace.server import tokens
from arka_config.workspace.server.tables import Timestamp, Token, digest
from arka_config.workspace.server.workspace import Workspace
from bench.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FEW, MANY = 1_000, 1_000_000
SAMPLE = 500  # tokens, all verified in each round
_OF_EACH = 100  # tokens per user
_PATIENCE = 600.0  # seconds


class _Dialect(NamedTuple):
    """How a database writes the numbers from 0, a number in 22 digits, and 32 random bytes."""

    numbers: str
    digits: str
    random: str


_SQLITE = _Dialect(
    "(WITH RECURSIVE numbers(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers WHERE number + 1 < :count) "
    "SELECT number FROM numbers) AS numbers",
    "printf('%022d', {})",
    "randomblob(32)",
)
_POSTGRESQL = _Dialect(
    "generate_series(0, :count - 1) AS numbers(number)",
    "lpad(({})::text, 22, '0')",
    "sha256(convert_to(random()::text || number, 'UTF8'))",
)


class Filled(NamedTuple):
    """A workspace with many tokens, a sample of them, and one that may manage tokens."""

    workspace: Workspace
    sample: Sequence[str]
    manager: str


def fill(url: str, rows: int) -> Filled:
    """Create a workspace with so many tokens, all used just now. Only the tokens of the sample are known."""
    workspace = Workspace.open(app, url, migrate=True)
    sample = [tokens.generate_token(app).reveal() for _ in range(SAMPLE)]
    now = datetime.now(UTC)
    dialect = _SQLITE if workspace.database.is_sqlite else _POSTGRESQL
    with workspace.database.write(_PATIENCE) as session:
        for statement in _statements(dialect):  # much faster than rows from here
            bound = text(statement).bindparams(bindparam("now", type_=Timestamp))
            session.execute(bound, {"count": rows, "now": now})
        known = [
            {"token_id": _token(number * (rows // SAMPLE)), "digest": digest(token)}
            for number, token in enumerate(sample)
        ]
        # So that they are spread over all tokens.
        table: Any = Token.__table__
        session.connection().execute(update(table).where(table.c.id == bindparam("token_id")), known)
        session.execute(text("ANALYZE"))
    manager = workspace.issue("0@example.com", "manager", [MANAGE]).secret.reveal()
    return Filled(workspace, sample, manager)


def _statements(dialect: _Dialect) -> Iterator[str]:
    """Yield the statements that insert `:count` tokens, and their users."""
    user, owner = dialect.digits.format("number"), dialect.digits.format(f"number / {_OF_EACH}")
    yield f"""INSERT INTO users (id, email, plan, created)
        SELECT 'usr_' || {user}, number || '@example.com', 'pro', :now
        FROM {dialect.numbers} WHERE number < :count / {_OF_EACH}"""
    yield f"""INSERT INTO tokens (id, user_id, digest, label, last_four, scopes, created, last_used,
        has_checksum)
        SELECT 'tok_' || {user}, 'usr_' || {owner}, {dialect.random}, 'token ' || number, 'xxxx', '', :now, :now, true
        FROM {dialect.numbers}"""


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


def _token(number: int) -> str:
    return f"tok_{number:022}"


def _mark_used(held: Filled) -> None:
    """Use the sample now, so that no round writes its time of use, which happens once a minute."""
    with held.workspace.database.write() as session:
        digests = [digest(token) for token in held.sample]
        session.execute(update(Token).where(Token.digest.in_(digests)).values(last_used=datetime.now(UTC)))
