"""Every kind of verifier gives the same results, and sends a token only to its own API."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from arka_config import (
    App,
    Identity,
    IntrospectionVerifier,
    Refusal,
    Secret,
    TokenDetails,
    Unsupported,
    UrlVerifier,
    Verifier,
    WorkspaceVerifier,
)
from arka_config.errors import TooManyRequests, WorkspaceFault, WorkspaceUnreachable
from arka_config.workspace.client import transport
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.verification import Skipped, State, verify
from arka_config.workspace.client.verifier import ApiOrigin
from tests.workspace.fake import FakeWorkspace, reply_json, reply_page, reply_problem, serve_fake

if TYPE_CHECKING:
    pass

TOKEN = "oct_" + "A1b2C3d4E5" * 3


class Kind(NamedTuple):
    """A verifier, and how its API says yes and no."""

    verifier: Verifier
    valid: tuple[int, dict[str, object]]
    refused: tuple[int, dict[str, object]]


KINDS = {
    "workspace": Kind(
        WorkspaceVerifier(),
        (200, {"user": {"id": "1", "email": "octocat", "plan": "pro"}, "token": {"id": "tok_1"}}),
        (401, {"type": "/problems/invalid-token"}),
    ),
    "url": Kind(UrlVerifier("/user", user="login", id="id"), (200, {"login": "octocat", "id": 1}), (401, {})),
    "introspection": Kind(
        IntrospectionVerifier("/introspect", client_id="octo"),
        (200, {"active": True, "username": "octocat", "sub": "1"}),
        (200, {"active": False}),
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def client_for(fake: FakeWorkspace, verifier: Verifier | None, *, api_url: str = "") -> WorkspaceClient:
    app = App("octo", token_prefix="oct_", api_url=api_url or fake.url, tokens_page="/tokens", verifier=verifier)
    return WorkspaceClient(app, fake.url, Secret(TOKEN), Connection(timeout=5))


def ask(fake: FakeWorkspace, kind: Kind) -> Identity | Refusal | Unsupported:
    client = client_for(fake, kind.verifier)
    return kind.verifier.verify(client.token, ApiOrigin(client))


def test_valid_token_has_an_identity(fake: FakeWorkspace, kind: Kind) -> None:
    fake.script.append(reply_json(*kind.valid))
    answer = ask(fake, kind)
    assert isinstance(answer, Identity)
    assert (answer.user, answer.id) == ("octocat", "1")


def test_rejected_token_is_a_refusal(fake: FakeWorkspace, kind: Kind) -> None:
    fake.script.append(reply_json(*kind.refused))
    assert isinstance(ask(fake, kind), Refusal)
    fake.script.append(reply_json(*kind.refused))
    result = verify(client_for(fake, kind.verifier))
    assert (result.state, result.is_refusal, result.reason) == (State.INVALID, True, "Invalid token")
    assert result.error is not None
    assert result.error.exit_code == 4
    assert f"{fake.url}/tokens" in result.error.hint


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_missing_api_is_unsupported(status: int, fake: FakeWorkspace, kind: Kind) -> None:
    fake.script.append(reply_problem(status, "not-found"))
    assert isinstance(ask(fake, kind), Unsupported)


def test_web_page_is_unsupported(fake: FakeWorkspace, kind: Kind) -> None:
    fake.script.append(reply_page(200))
    assert isinstance(ask(fake, kind), Unsupported)


@pytest.mark.parametrize(("status", "error"), [(429, TooManyRequests), (500, WorkspaceFault), (503, WorkspaceFault)])
def test_failing_api_does_not_reject_the_token(
    status: int, error: type[Exception], fake: FakeWorkspace, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_ATTEMPTS", 1)
    fake.script.append(reply_problem(status, "failed"))
    with pytest.raises(error):
        ask(fake, kind)


def test_unreachable_api_does_not_reject_the_token(kind: Kind) -> None:
    with serve_fake() as gone:
        pass
    with pytest.raises(WorkspaceUnreachable):
        ask(gone, kind)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(status: int, fake: FakeWorkspace, kind: Kind) -> None:
    with serve_fake() as other:
        fake.script.append(reply_json(status, {}, Location=f"{other.url}/user"))
        assert isinstance(ask(fake, kind), Unsupported)
        assert (len(fake.requests), other.requests) == (1, [])


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b'"x"', b"{}"])
def test_malformed_response_is_a_fault_without_its_content(body: bytes, fake: FakeWorkspace, kind: Kind) -> None:
    fake.script.append(lambda handler: handler.raw(200, body, kind="application/json"))
    with pytest.raises(WorkspaceFault, match="sent an invalid response"):
        ask(fake, kind)


def test_token_is_in_no_error(fake: FakeWorkspace, kind: Kind) -> None:
    for status in (400, 401, 402, 403, 422, 500):
        for body in ({"message": TOKEN, "detail": TOKEN, "title": TOKEN}, {"active": TOKEN, "login": [TOKEN]}):
            fake.script.append(reply_json(status, body))
            result = verify(client_for(fake, kind.verifier))
            assert result.error is not None
            assert TOKEN not in "".join([*result.error.lines, result.error.hint, repr(result.error)])


def test_token_without_a_prefix_is_in_no_error(fake: FakeWorkspace, kind: Kind) -> None:
    app = App("octo", api_url=fake.url, verifier=kind.verifier)
    for status in (400, 401, 402, 403, 422, 500):
        for body in ({"message": TOKEN, "detail": TOKEN}, {"title": TOKEN, "errors": [{"field": TOKEN}]}):
            fake.script.append(reply_json(status, body))
            result = verify(WorkspaceClient(app, fake.url, Secret(TOKEN), Connection(timeout=5)))
            assert result.error is not None
            assert TOKEN not in "".join([*result.error.lines, result.error.hint])


def test_without_a_verifier_nothing_is_sent(fake: FakeWorkspace) -> None:
    result = verify(client_for(fake, None))
    assert (result.state, result.skipped, fake.requests) == (State.NOT_ASKED, Skipped.NO_VERIFIER, [])


# An author's own verifier


def result_of(fake: FakeWorkspace, answer: object) -> object:
    class Own:
        def verify(self, token: Secret, origin: ApiOrigin) -> Identity:
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[return-value]  # some are not

    return verify(client_for(fake, Own()))


def test_author_s_texts_are_printable_and_show_no_token(fake: FakeWorkspace) -> None:
    refused = result_of(fake, Refusal(f"\x1b[31m{TOKEN} was revoked", "see the page"))
    assert refused.error.lines[1] == f"{fake.url} says: \\x1b[31moct_…D4E5 was revoked".replace("D4E5", TOKEN[-4:])  # type: ignore[attr-defined]
    assert refused.error.hint == "see the page"  # type: ignore[attr-defined]
    assert result_of(fake, Unsupported("no API here")).reason == "no API here"  # type: ignore[attr-defined]
    assert result_of(fake, Identity("a\x1bb")).state is State.UNREACHABLE  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "identity",
    [
        Identity(TOKEN),
        Identity("ann", f"id-{TOKEN}"),
        Identity("ann", plan=TOKEN),
        Identity("ann", token=TokenDetails(id=TOKEN)),
        Identity("ann", token=TokenDetails(label=f"key {TOKEN}")),
        Identity("ann", token=TokenDetails(scopes=("read", TOKEN))),
    ],
    ids=["user", "user id", "plan", "id", "label", "scope"],
)
def test_identity_that_repeats_the_token_is_refused(identity: Identity, fake: FakeWorkspace) -> None:
    result = result_of(fake, identity)
    assert (result.state, result.identity) == (State.UNREACHABLE, None)  # type: ignore[attr-defined]
    assert result.reason == f"{fake.url} sent an invalid response: what it says of the token repeats it"  # type: ignore[attr-defined]


def test_author_s_error_is_reported_without_its_message(fake: FakeWorkspace) -> None:
    result = result_of(fake, KeyError(TOKEN))
    assert result.state is State.UNREACHABLE  # type: ignore[attr-defined]
    assert result.reason == f"{fake.url} was not asked: the verifier of octo failed with KeyError"  # type: ignore[attr-defined]
