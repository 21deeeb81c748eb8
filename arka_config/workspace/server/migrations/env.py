"""Alembic's environment: run the migrations on the connection, and in the transaction, of `upgrade`."""

from __future__ import annotations

from alembic import context

from arka_config.workspace.server.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    transactional_ddl=True,  # on SQLite too, since the database module starts its transactions
)
context.run_migrations()
