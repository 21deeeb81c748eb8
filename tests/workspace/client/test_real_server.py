"""The client against the real server: failures, retries, limits and redirects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import OperationalError

from arka_config.arka import app
from arka_config.errors import (
    InvalidToken,
    NotPermitted,
    NoWorkspaceApi,
    ProRequired,
    RequestRefused,
    WorkspaceFault,
)
from arka_config.secret import Secret
from arka_config.workspace.client import transport
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.server import tokens
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from tests.workspace.fake import FakeWorkspace

ANN = "ann@example.com"
MANAGE = "tokens:manage"
UNKNOWN = Secret(app.new_prefix + "u" * 37)


@pytest.fixture
def workspace() -> Iterator[RunningWorkspace]:
    """A workspace with one user on the Pro plan."""
    with serve_in_thread(app) as running:
        running.add_user(ANN, "pro")
        yield running


@pytest.fixture
def client(workspace: RunningWorkspace) -> WorkspaceClient:
    """A client with a token that may manage tokens."""
    return client_for(workspace, workspace.issue(ANN, "Manager", [MANAGE]).secret)


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays before each retry, in seconds, without any wait."""
    seconds: list[float] = []
    monkeypatch.setattr("arka_config.workspace.client.transport.time.sleep", seconds.append)
    return seconds


def client_for(workspace: RunningWorkspace, token: Secret, url: str = "") -> WorkspaceClient:
    return WorkspaceClient(app, url or workspace.url, token, Connection())


def fail_database(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Make the database unavailable for the next requests. The result counts the requests."""
    look_up, count = Database.look_up, [0]

    def look_up_or_fail(*args: Any) -> Any:
        count[0] += 1
        if count[0] <= times:
            raise OperationalError("SELECT", {}, Exception("the database is starting"))
        return look_up(*args)

    monkeypatch.setattr(Database, "look_up", look_up_or_fail)
    return count


def test_temporary_database_failure_is_retried(
    client: WorkspaceClient, delays: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = fail_database(monkeypatch, 2)
    assert client.get_identity().user == ANN
    assert (count, delays) == ([3], [2.0, 2.0])  # from Retry-After


def test_lasting_database_failure_raises_workspace_fault(
    client: WorkspaceClient, delays: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = fail_database(monkeypatch, 100)
    with pytest.raises(WorkspaceFault, match="503 Service Unavailable"):
        client.get_identity()
    assert count == [transport.MAX_ATTEMPTS]


@pytest.mark.parametrize("call", [lambda client: client.create("x"), lambda client: client.rotate()])
def test_create_and_rotate_are_not_retried(
    client: WorkspaceClient, call: Callable[[WorkspaceClient], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        count = fail_database(patched, 1)
        with pytest.raises(WorkspaceFault):
            call(client)
    assert count == [1]
    assert [token.label for token in client.list_tokens()] == ["Manager"]


def test_revocation_succeeds_if_only_the_response_was_lost(
    workspace: RunningWorkspace, client: WorkspaceClient, delays: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is sent again, there is no such token, which is the wanted state."""
    issued, revoke, attempts = workspace.issue(ANN, "Lost phone"), tokens.revoke, [0]

    def revoke_and_break(session: Session, *args: Any, **options: Any) -> bool:
        attempts[0] += 1
        done = revoke(session, *args, **options)
        if attempts[0] == 1:
            session.commit()
            raise OperationalError("COMMIT", {}, Exception("the connection ended"))
        return done

    monkeypatch.setattr(tokens, "revoke", revoke_and_break)
    client.revoke(issued.token.id)
    assert (attempts, len(delays)) == ([2], 1)
    with pytest.raises(InvalidToken):
        client_for(workspace, issued.secret).get_identity()


def test_bad_token_over_the_rate_limit_is_reported_as_invalid_and_not_sent_again(
    workspace: RunningWorkspace, client: WorkspaceClient, delays: list[float]
) -> None:
    workspace.workspace.bad_token_limit = Limit("bad token", 1, timedelta(seconds=5))
    for _ in range(4):  # the last one gets 429
        with pytest.raises(InvalidToken):
            client_for(workspace, UNKNOWN).get_identity()
    assert delays == []
    assert client.get_identity().user == ANN


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_the_token_s_own_workspace_is_not_followed(
    workspace: RunningWorkspace, fake: FakeWorkspace, status: int
) -> None:
    """A token is sent only to the origin that was asked, even if the target would accept it."""
    issued = workspace.issue(ANN, "MacBook Pro")
    fake.script = [steps.reply(status, Location=f"{workspace.url}/api/v1/me")]
    with pytest.raises(NoWorkspaceApi, match="a redirect, which is not followed with a token"):
        client_for(workspace, issued.secret, fake.url).get_identity()
    workspace.workspace.verifier.last_uses.flush()
    with workspace.workspace.database.read() as session:
        row = tokens.find(session, issued.token.user_id, issued.token.id)
    assert row is not None
    assert row.last_used is None


def test_workspace_page_instead_of_the_api_is_an_error(workspace: RunningWorkspace, client: WorkspaceClient) -> None:
    for path in ("/app/personal/settings/tokens", "/sign-in", "/static"):
        with pytest.raises(NoWorkspaceApi):
            client_for(workspace, client.token, workspace.url + path).get_identity()


def test_each_rejection_raises_the_documented_error(workspace: RunningWorkspace, client: WorkspaceClient) -> None:
    page = f"{workspace.url}/app/personal/settings/tokens"
    plain = client_for(workspace, workspace.issue(ANN, "Plain", [], datetime.now(UTC) + timedelta(days=30)).secret)
    with pytest.raises(InvalidToken) as invalid:
        client_for(workspace, UNKNOWN).get_identity()
    assert invalid.value.hint == f"your tokens are on {page}"
    with pytest.raises(NotPermitted, match="may not manage tokens"):
        plain.list_tokens()
    with pytest.raises(RequestRefused, match="expires: a token that may not manage tokens cannot extend its own"):
        plain.rotate("")
    with pytest.raises(RequestRefused, match="label: "):
        client.create("x\x1b[31m")
    with pytest.raises(RequestRefused, match=r"has no token tok_x+ of this user"):
        client.revoke("tok_" + "x" * 22)
    workspace.add_user(ANN, "free")
    with pytest.raises(ProRequired) as free:
        client.get_identity()
    assert free.value.hint == f"subscribe on {workspace.url}/billing"
