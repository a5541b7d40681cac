"""A decision keeps the time to undo it that it was made with (U1).

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Decisions of before have none: the present setting holds for them."""
    op.add_column("history", sa.Column("undo_until", sa.BigInteger, nullable=True))
