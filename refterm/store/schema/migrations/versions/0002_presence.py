"""Open desks, and the referrals on which a form is open (T1).

Revision ID: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing else changes."""
    line = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "presence",
        sa.Column("id", line, primary_key=True, nullable=False),
        *(sa.Column(name, line, nullable=False) for name in ("name", "login")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("opened_at", "seen_at")),
        sa.Column("referral_id", sa.Integer, nullable=True),
        sa.Column("form", line, nullable=True),
    )
