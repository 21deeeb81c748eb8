"""Tokens are verified many at once, with a lost connection, and on a full disk. Also when the last use is written."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from arka_config.arka import app
from arka_config.workspace.server import verification
from arka_config.workspace.server.api.shortcut import Shortcut
from arka_config.workspace.server.application import create_application
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.tables import Token
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.clients import ANN, BOB, MANAGE, UNKNOWN, Api
from tests.workspace.server.test_concurrency import run_concurrently

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace
    from arka_config.workspace.server.verified_token import VerifiedToken
    from tests.workspace.server.postgresql import PostgreSQL


def read_last_use(workspace: RunningWorkspace, token_id: str) -> datetime | None:
    with workspace.workspace.database.read() as session:
        return session.scalar(select(Token.last_used).where(Token.id == token_id))


def fail_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Any:
        raise OperationalError("UPDATE", {}, Exception("database or disk is full"))

    monkeypatch.setattr(Database, "write", fail)


def test_concurrent_requests_each_get_their_own_token(workspace: RunningWorkspace, api: Api) -> None:
    """They share a statement, which may look up any number of tokens."""
    issued = [workspace.issue(ANN, f"number {number}") for number in range(9)]
    tokens = [each.secret.reveal() for each in issued] + [UNKNOWN, "arka_" + "v" * 37]
    for count in (1, 2, 3, 5, 11):
        responses = run_concurrently(*[partial(api.get, "me", token=token) for token in tokens[-count:]])
        found = [each.json()["token"]["id"] if each.status_code == 200 else None for each in responses]
        assert found == [*(each.token.id for each in issued), None, None][-count:]


def test_a_batch_is_looked_up_by_one_statement(workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    held = workspace.workspace
    tokens = [workspace.issue(ANN, "x").secret.reveal() for _ in range(5)]
    sizes: list[int] = []
    look_up = Database.look_up

    def count(self: Database, query: Any, values: dict[str, list[bytes]]) -> Any:
        sizes.append(len(values["digests"]))
        return look_up(self, query, values)

    monkeypatch.setattr(Database, "look_up", count)
    monkeypatch.setattr(verification, "_MAX_BATCH", 4)

    async def verify_all() -> list[VerifiedToken | None]:
        return await asyncio.gather(*map(held.verifier.verify, [*tokens, "x", UNKNOWN]))

    found = asyncio.run(verify_all())
    assert [each is not None for each in found] == [True] * 5 + [False] * 2
    assert sizes == [4, 2]  # padded to powers of two


def test_reader_waits_for_a_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process recovers the file, readers wait, but the event loop does not."""
    locked = sqlite3.OperationalError("database is locked")
    locked.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY

    def fail(*_: object) -> Any:
        raise OperationalError("SELECT", {}, locked)

    workspace = Workspace.open(app, f"sqlite:///{tmp_path / 'w.db'}")
    workspace.add_user(ANN, "pro")
    token = workspace.issue(ANN, "x").secret.reveal()
    monkeypatch.setattr(Database, "look_up", fail)
    assert asyncio.run(workspace.verifier.verify(token)) is not None
    assert asyncio.run(workspace.verifier.verify(UNKNOWN)) is None
    workspace.close()


@pytest.mark.peer("postgresql")
def test_connection_that_was_lost_while_idle_is_replaced(server: PostgreSQL) -> None:
    url = server.create_database()
    workspace = Workspace.open(app, url, migrate=True)
    workspace.add_user(ANN, "pro")
    token = workspace.issue(ANN, "x").secret.reveal()
    assert workspace.verifier.verify_now(token) is not None
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with workspace.database.write() as session:
        session.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    assert workspace.verifier.verify_now(token) is not None
    workspace.close()
    server.drop_database(url)


def test_database_that_cannot_be_written_refuses_no_token(
    workspace: RunningWorkspace, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = workspace.issue(ANN, "CI")
    successor = api.post("tokens/current/rotate", token=old.secret.reveal()).json()
    uses = workspace.workspace.verifier.last_uses
    with monkeypatch.context() as patch:
        fail_writes(patch)
        for _ in range(3):
            assert api.accepts(old.secret.reveal())
            assert api.accepts(successor["token"])
            uses.flush()
    assert read_last_use(workspace, old.token.id) is None
    uses.flush()  # the uses that were collected meanwhile are not lost
    assert read_last_use(workspace, old.token.id) is not None
    assert read_last_use(workspace, successor["details"]["id"]) is not None


def test_last_uses_are_written_together_and_never_move_back(workspace: RunningWorkspace, api: Api) -> None:
    first, second = (workspace.issue(ANN, "x") for _ in range(2))
    assert all(api.accepts(each.secret.reveal()) for each in (first, second))
    assert read_last_use(workspace, first.token.id) is None  # only in memory
    later = datetime.now(UTC) + timedelta(seconds=30)  # written by another worker
    with workspace.workspace.database.write() as session:
        session.execute(update(Token).where(Token.id == second.token.id).values(last_used=later))
    workspace.workspace.verifier.last_uses.flush()
    used = read_last_use(workspace, first.token.id)
    assert used is not None
    assert datetime.now(UTC) - used < timedelta(minutes=1)
    assert read_last_use(workspace, second.token.id) == later


def test_closing_a_workspace_writes_the_last_uses(workspace: RunningWorkspace) -> None:
    worker = Workspace.open(app, workspace.database_url)
    issued = workspace.issue(ANN, "x")
    assert worker.verifier.verify_now(issued.secret.reveal()) is not None
    worker.close()
    assert read_last_use(workspace, issued.token.id) is not None


def test_first_use_of_a_successor_is_written_at_once(workspace: RunningWorkspace, api: Api) -> None:
    """If it were not, the next rotation, which any worker may handle, would take it for lost and revoke it."""
    old = workspace.issue(ANN, "CI").secret.reveal()
    new = api.post("tokens/current/rotate", token=old).json()
    assert api.accepts(new["token"])
    assert read_last_use(workspace, new["details"]["id"]) is not None
    api.post("tokens/current/rotate", token=old)
    assert api.accepts(new["token"])


@pytest.mark.parametrize(
    "kind", ["valid", "lower case", "free plan", "unknown", "malformed", "none", "basic", "no scheme"]
)
def test_shortcut_answers_exactly_as_the_route(workspace: RunningWorkspace, kind: str) -> None:
    workspace.add_user(BOB, "free")
    token = workspace.issue(BOB if kind == "free plan" else ANN, "x", [MANAGE]).secret.reveal()
    workspace.workspace.verifier.verify_now(token)
    workspace.workspace.verifier.last_uses.flush()
    header = {
        "lower case": f"bearer {token}",
        "unknown": f"Bearer {UNKNOWN}",
        "malformed": "Bearer x",
        "none": "",
        "basic": f"Basic {token}",
        "no scheme": token,
    }.get(kind, f"Bearer {token}")
    shortcut: Any = create_application(workspace.workspace)
    while not isinstance(shortcut, Shortcut):
        shortcut = shortcut._app

    async def ask(application: Any) -> httpx.Response:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/api/v1/me", headers={"Authorization": header} if header else {})

    answers = [asyncio.run(ask(each)) for each in (shortcut, shortcut._app)]
    first, second = [(each.status_code, dict(each.headers), each.content) for each in answers]
    assert first == second
    assert answers[0].status_code == {"valid": 200, "lower case": 200, "free plan": 403}.get(kind, 401)
