"""Settings of the desk; an outbox for letters and pushes; follow-ups, assignments (A5, T5); an index for the fit.

Revision ID: 0004
"""

from __future__ import annotations

import warnings
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is new. The outbox is made anew in SQLite, which cannot let a column be empty afterwards."""
    line, text = (kind().with_variant(kind(collation="C"), "postgresql") for kind in (sa.String, sa.Text))
    setting = op.create_table(
        "setting",
        sa.Column("key", line, primary_key=True, nullable=False),
        sa.Column("value", text, nullable=False),
    )
    op.bulk_insert(setting, [{"key": "desk.id", "value": str(uuid4())}])
    for column in (
        sa.Column("follow_up_at", sa.BigInteger, nullable=True),
        sa.Column("follow_up_text", text, nullable=True),
        sa.Column("assigned_by", line, nullable=True),
        sa.Column("assigned_at", sa.BigInteger, nullable=True),
    ):
        op.add_column("referral", column)
    op.execute("create index referral_fit on referral (status, coalesce(fit, -1), id)")
    op.execute("drop index outbox_once")
    with warnings.catch_warnings():
        # Indexes over expressions of `referral`, to which it refers, cannot be read back; none is touched.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index")
        with op.batch_alter_table("outbox") as outbox:
            outbox.alter_column("due_at", existing_type=sa.BigInteger, nullable=True)
            outbox.add_column(sa.Column("person", line, nullable=True))
            outbox.add_column(sa.Column("subject", text, nullable=True))
            outbox.add_column(sa.Column("text", text, nullable=True))
            outbox.add_column(sa.Column("message_id", line, nullable=True))
    op.execute("create unique index outbox_once on outbox (history_id, kind, recipient, coalesce(due_at, 0))")
