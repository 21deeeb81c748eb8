"""What Alembic runs: the migrations, on the connection and in the transaction that `upgrade` hands it."""

from __future__ import annotations

from alembic import context

from arka_config.workspace.server.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,  # SQLite's too, since the database says itself when a transaction begins
)
context.run_migrations()
