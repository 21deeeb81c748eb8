"""Problem details (RFC 9457) for every failed API request, including malformed HTTP."""

from __future__ import annotations

import json
import logging
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError

from arka_config.workspace.server import problems, tokens
from arka_config.workspace.server.database import Database
from arka_config.workspace.server.middleware import MAX_BODY_SIZE
from tests.workspace.server.clients import PROBLEM, Api, Browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """These tests do not depend on the kind of database, so they use only SQLite."""
    return f"sqlite:///{tmp_path / 'workspace.db'}"


def assert_problem(response: httpx.Response, kind: problems.Kind) -> dict[str, Any]:
    document: dict[str, Any] = response.json()
    assert (response.status_code, response.headers["content-type"]) == (kind.status, PROBLEM)
    assert (document["type"], document["title"], document["status"]) == (kind.path, kind.title, kind.status)
    assert document["detail"]
    return document


def send_bytes(workspace: RunningWorkspace, request: bytes) -> bytes:
    """Send bytes to the server and return what it sends back."""
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
def test_unknown_path_is_not_found(api: Api, path: str) -> None:
    assert_problem(api.get(path), problems.NOT_FOUND)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("me", "GET, HEAD"),
        ("tokens", "GET, HEAD, POST"),
        ("tokens/current", "DELETE"),
        ("tokens/current/rotate", "POST"),
    ],
)
def test_wrong_method_gets_the_allowed_ones(api: Api, path: str, allowed: str) -> None:
    """RFC 9110, section 15.5.6. If two operations share a path, the list has the methods of both."""
    for method in ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "PROPFIND"):
        if method not in allowed:
            response = api.request(method, path)
            assert_problem(response, problems.NOT_ALLOWED)
            assert response.headers["allow"] == allowed


def test_unknown_method_is_a_bad_request(api: Api) -> None:
    assert api.request("BREW", "me").status_code == 400


def test_head_is_get_without_the_body(workspace: RunningWorkspace, api: Api) -> None:
    for path in ("me", "tokens"):
        head, get = api.request("HEAD", path), api.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == get.headers["content-length"]
    assert api.request("HEAD", "me", token="").status_code == 401
    with Browser(workspace) as browser:
        assert browser.http.head("/sign-in").status_code == 200
        assert browser.http.head("/static/workspace.css").status_code == 200
        assert browser.http.head("/openapi.json").status_code == 200


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
def test_malformed_body_is_an_invalid_request(api: Api, body: bytes) -> None:
    document = assert_problem(api.post("tokens", content=body, headers=JSON), problems.INVALID_REQUEST)
    assert [set(error) for error in document["errors"]] in ([{"field", "detail"}], [{"field", "detail"}] * 2)
    assert "999" not in json.dumps(document)


def test_problem_does_not_repeat_the_input(api: Api) -> None:
    secret = "hunter2" * 3
    sent = {"label": secret + "\x1b", "expires": secret, "scopes": [secret], secret: secret}
    assert "hunter2" not in api.post("tokens", json=sent).text
    assert "hunter2" not in api.get("tokens", params={"cursor": secret, "limit": secret}).text
    assert "hunter2" not in api.delete(f"tokens/{secret}").text
    assert "hunter2" not in api.get(secret).text


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
)
def test_api_accepts_only_json(api: Api, kind: str) -> None:
    """Other sites can send forms without a CORS preflight, but JSON only if the preflight allows it."""
    response = api.post("tokens", content=b'{"label": "x"}', headers={"Content-Type": kind})
    assert_problem(response, problems.NOT_JSON)


def test_charset_parameter_is_ignored(api: Api) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert api.post("tokens", content=b'{"label": "x"}', headers=headers).status_code == 201


def test_body_above_the_size_limit_is_refused(api: Api) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(10_000):
            yield b" " * 1024

    fits = b'{"label": "x"}'.ljust(MAX_BODY_SIZE)
    assert api.post("tokens", content=fits, headers=JSON).status_code == 201
    assert_problem(api.post("tokens", content=fits + b" ", headers=JSON), problems.TOO_LARGE)
    try:
        assert_problem(api.post("tokens", content=chunks(), headers=JSON), problems.TOO_LARGE)
    except OSError:
        pytest.fail("the connection ended before the response")


@pytest.mark.parametrize("length", [b"-1", b"x", b"99999999999999999999999", b"\xb2", b"1 2"])
def test_invalid_content_length_is_rejected(workspace: RunningWorkspace, length: bytes) -> None:
    request = b"POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: %b\r\n\r\n{}" % length
    assert send_bytes(workspace, request).split(b" ")[1] in (b"400", b"413")


@pytest.mark.parametrize(
    "line", [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02", b"\r\n\r\n"]
)
def test_malformed_http_is_rejected(workspace: RunningWorkspace, line: bytes) -> None:
    response = send_bytes(workspace, line)
    assert response == b"" or response.split(b" ")[1] == b"400"


@pytest.mark.parametrize("kind", problems.KINDS, ids=lambda kind: kind.name)
def test_url_of_each_problem_type_is_a_page_that_explains_it(workspace: RunningWorkspace, kind: problems.Kind) -> None:
    with Browser(workspace) as browser:
        page = browser.open(kind.path)
    assert page.status_code == 200
    assert kind.title in page.text


def test_unavailable_database_is_a_503_with_retry_after(
    workspace: RunningWorkspace, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT hunter2", {}, Exception("the server closed the connection\nunexpectedly"))

    monkeypatch.setattr(Database, "_run_lookup", fail)
    with caplog.at_level(logging.INFO):
        response = api.get("me")
    assert_problem(response, problems.UNAVAILABLE)
    assert response.headers["retry-after"] == "2"
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("arka_config")]
    begin = "the database does not respond: the server closed the connection"
    assert messages == [f"{begin}; requests get 503 until it does"]
    assert "hunter2" not in caplog.text + response.text


def test_unexpected_exception_discloses_nothing(
    workspace: RunningWorkspace, api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the inside")

    monkeypatch.setattr(Database, "look_up", fail)
    response = api.get("me")
    assert_problem(response, problems.BROKEN)
    assert "inside" not in response.text
    assert api.token not in caplog.text
    assert response.headers["content-security-policy"]


def test_failing_page_is_plain_text(workspace: RunningWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with Browser(workspace).sign_in() as browser:
        monkeypatch.setattr(tokens, "list_tokens", None)
        response = browser.open("/app/personal/settings/tokens")
    assert (response.status_code, response.headers["content-type"]) == (500, "text/plain; charset=utf-8")
