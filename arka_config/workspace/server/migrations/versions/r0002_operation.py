"""The acting token of an audit entry, the servers' jobs, and which programs work with the tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from arka_config.workspace.server.tables import Timestamp

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
oldest_program = "0001"


def upgrade() -> None:
    """Add them."""
    op.add_column("audit", sa.Column("acting_token", sa.String(40), nullable=True))
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("started", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
    )
    op.create_table(
        "schema_compatibility",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("oldest_program", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schema_compatibility"),
    )
