"""The listener to which the browser returns: what it answers, and what it ignores."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from arka_config.workspace.client.sign_in import loopback
from arka_config.workspace.client.sign_in.loopback import MAX_CONNECTIONS, Listener
from tests.workspace.server.clients import NO_TLS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener("A & B") as listener:
        yield listener


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, verify=NO_TLS, trust_env=False, timeout=10)


def ignores(listener: Listener, response: httpx.Response) -> bool:
    return response.status_code >= 400 and "close this tab" not in response.text and listener.wait(0) is None


def test_browser_that_returns_is_answered_once(listener: Listener) -> None:
    url = f"{listener.redirect_uri}?code=c1&state={listener.state}"
    first, second = get(url), get(url.replace("code=c1", "code=c2"))
    assert (first.status_code, second.status_code) == (200, 410)
    assert "You can close this tab" in first.text
    assert "A &amp; B" in first.text
    assert first.headers["content-security-policy"].startswith("default-src 'none'")
    assert first.headers["cache-control"] == "no-store"
    assert listener.wait(0) == {"code": "c1", "state": listener.state}


@pytest.mark.parametrize(
    "state", ["", "&state=", "&state=of-another-sign-in", "&state={own}&state={own}", "&state=%ff"]
)
def test_missing_foreign_and_repeated_state_is_ignored(listener: Listener, state: str) -> None:
    assert ignores(listener, get(f"{listener.redirect_uri}?code=c1{state.format(own=listener.state)}"))
    assert get(f"{listener.redirect_uri}?code=c2&state={listener.state}").status_code == 200


@pytest.mark.parametrize("path", ["/", "/callback/", "/favicon.ico", "/callback%2f"])
def test_other_path_is_ignored(listener: Listener, path: str) -> None:
    base = listener.redirect_uri.removesuffix("/callback")
    assert ignores(listener, get(f"{base}{path}?code=c1&state={listener.state}"))


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1", "127.0.0.1:1"])
def test_other_host_is_ignored(listener: Listener, host: str) -> None:
    """A page of evil.example can make its name resolve to 127.0.0.1 (DNS rebinding)."""
    assert ignores(listener, get(f"{listener.redirect_uri}?code=c1&state={listener.state}", Host=host))


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_other_method_is_ignored(listener: Listener, method: str) -> None:
    url = f"{listener.redirect_uri}?code=c1&state={listener.state}"
    assert ignores(listener, httpx.request(method, url, verify=NO_TLS, trust_env=False, timeout=10))


def test_long_request_is_ignored(listener: Listener) -> None:
    assert ignores(listener, get(f"{listener.redirect_uri}?state={listener.state}&code={'c' * 9000}"))


def test_idle_connections_are_limited_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback._Handler, "timeout", 0.2)
    with Listener("Acme") as listener:
        port = int(listener.redirect_uri.rpartition(":")[2].partition("/")[0])
        idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(MAX_CONNECTIONS + 4)]
        ends = time.monotonic() + 10
        for connection in idle:
            connection.settimeout(max(0.1, ends - time.monotonic()))
            with connection:
                assert connection.recv(1) == b""
        assert get(f"{listener.redirect_uri}?code=c1&state={listener.state}").status_code == 200


def test_listener_is_on_loopback_only_and_closes() -> None:
    with Listener("Acme") as listener:
        assert listener._server.server_address[0] == "127.0.0.1"
        url = listener.redirect_uri
    with pytest.raises(httpx.ConnectError):
        get(url)


def test_listener_prints_nothing_of_a_request(listener: Listener, capfd: pytest.CaptureFixture[str]) -> None:
    get(f"{listener.redirect_uri}?code=c1&state={listener.state}")
    assert capfd.readouterr() == ("", "")
