"""Service accounts, tokens that issue others within bounds, and the identities of single sign-on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from arka_config.workspace.server.tables import Timestamp

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
oldest_program = "0001"


def upgrade() -> None:
    """Add them."""
    op.add_column("users", sa.Column("is_service", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("tokens", sa.Column("issue_label", sa.String(100), nullable=True))
    op.add_column("tokens", sa.Column("issue_lifetime", sa.Integer(), nullable=True))
    op.add_column("tokens", sa.Column("issue_count", sa.Integer(), nullable=True))
    op.add_column("tokens", sa.Column("issue_line", sa.String(40), nullable=True))
    op.add_column("tokens", sa.Column("issued_by", sa.String(40), nullable=True))
    op.create_index("ix_tokens_issue_line", "tokens", ["issue_line"])
    op.create_index("ix_tokens_issued_by", "tokens", ["issued_by"])
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("user_id", sa.String(40), nullable=False),
        sa.Column("created", Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_identities_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_identities"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
