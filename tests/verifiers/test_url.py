"""UrlVerifier: the place of each value in a response, and what other statuses mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from arka_config import App, Secret, UrlVerifier
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.verification import State, Verification, verify
from tests.workspace.fake import FakeWorkspace, reply_json

if TYPE_CHECKING:
    pass

TOKEN = "x" * 30


def ask(fake: FakeWorkspace, verifier: UrlVerifier, path: str = "") -> Verification:
    app = App("octo", api_url=fake.url, verifier=verifier)
    return verify(WorkspaceClient(app, fake.url + path, Secret(TOKEN), Connection(timeout=5, user_agent="octo/1.0")))


def test_request_has_the_token_and_the_app_s_user_agent(fake: FakeWorkspace) -> None:
    fake.script.append(reply_json(200, {"login": "octocat"}))
    assert ask(fake, UrlVerifier("/user?fields=login", user="login"), path="/api/v3/").state is State.VALID
    (request,) = fake.requests
    assert (request.method, request.path) == ("GET", "/api/v3/user?fields=login")
    assert (request.token, request.headers["User-Agent"]) == (TOKEN, "octo/1.0")


def test_values_come_from_nested_keys_and_headers(fake: FakeWorkspace) -> None:
    document = {"data": {"user": {"name": "octocat", "id": 7}, "note": "Laptop"}}
    headers = {"X_OAuth_Scopes": "repo, read:org", "Token_Expiration": "2027-01-31 10:00:00 +0100"}
    fake.script.append(reply_json(200, document, **headers))
    verifier = UrlVerifier(
        "/user",
        user="data.user.name",
        id="data.user.id",
        label="data.note",
        scopes="header:X-OAuth-Scopes",
        expires="header:token-expiration",
    )
    identity = ask(fake, verifier).identity
    assert identity is not None
    assert (identity.user, identity.id, identity.token.label) == ("octocat", "7", "Laptop")
    assert identity.token.scopes == ("repo", "read:org")
    assert identity.token.stored_expires == "2027-01-31T09:00:00Z"


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"exp": 1800000000}, "2027-01-15T08:00:00Z"),
        ({"exp": "2027-01-15 08:00:00 UTC"}, "2027-01-15T08:00:00Z"),
        ({"exp": "2027-01-15T08:00:00Z"}, "2027-01-15T08:00:00Z"),
        ({"exp": None}, "never"),
        ({}, ""),
    ],
)
def test_expiry_is_a_number_a_text_never_or_unknown(value: dict[str, object], stored: str, fake: FakeWorkspace) -> None:
    fake.script.append(reply_json(200, {"login": "octocat", **value}))
    identity = ask(fake, UrlVerifier("/user", user="login", expires="exp")).identity
    assert identity is not None
    assert identity.token.stored_expires == stored


@pytest.mark.parametrize(
    ("document", "names", "reason"),
    [
        ({}, {}, "login is missing"),
        ({"login": ["x"]}, {}, "login is not a string"),
        ({"login": "x", "exp": "soon"}, {"expires": "exp"}, "exp is not a time"),
        ({"login": "x", "exp": 10**30}, {"expires": "exp"}, "exp is not a time"),
        ({"login": "x", "s": 5}, {"scopes": "s"}, "s is not a list of scopes"),
    ],
)
def test_value_of_another_kind_is_named(
    document: dict[str, object], names: dict[str, Any], reason: str, fake: FakeWorkspace
) -> None:
    fake.script.append(reply_json(200, document))
    result = ask(fake, UrlVerifier("/user", user="login", **names))
    assert (result.state, result.reason) == (State.UNREACHABLE, f"{fake.url} sent an invalid response: {reason}")


def test_forbidden_is_not_called_a_missing_subscription(fake: FakeWorkspace) -> None:
    fake.script.append(reply_json(403, {"message": "Resource protected by organization SAML enforcement."}))
    result = ask(fake, UrlVerifier("/user", user="login"))
    assert result.state is State.UNREACHABLE
    assert result.reason == f"{fake.url} does not permit that: Resource protected by organization SAML enforcement."


@pytest.mark.parametrize("headers", [{"X_RateLimit_Remaining": "0"}, {"Retry_After": "60"}])
def test_forbidden_with_a_rate_limit_is_too_many_requests(headers: dict[str, str], fake: FakeWorkspace) -> None:
    fake.script.append(reply_json(403, {"message": "API rate limit exceeded"}, **headers))
    assert ask(fake, UrlVerifier("/user", user="login")).state is State.TOO_MANY_REQUESTS


def test_author_says_which_statuses_reject_a_token(fake: FakeWorkspace) -> None:
    fake.script.append(reply_json(403, {"message": "bad key"}))
    result = ask(fake, UrlVerifier("/user", user="login", refusals=[401, 403]))
    assert (result.state, result.error is not None and result.error.lines[1]) == (
        State.INVALID,
        f"{fake.url} says: bad key",
    )
