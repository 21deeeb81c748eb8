"""A PostgreSQL of its own: made in a scratch folder, reached through a socket in it, and gone with it.

It is the tests' and the benchmark's. `initdb` refuses to run as root, so that root runs it as another user.
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

_PATIENCE = 60  # seconds
# Durability costs most of the time, and nothing of this outlives the run.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "timezone": "Pacific/Chatham",  # a server is seldom in UTC, and its zone must not matter
}
# SIGINT disconnects whoever is connected. The pipe ends when this process does, also where it is killed.
_UNTIL_NOBODY_IS_THERE = '"$@" </dev/null & read -r _; kill -INT $!; wait $!; rm -rf "$0"'


class PostgreSQL:
    """A server that runs. `folder` holds its data, and the socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._databases = 0

    def new_database(self) -> str:
        """The URL of a database that is empty."""
        self._databases += 1
        name = f"workspace_{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def drop(self, url: str) -> None:
        """Removes a database, whoever still uses it."""
        name = url.partition("?")[0].rpartition("/")[2]
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Runs a statement outside of any transaction."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


def empty(url: str) -> None:
    """Removes every row, and keeps the tables. Whoever is in the middle of something is disconnected first."""
    with psycopg.connect(url, autocommit=True) as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        tables = ", ".join(table for table in Table.metadata.tables)
        connection.execute(f"TRUNCATE {tables} RESTART IDENTITY")


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """A server for as long as the block takes. Raises MissingPeer."""
    programs = peers.postgresql_programs()
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))  # beside the tests' own, which other users cannot enter
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        line: list[str | Path] = [programs / "initdb", "-D", data, "--username=postgres", "--auth=trust"]
        made = subprocess.run(
            [*line, "--encoding=UTF8", "--no-sync"],
            check=False,
            capture_output=True,
            text=True,
            user=user,
            cwd=folder,
            timeout=_PATIENCE,
        )
        assert made.returncode == 0, made.stderr
        with _served(programs, folder, data, user):
            yield PostgreSQL(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _served(programs: Path, folder: Path, data: Path, user: str | None) -> Iterator[None]:
    words = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
    words += [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (
        open(folder / "log", "wb") as log,
        subprocess.Popen(
            ["sh", "-c", _UNTIL_NOBODY_IS_THERE, str(folder), *words],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            user=user,
            cwd=folder,
        ) as keeper,
    ):
        try:
            _wait_until_it_answers(keeper, folder)
            yield
        finally:
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(_PATIENCE)


def _wait_until_it_answers(server: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _user() -> str | None:
    """Who runs it in place of root: PostgreSQL's own user, else nobody. None where this process is not root's."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"
