"""What happens at the same time: rotations, revocations, uses. Whoever comes first, the rules hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pytest
from sqlalchemy import select, update

from arka_config.workspace.server import records, tokens
from arka_config.workspace.server.api.auth import Caller
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.tables import Attempt, Token
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.calling import ANN, MANAGE, Api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.workspace.server.serving import RunningWorkspace

T = TypeVar("T")
AT_ONCE = 6


@pytest.fixture
def other(workspace: RunningWorkspace) -> Iterator[Workspace]:
    """Another worker on the same database."""
    opened = Workspace.open(workspace.workspace.app, workspace.database_url)
    yield opened
    opened.close()


def at_once(*calls: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(60) for future in [pool.submit(call) for call in calls]]


def test_of_rotations_at_the_same_time_one_successor_is_left(workspace: RunningWorkspace, api: Api) -> None:
    """None of them was used when the next was made, so that nobody has stored it."""
    for round_ in range(3):
        old = workspace.issue(ANN, f"CI {round_}").secret.reveal()
        rotate = partial(api.post, "tokens/current/rotate", token=old)
        made = [answer.json()["token"] for answer in at_once(*[rotate] * AT_ONCE)]
        assert sum(api.accepts(token) for token in made) == 1
        assert api.accepts(old)


def test_a_token_that_is_rotated_while_it_is_revoked_is_revoked(workspace: RunningWorkspace, api: Api) -> None:
    for round_ in range(3):
        issued = workspace.issue(ANN, f"CI {round_}")
        old = issued.secret.reveal()
        rotate = partial(api.post, "tokens/current/rotate", token=old)
        rotated, revoked = at_once(rotate, partial(api.delete, f"tokens/{issued.token.id}"))
        assert revoked.status_code == 204
        assert rotated.status_code in (201, 401)
        assert not api.accepts(old)


def test_of_revocations_at_the_same_time_one_is_the_one(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "x")
    answers = at_once(*[partial(api.delete, f"tokens/{issued.token.id}")] * AT_ONCE)
    assert sorted(answer.status_code for answer in answers) == [204, *[404] * (AT_ONCE - 1)]


@pytest.mark.parametrize("call", ["create", "revoke"])
def test_a_token_that_is_revoked_between_its_check_and_its_work_does_nothing(
    workspace: RunningWorkspace, other: Workspace, api: Api, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Revocation is immediate: what is under way is not done either."""
    manager, target = workspace.issue(ANN, "Stolen", [MANAGE]), workspace.issue(ANN, "target")
    checked = Caller.check_may_manage

    def revoked_in_between(self: Caller) -> None:
        checked(self)
        with other.database.write() as session:
            assert tokens.revoke(session, self.user.id, self.token.id, address="elsewhere")

    monkeypatch.setattr(Caller, "check_may_manage", revoked_in_between)
    token = manager.secret.reveal()
    if call == "create":
        answer = api.post("tokens", token=token, json={"label": "Backdoor"})
    else:
        answer = api.delete(f"tokens/{target.token.id}", token=token)
    monkeypatch.undo()
    assert answer.status_code == 401
    assert [found["label"] for found in api.get("tokens").json()["tokens"]] == ["target", "Manager"]


def test_a_successor_in_use_is_not_taken_for_one_that_was_lost(workspace: RunningWorkspace, api: Api) -> None:
    """Its first use and the next rotation at the same time: it was used and lives, or was not and is gone."""
    old = workspace.issue(ANN, "CI").secret.reveal()
    for _ in range(6):
        new = api.post("tokens/current/rotate", token=old).json()["token"]
        used, rotated = at_once(
            partial(api.get, "me", token=new), partial(api.post, "tokens/current/rotate", token=old)
        )
        assert rotated.status_code == 201
        assert api.accepts(new) == (used.status_code == 200)


def test_many_uses_in_a_new_minute_are_one_moment(workspace: RunningWorkspace, api: Api) -> None:
    issued = workspace.issue(ANN, "busy")
    token, database = issued.secret.reveal(), workspace.workspace.database
    assert api.accepts(token)
    with database.write() as session:
        session.execute(update(Token).values(last_used=datetime.now(UTC) - timedelta(hours=1)))
    assert {answer.status_code for answer in at_once(*[partial(api.get, "me", token=token)] * 20)} == {200}
    with database.read() as session:
        used = session.scalar(select(Token.last_used).where(Token.id == issued.token.id))
    assert used is not None
    assert datetime.now(UTC) - used < timedelta(minutes=1)


def test_failures_are_counted_across_workers(workspace: RunningWorkspace, other: Workspace) -> None:
    limit = Limit("bad token", 1_000, timedelta(minutes=10))
    databases = [workspace.workspace.database, other.database]
    at_once(*[partial(records.count_failure, database, limit, "192.0.2.7") for database in databases * 10])
    with other.database.read() as session:
        assert session.scalar(select(Attempt.count)) == 20
    full = limit._replace(most=20)
    assert records.seconds_to_wait(other.database, full, "192.0.2.7") > 0
    assert records.seconds_to_wait(workspace.workspace.database, full, "192.0.2.8") == 0


def test_a_window_ends_and_another_begins(workspace: RunningWorkspace) -> None:
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
        assert list(session.scalars(select(Attempt.address))) == ["192.0.2.9"]  # what is long past was swept away


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
def test_an_ipv6_subscriber_counts_once(address: str, counts_as: str) -> None:
    assert records.network(address) == counts_as
