"""What of a referral can be searched for, and how a search is asked of the full-text index."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from refterm.text import split_cjk

# A change of any of these is a change of what the search finds.
SEARCHED = ("status", "company", "contacts", "need", "deal_name", "crm_id")
_WORD = re.compile(r"\w")


def words(row: Mapping[str, Any]) -> str:
    """The searchable text of a row: number, company, contacts, e-mail, need, deal name, CRM ID."""
    people = " ".join(f"{person['name']} {person['email']}" for person in json.loads(row["contacts"]))
    parts = (str(row["id"]), row["company"], people, row["need"], row["deal_name"] or "", row["crm_id"] or "")
    return split_cjk(" ".join(parts))


def match(search: str, statuses: tuple[str, ...] = ()) -> str | None:
    """The index's query for what was typed: all words, each by its beginning; None where nothing can be asked.

    Every word is quoted, so that nothing typed is read as an operator; case and accents are the index's own affair.
    """
    runs: list[str] = []
    for run in search.split():
        letters = split_cjk(run).replace('"', " ").split()
        if any(_WORD.search(part) for part in letters):
            runs.append('"' + " ".join(letters) + '" *')
    if not runs:
        return None
    query = "words : (" + " AND ".join(runs) + ")"
    if statuses:
        query = "tab : (" + " OR ".join(statuses) + ") AND " + query
    return query
