"""The client's address is the peer's, or the one that a trusted proxy reports, and never any other text."""

from __future__ import annotations

import http.client
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from arka_config.arka import app
from arka_config.errors import UsageError
from arka_config.workspace.server.proxies import find_client, parse_networks
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.serving import serve_in_thread
from tests.workspace.server.clients import UNKNOWN

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace

TRUSTED = parse_networks(["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"], "--trusted-proxy")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("", ["203.0.113.9"], ""),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),  # not a proxy
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["192.0.2.7, 203.0.113.9"], "203.0.113.9"),  # the client wrote the first one
        ("127.0.0.1", ["192.0.2.7", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["192.0.2.7, 203.0.113.9,10.1.2.3 , 10.1.2.4"], "203.0.113.9"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),  # the client is a proxy itself
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["\x1b[31m"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9, \x1b[31m, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["203.0.113.9\x1b"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9\n"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9:1234"], "127.0.0.1"),
        ("127.0.0.1", ["2001:DB8:0::9"], "2001:db8::9"),
        ("127.0.0.1", ["fe80::9%\x1b[31m"], "fe80::9"),  # the ipaddress module accepts any text as a zone
        ("fd00::1", ["2001:db8::9"], "2001:db8::9"),
        ("::ffff:10.1.2.3", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["203.0.113.9" + ", 10.1.2.3" * 1000], "10.1.2.3"),
    ],
)
def test_client_is_the_last_address_that_is_not_a_trusted_proxy(peer: str, forwarded: list[str], client: str) -> None:
    assert find_client(peer, forwarded, TRUSTED) == client
    assert find_client(peer, forwarded, ()) == find_client(peer, [], ())


@pytest.mark.parametrize(
    ("text", "hint"), [("10.0.0.1/8", "did you mean 10.0.0.0/8?"), ("proxy.example", "10.0.0.0/8"), ("*", "10.0.0.0/8")]
)
def test_proxy_that_is_not_a_network_is_a_usage_error(text: str, hint: str) -> None:
    with pytest.raises(UsageError, match="--trusted-proxy: '.*' is not a network") as error:
        parse_networks(["127.0.0.1", text], "--trusted-proxy")
    assert hint in error.value.hint


WITH_ESCAPES = ["\x1b]0;owned\x07", "203.0.113.9\x1b[31m", "fe80::1%\x1b[2J"]
FORGED = ["<script>", "x" * 5000, "unknown", "203.0.113.9 198.51.100.2", "203.0.113.9:80"]


@pytest.mark.parametrize("is_trusted", [False, True], ids=["direct", "through a trusted proxy"])
def test_forged_header_is_not_stored_and_does_not_evade_limits(tmp_path: Path, is_trusted: bool) -> None:
    trusted = TRUSTED if is_trusted else ()
    database = f"sqlite:///{tmp_path / 'w.db'}"
    with serve_in_thread(app, database, public_url="https://workspace.example", trusted_proxies=trusted) as workspace:
        workspace.workspace.bad_token_limit = Limit("bad token", 3, timedelta(minutes=1))
        first = [send_bad_token(workspace, header) for header in WITH_ESCAPES]
        statuses = [send_bad_token(workspace, header) for header in FORGED]
    assert set(first) <= {400, 401}  # some versions of the parser reject a control character
    assert statuses[-1] == 429
    with closing(sqlite3.connect(tmp_path / "w.db")) as connection:
        (address,) = connection.execute("SELECT address FROM audit WHERE action = 'limit reached'").fetchone()
        addresses = {row[0] for row in connection.execute("SELECT address FROM attempts")}
    assert address == "127.0.0.1"
    assert addresses <= {"127.0.0.1", "fe80::/64"}


def send_bad_token(workspace: RunningWorkspace, forwarded: str) -> int:
    """Send a request with an unknown token and this header, as a proxy would. httpx would reject the header."""
    with closing(http.client.HTTPConnection(urlsplit(workspace.url).netloc, timeout=30)) as connection:
        headers = {"Host": "workspace.example", "X-Forwarded-For": forwarded, "Authorization": f"Bearer {UNKNOWN}"}
        connection.request("GET", "/api/v1/me", headers=headers)
        return connection.getresponse().status
