"""The single definition of the schema, as SQLModel classes. Migrations are compared with it (`refterm db check`, tests).

Values are kept so that both databases agree to the last digit: an instant is the number of microseconds since 1970 in
UTC, an amount is its decimal digits as text, a day is `YYYY-MM-DD`, a list is JSON. `codec` turns rows into the
domain's values and back. Importing this module costs more than all of Textual: no desk and no command outside `db`
imports it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

_OPEN_FLAME = "status = 'new' and flame = 1 and contacted_at is null"
_HOLDER = (
    "(case when taken_by is not null then taken_by"
    " when status = 'active' or outcome = 'won' or outcome = 'lost' then decided_by else null end)"
)


def _where(condition: str) -> dict[str, Any]:
    """The condition of an index that has only some of the rows."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Referral(SQLModel, table=True):
    """One referral; once accepted, the same row is the engagement."""

    __tablename__ = "referral"
    __table_args__ = (
        # Each serves one order of the list, or one question asked at every start; see listing.py and queries.py.
        Index("referral_received", "status", "received_at", "expires_at", "id"),
        Index("referral_expires", "status", "expires_at", "id"),
        Index("referral_company", "status", "company_key", "id"),
        Index("referral_fit", "status", text("coalesce(fit, -1)"), "id"),
        Index(
            "referral_value",
            "status",
            text("(case when deal_value_order < 0 then '~' else coalesce(deal_currency, '}') end)"),
            text("(-deal_value_order)"),
            "id",
        ),
        Index(
            "referral_purchase",
            text("coalesce(purchase_date, '9999-12-31')"),
            "id",
            **_where("status = 'active'"),
        ),
        Index("referral_closed", text("coalesce(closed_at, 0)"), "id", **_where("status = 'archived'")),
        Index(
            "referral_outcome",
            "outcome",
            text("coalesce(closed_at, 0)"),
            "id",
            **_where("status = 'archived'"),
        ),
        # It has the columns of its condition too, so that counting open flames reads no row.
        Index(
            "referral_open_flame",
            "status",
            "flame",
            "contacted_at",
            "received_at",
            "expires_at",
            "id",
            **_where(_OPEN_FLAME),
        ),
        Index("referral_skipped", "skipped_until", "id", **_where("skipped_until is not null")),
        Index("referral_favorite", "status", "id", **_where("favorite = 1")),
        Index("referral_holder", text(_HOLDER), "status", "id", **_where(f"{_HOLDER} is not null")),
        Index("referral_engagement", "engagement_id", **_where("engagement_id is not null")),
        Index("referral_customer", "company_key"),
        Index("referral_profile", "profile", "status"),
        Index("referral_domain", "email_domain", **_where("email_domain is not null")),
        Index("referral_duns", "duns", **_where("duns is not null")),
    )

    id: int | None = Field(default=None, primary_key=True)
    source_id: str = Field(unique=True)
    engagement_id: str | None = None
    direction: str = "incoming"
    status: str
    outcome: str | None = None
    channel: str
    company: str
    company_key: str
    industry: str | None = None
    size: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    address: str | None = None
    postal_code: str | None = None
    duns: str | None = None
    email_domain: str | None = None
    contacts: str = Field(default="[]", sa_type=Text)
    need: str = Field(default="", sa_type=Text)
    products: str = Field(default="[]", sa_type=Text)
    services: str = Field(default="[]", sa_type=Text)
    solutions: str = Field(default="[]", sa_type=Text)
    target_id: str | None = None
    profile: str | None = None
    received_at: int = Field(sa_type=BigInteger)
    received_estimated: int = 0
    expires_at: int = Field(sa_type=BigInteger)  # codec.NEVER for what never expires
    expiry_estimated: int = 0
    flame: int = 0
    contacted_at: int | None = Field(default=None, sa_type=BigInteger)
    contacted_by: str | None = None
    taken_by: str | None = None
    assigned_by: str | None = None
    assigned_at: int | None = Field(default=None, sa_type=BigInteger)
    favorite: int = 0
    skipped_until: int | None = Field(default=None, sa_type=BigInteger)
    decided_at: int | None = Field(default=None, sa_type=BigInteger)
    decided_by: str | None = None
    closed_at: int | None = Field(default=None, sa_type=BigInteger)
    closed_by: str | None = None
    reason: str | None = None
    reason_notes: str | None = Field(default=None, sa_type=Text)
    deal_name: str | None = None
    deal_value: str | None = None
    deal_value_order: int = Field(default=-1, sa_type=BigInteger)
    deal_currency: str | None = None
    deal_timeframe: str | None = None
    purchase_date: str | None = None
    closed_on: str | None = None
    deal_notes: str | None = Field(default=None, sa_type=Text)
    follow_up_at: int | None = Field(default=None, sa_type=BigInteger)
    follow_up_text: str | None = Field(default=None, sa_type=Text)
    crm_id: str | None = None
    campaign_id: str | None = None
    team: str = Field(default="[]", sa_type=Text)
    fit: int | None = None
    changed_here: int = 0
    source_updated_at: int | None = Field(default=None, sa_type=BigInteger)
    changed_at: int = Field(sa_type=BigInteger)
    version: int = 1


