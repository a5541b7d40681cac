"""Business profiles (P1); notices that several programs deliver, each once (N1).

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the profiles, and what delivery needs to know of a notice."""
    line = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer, primary_key=True, nullable=False),
        sa.Column("name", line, nullable=False, unique=True),
        sa.Column("region", line, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("countries", "locations")),
        sa.Column("description", sa.Text, nullable=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("keywords", "industries", "products", "services", "solutions")
        ),
        *(sa.Column(name, sa.Integer, nullable=True) for name in ("size_min", "size_max")),
        sa.Column("currency", line, nullable=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("active", "version")),
    )
    op.add_column("outbox", sa.Column("claimed_until", sa.BigInteger, nullable=True))
    # One change may owe a person two reminders, which are due at different times.
    op.execute("drop index outbox_once")
    op.execute("create unique index outbox_once on outbox (history_id, kind, recipient, due_at)")
    op.execute("create index referral_profile on referral (profile, status)")
