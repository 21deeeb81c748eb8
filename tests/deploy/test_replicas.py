"""Two replicas behind nginx on PostgreSQL, set up as docs/guides/deployment.md says. If one is killed or restarted, or
a migration runs under load, no request fails except those that a killed process was answering.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import arka_config
from arka_config.arka import app
from arka_config.workspace.server import migrations
from arka_config.workspace.server.workspace import Workspace
from tests.deploy.site import TIMEOUT, Site, run_nginx, write_nginx_configuration
from tests.guarantees import numbers
from tests.workspace.server.clients import ANN, MANAGE, NO_TLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workspace.server.postgresql import PostgreSQL

ARKA = str(Path(sys.executable).with_name("arka"))
UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "arka-workspace@.service"
READERS = 3
PAUSE = 0.01  # seconds between a client's requests, so that starting a replica does not compete with them for the cores
SOME = 60  # requests that must succeed after each event

pytestmark = [
    pytest.mark.peer("nginx", "postgresql"),
    pytest.mark.slow,
    pytest.mark.longest,
    pytest.mark.skipif(not numbers.FULL, reason="it takes half a minute: set GUARANTEES=full"),
]


def read_command(port: int, url: str) -> list[str]:
    """Return the command of the systemd unit, with this port."""
    text = UNIT.read_text().replace("\\\n", " ")
    (line,) = re.findall(r"^ExecStart=(.+)$", text, re.MULTILINE)
    line = line.replace(
        "127.0.0.1:1%i", f"127.0.0.1:{free_port()}"
    )  # if the port has five digits, there is no room for the 1
    line = line.replace("%i", str(port)).replace("${WORKSPACE_URL}", url).replace("/opt/arka/bin/arka", ARKA)
    return shlex.split(line)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Replica:
    """A replica that can be killed and started again on the same port."""

    def __init__(self, port: int, site_url: str, database_url: str, log: Path) -> None:
        self.port = port
        self._command = read_command(port, site_url)
        self._environ = os.environ | {"ARKA_DATABASE_URL": database_url}
        self._log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=self._environ, start_new_session=True
            )
        deadline = time.monotonic() + TIMEOUT
        while not self._is_ready():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:  # by address, as load balancers do
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", verify=NO_TLS, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """Kill all of its processes at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT)

    def stop(self) -> None:
        """Stop it if it is running."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(TIMEOUT)


class Load:
    """Clients that send requests until the end: some read, and one creates and revokes tokens."""

    def __init__(self, site: Site, token: str) -> None:
        self._site = site
        self._headers = {"Authorization": f"Bearer {token}"}
        self._ends = threading.Event()
        self._progress = threading.Condition()
        self.succeeded = {"read": 0, "write": 0}
        self.failed_reads: list[str] = []
        self.failed_writes: list[str] = []
        self.revoked: list[str] = []

    @contextmanager
    def run(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._read) for _ in range(READERS)]
        threads.append(threading.Thread(target=self._write))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._ends.set()
            for thread in threads:
                thread.join(TIMEOUT)

    def wait_for_more(self) -> None:
        """Wait until some more requests of both kinds have succeeded."""
        goal = {"read": self.succeeded["read"] + SOME, "write": self.succeeded["write"] + SOME // 6}
        with self._progress:
            assert self._progress.wait_for(lambda: all(self.succeeded[kind] >= goal[kind] for kind in goal), TIMEOUT)

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self._site.url, headers=self._headers, verify=self._site.tls(), trust_env=False, timeout=TIMEOUT
        )

    def _read(self) -> None:
        with self.client() as client:
            while not self._ends.wait(PAUSE):
                self._count("read", self._send(client, "GET", "me", 200, self.failed_reads))

    def _write(self) -> None:
        with self.client() as client:
            while not self._ends.wait(PAUSE):
                created = self._send(client, "POST", "tokens", 201, self.failed_writes, json={"label": "load"})
                if created is not None:
                    document = created.json()
                    path = f"tokens/{document['details']['id']}"
                    if self._send(client, "DELETE", path, 204, self.failed_writes) is not None:
                        self.revoked.append(document["token"])
                self._count("write", created)

    def _send(
        self, client: httpx.Client, method: str, path: str, status: int, failed: list[str], **rest: Any
    ) -> httpx.Response | None:
        try:
            response = client.request(method, f"/api/v1/{path}", **rest)
        except httpx.TransportError as error:
            failed.append(repr(error))
            return None
        if response.status_code == status:
            return response
        failed.append(f"{method} {path}: {response.status_code} {response.text}")
        return None

    def _count(self, kind: str, response: httpx.Response | None) -> None:
        if response is not None:
            with self._progress:
                self.succeeded[kind] += 1
                self._progress.notify_all()


def migrate(database_url: str, folder: Path | None = None) -> str:
    """Run `workspace migrate`, with the package in this folder instead of this one. Return its message."""
    environ = os.environ | {"ARKA_DATABASE_URL": database_url}
    program = [ARKA]
    if folder is not None:
        program = [sys.executable, "-m", "arka_config"]
    done = subprocess.run(
        [*program, "workspace", "migrate"],
        check=False,
        capture_output=True,
        cwd=folder,
        env=environ,
        encoding="utf-8",
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


NEXT_MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None
oldest_program = "{head}"


def upgrade():
    op.add_column("tokens", sa.Column("team", sa.String(40), nullable=True))
    op.create_table("teams", sa.Column("id", sa.String(40), primary_key=True))
"""