class Source(SQLModel, table=True):
    """The record as the source sent it, cleaned; what the desk has no field for leaves again from here."""

    __tablename__ = "source"

    referral_id: int = Field(primary_key=True, foreign_key="referral.id")
    record: str = Field(sa_type=Text)


class History(SQLModel, table=True):
    """The history: person, action, time, values before and after (T4). Never updated, never deleted."""

    __tablename__ = "history"
    __table_args__ = (Index("history_referral", "referral_id", "id"), Index("history_by", "by", "id"))

    id: int | None = Field(default=None, primary_key=True)
    at: int = Field(sa_type=BigInteger)
    by: str
    login: str
    action: str
    referral_id: int | None = Field(default=None, foreign_key="referral.id")
    changes: str = Field(default="{}", sa_type=Text)
    version: int = 0
    batch: str | None = None
    undo_until: int | None = Field(default=None, sa_type=BigInteger)  # of a decision; later settings do not move it


class Outbox(SQLModel, table=True):
    """A notice, a letter or a push that is owed, written in the transaction of the change that owes it (N1).

    `due_at` is empty where it is held until somebody decides. `person` wrote it, where a person did.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        # Exactly once: the same change owes the same person one notice of a kind.
        Index("outbox_once", "history_id", "kind", "recipient", text("coalesce(due_at, 0)"), unique=True),
        Index("outbox_due", "state", "due_at"),
        Index("outbox_referral", "referral_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    recipient: str
    referral_id: int = Field(foreign_key="referral.id")
    history_id: int = Field(foreign_key="history.id")
    state: str = "due"
    due_at: int | None = Field(default=None, sa_type=BigInteger)
    attempts: int = 0
    error: str | None = None
    claimed_until: int | None = Field(default=None, sa_type=BigInteger)  # somebody delivers it until then
    person: str | None = None
    subject: str | None = Field(default=None, sa_type=Text)
    text: str | None = Field(default=None, sa_type=Text)
    message_id: str | None = None


class Profile(SQLModel, table=True):
    """A business profile (P1)."""

    __tablename__ = "profile"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    region: str
    countries: str = Field(sa_type=Text)
    locations: str = Field(sa_type=Text)
    description: str | None = Field(default=None, sa_type=Text)
    keywords: str = Field(default="[]", sa_type=Text)
    industries: str = Field(default="[]", sa_type=Text)
    products: str = Field(default="[]", sa_type=Text)
    services: str = Field(default="[]", sa_type=Text)
    solutions: str = Field(default="[]", sa_type=Text)
    size_min: int | None = None
    size_max: int | None = None
    currency: str | None = None
    active: int = 1
    version: int = 1


class Setting(SQLModel, table=True):
    """A setting of the desk, the same for all who work at it: its id, deadlines, people."""

    __tablename__ = "setting"

    key: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


class Counter(SQLModel, table=True):
    """How many referrals have each status, kept by every writer, so that no start counts the archive."""

    __tablename__ = "counter"

    status: str = Field(primary_key=True)
    referrals: int


class Presence(SQLModel, table=True):
    """An open desk: who sits at it, when it last gave a sign of life, and the lease of the form it has open (T1).

    No change of the desk: it has no history, and nobody reads the list again because of it.
    """

    __tablename__ = "presence"

    id: str = Field(primary_key=True)
    name: str
    login: str
    opened_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)
    referral_id: int | None = None
    form: str | None = None


class Remote(SQLModel, table=True):
    """A referral as it was last seen in Partner Center; none for one that only files brought."""

    __tablename__ = "remote"

    referral_id: int = Field(primary_key=True, foreign_key="referral.id")
    etag: str | None = None
    record: str = Field(sa_type=Text)
    synced_at: int = Field(sa_type=BigInteger)
    account: str | None = None
    not_visible_since: int | None = Field(default=None, sa_type=BigInteger)
    error: str | None = Field(default=None, sa_type=Text)
    conflict: str | None = Field(default=None, sa_type=Text)  # fields that both sides changed, JSON
    behind: int = 0  # it changed there while something waited here


class Sync(SQLModel, table=True):
    """How far the sync with Partner Center is; one row."""

    __tablename__ = "sync"

    id: int | None = Field(default=None, primary_key=True)
    tenant: str | None = None
    organization: str | None = None
    account: str | None = None
    watermark: int | None = Field(default=None, sa_type=BigInteger)  # the greatest time of change seen there
    completed_at: int | None = Field(default=None, sa_type=BigInteger)
    full_at: int | None = Field(default=None, sa_type=BigInteger)
    tried_at: int | None = Field(default=None, sa_type=BigInteger)
    paused_until: int | None = Field(default=None, sa_type=BigInteger)
    lease: str | None = None
    lease_until: int | None = Field(default=None, sa_type=BigInteger)
    progress: int | None = None
    problem: str | None = None
    error: str | None = Field(default=None, sa_type=Text)


MODELS: tuple[type[SQLModel], ...] = (
    Referral,
    Source,
    History,
    Outbox,
    Profile,
    Setting,
    Counter,
    Presence,
    Remote,
    Sync,
)
METADATA = SQLModel.metadata
