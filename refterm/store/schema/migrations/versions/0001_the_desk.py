"""The desk: referrals, their source records, history, outbox, counters, search.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything in an empty database."""
    # By code points, as SQLite orders and compares; PostgreSQL would otherwise go by the server's language.
    line, text = (kind().with_variant(kind(collation="C"), "postgresql") for kind in (sa.String, sa.Text))
    big, whole = sa.BigInteger, sa.Integer
    op.create_table(
        "referral",
        sa.Column("id", whole, primary_key=True, nullable=False),
        *(
            sa.Column(name, line, nullable=False)
            for name in ("source_id", "direction", "status", "channel", "company", "company_key")
        ),
        *(
            sa.Column(name, text, nullable=False)
            for name in ("contacts", "need", "products", "services", "solutions", "team")
        ),
        *(
            sa.Column(name, line, nullable=True)
            for name in (
                "engagement_id",
                "outcome",
                "industry",
                "size",
                "country",
                "region",
                "city",
                "address",
                "postal_code",
                "duns",
                "email_domain",
                "target_id",
                "profile",
                "contacted_by",
                "taken_by",
                "decided_by",
                "closed_by",
                "reason",
                "deal_name",
                "deal_value",
                "deal_currency",
                "deal_timeframe",
                "purchase_date",
                "closed_on",
                "crm_id",
                "campaign_id",
            )
        ),
        *(sa.Column(name, text, nullable=True) for name in ("reason_notes", "deal_notes")),
        *(
            sa.Column(name, big, nullable=False)
            for name in ("received_at", "expires_at", "changed_at", "deal_value_order")
        ),
        *(
            sa.Column(name, big, nullable=True)
            for name in ("contacted_at", "skipped_until", "decided_at", "closed_at", "source_updated_at")
        ),
        *(
            sa.Column(name, whole, nullable=False)
            for name in ("received_estimated", "expiry_estimated", "flame", "favorite", "changed_here", "version")
        ),
        sa.Column("fit", whole, nullable=True),
        sa.UniqueConstraint("source_id"),
    )
    index("referral_received", "referral (status, received_at, expires_at, id)")
    index("referral_expires", "referral (status, expires_at, id)")
    index("referral_company", "referral (status, company_key, id)")
    index("referral_value", "referral (status, deal_value_order, id)")
    index("referral_purchase", "referral (coalesce(purchase_date, '9999-12-31'), id) where status = 'active'")
    index("referral_closed", "referral (coalesce(closed_at, 0), id) where status = 'archived'")
    index("referral_outcome", "referral (outcome, coalesce(closed_at, 0), id) where status = 'archived'")
    index(
        "referral_open_flame",
        "referral (status, flame, contacted_at, received_at, expires_at, id)"
        " where status = 'new' and flame = 1 and contacted_at is null",
    )
    index("referral_skipped", "referral (skipped_until, id) where skipped_until is not null")
    index("referral_favorite", "referral (status, id) where favorite = 1")
    index("referral_engagement", "referral (engagement_id) where engagement_id is not null")
    index("referral_customer", "referral (company_key)")
    index("referral_domain", "referral (email_domain) where email_domain is not null")
    index("referral_duns", "referral (duns) where duns is not null")
    op.create_table(
        "source",
        sa.Column("referral_id", whole, sa.ForeignKey("referral.id"), primary_key=True, nullable=False),
        sa.Column("record", text, nullable=False),
    )
    op.create_table(
        "history",
        sa.Column("id", whole, primary_key=True, nullable=False),
        sa.Column("at", big, nullable=False),
        sa.Column("by", line, nullable=False),
        sa.Column("login", line, nullable=False),
        sa.Column("action", line, nullable=False),
        sa.Column("referral_id", whole, sa.ForeignKey("referral.id"), nullable=True),
        sa.Column("changes", text, nullable=False),
        sa.Column("version", whole, nullable=False),
        sa.Column("batch", line, nullable=True),
    )
    index("history_referral", "history (referral_id, id)")
    index("history_by", 'history ("by", id)')
    op.create_table(
        "outbox",
        sa.Column("id", whole, primary_key=True, nullable=False),
        sa.Column("kind", line, nullable=False),
        sa.Column("recipient", line, nullable=False),
        sa.Column("referral_id", whole, sa.ForeignKey("referral.id"), nullable=False),
        sa.Column("history_id", whole, sa.ForeignKey("history.id"), nullable=False),
        sa.Column("state", line, nullable=False),
        sa.Column("due_at", big, nullable=False),
        sa.Column("attempts", whole, nullable=False),
        sa.Column("error", line, nullable=True),
    )
    op.execute("create unique index outbox_once on outbox (history_id, kind, recipient)")
    index("outbox_due", "outbox (state, due_at)")
    index("outbox_referral", "outbox (referral_id)")
    op.create_table(
        "counter",
        sa.Column("status", line, primary_key=True, nullable=False),
        sa.Column("referrals", whole, nullable=False),
    )
    op.execute("insert into counter values ('new', 0), ('active', 0), ('archived', 0)")
    # The tab is part of the index, so that a search in one tab never reads the others' hits; see search.py.
    if op.get_bind().dialect.name == "postgresql":
        op.execute("create table referral_search (id integer primary key, tab text not null, words tsvector not null)")
        index("referral_search_words", "referral_search using gin (words)")
    else:
        op.execute(
            "create virtual table referral_search using fts5"
            "(tab, words, prefix = '1 2 3', tokenize = 'unicode61 remove_diacritics 2')"
        )


def index(name: str, on: str) -> None:
    """An index, written as SQLite and PostgreSQL both read it."""
    op.execute(f"create index {name} on {on}")