def copy_as_next_version(folder: Path) -> Path:
    """Copy the package, with another migration."""
    shutil.copytree(Path(arka_config.__file__).parent, folder / "arka_config")
    versions = folder / "arka_config" / "workspace" / "server" / "migrations" / "versions"
    (versions / "r9999_teams.py").write_text(NEXT_MIGRATION.format(head=migrations.head()))
    return folder


def test_kill_restart_and_migration_fail_no_request(server: PostgreSQL, tmp_path: Path, home: Path) -> None:
    database_url = server.create_database()
    assert "Migrated the database" in migrate(database_url)
    ports = free_port(), free_port()
    site = write_nginx_configuration(tmp_path, ports, free_port())
    workspace = Workspace.open(app, database_url)
    workspace.add_user(ANN, "pro")
    token = workspace.issue(ANN, "load", [MANAGE]).secret.reveal()
    newer = copy_as_next_version(tmp_path / "newer")
    with ExitStack() as stack:
        stack.callback(workspace.close)
        replicas = [Replica(port, site.url, database_url, tmp_path / f"{port}.log") for port in ports]
        for replica in replicas:
            stack.callback(replica.stop)
            replica.start()
        stack.enter_context(run_nginx(site))
        load = Load(site, token)
        with load.run():
            load.wait_for_more()
            replicas[0].kill()
            load.wait_for_more()
            replicas[0].start()
            load.wait_for_more()
            assert f"from {migrations.head()} to 9999" in migrate(database_url, newer)
            load.wait_for_more()
            replicas[1].kill()
            load.wait_for_more()
            replicas[1].start()  # the older version, next to the new tables
            load.wait_for_more()
        assert load.failed_reads == []
        # nginx does not repeat a request if it may have changed something. One client writes, and there were two kills.
        assert len(load.failed_writes) <= 2, load.failed_writes
        assert all(" 502 " in failure for failure in load.failed_writes), load.failed_writes
        with load.client() as client:
            for token in load.revoked[-5:]:
                response = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
                assert response.status_code == 401
            assert client.get("/readyz").status_code == 404  # for nginx, not for clients
    log = (tmp_path / "access.log").read_text()
    assert "GET 200" in log
    assert "/api/" not in log
    assert "Traceback" not in "".join(path.read_text() for path in tmp_path.glob("*.log"))
