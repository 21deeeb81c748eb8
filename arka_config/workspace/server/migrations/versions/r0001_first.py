"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from arka_config.workspace.server.tables import Timestamp

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
oldest_program = "0001"  # the oldest program that works with these tables, by its last migration


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "users",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("plan", sa.String(20), nullable=False),
        sa.Column("created", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created", Timestamp(), nullable=False),
        sa.Column("expires", Timestamp(), nullable=True),
        sa.Column("last_used", Timestamp(), nullable=True),
        sa.Column("successor_of", sa.String(40), nullable=True),
        _user_foreign_key("tokens"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_index("ix_tokens_user_id_created_id", "tokens", ["user_id", "created", "id"])
    for name in ("sign_in_codes", "sessions"):
        op.create_table(
            name,
            sa.Column("digest", sa.LargeBinary(32), nullable=False),
            sa.Column("user_id", sa.String(40), nullable=False),
            sa.Column("expires", Timestamp(), nullable=False),
            _user_foreign_key(name),
            sa.PrimaryKeyConstraint("digest", name=f"pk_{name}"),
        )
        op.create_index(f"ix_{name}_expires", name, ["expires"])
    op.create_table(
        "attempts",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("ends", Timestamp(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "address", name="pk_attempts"),
    )
    op.create_index("ix_attempts_ends", "attempts", ["ends"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Timestamp(), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=True),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_user_id", "audit", ["user_id"])


def _user_foreign_key(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id_users", ondelete="CASCADE")
