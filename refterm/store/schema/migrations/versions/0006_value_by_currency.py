"""An index for the order by value: amounts of one currency together, and last what has no value.

Revision ID: 0006
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of the order `value` anew: numbers of different currencies do not compare."""
    op.execute("drop index referral_value")
    op.execute(
        "create index referral_value on referral (status, (case when deal_value_order < 0 then '~'"
        " else coalesce(deal_currency, '}') end), (-deal_value_order), id)"
    )
