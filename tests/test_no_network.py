"""Tests connect to this machine only. If a test connects to another one, it fails."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from tests.cli.program import TOKEN, arka


@pytest.mark.parametrize("host", ["192.0.2.1", "arka.example", "2001:db8::1"])
def test_connection_to_another_machine_is_refused(host: str, loopback_only: list[str]) -> None:
    with pytest.raises(OSError, match="stay on this machine"):
        socket.create_connection((host, 443), timeout=1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(OSError, match="stay on this machine"):
        sock.connect((host, 443))
    with socket.socket(family) as sock, pytest.raises(OSError, match="stay on this machine"):
        sock.connect_ex((host, 443))
    assert loopback_only == [host, host, host]
    loopback_only.clear()


def test_connection_to_loopback_is_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()[:2]):
        pass


def test_login_at_a_remote_workspace_fails_without_a_connection(home: Path) -> None:
    arka("login", "--with-token", stdin=TOKEN)  # imports httpx
    began = time.perf_counter()
    done = arka("login", "--with-token", stdin=TOKEN)
    assert done.code == 0
    assert "cannot be reached: the proxy refused the connection" in done.err
    assert time.perf_counter() - began < 1
