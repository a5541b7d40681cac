"""The search finds `ø`, `ł`, `đ`, `æ` and their like by the plain letters that people type for them.

Revision ID: 0010
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PLAIN = {"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n"}


def upgrade() -> None:
    """Write these letters in the index's words as they are asked for now."""
    on_server = op.get_bind().dialect.name == "postgresql"
    kept = "words::text" if on_server else "words"
    plain = kept
    for letter, likeness in _PLAIN.items():
        plain = f"replace({plain}, '{letter}', '{likeness}')"
    concerned = " or ".join(f"{kept} like '%{letter}%'" for letter in _PLAIN)
    op.execute(f"update referral_search set words = {plain}{'::tsvector' if on_server else ''} where {concerned}")
