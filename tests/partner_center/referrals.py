"""What the stand-in keeps: referrals with their eTags, changed by JSON Patch as documented, and an audit of each effect."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.samples import stamp

Json = dict[str, Any]
MOVES = {
    ("New", "Pending"): {"New", "Active", "Closed"},
    ("New", "Received"): {"New", "Active", "Closed"},
    ("Active", "Accepted"): {"Active", "Closed"},
}
BELONGS = {
    "New": ("Pending", "Received"),
    "Active": ("Accepted",),
    "Closed": ("Won", "Lost", "Declined", "Expired", "Error"),
}
PAGE = 100


class RefusalError(Exception):
    """The service refuses: status, code, words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


@dataclass
class Effect:
    """One request that changed something: which fields of which referral, from what to what."""

    referral: str
    request_id: str
    fields: dict[str, tuple[Any, Any]]


@dataclass
class Referrals:
    """The referrals of one organisation.

    Attributes:
        now: the service's clock.
        effects: every change that a client made.
        hides: referrals that the account does not see.
    """

    now: Callable[[], datetime]
    records: dict[str, Json] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    hides: set[str] = field(default_factory=set)
    forbidden_move: int = 400
    quantizes: bool = False
    _tokens: dict[str, tuple[list[str], int]] = field(default_factory=dict)
    _writes: int = 0
    _last: datetime | None = None

    def put(self, records: Iterable[Json]) -> None:
        """Add referrals as they are."""
        for record in records:
            self._writes += 1
            self.records[record["id"]] = {**copy.deepcopy(record), "eTag": self._etag()}

    def change(self, referral: str, **fields: Any) -> None:
        """Somebody changes a referral there; `details__notes` reaches inside."""
        from tests.samples import merged

        self._touch(self.records, referral, merged(self.records[referral], fields))

    def _etag(self) -> str:
        return f'"{self._writes:08x}-0000-0000-0000-{int(self.now().timestamp()):08x}0000"'

    def _touch(self, records: dict[str, Json], referral: str, record: Json) -> None:
        self._writes += 1
        moment = self.now()
        if self._last is not None and moment <= self._last:
            moment = self._last + timedelta(microseconds=1)
        self._last = moment
        records[referral] = {**record, "updatedDateTime": stamp(moment), "eTag": self._etag()}

    def visible(self) -> list[Json]:
        """What the account sees."""
        return [record for key, record in self.records.items() if key not in self.hides]

    def where(self, query: Json) -> tuple[list[str], int]:
        """What a request of the list asks for: the referrals of the whole list, and where the page begins."""
        token = query.get("$skiptoken")
        if token is not None:
            if token not in self._tokens:
                raise RefusalError(400, "invalidRequest", "The skip token is not valid.")
            return self._tokens[token]
        found = self.visible()
        for name, wanted in re.findall(r"(\w+) eq '([^']*)'", query.get("$filter", "")):
            found = [record for record in found if record.get(name) == wanted]
        key, _blank, way = query.get("$orderby", "createdDateTime").partition(" ")
        found.sort(key=lambda record: (record[key], record["id"]), reverse=way == "desc")
        return [record["id"] for record in found], 0

    def token(self, ids: list[str], start: int) -> str:
        """A token for a page that begins there."""
        made = f"t{len(self._tokens)}-{start}+/="
        self._tokens[made] = (ids, start)
        return made

    def page(self, ids: list[str], start: int) -> tuple[list[Json], str | None]:
        """A page, and the token of the next one."""
        more = start + PAGE < len(ids)
        token = self.token(ids, start + PAGE) if more else None
        return [self.records[one] for one in ids[start : start + PAGE]], token

    def forget_tokens(self) -> None:
        """Every token of a next page runs out."""
        self._tokens.clear()

    def one(self, referral: str) -> Json:
        """One referral."""
        if referral not in self.records or referral in self.hides:
            raise RefusalError(404, "itemNotFound", "No such referral.")
        return self.records[referral]

    def patch(self, referral: str, body: bytes, etag: str | None, request_id: str) -> Json:
        """Carry out a JSON Patch, all of it or nothing."""
        before = self.one(referral)
        if etag is not None and etag != before["eTag"]:
            raise RefusalError(412, "preconditionFailed", "The eTag does not match.")
        record = copy.deepcopy(before)
        operations = json.loads(body, parse_float=str)
        if not isinstance(operations, list):
            raise RefusalError(400, "invalidRequest", "A JSON Patch is an array.")
        for one in operations:
            self._apply(record, one)
        self._check(before, record)
        changed = {
            path: (_at(before, path), _at(record, path))
            for path in (
                *("status", "substatus", "statusReason", "name", "externalReferenceId", "campaignId", "team"),
                *("details/dealValue", "details/currency", "details/closingDateTime", "details/notes"),
            )
            if _at(before, path) != _at(record, path)
        }
        if record["status"] == "Active" and before["status"] == "New":
            record["acceptedDateTime"] = stamp(self.now())
        if record["status"] == "Closed":
            record["closedDateTime"] = stamp(self.now())
        self._touch(self.records, referral, record)
        self.effects.append(Effect(referral, request_id, changed))
        return self.records[referral]

    def _apply(self, record: Json, one: Json) -> None:
        if one.get("op") not in ("add", "replace"):
            raise RefusalError(400, "invalidRequest", f"{one.get('op')} is not supported.")
        *outer, last = one["path"].lstrip("/").split("/")
        target: Any = record
        for part in outer:
            target = target.get(part) if isinstance(target, dict) else None
        if not isinstance(target, dict) or (one["op"] == "replace" and last not in target):
            raise RefusalError(400, "invalidRequest", f"There is nothing at {one['path']}.")
        target[last] = one["value"]

    def _check(self, before: Json, after: Json) -> None:
        standing = (before["status"], before["substatus"])
        if standing not in MOVES:
            raise RefusalError(self.forbidden_move, "invalidRequest", "A closed referral cannot be changed.")
        if after["status"] not in MOVES[standing] or after["substatus"] not in BELONGS[after["status"]]:
            raise RefusalError(self.forbidden_move, "invalidRequest", "This move is not allowed.")

    def twice(self) -> list[str]:
        """Every effect that happened more than once: the same change of the same referral, or of one request."""
        moves = Counter(
            (effect.referral, str(effect.fields["substatus"][1]))
            for effect in self.effects
            if "substatus" in effect.fields
        )
        requests = Counter(effect.request_id for effect in self.effects if effect.fields)
        members = [
            referral
            for referral, record in self.records.items()
            if len({json.dumps(one, sort_keys=True) for one in record["team"] or ()}) != len(record["team"] or ())
        ]
        return [
            *(f"{key} became {what} {n} times" for (key, what), n in moves.items() if n > 1),
            *(f"request {key} had {n} effects" for key, n in requests.items() if n > 1),
            *(f"{key} has a member twice" for key in members),
        ]


def _at(record: Json, path: str) -> Any:
    value: Any = record
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, dict) else None
    return value
