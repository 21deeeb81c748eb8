"""A verifier sends a token to the origin that it is for. It uses another origin only if the app declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from arka_config import ApiOrigin, App, IntrospectionVerifier, Secret, Unsupported, UrlVerifier
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.verification import State, verify
from tests.workspace.fake import FakeWorkspace, reply_json, serve_fake

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from arka_config import Verifier

    class Make(Protocol):
        """Make a verifier for a URL, with the origins that it declares."""

        def __call__(self, url: str, origins: Collection[str] = ()) -> UrlVerifier | IntrospectionVerifier: ...


TOKEN = "x" * 30


@pytest.fixture
def other() -> Iterator[FakeWorkspace]:
    with serve_fake() as served:
        served.script.append(reply_json(200, {"login": "octocat", "active": True, "username": "octocat"}))
        yield served


@pytest.fixture(params=["url", "introspection"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "url":
        return lambda url, origins=(): UrlVerifier(url, user="login", origins=origins)
    return lambda url, origins=(): IntrospectionVerifier(url, client_id="octo", origins=origins)


def state_of(fake: FakeWorkspace, verifier: Verifier, *, api_url: str = "") -> State:
    app = App("octo", api_url=api_url or fake.url, verifier=verifier)
    return verify(WorkspaceClient(app, fake.url, Secret(TOKEN), Connection(timeout=5))).state


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/user",
        "//evil.example/x",
        "/\\evil.example",
        "evil",
        "@evil.example",
        "http://evil.example/",
    ],
)
def test_url_on_another_origin_is_refused_unless_it_is_declared(make: Make, url: str) -> None:
    for origins in ((), ("https://id.example",), ("https://evil.example.org",)):
        with pytest.raises(ValueError, match="evil"):
            make(url, origins)


def test_declared_origin_gets_the_tokens_of_the_default_url(
    make: Make, fake: FakeWorkspace, other: FakeWorkspace
) -> None:
    assert state_of(fake, make(f"{other.url}/user", [other.url])) is State.VALID
    assert (fake.requests, len(other.requests)) == ([], 1)


def test_declared_origin_may_be_written_in_other_ways(make: Make, fake: FakeWorkspace, other: FakeWorkspace) -> None:
    assert state_of(fake, make(f"{other.url}/user", [f"{other.url.upper()}/"])) is State.VALID


def test_declared_origin_gets_no_token_of_another_host(make: Make, fake: FakeWorkspace, other: FakeWorkspace) -> None:
    verifier = make(f"{other.url}/user", [other.url])
    assert state_of(fake, verifier, api_url="https://api.octo.example") is State.NO_API
    assert (fake.requests, other.requests) == ([], [])


def test_origin_that_is_not_declared_any_more_gets_nothing(
    make: Make, fake: FakeWorkspace, other: FakeWorkspace
) -> None:
    verifier = make(f"{other.url}/user", [other.url])
    verifier.origins = ()
    assert state_of(fake, verifier) is State.NO_API
    assert (fake.requests, other.requests) == ([], [])


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example", ".evil.example", "@evil.example", "\\x", "/../x"]
)
def test_author_s_verifier_sends_nothing_to_another_origin(url: str, fake: FakeWorkspace) -> None:
    class Own:
        def verify(self, token: Secret, origin: ApiOrigin) -> Unsupported:
            origin.get(url, token)
            return Unsupported()

    assert state_of(fake, Own()) is State.NO_API
    assert fake.requests == []
