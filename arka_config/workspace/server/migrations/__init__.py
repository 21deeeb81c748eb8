"""Upgrade a database to this version's tables. Safe if several processes start at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from arka_config.workspace.server.database import Database

_LOCK_ID = 0x61726B61  # any number; all processes use the same


def upgrade(database: Database) -> None:
    """Run the missing migrations, in one transaction.

    Raises ConfigError if the database cannot be used, or was upgraded by a newer version.
    """
    with database.report_errors(), database.write() as session:  # on SQLite, the transaction is the lock
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_ID})
        _run_alembic(connection, database.url)


def _run_alembic(connection: Connection, url: str) -> None:
    from alembic import command  # imported here: workers do not need it
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(
            f"the database {url} was created by a newer version: {error}",
            hint="run it with the version that was used last, or a newer one",
        ) from None
