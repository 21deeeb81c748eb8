"""IntrospectionVerifier: how the program authenticates, and what each response means (RFC 7662)."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from arka_config import App, IntrospectionVerifier, Secret
from arka_config.store.child_environment import child_environment
from arka_config.testing import isolate, run_program
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.verification import State, Verification, verify
from tests.workspace.fake import FakeWorkspace, reply_json

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "x" * 30
ACTIVE = {"active": True, "username": "octocat", "sub": "u7", "scope": "repo read:org", "exp": 1800000000}


def ask(fake: FakeWorkspace, status: int = 200, document: object = ACTIVE, **options: Any) -> Verification:
    fake.script.append(reply_json(status, document))
    app = App("octo", api_url=fake.url, verifier=IntrospectionVerifier("/introspect", client_id="octo:cli", **options))
    return verify(WorkspaceClient(app, fake.url, Secret(TOKEN), Connection(timeout=5)))


def test_active_token_has_user_scopes_and_expiry(fake: FakeWorkspace) -> None:
    identity = ask(fake).identity
    assert identity is not None
    assert (identity.user, identity.id, identity.token.scopes) == ("octocat", "u7", ("repo", "read:org"))
    assert identity.token.stored_expires == "2027-01-15T08:00:00Z"
    (request,) = fake.requests
    assert (request.method, request.path) == ("POST", "/introspect")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("more", "user"),
    [({"sub": "u7"}, "u7"), ({"client_id": "batch"}, "batch"), ({}, "")],
    ids=["sub", "client", "none"],
)
def test_user_is_the_subject_or_the_client_or_not_known(more: dict[str, str], user: str, fake: FakeWorkspace) -> None:
    identity = ask(fake, document={"active": True, **more}).identity
    assert identity is not None
    assert identity.user == user


def test_secret_is_in_the_header_or_in_the_form(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTO_INTROSPECTION_SECRET", "s e:cret")
    ask(fake)
    ask(fake, authentication="post")
    monkeypatch.delenv("OCTO_INTROSPECTION_SECRET")
    ask(fake)
    basic, post, public = fake.requests
    # RFC 6749, section 2.3.1: each part is form-encoded first.
    assert basic.headers["Authorization"] == "Basic " + b64encode(b"octo%3Acli:s+e%3Acret").decode()
    assert set(parse_qs(basic.body.decode())) == {"token", "token_type_hint"}
    assert parse_qs(post.body.decode())["client_secret"] == ["s e:cret"]
    assert "Authorization" not in post.headers
    assert "Authorization" not in public.headers
    assert set(parse_qs(public.body.decode())) == {"token", "token_type_hint", "client_id"}


def test_inactive_token_is_refused_with_the_reason(fake: FakeWorkspace) -> None:
    result = ask(fake, document={"active": False})
    assert result.state is State.INVALID
    assert result.error is not None
    assert result.error.lines[1] == f"{fake.url} says: it is not active: it has expired, or was revoked"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_program_is_not_a_refused_token(status: int, fake: FakeWorkspace) -> None:
    result = ask(fake, status, {"error": "invalid_client"})
    assert (result.state, result.is_refusal) == (State.UNREACHABLE, False)
    assert result.reason == f"{fake.url} does not let this program verify tokens"
    assert result.error is not None
    assert result.error.hint == "check OCTO_INTROSPECTION_SECRET"


@pytest.mark.parametrize("active", ["true", 1, None, [True]])
def test_token_is_active_only_if_the_response_says_true(active: object, fake: FakeWorkspace) -> None:
    result = ask(fake, document={**ACTIVE, "active": active})
    assert (result.state, result.identity) == (State.UNREACHABLE, None)


# The secret is the program's, for one server


def ask_for_another(fake: FakeWorkspace, default: str, **options: Any) -> Verification:
    """Ask about a token of `fake` with an app that has another default URL."""
    app = App("octo", api_url=default, verifier=IntrospectionVerifier("/introspect", client_id="octo", **options))
    return verify(WorkspaceClient(app, fake.url, Secret(TOKEN), Connection(timeout=5)))


@pytest.mark.parametrize("authentication", ["basic", "post"])
def test_api_of_a_profile_does_not_get_the_secret(
    authentication: str, fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTO_INTROSPECTION_SECRET", "the-secret")
    fake.script += [reply_json(200, ACTIVE), reply_json(401, {})]
    options = {"authentication": authentication}
    assert ask_for_another(fake, "https://api.octo.example", **options).state is State.VALID
    refused = ask_for_another(fake, "https://api.octo.example", **options)
    assert refused.error is not None
    assert refused.error.hint == f"if OCTO_INTROSPECTION_SECRET is for {fake.url}, set OCTO_API_URL to {fake.url}"
    for request in fake.requests:
        assert "Authorization" not in request.headers
        assert set(parse_qs(request.body.decode())) == {"token", "token_type_hint", "client_id"}


def test_variable_with_the_url_says_which_api_gets_the_secret(
    fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTO_INTROSPECTION_SECRET", "the-secret")
    monkeypatch.setenv("OCTO_API_URL", f"{fake.url}/api")
    fake.script.append(reply_json(200, ACTIVE))
    assert ask_for_another(fake, "https://api.octo.example").state is State.VALID
    monkeypatch.setenv("OCTO_API_URL", "https://other.octo.example")
    fake.script.append(reply_json(200, ACTIVE))
    assert ask_for_another(fake, fake.url).state is State.VALID
    assert ["Authorization" in request.headers for request in fake.requests] == [True, False]


def test_user_s_default_url_says_which_api_gets_the_secret(
    fake: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = IntrospectionVerifier("/introspect", client_id="octo")
    app = App("octo", api_url="https://api.octo.example", verifier=verifier)
    isolate(monkeypatch, app, tmp_path)
    monkeypatch.setenv("OCTO_HOME", str(tmp_path / "octo"))
    monkeypatch.setenv("OCTO_INTROSPECTION_SECRET", "the-secret")
    for words in (["config", "set", f"api_url={fake.url}"], ["config", "unset", "api_url"]):
        assert run_program(app.main(), tuple(words)).code == 0
        fake.script.append(reply_json(200, ACTIVE))
        login = ("login", "-p", "home", "--with-token", "--verify", "--api-url", fake.url)
        assert run_program(app.main(), login, stdin=TOKEN).code == 0
    assert ["Authorization" in request.headers for request in fake.requests] == [True, False]


def test_error_does_not_quote_the_token_or_the_secret(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTO_INTROSPECTION_SECRET", "the-secret")
    # If a form is invalid, FastAPI repeats it.
    quoting = {"detail": [{"msg": "bad", "input": {"token": TOKEN, "client_secret": "the-secret"}}]}
    for body in (quoting, {"title": f"{TOKEN} the-secret"}, {"errors": [{"field": TOKEN, "detail": "the-secret"}]}):
        error = ask(fake, 422, body, authentication="post").error
        assert error is not None
        assert "rejected the request" in error.message
        assert not [line for line in error.lines if TOKEN in line or "the-secret" in line]


def test_short_secret_may_be_a_part_of_a_scope(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTO_INTROSPECTION_SECRET", "repo")
    assert ask(fake).state is State.VALID


def test_no_child_inherits_the_secret() -> None:
    app = App("octo")
    environ = {"OCTO_INTROSPECTION_SECRET": "s", "PATH": "/bin"}
    assert child_environment(app, environ) == {"PATH": "/bin"}
