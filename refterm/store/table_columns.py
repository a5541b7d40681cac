"""Every table and its columns, in the order of tables.py, for what must not import SQLModel; a test compares the two."""

from __future__ import annotations

# The key comes first, and each table after those it refers to.
COLUMNS: dict[str, tuple[str, ...]] = {
    "referral": tuple(
        (
            "id source_id engagement_id direction status outcome channel company company_key industry size country "
            "region city address postal_code duns email_domain contacts need products services solutions target_id "
            "profile received_at received_estimated expires_at expiry_estimated flame contacted_at contacted_by "
            "taken_by assigned_by assigned_at favorite skipped_until decided_at decided_by closed_at closed_by reason "
            "reason_notes deal_name deal_value deal_value_order deal_currency deal_timeframe purchase_date closed_on "
            "deal_notes follow_up_at follow_up_text crm_id campaign_id team fit changed_here source_updated_at "
            "changed_at version"
        ).split()
    ),
    "source": (
        "referral_id",
        "record",
    ),
    "history": tuple("id at by login action referral_id changes version batch undo_until".split()),
    "outbox": tuple(
        (
            "id kind recipient referral_id history_id state due_at attempts error claimed_until person subject text "
            "message_id"
        ).split()
    ),
    "profile": tuple(
        (
            "id name region countries locations description keywords industries products services solutions size_min "
            "size_max currency active version"
        ).split()
    ),
    "setting": (
        "key",
        "value",
    ),
    "counter": (
        "status",
        "referrals",
    ),
    "presence": (
        "id",
        "name",
        "login",
        "opened_at",
        "seen_at",
        "referral_id",
        "form",
    ),
    "remote": tuple("referral_id etag record synced_at account not_visible_since error conflict behind".split()),
    "sync": tuple(
        (
            "id tenant organization account watermark completed_at full_at tried_at paused_until lease lease_until "
            "progress problem error"
        ).split()
    ),
}
