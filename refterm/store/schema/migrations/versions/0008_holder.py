"""An index of who holds a referral, so that one's own are found and counted without reading the archive.

Revision ID: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_HOLDER = (
    "(case when taken_by is not null then taken_by"
    " when status = 'active' or outcome = 'won' or outcome = 'lost' then decided_by else null end)"
)


def upgrade() -> None:
    """Only what is held is in it: what comes in costs nothing more."""
    op.execute(f"create index referral_holder on referral ({_HOLDER}, status, id) where {_HOLDER} is not null")
