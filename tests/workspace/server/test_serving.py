"""`workspace serve` as a process: several workers with one socket and one database, signals, proxies."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from arka_config.arka import app
from arka_config.workspace.server import serving
from arka_config.workspace.server.tables import Token
from arka_config.workspace.server.workspace import Workspace
from tests import no_network
from tests.guarantees import numbers
from tests.workspace.server.clients import ANN, NO_TLS, UNKNOWN, read_form_key, read_shown_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace

ARKA = os.path.join(os.path.dirname(sys.executable), "arka")
TIMEOUT = 60  # seconds
CONCURRENCY = 8


class ServerProcess(NamedTuple):
    """A workspace in its own processes."""

    process: subprocess.Popen[str]
    url: str
    environ: dict[str, str]

    def list_workers(self) -> list[int]:
        """Return the ids of the worker processes."""
        line = ["ps", "-ww", "-o", "pid=", "-o", "args=", "--ppid", str(self.process.pid)]
        listing = subprocess.run(line, check=False, capture_output=True, text=True)
        return [int(line.split()[0]) for line in listing.stdout.splitlines() if "spawn_main" in line]

    def create_link(self) -> str:
        """Create a sign-in link."""
        line = [ARKA, "workspace", "add-user", ANN, "--plan", "pro", "--url", self.url]
        return subprocess.run(line, env=self.environ, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def run_server(home: Path, database_url: str, *options: str, workers: int = 2) -> Iterator[ServerProcess]:
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], "ARKA_HOME": str(home / "arka"), **no_network.VARIABLES}
    environ["ARKA_DATABASE_URL"] = database_url
    line = [ARKA, "workspace", "serve", "--port", "0", "--workers", str(workers), "--json", *options]
    with (
        open(home / "stderr", "w") as stderr,
        subprocess.Popen(line, env=environ, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            yield ServerProcess(process, url, environ)
        finally:
            process.terminate()
            try:
                process.wait(TIMEOUT)
            finally:
                process.kill()


def wait_until(condition: object, seconds: float = TIMEOUT) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def create_token(server: ServerProcess, client: httpx.Client) -> str:
    """Create a token on the tokens page, over one connection. Any worker may serve it."""
    code = server.create_link()
    page = client.get("/sign-in")
    signed_in = client.post(
        "/sign-in", data={"form_key": read_form_key(page.text), "code": code}, follow_redirects=True
    )
    fields = {"form_key": read_form_key(signed_in.text), "label": "x", "expiry": "never", "access": "manage"}
    return read_shown_token(client.post("/app/personal/settings/tokens", data=fields).text)


@pytest.mark.slow
def test_workers_share_tokens_limits_and_survive_a_crash(tmp_path: Path, database_url: str) -> None:
    with closing(Workspace.open(app, database_url)) as workspace:
        workspace.add_user(ANN, "pro")
        used = workspace.issue(ANN, "used").secret.reveal()
    with run_server(tmp_path, database_url) as server:
        with httpx.Client(base_url=server.url, verify=NO_TLS, trust_env=False, timeout=TIMEOUT) as client:
            token = create_token(server, client)
        wait_until(lambda: len(server.list_workers()) == 2)

        def status(secret: str, method: str = "GET", path: str = "me") -> int:
            headers = {
                "Authorization": f"Bearer {secret}"
            }  # each request has its own connection, which any worker may accept
            return httpx.request(
                method, f"{server.url}/api/v1/{path}", headers=headers, verify=NO_TLS, trust_env=False, timeout=TIMEOUT
            ).status_code

        assert {status(token) for _ in range(30)} == {200}
        assert status(token, "DELETE", "tokens/current") == 204
        assert {status(token) for _ in range(30)} == {401}
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            statuses = Counter(pool.map(status, [UNKNOWN] * 140))
        assert statuses.keys() == {401, 429}
        # Each of the two workers had half of 170. If one did not know of the other, it would have refused none.
        assert statuses[401] >= 70
        first, second = server.list_workers()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: len(server.list_workers()) == 2 and first not in server.list_workers())
        assert second in server.list_workers()
        assert status(token) in (401, 429)
        assert status(used) == 200, "the limit is not for valid tokens"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(TIMEOUT) == 0
        wait_until(lambda: not server.list_workers())
    with closing(Workspace.open(app, database_url)) as workspace, workspace.database.read() as session:
        assert session.scalar(select(func.count(Token.last_used))) == 1, "stopping writes the last uses"
    stderr = (tmp_path / "stderr").read_text()
    assert "Traceback" not in stderr
    assert token not in stderr
    assert UNKNOWN not in stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_accepted_connection_sends_without_delay(host: str) -> None:
    """If it did not, each response on a connection after the first would take 40 ms more."""
    with (
        serving.listen(host, 0) as listener,
        socket.create_connection(listener.getsockname()[:2]),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_worker_freezes_what_it_has_loaded_before_it_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it did not, a full collection would take 30 ms, and bad tokens cause one every few hundred requests."""
    database = f"sqlite:///{tmp_path / 'w.db'}"
    Workspace.open(app, database).close()
    frozen = []

    class Server:
        def run(self, sockets: list[socket.socket]) -> None:
            frozen.append(gc.get_freeze_count())

    monkeypatch.setattr(serving, "create_server", lambda _: Server())
    before = gc.get_freeze_count()
    try:
        with serving.listen("127.0.0.1", 0) as listener:
            serving.serve(serving.Service(app, database, "", "127.0.0.1"), listener, 1, lambda: None)
    finally:
        gc.unfreeze()
    assert frozen[0] > before + 10_000


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"GET / HTTP/1.1\r\nX"])
def test_endless_head_closes_the_connection(workspace: RunningWorkspace, start: bytes) -> None:
    with socket.create_connection((urlsplit(workspace.url).hostname, urlsplit(workspace.url).port), 30) as connection:
        connection.sendall(start)
        with contextlib.suppress(ConnectionError):
            for _ in range(256):
                connection.sendall(b"x" * 65_536)
            pytest.fail("16 MiB were accepted")


