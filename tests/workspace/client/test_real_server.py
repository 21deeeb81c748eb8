"""The client against the server itself, where it stumbles: what the two make of each other's failures."""

from __future__ import annotations

import re
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
    TooManyRequests,
    WorkspaceFault,
)
from arka_config.secret import Secret
from arka_config.workspace.client import transport
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.server import tokens
from arka_config.workspace.server.limits import Limit
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from tests.workspace import fake as steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from tests.workspace.fake import FakeWorkspace

ANN = "ann@example.com"
MANAGE = "tokens:manage"
UNKNOWN = Secret(app.token_prefix + "u" * 37)


@pytest.fixture
def served() -> Iterator[RunningWorkspace]:
    """A workspace with one user, who pays."""
    with serve_in_thread(app) as workspace:
        workspace.add_user(ANN, "pro")
        yield workspace


@pytest.fixture
def client(served: RunningWorkspace) -> WorkspaceClient:
    """A client whose token may manage tokens."""
    return client_of(served, served.issue(ANN, "Manager", [MANAGE]).secret)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses before it asks again, in seconds; none of them is made."""
    made: list[float] = []
    monkeypatch.setattr("arka_config.workspace.client.transport.time.sleep", made.append)
    return made


def client_of(served: RunningWorkspace, token: Secret, url: str = "") -> WorkspaceClient:
    return WorkspaceClient(app, url or served.url, token, Connection())


def stumbling(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Has the database be away for the next requests; how many have met it."""
    verify, met = tokens.verify, [0]

    def stumble(*of: Any) -> Any:
        met[0] += 1
        if met[0] <= times:
            raise OperationalError("SELECT", {}, Exception("it is being started"))
        return verify(*of)

    monkeypatch.setattr(tokens, "verify", stumble)
    return met


def test_a_database_that_is_away_for_a_moment_is_not_noticed(
    client: WorkspaceClient, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    met = stumbling(monkeypatch, 2)
    assert client.me().email == ANN
    assert (met, pauses) == ([3], [2.0, 2.0])  # as long as Retry-After says


def test_one_that_stays_away_is_the_workspace_s_fault(
    client: WorkspaceClient, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    met = stumbling(monkeypatch, 100)
    with pytest.raises(WorkspaceFault, match="503 Service Unavailable"):
        client.me()
    assert met == [transport.TRIES]


@pytest.mark.parametrize("call", [lambda client: client.create("x"), lambda client: client.rotate()])
def test_what_makes_a_token_is_asked_once(
    client: WorkspaceClient, call: Callable[[WorkspaceClient], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        met = stumbling(patched, 1)
        with pytest.raises(WorkspaceFault):
            call(client)
    assert met == [1]
    assert [token.label for token in client.tokens()] == ["Manager"]


def test_a_revocation_that_was_done_and_not_answered_is_done(
    served: RunningWorkspace, client: WorkspaceClient, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second try finds no such token, and that is what was wanted."""
    issued, revoke, tries = served.issue(ANN, "Lost phone"), tokens.revoke, [0]

    def revoke_and_break(session: Session, *of: Any, **rest: Any) -> bool:
        tries[0] += 1
        done = revoke(session, *of, **rest)
        if tries[0] == 1:
            session.commit()
            raise OperationalError("COMMIT", {}, Exception("the connection ended"))
        return done

    monkeypatch.setattr(tokens, "revoke", revoke_and_break)
    client.revoke(issued.token.id)
    assert (tries, len(pauses)) == ([2], 1)
    with pytest.raises(InvalidToken):
        client_of(served, issued.secret).me()


def test_who_tries_tokens_is_told_when_to_come_back(
    served: RunningWorkspace, client: WorkspaceClient, pauses: list[float]
) -> None:
    served.workspace.bad_token_limit = Limit("bad token", 1, timedelta(minutes=1))
    with pytest.raises(InvalidToken):
        client_of(served, UNKNOWN).me()
    with pytest.raises(TooManyRequests) as error:
        client_of(served, UNKNOWN).me()
    assert re.fullmatch(r"try again in (60|5\d) s", error.value.hint)
    assert pauses == []  # nobody waits for that long
    assert client.me().email == ANN


def test_where_the_wait_is_short_it_waits(served: RunningWorkspace, pauses: list[float]) -> None:
    served.workspace.bad_token_limit = Limit("bad token", 1, timedelta(seconds=5))
    for _ in range(2):
        with pytest.raises((InvalidToken, TooManyRequests)):
            client_of(served, UNKNOWN).me()
    assert pauses
    assert all(0 < pause <= 5 for pause in pauses)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_token_s_own_workspace_is_not_followed_either(
    served: RunningWorkspace, fake: FakeWorkspace, status: int
) -> None:
    """It was asked of another origin: the token that went there does not go on, though it would be taken."""
    issued = served.issue(ANN, "MacBook Pro")
    fake.script = [steps.reply(status, Location=f"{served.url}/api/v1/me")]
    with pytest.raises(NoWorkspaceApi, match="a redirect, which no token follows"):
        client_of(served, issued.secret, fake.url).me()
    with served.workspace.database.reading() as session:
        kept = tokens.find(session, issued.token.user_id, issued.token.id)
    assert kept is not None
    assert kept.last_used is None


def test_a_page_of_the_workspace_is_not_taken_for_its_api(served: RunningWorkspace, client: WorkspaceClient) -> None:
    for path in ("/app/personal/settings/tokens", "/sign-in", "/static"):
        with pytest.raises(NoWorkspaceApi):
            client_of(served, client.token, served.url + path).me()


def test_each_refusal_is_the_error_that_was_promised(served: RunningWorkspace, client: WorkspaceClient) -> None:
    page = f"{served.url}/app/personal/settings/tokens"
    plain = client_of(served, served.issue(ANN, "Plain", [], datetime.now(UTC) + timedelta(days=30)).secret)
    with pytest.raises(InvalidToken) as invalid:
        client_of(served, UNKNOWN).me()
    assert invalid.value.hint == f"your tokens are on {page}"
    with pytest.raises(NotPermitted, match="may not manage tokens"):
        plain.tokens()
    with pytest.raises(RequestRefused, match="expires: a token that may not manage tokens cannot give itself more"):
        plain.rotate("")
    with pytest.raises(RequestRefused, match="label: "):
        client.create("x\x1b[31m")
    with pytest.raises(RequestRefused, match=r"knows no token tok_x+ of yours"):
        client.revoke("tok_" + "x" * 22)
    served.add_user(ANN, "free")
    with pytest.raises(ProRequired) as free:
        client.me()
    assert free.value.hint == f"subscribe on {served.url}/billing"
