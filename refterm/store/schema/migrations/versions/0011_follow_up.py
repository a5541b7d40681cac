"""An index of the next steps, so that what is due and what comes next are found without reading every engagement.

Revision ID: 0011
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only engagements with a next step are in it."""
    where = "status = 'active' and follow_up_at is not null"
    op.execute(f"create index referral_follow_up on referral (follow_up_at, id) where {where}")
