"""The database behind a workspace: a SQLite file, or PostgreSQL where one machine is not enough.

What reads only is a `reading()`, what may write a `writing()`. On SQLite a writer takes the lock when it begins: one
that began as a reader would be turned away, and not made to wait, where somebody else wrote in between.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from arka_config.errors import ConfigError
from arka_config.store import files
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from arka_config.workspace.server.tables import Table

CONNECTIONS = 10  # at most, for each worker: PostgreSQL counts those of all workers together
_BUSY = 10_000  # milliseconds that a writer waits for the others
_FORMS = "use sqlite:////FULL/PATH, or postgresql://USER@HOST/NAME"


class Database:
    """An open database. `url` has its password masked."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._for_writing = engine.execution_options(writing=True)

    @classmethod
    def open(cls, url: str | URL) -> Database:
        """The database at a URL; nothing is connected to yet. A SQLite file is made, 0600, where it is missing.

        Raises ConfigError for a URL that is none, FileError where the file cannot be made.
        """
        parsed = _parsed(url)
        if parsed.get_backend_name() == "sqlite":
            _make_file(str(parsed.database))
            engine = create_engine(parsed, hide_parameters=True)
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            # A connection that died while it was idle is replaced, and no request fails for it.
            engine = create_engine(
                parsed, hide_parameters=True, pool_pre_ping=True, pool_size=CONNECTIONS, max_overflow=0
            )
            event.listen(engine, "connect", _prepare_postgresql)
        return cls(engine)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def url(self) -> str:
        """Where it is, without its password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database, and changes nothing."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are committed together at its end, or not at all where an exception leaves it."""
        with Session(self._for_writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """For a command: raises ConfigError with the driver's words where the database fails."""
        reason = ""
        try:
            yield
        except DBAPIError as error:
            reason = str(error.orig).strip().split("\n")[0]
        if reason:
            raise ConfigError(f"cannot open the database {self.url}: {reason}", hint=_FORMS)

    def close(self) -> None:
        """Lets go of every connection."""
        self.engine.dispose()


def insert(session: Session, table: type[Table]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do where the row is there already. Both say it in the same words."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def file_url(path: str) -> URL:
    """The URL of a SQLite file, whatever characters its path has."""
    return URL.create("sqlite", database=path)


def _parsed(url: str | URL) -> URL:
    """The URL with the driver that we bring along. Raises ConfigError, which never holds the URL and its password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None:
        raise ConfigError("that database URL cannot be read", hint=_FORMS)
    name = parsed.drivername
    if name in ("postgres", "postgresql", "postgresql+psycopg"):
        _check_psycopg()
        return parsed.set(drivername="postgresql+psycopg")
    if name not in ("sqlite", "sqlite+pysqlite"):
        raise ConfigError(f"a workspace cannot be kept in '{visible(name[:40])}'", hint=_FORMS)
    if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
        raise ConfigError("a workspace needs a file, which all of its workers open", hint=_FORMS)
    return parsed.set(database=os.path.abspath(parsed.database))


def _check_psycopg() -> None:
    from importlib.util import find_spec

    if find_spec("psycopg") is None:
        raise ConfigError(
            "psycopg is not installed, which PostgreSQL needs", hint="pip install 'arka-config[postgresql]'"
        )


def _make_file(path: str) -> None:
    """Makes the file, private from its first byte: SQLite gives the files beside it the same mode."""
    try:
        files.make_folder(os.path.dirname(path))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), files.PRIVATE_FILE))
    except OSError as error:
        raise files.cannot("write", path, error) from None


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # so that `_begin_sqlite` says when a transaction begins, and how
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {_BUSY}", "journal_mode = WAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_postgresql(connection: Any, _: object) -> None:
    # Else times come in the server's zone, where the last hours of the calendar may be past its end.
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
