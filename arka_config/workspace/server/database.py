"""The database of a workspace: a SQLite file, or PostgreSQL.

Use `read()` for transactions that only read, and `write()` for all others. On SQLite, `write()` takes the lock at the
start: a transaction that starts as a reader and then writes would fail instead of waiting for other writers.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Executable, create_engine, event, make_url
from sqlalchemy import insert as core_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from arka_config.errors import ConfigError
from arka_config.extras import install_command
from arka_config.store import files
from arka_config.store.ownership import refusal_hint
from arka_config.text import quote_path, shorten
from arka_config.workspace.server.outages import READ, TIME_LIMIT, UNAVAILABLE, WRITE, Outages, driver_message
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
        self.outages = Outages()
        self._lookup_lock = threading.Lock()
        self._lookup_connection: Connection | None = None
        self._lookup_is_stale = False
        self._for_writing = engine.execution_options(writing=True)

    @classmethod
    def open(cls, url: str | URL) -> Database:
        """Open the database at a URL, without connecting yet. A missing SQLite file is created with mode 0600.

        Raises ConfigError for an invalid URL, FileError if the file cannot be created.
        """
        parsed = _parse_url(url)
        options: dict[str, Any] = {"hide_parameters": True, "pool_timeout": TIME_LIMIT}
        if parsed.get_backend_name() == "sqlite":
            _create_file(str(parsed.database))
            engine = create_engine(parsed, **options)
            lookups = create_engine(parsed, **options, isolation_level="AUTOCOMMIT")
            event.listen(engine, "begin", _begin_sqlite)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(lookups, "connect", _prepare_sqlite_lookups)
            return cls(engine, lookups)
        from arka_config.workspace.server import postgresql  # needs psycopg, which is optional

        engine = create_engine(parsed, **options, pool_size=MAX_CONNECTIONS - 1, max_overflow=0)
        lookups = create_engine(parsed, **options, pool_size=1, isolation_level="AUTOCOMMIT")
        database = cls(engine, lookups)
        for each in (engine, lookups):
            postgresql.prepare(each, database.outages, database._replace_lookups)
        return database

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def url(self) -> str:
        """The URL with its password masked."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self, seconds: float = TIME_LIMIT) -> Iterator[Session]:
        """Start a read-only session, which sees one state of the database. `seconds` limits each of its statements."""
        with self.outages.watch(READ), Session(self.engine, expire_on_commit=False) as session:
            self._allow(session, seconds)
            yield session

    @contextmanager
    def write(self, seconds: float = TIME_LIMIT) -> Iterator[Session]:
        """Start a session that commits at its end, or rolls back on an exception. `seconds` limits each statement."""
        with (
            self.outages.watch(WRITE),
            Session(self._for_writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            self._allow(session, seconds)
            yield session

    def _allow(self, session: Session, seconds: float) -> None:
        """Allow each statement of a transaction so many seconds. SQLite does not limit them."""
        if seconds != TIME_LIMIT and not self.is_sqlite:
            connection: Any = session.connection().connection.driver_connection
            connection.allow(seconds)

    def look_up(self, query: Executable, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Run a query in a transaction of its own, on a connection that is kept for this: one round trip.

        If the connection was lost while it was idle, the query is repeated on another one. On SQLite, it does not wait
        for a lock, which readers meet only while another process recovers the file after a crash.
        """
        with self._lookup_lock, self.outages.watch(READ):
            if self._lookup_is_stale:
                self._close_lookup()
            try:
                return self._run_lookup(query, values)
            except DBAPIError as error:
                if not error.connection_invalidated or self.outages.is_silent:
                    raise
            return self._run_lookup(query, values)

    def _replace_lookups(self) -> None:
        """Use another connection for the next lookup."""
        self._lookup_is_stale = True

    def _close_lookup(self) -> None:
        if self._lookup_connection is not None:
            self._lookup_connection.invalidate()
            self._lookup_connection.close()
        self._lookup_connection, self._lookup_is_stale = None, False

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
        reason = hint = ""
        try:
            yield
        except (DBAPIError, *UNAVAILABLE) as error:
            reason, hint = driver_message(error), self._hint_for(error)
        if reason:
            raise ConfigError(f"cannot open the database {self.url}: {reason}", hint=hint)

    def _hint_for(self, error: Exception) -> str:
        """What helps against a database error: for SQLite, by its result code (https://sqlite.org/rescode.html)."""
        code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
        path = self.engine.url.database
        if path and code == sqlite3.SQLITE_FULL:
            return f"make room on that disk: df -h {quote_path(os.path.dirname(path))}"
        if path and code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return refusal_hint(path)
        if code == sqlite3.SQLITE_CORRUPT:
            return "restore a backup: docs/guides/backup.md of arka-config"
        return _URL_HINT

    def close(self) -> None:
        """Close all connections."""
        with ExitStack() as last:
            if self.is_sqlite:
                last.enter_context(self._keep_log())
            with self._lookup_lock:
                if self._lookup_connection is not None:
                    self._lookup_connection.close()
                    self._lookup_connection = None
            self.engine.dispose()
            self.lookups.dispose()

    @contextmanager
    def _keep_log(self) -> Iterator[None]:
        """Keep the files of SQLite's write-ahead log, emptied, when other connections are closed in this block.

        They need space again when the database is opened, and a full disk must not prevent that. SQLite deletes them
        with the last connection, unless that is read-only.
        """
        with ExitStack() as stack:
            with suppress(sqlite3.Error):
                uri = f"file:{quote(str(self.engine.url.database))}"
                with closing(sqlite3.connect(f"{uri}?mode=rw", uri=True, timeout=0)) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    last = stack.enter_context(closing(sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=0)))
                    last.execute("SELECT count(*) FROM sqlite_schema")
            yield


def is_locked(error: DBAPIError) -> bool:
    """Whether SQLite refused a statement because of another process's lock."""
    return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY  # the rest is the extended code


def insert_row(session: Session, row: Table) -> Any:
    """Insert a row at once, by a Core statement that is prepared once, and return its primary key.

    The session does not know the row afterwards. Its own way, a flush, takes much longer than the statement.
    """
    session.flush()  # it may refer to rows that the session has not inserted yet
    table: Any = row.__table__
    values = {key: value for key, value in vars(row).items() if key in table.c}
    (key,) = session.connection().execute(core_insert(table), values).inserted_primary_key or (None,)
    return key


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
            raise ConfigError("PostgreSQL needs psycopg, which is not installed", hint=install_command("postgresql"))
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


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
