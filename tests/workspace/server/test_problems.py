"""What every answer of the API is when it is none: problem details (RFC 9457), whatever was sent."""

from __future__ import annotations

import json
import logging
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError

from arka_config.workspace.server import problems, tokens
from arka_config.workspace.server.middleware import MAX_BODY_SIZE
from tests.workspace.server.calling import PROBLEM, Api, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """These have no business with the database: one is enough."""
    return f"sqlite:///{tmp_path / 'workspace.db'}"


def is_problem(answer: httpx.Response, kind: problems.Kind) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (kind.status, PROBLEM)
    assert (document["type"], document["title"], document["status"]) == (kind.path, kind.title, kind.status)
    assert document["detail"]
    return document


def raw(workspace: RunningWorkspace, request: bytes) -> bytes:
    """What comes back for these bytes."""
    parts = urlsplit(workspace.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


@pytest.mark.parametrize(
    "path", ["nothing", "me/", "tokens/", "tokens/current/rotate/", "tokens/a/b", "%2e%2e/me", "ME"]
)
def test_what_is_not_there_is_not_found(api: Api, path: str) -> None:
    is_problem(api.get(path), problems.NOT_FOUND)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("me", "GET, HEAD"),
        ("tokens", "GET, HEAD, POST"),
        ("tokens/current", "DELETE"),
        ("tokens/current/rotate", "POST"),
    ],
)
def test_another_method_is_told_which_there_are(api: Api, path: str, allowed: str) -> None:
    """RFC 9110, section 15.5.6: the list is whole, also where two calls share a path."""
    for method in ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "BREW"):
        if method not in allowed:
            answer = api.ask(method, path)
            is_problem(answer, problems.NOT_ALLOWED)
            assert answer.headers["allow"] == allowed


def test_head_is_get_without_its_body(workspace: RunningWorkspace, api: Api) -> None:
    for path in ("me", "tokens"):
        head, get = api.ask("HEAD", path), api.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
    assert api.ask("HEAD", "me", token="").status_code == 401
    with Person(workspace) as person:
        assert person.browser.head("/sign-in").status_code == 200
        assert person.browser.head("/static/workspace.css").status_code == 200
        assert person.browser.head("/openapi.json").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"",
        b"null",
        b"[]",
        b'"x"',
        b'{"label": NaN}',
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b'{"label": "' + b"\\u0000" * 9 + b'"}',
        b'{"label": "\\ud800"}',
        b"9" * 60_000,
        b'{"label": "x", "expires": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: ascii(body[:14]),
)
def test_a_body_that_makes_no_sense_is_an_invalid_request(api: Api, body: bytes) -> None:
    document = is_problem(api.post("tokens", content=body, headers=JSON), problems.INVALID_REQUEST)
    assert [set(error) for error in document["errors"]] in ([{"field", "detail"}], [{"field", "detail"}] * 2)
    assert "999" not in json.dumps(document)


def test_a_problem_repeats_nothing_of_what_was_sent(api: Api) -> None:
    secret = "hunter2" * 3
    sent = {"label": secret + "\x1b", "expires": secret, "scopes": [secret], secret: secret}
    assert "hunter2" not in api.post("tokens", json=sent).text
    assert "hunter2" not in api.get("tokens", params={"cursor": secret, "limit": secret}).text
    assert "hunter2" not in api.delete(f"tokens/{secret}").text
    assert "hunter2" not in api.get(secret).text


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
)
def test_the_api_takes_json_alone(api: Api, kind: str) -> None:
    """A page elsewhere can send a form, and no JSON, without asking first."""
    answer = api.post("tokens", content=b'{"label": "x"}', headers={"Content-Type": kind})
    is_problem(answer, problems.NOT_JSON)


def test_a_charset_does_not_matter(api: Api) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert api.post("tokens", content=b'{"label": "x"}', headers=headers).status_code == 201


def test_a_body_is_as_large_as_it_may_be_and_no_larger(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(10_000):
            yield b" " * 1024

    fits = b'{"label": "x"}'.ljust(MAX_BODY_SIZE)
    assert api.post("tokens", content=fits, headers=JSON).status_code == 201
    is_problem(api.post("tokens", content=fits + b" ", headers=JSON), problems.TOO_LARGE)
    try:
        is_problem(api.post("tokens", content=chunks(), headers=JSON), problems.TOO_LARGE)
    except OSError:
        pytest.fail("the connection ended before the answer")


@pytest.mark.parametrize("length", [b"-1", b"x", b"99999999999999999999999", b"\xb2", b"1 2"])
def test_a_length_that_is_none_is_refused(workspace: RunningWorkspace, length: bytes) -> None:
    request = b"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: %b\r\n\r\n{}" % length
    assert raw(workspace, request).split(b" ")[1] in (b"400", b"413")


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02", b"\r\n\r\n"]
)
def test_what_is_hardly_http_is_refused(workspace: RunningWorkspace, line: bytes) -> None:
    answer = raw(workspace, line)
    assert answer == b"" or answer.split(b" ")[1] == b"400"


@pytest.mark.parametrize("kind", problems.KINDS, ids=lambda kind: kind.name)
def test_the_type_of_a_problem_is_a_page_that_explains_it(workspace: RunningWorkspace, kind: problems.Kind) -> None:
    with Person(workspace) as person:
        page = person.open(kind.path)
    assert page.status_code == 200
    assert kind.title in page.text


def test_a_database_that_is_away_is_said_with_when_to_try_again(
    workspace: RunningWorkspace, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT hunter2", {}, Exception("the server closed the connection\nunexpectedly"))

    monkeypatch.setattr(tokens, "verify", away)
    with caplog.at_level(logging.INFO):
        answer = api.get("me")
    is_problem(answer, problems.UNAVAILABLE)
    assert answer.headers["retry-after"] == "2"
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("arka_config")]
    assert ours == ["the database does not respond: the server closed the connection"]
    assert "hunter2" not in caplog.text + answer.text


def test_what_nobody_thought_of_shows_nothing_of_the_inside(
    workspace: RunningWorkspace, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr(tokens, "verify", broken)
    answer = api.get("me")
    is_problem(answer, problems.BROKEN)
    assert "inside" not in answer.text
    assert api.token not in caplog.text
    assert answer.headers["content-security-policy"]


def test_a_page_that_breaks_says_so_in_words(workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with Person(workspace).signed_in() as person:
        monkeypatch.setattr(tokens, "list_tokens", None)
        answer = person.open("/app/personal/settings/tokens")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/plain; charset=utf-8")
