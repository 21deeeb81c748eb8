"""The database of a workspace: a SQLite file, or PostgreSQL.

Use `read()` for transactions that only read, and `write()` for all others. On SQLite, `write()` takes the lock at the
start: a transaction that starts as a reader and then writes would fail instead of waiting for other writers.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from arka_config.errors import ConfigError
from arka_config.store import files
from arka_config.text import shorten
from arka_config.workspace.server.selection import LABEL_FUNCTION, label_matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from arka_config.workspace.server.tables import Table

MAX_CONNECTIONS = 10  # for each worker; PostgreSQL limits the total
_BUSY_TIMEOUT = 10_000  # milliseconds to wait for other writers
_URL_HINT = "use sqlite:////FULL/PATH, or postgresql://USER@HOST/NAME"


class Database:
    """An open database. `url` has its password masked."""

    def __init__(self, engine: Engine, lookups: Engine) -> None:
        self.engine = engine
        self.lookups = lookups
        self._lookup_lock = threading.Lock()
        self._lookup_connection: Connection | None = None
        self._for_writing = engine.execution_options(writing=True)

    @classmethod
    def open(cls, url: str | URL) -> Database:
        """Open the database at a URL, without connecting yet. A missing SQLite file is created with mode 0600.

        Raises ConfigError for an invalid URL, FileError if the file cannot be created.
        """
        parsed = _parse_url(url)
        if parsed.get_backend_name() == "sqlite":
            _create_file(str(parsed.database))
            engine = create_engine(parsed, hide_parameters=True)
            lookups = create_engine(parsed, hide_parameters=True, isolation_level="AUTOCOMMIT")
            event.listen(engine, "begin", _begin_sqlite)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(lookups, "connect", _prepare_sqlite_lookups)
        else:
            # pre_ping replaces a connection that was lost while idle, so that no request fails for it.
            engine = create_engine(
                parsed, hide_parameters=True, pool_pre_ping=True, pool_size=MAX_CONNECTIONS - 1, max_overflow=0
            )
            lookups = create_engine(parsed, hide_parameters=True, isolation_level="AUTOCOMMIT", pool_size=1)
            for each in (engine, lookups):
                event.listen(each, "connect", _prepare_postgresql)
        return cls(engine, lookups)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def url(self) -> str:
        """The URL with its password masked."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Start a read-only session, which sees one state of the database."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Start a session that commits at its end, or rolls back on an exception."""
        with Session(self._for_writing, expire_on_commit=False) as session, session.begin():
            yield session

    def look_up(self, query: Executable, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Run a query in a transaction of its own, on a connection that is kept for this: one round trip.

        If the connection was lost while it was idle, the query is repeated on another one. On SQLite, it does not wait
        for a lock, which readers meet only while another process recovers the file after a crash.
        """
        with self._lookup_lock:
            try:
                return self._run_lookup(query, values)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            return self._run_lookup(query, values)

    def _run_lookup(self, query: Executable, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        if self._lookup_connection is None:
            self._lookup_connection = self.lookups.connect()
        try:
            return self._lookup_connection.execute(query, values).all()
        except BaseException:
            self._lookup_connection.close()
            self._lookup_connection = None
            raise

    @contextmanager
    def report_errors(self) -> Iterator[None]:
        """Turn a database error into a ConfigError with the driver's message. For commands."""
        reason = ""
        try:
            yield
        except DBAPIError as error:
            reason = driver_message(error)
        if reason:
            raise ConfigError(f"cannot open the database {self.url}: {reason}", hint=_URL_HINT)

    def close(self) -> None:
        """Close all connections."""
        with self._lookup_lock:
            if self._lookup_connection is not None:
                self._lookup_connection.close()
                self._lookup_connection = None
        self.engine.dispose()
        self.lookups.dispose()


def driver_message(error: Exception) -> str:
    """The first line of the driver's message. SQLAlchemy's own message repeats the statement."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def is_locked(error: DBAPIError) -> bool:
    """Whether SQLite refused a statement because of another process's lock."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY  # the rest is the extended code


def insert(session: Session, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT with ON CONFLICT, which SQLAlchemy has separately for each database."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def file_url(path: str) -> URL:
    """The URL of a SQLite file. Its path may have any characters."""
    return URL.create("sqlite", database=path)


def _parse_url(url: str | URL) -> URL:
    """Parse the URL and set its driver. Raises ConfigError, which does not repeat the URL: it may have a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None:
        raise ConfigError("the database URL is not valid", hint=_URL_HINT)
    name = parsed.drivername
    if name in ("postgres", "postgresql", "postgresql+psycopg"):
        if find_spec("psycopg") is None:
            raise ConfigError(
                "PostgreSQL needs psycopg, which is not installed", hint="pip install 'arka-config[postgresql]'"
            )
        return parsed.set(drivername="postgresql+psycopg")
    if name not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigError(f"a workspace cannot use the database '{shorten(name, 40)}'", hint=_URL_HINT)
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise ConfigError("a workspace needs a database file that all workers can open", hint=_URL_HINT)
    return parsed.set(database=os.path.abspath(parsed.database))


def _create_file(path: str) -> None:
    """Create the file as private. SQLite gives the files next to it the same mode."""
    try:
        files.make_folder(os.path.dirname(path))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), files.PRIVATE_FILE))
    except OSError as error:
        raise files.failure("write", path, error) from None


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # `_begin_sqlite` starts transactions
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {_BUSY_TIMEOUT}", "journal_mode = WAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function(LABEL_FUNCTION, 2, label_matches, deterministic=True)


def _prepare_sqlite_lookups(connection: Any, record: object) -> None:
    _prepare_sqlite(connection, record)
    connection.execute("PRAGMA busy_timeout = 0")


def _prepare_postgresql(connection: Any, _: object) -> None:
    # In the server's time zone, the last hours of the calendar may be out of range.
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
