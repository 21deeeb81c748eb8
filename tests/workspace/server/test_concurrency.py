"""Rotations, revocations, uses and failures may be concurrent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from sqlalchemy import select, update

from arka_config.workspace.server import records, tokens
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.tables import Attempt, Token
from arka_config.workspace.server.verification import Verifier
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.clients import ANN, MANAGE, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.workspace.server.serving import RunningWorkspace
    from arka_config.workspace.server.verified_token import VerifiedToken

T = TypeVar("T")
CONCURRENCY = 6


@pytest.fixture
def other(workspace: RunningWorkspace) -> Iterator[Workspace]:
    """A second worker on the same database."""
    opened = Workspace.open(workspace.workspace.app, workspace.database_url)
    yield opened
    opened.close()


def run_concurrently(*calls: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(60) for future in [pool.submit(call) for call in calls]]


def test_concurrent_rotations_leave_one_successor(workspace: RunningWorkspace, api: Api) -> None:
    """If the successor of the last rotation is unused, the next rotation revokes it."""
    for round_ in range(3):
        old = workspace.issue(ANN, f"CI {round_}").secret.reveal()
        rotate = partial(api.post, "tokens/current/rotate", token=old)
        successors = [response.json()["token"] for response in run_concurrently(*[rotate] * CONCURRENCY)]
        assert sum(api.accepts(token) for token in successors) == 1
        assert api.accepts(old)


def test_rotation_during_revocation_does_not_save_the_token(workspace: RunningWorkspace, api: Api) -> None:
    for round_ in range(3):
        issued = workspace.issue(ANN, f"CI {round_}")
        old = issued.secret.reveal()
        rotate = partial(api.post, "tokens/current/rotate", token=old)
        rotated, revoked = run_concurrently(rotate, partial(api.delete, f"tokens/{issued.token.id}"))
        assert revoked.status_code == 204
        assert rotated.status_code in (201, 401)
        assert not api.accepts(old)


def test_concurrent_revocations_succeed_once(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "x")
    responses = run_concurrently(*[partial(api.delete, f"tokens/{issued.token.id}")] * CONCURRENCY)
    assert sorted(response.status_code for response in responses) == [204, *[404] * (CONCURRENCY - 1)]


@pytest.mark.parametrize("call", ["create", "revoke"])
def test_token_revoked_during_the_request_does_nothing(
    workspace: RunningWorkspace, other: Workspace, api: Api, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revocation is immediate: it stops requests in progress too."""
    manager, target = workspace.issue(ANN, "Stolen", [MANAGE]), workspace.issue(ANN, "target")
    verify = Verifier.verify

    async def verify_and_revoke(self: Verifier, text: str, *rest: Any) -> VerifiedToken | None:
        found = await verify(self, text, *rest)
        assert found is not None
        with other.database.write() as session:
            assert tokens.revoke(session, found.user_id, found.id, address="192.0.2.1")
        return found

    monkeypatch.setattr(Verifier, "verify", verify_and_revoke)
    token = manager.secret.reveal()
    if call == "create":
        response = api.post("tokens", token=token, json={"label": "Backdoor"})
    else:
        response = api.delete(f"tokens/{target.token.id}", token=token)
    monkeypatch.undo()
    assert response.status_code == 401
    assert [found["label"] for found in api.get("tokens").json()["tokens"]] == ["target", "Manager"]


def test_successor_in_use_is_not_revoked_by_the_next_rotation(workspace: RunningWorkspace, api: Api) -> None:
    """If its first use and the next rotation are concurrent, either it was used and stays valid, or it is revoked."""
    old = workspace.issue(ANN, "CI").secret.reveal()
    for _ in range(6):
        new = api.post("tokens/current/rotate", token=old).json()["token"]
        used, rotated = run_concurrently(
            partial(api.get, "me", token=new), partial(api.post, "tokens/current/rotate", token=old)
        )
        assert rotated.status_code == 201
        assert api.accepts(new) == (used.status_code == 200)


def test_concurrent_uses_update_the_last_use(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "busy")
    token, database = issued.secret.reveal(), workspace.workspace.database
    assert api.accepts(token)
    workspace.workspace.verifier.last_uses.flush()
    with database.write() as session:
        session.execute(update(Token).values(last_used=datetime.now(UTC) - timedelta(hours=1)))
    assert {response.status_code for response in run_concurrently(*[partial(api.get, "me", token=token)] * 20)} == {200}
    workspace.workspace.verifier.last_uses.flush()
    with database.read() as session:
        used = session.scalar(select(Token.last_used).where(Token.id == issued.token.id))
    assert used is not None
    assert datetime.now(UTC) - used < timedelta(minutes=1)


def test_failures_are_counted_across_workers(workspace: RunningWorkspace, other: Workspace) -> None:
    limit = Limit("bad token", 1_000, timedelta(minutes=10))
    databases = [workspace.workspace.database, other.database]
    run_concurrently(*[partial(records.count_failure, database, limit, "192.0.2.7") for database in databases * 10])
    with other.database.read() as session:
        assert session.scalar(select(Attempt.count)) == 20
    full = limit._replace(most=20)
    assert records.seconds_to_wait(other.database, full, "192.0.2.7") > 0
    assert records.seconds_to_wait(workspace.workspace.database, full, "192.0.2.8") == 0


def test_limit_window_ends_and_restarts(workspace: RunningWorkspace) -> None:
    database, limit = workspace.workspace.database, Limit("sign-in", 2, timedelta(minutes=10))
    for _ in range(3):
        records.count_failure(database, limit, "192.0.2.7")
    assert 590 < records.seconds_to_wait(database, limit, "192.0.2.7") <= 600
    with database.write() as session:
        session.execute(update(Attempt).values(ends=datetime.now(UTC)))
    assert records.seconds_to_wait(database, limit, "192.0.2.7") == 0
    records.count_failure(database, limit, "192.0.2.7")
    assert records.seconds_to_wait(database, limit, "192.0.2.7") == 0
    with database.write() as session:
        assert session.scalar(select(Attempt.count)) == 1
        session.execute(update(Attempt).values(ends=datetime.now(UTC) - timedelta(days=1)))
    records.count_failure(database, limit, "192.0.2.9")
    with database.read() as session:
        assert list(session.scalars(select(Attempt.address))) == ["192.0.2.9"]  # old rows are deleted


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_addresses_are_limited_by_network(address: str, counts_as: str) -> None:
    assert records.network(address) == counts_as
