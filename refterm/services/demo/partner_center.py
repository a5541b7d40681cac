"""An invented Partner Center in the demo's own memory: it answers the client's requests, and no socket is opened.

It keeps the open referrals of the demo's company with their eTags, and takes a JSON Patch as the documents say. Only the
demo's wheel makes one; every other desk gets the transport of `refterm/partner_center/transport.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from refterm.errors import RefTermError
from refterm.formats import api_json, patch
from refterm.partner_center.answer import Answer
from refterm.partner_center.client import PATH, PartnerCenter
from refterm.partner_center.tokens import Token
from refterm.services.demo.script import Json, stamp
from refterm.services.workplace import Workplace
from refterm.store import codec, remote
from refterm.store import demo as demo_store

# A name that no network ever resolves.
BASE_URL = "https://partner-center.invalid"
ACCOUNT = "desk@nordlicht.example"
TENANT = "5f2b6f0e-7a53-4d2c-9a51-2f0d9c1e7b44"
PAGE = 20
# How long before the demo's first instant the last pass was.
BEFORE = timedelta(minutes=4)
_CLOSED = "A closed referral cannot be changed."


def connect(desk: Workplace) -> None:
    """Let a desk's open referrals be known there, as if it had been synced for long."""
    there, seen_at = InventedPartnerCenter(desk.now), codec.micros(desk.now() - BEFORE)
    with desk.database.writing() as connection:
        seen = []
        for row in demo_store.open_rows(connection):
            record = there.hold(api_json.known(row["record"]))
            if row["status"] == "active":
                values = {column: patch.wanted(column, row[column], row["need"]) for column in patch.FIELDS}
                stated = patch.columns(patch.read(record, desk.now()))
                changed = {column: value for column, value in values.items() if value != stated[column]}
                if record["status"] == "New":
                    changed |= {column: row[column] for column in patch.STANDING}
                record = there.patch(record["id"], patch.operations(record, changed))
                record = there.hold({**record, "updatedDateTime": stamp(codec.instant(row["changed_at"]))})
            seen.append(
                {
                    "referral_id": row["id"],
                    "etag": record["eTag"],
                    "record": api_json.dumps(record),
                    "synced_at": seen_at,
                    "account": ACCOUNT,
                }
            )
        remote.keep(connection, seen)
        state = {"tenant": TENANT, "account": ACCOUNT, **dict.fromkeys(demo_store.SYNCED, seen_at)}
        remote.put_state(connection, state)


class RefusedChangeError(RefTermError):
    """The service refuses a request.

    Attributes:
        status: the HTTP status.
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class InventedPartnerCenter:
    """The referrals of the demo's company as Partner Center holds them; also the client's transport."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """
        Args:
            now: the demo's clock.
        """
        self._now = now
        self._records: dict[str, Json] = {}
        self._writes = 0
        self._last: datetime | None = None

    @classmethod
    def as_seen(cls, desk: Workplace) -> InventedPartnerCenter:
        """One that holds what a desk saw there last."""
        there = cls(desk.now)
        with desk.database.reading() as connection:
            for record, etag in demo_store.seen_there(connection):
                there.hold(api_json.known(record), etag)
        return there

    def hold(self, record: Json, etag: str = "") -> Json:
        """Hold a referral as it is given; it gets an eTag where it has none."""
        self._writes += 1
        self._records[record["id"]] = {**record, "eTag": etag or f'"{self._writes:08x}"'}
        return self._records[record["id"]]

    def change(self, source_id: str, changes: Mapping[str, Any]) -> None:
        """Let somebody change fields of a referral there, by their paths, such as `details/dealValue`."""
        operations = [{"op": "add", "path": f"/{path}", "value": value} for path, value in changes.items()]
        self.patch(source_id, operations)

    def patch(self, source_id: str, operations: Sequence[Mapping[str, Any]]) -> Json:
        """Carry out a JSON Patch of `add` and `replace`.

        Raises:
            RefusedChangeError: when there is no such referral, or it is closed.
        """
        record = api_json.known(api_json.dumps(self._one(source_id)))
        if record["status"] == "Closed":
            raise RefusedChangeError(400, _CLOSED)
        for one in operations:
            *outer, last = str(one["path"]).lstrip("/").split("/")
            target = record
            for part in outer:
                target = target[part]
            target[last] = one["value"]
        # Two changes within one instant are told apart, as the service's own clock would.
        moment = self._now()
        if self._last is not None and moment <= self._last:
            moment = self._last + timedelta(microseconds=1)
        self._last = moment
        return self.hold({**record, "updatedDateTime": stamp(moment)})

    def client(self) -> PartnerCenter:
        """The program's own client, with this as its transport."""
        return PartnerCenter(self, _NoSignIn(), BASE_URL)

    def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """Answer a request of the client."""
        parts = urlsplit(url)
        source_id = unquote(parts.path.removeprefix(PATH).lstrip("/"))
        try:
            if method == "PATCH":
                found: Json = self._taken(source_id, content or b"[]", headers.get("If-Match"))
            elif source_id:
                found = self._one(source_id)
            else:
                found = self._page({key: values[0] for key, values in parse_qs(parts.query).items()})
        except RefusedChangeError as error:
            return _answer(error.status, {"error": {"code": "invalidRequest", "message": str(error)}})
        return _answer(200, found)

    def close(self) -> None:
        """There is nothing to close."""

    def _one(self, source_id: str) -> Json:
        if source_id not in self._records:
            raise RefusedChangeError(404, "There is no such referral.")
        return self._records[source_id]

    def _taken(self, source_id: str, content: bytes, etag: str | None) -> Json:
        if etag is not None and etag != self._one(source_id)["eTag"]:
            raise RefusedChangeError(412, "The eTag does not match.")
        return self.patch(source_id, json.loads(content))

    def _page(self, query: Mapping[str, str]) -> Json:
        """A page of all, or of those that wait for an answer; last changed first."""
        waiting = "$filter" in query or query.get("$skiptoken", "").startswith("w")
        start = int(query["$skiptoken"][1:]) if "$skiptoken" in query else 0
        held = [one for one in self._records.values() if not waiting or one["status"] == "New"]
        held.sort(key=lambda one: (one["updatedDateTime"], one["id"]), reverse=True)
        found: Json = {"value": held[start : start + PAGE]}
        if start + PAGE < len(held):
            found["@odata.nextLink"] = f"{BASE_URL}{PATH}?$skiptoken={'w' if waiting else 'a'}{start + PAGE}"
        return found


class _NoSignIn:
    """Says who the demo's account is; nobody signs in, and the token opens nothing."""

    def token(self, *, fresh: bool = False, claims: str | None = None) -> Token:
        """The account's name in place of a token."""
        return Token("demo", ACCOUNT, TENANT)


def _answer(status: int, content: Json) -> Answer:
    return Answer(status, {"content-type": "application/json"}, api_json.dumps(content).encode())
