"""Partner Center: each referral as it was last seen there, and how far the sync is.

Revision ID: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    line, text = (kind().with_variant(kind(collation="C"), "postgresql") for kind in (sa.String, sa.Text))
    op.create_table(
        "remote",
        sa.Column("referral_id", sa.Integer, sa.ForeignKey("referral.id"), primary_key=True, nullable=False),
        sa.Column("etag", line, nullable=True),
        sa.Column("record", text, nullable=False),
        sa.Column("synced_at", sa.BigInteger, nullable=False),
        sa.Column("account", line, nullable=True),
        sa.Column("not_visible_since", sa.BigInteger, nullable=True),
        sa.Column("error", text, nullable=True),
        sa.Column("conflict", text, nullable=True),
        sa.Column("behind", sa.Integer, nullable=False),
    )
    op.create_table(
        "sync",
        sa.Column("id", sa.Integer, primary_key=True, nullable=False),
        sa.Column("tenant", line, nullable=True),
        sa.Column("organization", line, nullable=True),
        sa.Column("account", line, nullable=True),
        sa.Column("watermark", sa.BigInteger, nullable=True),
        sa.Column("completed_at", sa.BigInteger, nullable=True),
        sa.Column("full_at", sa.BigInteger, nullable=True),
        sa.Column("tried_at", sa.BigInteger, nullable=True),
        sa.Column("paused_until", sa.BigInteger, nullable=True),
        sa.Column("lease", line, nullable=True),
        sa.Column("lease_until", sa.BigInteger, nullable=True),
        sa.Column("progress", sa.Integer, nullable=True),
        sa.Column("problem", line, nullable=True),
        sa.Column("error", text, nullable=True),
    )