def test_database_password_is_not_printed(tmp_path: Path) -> None:
    done = subprocess.run(
        [ARKA, "workspace", "serve", "--port", "0", "--database-url", "postgresql://ann:hunter2@127.0.0.1:9/x"],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        check=False,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert (done.returncode, "hunter2" in done.stdout + done.stderr) == (1, False)
    assert "cannot open the database postgresql+psycopg://ann:***@127.0.0.1:9/x" in done.stderr


@pytest.mark.parametrize(
    ("proxies", "counted"),
    numbers.part_of([(["10.0.0.0/8", "127.0.0.1"], "203.0.113.9"), ([], "127.0.0.1")], 2),
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} proxies",
)
def test_workers_use_the_address_that_a_trusted_proxy_reports(tmp_path: Path, proxies: list[str], counted: str) -> None:
    database = f"sqlite:///{tmp_path / 'w.db'}"
    options = [f"--trusted-proxy={proxy}" for proxy in proxies]
    with run_server(tmp_path, database, "--url", "https://workspace.example", *options):
        match = re.search(
            r"at https://workspace.example, on (http://127.0.0.1:\d+)\n", (tmp_path / "stderr").read_text()
        )
        assert match
        for _ in range(2):
            response = httpx.get(
                f"{match[1]}/api/v1/me",
                headers={
                    "Host": "workspace.example",
                    "X-Forwarded-For": "192.0.2.7, 203.0.113.9",
                    "Authorization": f"Bearer {UNKNOWN}",
                },
                verify=NO_TLS,
                trust_env=False,
                timeout=TIMEOUT,
            )
            assert response.status_code == 401
    with closing(sqlite3.connect(tmp_path / "w.db")) as connection:
        rows = connection.execute("SELECT address, count FROM attempts").fetchall()
    assert rows == [(counted, 2)]
