"""Checksums of tokens, the client of a token's last use, and leaked tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from arka_config.workspace.server.tables import Timestamp

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
oldest_program = "0001"


def upgrade() -> None:
    """Add them."""
    op.add_column("tokens", sa.Column("last_used_address", sa.String(64), nullable=True))
    op.add_column("tokens", sa.Column("last_used_client", sa.String(120), nullable=True))
    op.add_column("tokens", sa.Column("has_checksum", sa.Boolean(), nullable=False, server_default=sa.false()))
    condition = sa.text("NOT has_checksum")
    op.create_index(
        "ix_tokens_without_checksum", "tokens", ["expires"], sqlite_where=condition, postgresql_where=condition
    )
    op.create_table(
        "leaks",
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("reported", Timestamp(), nullable=False),
        sa.Column("reporter", sa.String(20), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("url", sa.String(500), nullable=False),
        sa.Column("dismissed", Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_leaks_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_leaks"),
        sa.UniqueConstraint("id", name="uq_leaks_id"),
    )
    op.create_index("ix_leaks_user_id", "leaks", ["user_id"])
