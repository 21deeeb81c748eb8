"""Requests of programs to sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from arka_config.workspace.server.tables import Timestamp

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
oldest_program = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "login_requests",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("grant_type", sa.String(60), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("user_code", sa.LargeBinary(32), nullable=True),
        sa.Column("client_id", sa.String(100), nullable=False),
        sa.Column("redirect_uri", sa.String(200), nullable=True),
        sa.Column("challenge", sa.String(43), nullable=True),
        sa.Column("machine", sa.String(100), nullable=False),
        sa.Column("profile", sa.String(100), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("created", Timestamp(), nullable=False),
        sa.Column("expires", Timestamp(), nullable=False),
        sa.Column("remove_after", Timestamp(), nullable=False),
        sa.Column("poll_interval", sa.Integer(), nullable=False),
        sa.Column("polled", Timestamp(), nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=True),
        sa.Column("token_expires", Timestamp(), nullable=True),
        sa.Column("token_id", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_login_requests_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_login_requests"),
        sa.UniqueConstraint("digest", name="uq_login_requests_digest"),
        sa.UniqueConstraint("user_code", name="uq_login_requests_user_code"),
    )
    op.create_index("ix_login_requests_remove_after", "login_requests", ["remove_after"])
