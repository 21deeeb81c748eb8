"""Run a temporary PostgreSQL server, with its data and its socket in a temporary folder.

Used by the tests and the benchmark. `initdb` refuses to run as root, so root runs it as another user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from arka_config.workspace.server.tables import Table
from tests import peers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TIMEOUT = 60  # seconds
_SMALL_DISK = "small"
DURABLE = {
    "listen_addresses": "",
    "max_connections": "60",
    "timezone": "Pacific/Chatham",  # the server's time zone must not matter
}
# Durability would take most of the time, and the data is temporary.
_FAST = DURABLE | {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
# A mount namespace ends when its processes end, so the data of a small disk do not outlive `stop`.
_MOUNT_SMALL_DISK = """
user=$1 && shift && mount -t tmpfs -o "size=16m,mode=0700,uid=$(id -u "$user")" tmpfs "$0/small" &&
exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"
"""
# SIGINT disconnects all clients. When this process ends, even if it is killed, the pipe closes.
_STOP_WITH_PARENT = '"$@" </dev/null & read -r _; kill -INT $!; wait $!; rm -rf "$0"'


class PostgreSQL:
    """A server. `folder` contains its data and its socket. Tests can freeze, stop or fill it, or make it read-only."""

    def __init__(self, folder: Path, programs: Path, user: str | None, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.has_small_disk = not why_no_small_disk()
        self._programs, self._user, self._settings = programs, user, settings
        self._keepers: list[subprocess.Popen[bytes]] = []
        self._databases = 0

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        words = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder)]
        words += [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        if self.has_small_disk:
            words = ["unshare", "-m", "sh", "-c", _MOUNT_SMALL_DISK, str(self.folder), str(self._user), *words]
        with open(self.folder / "log", "ab") as log:
            keeper = subprocess.Popen(
                ["sh", "-c", _STOP_WITH_PARENT, str(self.folder), *words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                user=None if self.has_small_disk else self._user,
                cwd=self.folder,
            )
        self._keepers.append(keeper)
        _wait_until_ready(keeper, self.folder)

    def stop(self) -> None:
        """Stop the server, which disconnects all clients."""
        postmaster = self._postmaster()
        os.kill(postmaster, signal.SIGINT)
        deadline = time.monotonic() + _TIMEOUT
        while (self.folder / "data" / "postmaster.pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def close(self) -> None:
        """Stop the server for the last time. The keepers delete the folder."""
        for keeper in reversed(self._keepers):
            assert keeper.stdin is not None
            keeper.stdin.close()
            keeper.wait(_TIMEOUT)

    @contextmanager
    def freeze(self) -> Iterator[None]:
        """Stop all of its processes with SIGSTOP until the block ends: connections stay open, without an answer."""
        postmaster = self._postmaster()
        os.kill(postmaster, signal.SIGSTOP)  # first, so that it starts no other process
        frozen = [postmaster, *_children(postmaster)]
        for process in frozen[1:]:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(frozen):
                os.kill(process, signal.SIGCONT)

    @contextmanager
    def make_read_only(self) -> Iterator[None]:
        """Make transactions read-only until the block ends, as on a standby, and also for open connections."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            self._reload(connection, "on")
            try:
                yield
            finally:
                connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
                self._reload(connection, "off")

    def _reload(self, connection: psycopg.Connection[Any], value: str) -> None:
        """Let all processes of the server read its settings again.

        The server signals one process after the other, the newest first, and accepts a connection only when it has
        signalled them all.
        """
        connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + _TIMEOUT
        while connection.execute("SHOW default_transaction_read_only").fetchone() != (value,):
            assert time.monotonic() < deadline
        psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres").close()

    @contextmanager
    def small_database(self) -> Iterator[str]:
        """Create a database on a file system of 16 MB, and drop it at the end."""
        self.execute(f"CREATE TABLESPACE small LOCATION '{self.folder / _SMALL_DISK}'")
        url = self.create_database("TABLESPACE small")
        try:
            yield url
        finally:
            self.drop_database(url)
            self.execute("DROP TABLESPACE small")

    @contextmanager
    def fill(self, url: str) -> Iterator[None]:
        """Fill the disk of a small database until no table can grow."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE filler (content text)")
            connection.execute("ALTER TABLE filler ALTER content SET STORAGE PLAIN")
            with suppress(psycopg.errors.DiskFull):
                while True:  # each row takes a page
                    connection.execute("INSERT INTO filler SELECT repeat('x', 7000) FROM generate_series(1, 100)")
            yield
            connection.execute("DROP TABLE filler")

    def _postmaster(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def create_database(self, options: str = "") -> str:
        """Create an empty database and return its URL."""
        self._databases += 1
        name = f"workspace_{self._databases}"
        self.execute(f"CREATE DATABASE {name} {options}")
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
    """Delete all rows, after disconnecting other clients.

    TRUNCATE creates new files for each table and index: with few rows it takes eight times as long as DELETE.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        tables = reversed(Table.metadata.sorted_tables)  # those that refer to others first
        connection.execute("; ".join(f"DELETE FROM {table.name}" for table in tables))
        connection.execute("SELECT setval(seqrelid, seqstart, false) FROM pg_sequence")


@contextmanager
def run_server(settings: Mapping[str, str] = _FAST) -> Iterator[PostgreSQL]:
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
        server = PostgreSQL(folder, programs, user, settings)
        (folder / _SMALL_DISK).mkdir()
        try:
            server.start()
            yield server
        finally:
            server.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def why_no_small_disk() -> str:
    """Return why the server cannot have a small disk; empty if it can."""
    if os.geteuid() != 0:
        return "only root can mount a file system"
    if missing := [name for name in ("mount", "setpriv", "unshare") if shutil.which(name) is None]:
        return f"{' and '.join(missing)} is not on PATH: install it, as in 'apt install util-linux mount'"
    done = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True)
    return "this machine does not allow mount namespaces" if done.returncode else ""


def _children(process: int) -> list[int]:
    listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], check=False, capture_output=True, text=True)
    return [int(line) for line in listing.stdout.split()]


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
    """Return the user that runs the server if this process is root: `postgres`, else `nobody`. Otherwise None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"
