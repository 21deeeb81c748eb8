"""Brings a database to the tables that this version knows, once, however many workers start at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from arka_config.workspace.server.database import Database

_LOCK = 0x61726B61  # any number, as long as all of us take the same


def upgrade(database: Database) -> None:
    """Makes what is missing, in one transaction.

    Raises ConfigError where the database cannot be used, or a newer version was here before.
    """
    with database.speaking(), database.writing() as session:  # on SQLite, the transaction itself is the lock
        connection = session.connection()
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        _upgrade(connection, database.url)


def _upgrade(connection: Connection, url: str) -> None:
    from alembic import command  # where it is used: a worker that was started by another one needs none of it
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigError(
            f"the database {url} was made by a newer version: {error}",
            hint="pip install --upgrade 'arka-config[workspace]'",
        ) from None
