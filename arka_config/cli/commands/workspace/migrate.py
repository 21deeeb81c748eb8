"""`workspace migrate`: migrate the database of a workspace to this version."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.output.progress import show_busy
from arka_config.cli.runtime.batch import report_on_interrupt
from arka_config.cli.runtime.command import command
from arka_config.cli.runtime.workspace_server import database_option, find_database_url, require_server_extra
from arka_config.errors import EXIT_PENDING

if TYPE_CHECKING:
    from arka_config.cli.output.documents.workspace import MigrationDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.option("--check", is_flag=True, help="Change nothing, and exit with 3 if the database needs a migration.")
@database_option
def migrate(session: Session, check: bool, database_url: str) -> int:
    """Migrate the database to this version of the program, before its servers are updated.

    PostgreSQL is migrated only by this command; a SQLite file by any command that opens it. Servers of the version
    before keep running during the migration and after it.

    \b
    {app} workspace migrate --check
    {app} workspace migrate
    """
    with require_server_extra():
        from arka_config.workspace.server import migrations
        from arka_config.workspace.server.database import Database

        database = Database.open(find_database_url(session, database_url))
    with closing(database):
        is_pending = False
        if check:
            before = migrations.read_schema(database)
            done = migrations.Migration(before.revision, before.revision)
            is_pending = not before.is_compatible
        else:
            with show_busy("Migrating"), report_on_interrupt(lambda: ["nothing was migrated"]):
                done = migrations.migrate(database)
    if session.json:
        document: MigrationDocument = {
            "before": done.before or None,
            "after": done.after or None,
            "pending": is_pending,
        }
        session.show_json(document)
    elif is_pending:
        terminal.say(f"The database needs a migration: it is at {done.before or 'none'}, not {migrations.head()}")
    elif done.before == done.after:
        terminal.say(f"The database is up to date, at migration {done.after}", mark="✓")
    else:
        terminal.say(f"Migrated the database from {done.before or 'none'} to {done.after}", mark="✓")
    return EXIT_PENDING if is_pending else 0
