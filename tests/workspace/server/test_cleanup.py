"""When their retention is over, expired tokens and old audit entries are deleted, by one server at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from arka_config.arka import app
from arka_config.workspace.server import cleanup
from arka_config.workspace.server.cleanup import Removed, Retention, claim, clean_up
from arka_config.workspace.server.tables import AuditEntry, Token
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.clients import ANN

DAY = timedelta(days=1)


@pytest.fixture
def opened(database_url: str) -> Iterator[Workspace]:
    with closing(Workspace.open(app, database_url)) as workspace:
        workspace.add_user(ANN, "pro")
        yield workspace


def issue_expired(workspace: Workspace, label: str, days: float) -> None:
    token = workspace.issue(ANN, label, [], datetime.now(UTC) + DAY).token
    with workspace.database.write() as session:
        expires = datetime.now(UTC) - days * DAY
        session.execute(update(Token).where(Token.id == token.id).values(expires=expires))


def labels(workspace: Workspace) -> set[str]:
    with workspace.database.read() as session:
        return set(session.scalars(select(Token.label)))


def actions(workspace: Workspace) -> list[str]:
    with workspace.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_tokens_are_deleted_only_if_expired_for_longer(opened: Workspace) -> None:
    opened.issue(ANN, "never expires")
    opened.issue(ANN, "valid", [], datetime.now(UTC) + DAY)
    issue_expired(opened, "expired today", 0.1)
    issue_expired(opened, "expired long ago", 31)
    assert clean_up(opened.database, Retention()) == Removed(0, 0)
    assert clean_up(opened.database, Retention(expired=30 * DAY)) == Removed(1, 0)
    assert labels(opened) == {"never expires", "valid", "expired today"}
    with opened.database.read() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.subject, last.user_id) == ("cleaned up", "1 expired tokens, 0 audit entries", None)


def test_old_audit_entries_are_deleted_in_batches(opened: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        opened.issue(ANN, f"number {number}")
    with opened.database.write() as session:
        session.execute(update(AuditEntry).values(at=datetime.now(UTC) - 401 * DAY))
    opened.issue(ANN, "today")
    monkeypatch.setattr(cleanup, "_AT_ONCE", 2)
    assert clean_up(opened.database, Retention(audit=400 * DAY)) == Removed(0, 7)
    assert actions(opened) == ["token created", "cleaned up"]
    assert clean_up(opened.database, Retention(audit=400 * DAY)) == Removed(0, 0)
    assert actions(opened) == ["token created", "cleaned up"]


def test_one_of_several_servers_claims_the_hour(opened: Workspace, database_url: str) -> None:
    others = [Workspace.open(app, database_url) for _ in range(3)]
    databases = [opened.database, *(other.database for other in others)]
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(claim, databases)) == [False, False, False, True]
    assert not claim(databases[0])
    assert claim(databases[1], timedelta(0))  # an hour later
    for other in others:
        other.close()


def test_server_cleans_up_when_it_starts(opened: Workspace) -> None:
    issue_expired(opened, "expired", 2)
    with cleanup.run_regularly(opened.database, Retention(expired=DAY)):
        pass  # its end waits for the thread
    assert labels(opened) == set()
    issue_expired(opened, "expired", 2)
    with cleanup.run_regularly(opened.database, Retention(expired=DAY)):
        pass
    assert labels(opened) == {"expired"}  # not twice in an hour
