"""Run a temporary PostgreSQL server, with its data and its socket in a temporary folder.

Used by the tests and the benchmark. `initdb` refuses to run as root, so root runs it as another user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from arka_config.workspace.server.tables import Table
from tests import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT = 60  # seconds
# Durability takes most of the time, and the data is temporary.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "timezone": "Pacific/Chatham",  # the server's time zone must not matter
}
# SIGINT disconnects all clients. The pipe closes when this process ends, even if it is killed.
_STOP_WITH_PARENT = '"$@" </dev/null & read -r _; kill -INT $!; wait $!; rm -rf "$0"'


class PostgreSQL:
    """A running server. `folder` holds its data and its socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._databases = 0

    def create_database(self) -> str:
        """Create an empty database and return its URL."""
        self._databases += 1
        name = f"workspace_{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def drop_database(self, url: str) -> None:
        """Drop a database, even if it is in use."""
        name = url.partition("?")[0].rpartition("/")[2]
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run a statement outside of a transaction."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


def empty_tables(url: str) -> None:
    """Delete all rows, after disconnecting other clients."""
    with psycopg.connect(url, autocommit=True) as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        tables = ", ".join(table for table in Table.metadata.tables)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")


@contextmanager
def run_server() -> Iterator[PostgreSQL]:
    """Run a server until the block ends. Raises MissingPeer."""
    programs = peers.postgresql_programs()
    user = _choose_user()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # not in the tests' folder, which other users cannot enter
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        line: list[str | Path] = [programs / "initdb", "-D", data, "--username=postgres", "--auth=trust"]
        initdb = subprocess.run(
            [*line, "--encoding=UTF8", "--no-sync"],
            check=False,
            capture_output=True,
            text=True,
            user=user,
            cwd=folder,
            timeout=_TIMEOUT,
        )
        assert initdb.returncode == 0, initdb.stderr
        with _run(programs, folder, data, user):
            yield PostgreSQL(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _run(programs: Path, folder: Path, data: Path, user: str | None) -> Iterator[None]:
    words = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
    words += [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (
        open(folder / "log", "wb") as log,
        subprocess.Popen(
            ["sh", "-c", _STOP_WITH_PARENT, str(folder), *words],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            user=user,
            cwd=folder,
        ) as keeper,
    ):
        try:
            _wait_until_ready(keeper, folder)
            yield
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(_TIMEOUT)


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _choose_user() -> str | None:
    """The user that runs the server instead of root: `postgres`, else `nobody`. None if this process is not root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"
