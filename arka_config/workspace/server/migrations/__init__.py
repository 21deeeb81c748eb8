"""The database's tables: which version they are, if this program works with them, and how they are migrated.

Migrations expand first and contract later: a migration only adds what programs before it can ignore, and a later one
removes what no program uses any more. Each module in `versions` names the `oldest_program` that works with its tables,
by the last migration of that program. The database stores it, for programs that do not have the module.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import inspect, select, text
from sqlalchemy.exc import OperationalError

from arka_config.errors import ConfigError
from arka_config.workspace.server.database import insert
from arka_config.workspace.server.tables import SchemaCompatibility

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from arka_config.workspace.server.database import Database

_TIME_LIMIT = 3_600.0  # seconds for each statement: it may rewrite a large table, or wait for another process
_LOCK_ID = 0x61726B61  # any number; all processes use the same
_LOCK_TIMEOUT = 1  # seconds that a migration waits for a table: requests wait behind it, and give up after 2
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code for it


class OutdatedSchema(ConfigError):
    """The tables must be migrated before this program can use them. The caller adds the command."""


class Schema(NamedTuple):
    """The version of a database's tables: its last migration, empty without tables, and what it declares."""

    revision: str
    oldest_program: str

    @property
    def is_known(self) -> bool:
        """Whether this program has the migration."""
        return self.revision in revisions()

    @property
    def is_compatible(self) -> bool:
        """Whether this program works with the tables: they are its own, or newer ones that allow it."""
        return self.revision == head() or (
            not self.is_known and self.revision != "" and "" < self.oldest_program <= head()
        )


class Migration(NamedTuple):
    """What a migration did: the revision before it, and after it."""

    before: str
    after: str


@cache
def revisions() -> tuple[str, ...]:
    """The migrations of this program, in their order: numbers of four digits, which compare as text."""
    names = (path.name for path in (Path(__file__).parent / "versions").iterdir())
    return tuple(sorted(found[1] for name in names if (found := re.fullmatch(r"r(\d{4})_\w+\.py", name))))


def head() -> str:
    """The last migration of this program."""
    return revisions()[-1]


def read_schema(database: Database) -> Schema:
    """Read the version of the tables, without changing them. Raises ConfigError if they are too new."""
    with database.report_errors(), database.read() as session:
        return _read_schema(session, database)


def prepare(database: Database) -> None:
    """Make sure that this program works with the tables, before it uses them.

    A SQLite file is migrated: it belongs to one machine. PostgreSQL is only checked, since other servers may use it:
    OutdatedSchema if it needs `migrate`. Raises ConfigError if the tables are too new.
    """
    if database.is_sqlite:
        migrate(database)
        return
    schema = read_schema(database)
    if not schema.is_compatible:
        state = f"is at migration {schema.revision}" if schema.revision else "has no tables yet"
        raise OutdatedSchema(f"the database {database.url} {state}, and this program needs {head()}")


def migrate(database: Database) -> Migration:
    """Run the missing migrations, in one transaction. Newer tables are left alone if this program works with them.

    Raises ConfigError if the database cannot be used, or is too new. Safe if several processes do it at the same time.
    """
    with database.report_errors():
        try:
            with database.write(_TIME_LIMIT) as session:  # on SQLite, the transaction is the lock
                return _migrate(session, database)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
    raise ConfigError(
        f"another transaction uses a table for more than {_LOCK_TIMEOUT} s, so nothing was migrated",
        hint="run it again; pg_stat_activity shows which transactions are open, such as a backup",
    )


def _migrate(session: Session, database: Database) -> Migration:
    connection = session.connection()
    if not database.is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_ID})
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}s'"))
    before = _read_schema(session, database)
    if before.is_compatible:
        return Migration(before.revision, before.revision)
    oldest = _run_alembic(connection)
    values = {"id": 1, "oldest_program": oldest}
    row = insert(session, SchemaCompatibility).values(values)
    session.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))
    return Migration(before.revision, head())


def _read_schema(session: Session, database: Database) -> Schema:
    names = set(inspect(session.connection()).get_table_names())
    revision = oldest = None
    if "alembic_version" in names:
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
    if SchemaCompatibility.__tablename__ in names:
        oldest = session.scalar(select(SchemaCompatibility.oldest_program))
    schema = Schema(revision or "", oldest or "")
    if schema.revision and not schema.is_known and not schema.is_compatible:
        raise ConfigError(
            f"the database {database.url} was migrated by a newer version, to {schema.revision}, "
            f"which does not work with this one",
            hint="run it with the version that was used last, or a newer one",
        )
    return schema


def _run_alembic(connection: Connection) -> str:
    """Run the missing migrations, and return the oldest program that works with the result."""
    from alembic import command  # imported here: workers, and commands on a migrated database, do not need it
    from alembic.script import ScriptDirectory

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    return max(str(script.module.oldest_program) for script in scripts)


def alembic_config() -> Config:
    """Alembic's configuration: where the migrations are."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
