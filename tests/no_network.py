"""Keep the tests off the network: a proxy address on which nothing listens, and a guard for this process's sockets.

With the variables, child processes too find every workspace unreachable at once, unless it is on loopback.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from arka_config.precedence.origin import is_loopback

if TYPE_CHECKING:
    from typing import Any

    import pytest

_CLOSED = "http://127.0.0.1:9"  # the discard port, which refuses connections
VARIABLES = {
    **dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), _CLOSED),
    **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1"),
}


def guard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse connections to other machines, and look-ups of their names. Return the refused hosts."""
    refused: list[str] = []
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(host: object) -> None:
        name = str(host or "localhost")
        if not (is_loopback(name) or name == "::1"):
            refused.append(name)
            raise socket.gaierror(socket.EAI_NONAME, "the tests stay on this machine")

    def check_and_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])
        connect(self, address)

    def check_and_connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])
        return connect_ex(self, address)

    def check_and_look_up(host: Any, *rest: Any, **options: Any) -> Any:
        check(host.decode() if isinstance(host, bytes) else host)
        return getaddrinfo(host, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", check_and_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", check_and_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", check_and_look_up)
    return refused
