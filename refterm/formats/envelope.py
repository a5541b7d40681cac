"""What stands around records in JSON: pages, collections of SDKs and flows, events, errors, keys in other letters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from refterm.formats import api_json
from refterm.formats.api_json import Json, RecordError
from refterm.i18n import _

# Keys under which a list of records stands, and those that hold an object with such a key.
LISTS = ("value", "items", "results", "data", "records", "referrals")
HOLDERS = ("d", "body", "data", "result", "response", "outputs")
NEXT = ("@odata.nextLink", "nextLink", "odata.nextLink", "__next")
COUNTS = ("@odata.count", "totalCount", "odata.count", "__count")
_EVENTS = ("eventname", "resourceuri", "resourcename")


@dataclass(slots=True)
class Pages:
    """What the pages of a file say of more that is not in it.

    Attributes:
        seen: how many records the pages held.
        total: how many there are in all; None where no page says so.
        more: whether the last page names another.
    """

    seen: int = 0
    total: int | None = None
    more: bool = False

    def note(self, page: Json) -> None:
        """Take into account what stands beside a page's list."""
        self.more = any(page.get(key) for key in NEXT)
        for key in COUNTS:
            stated = page.get(key)
            if isinstance(stated, str) and stated.isdecimal() and len(stated) < 10:
                stated = int(stated)
            if isinstance(stated, int) and not isinstance(stated, bool):
                self.total = stated

    @property
    def missing(self) -> str | None:
        """A sentence on what is missing; None where nothing is."""
        if not self.more:
            return None
        if self.total is not None and self.total > self.seen:
            sentence = _("it holds {n} of {total} referrals: {missing} stand on further pages, which are not in it")
            return sentence.format(n=self.seen, total=self.total, missing=self.total - self.seen)
        return _("it is not the last page: more referrals stand on further pages, which are not in it")


def unwrapped(value: object, pages: Pages) -> list[Any] | None:
    """The records within an envelope; None where the value is none, but a record or nothing known."""
    for _depth in range(4):
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
            try:
                value = api_json.parse(value.strip())
            except RecordError:
                return None
        if isinstance(value, list):
            return value
        if not isinstance(value, dict) or _is_record(value):
            return None
        keys = {key.casefold(): key for key in value}
        if (name := _first(keys, LISTS)) and isinstance(value[name], list):
            pages.note(value)
            pages.seen += len(value[name])
            return value[name]  # type: ignore[no-any-return]
        name = _first(keys, HOLDERS)
        if name is None:
            return None
        value = value[name]
    return None


def _first(keys: dict[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((keys[key] for key in wanted if key in keys), None)


def _is_record(value: Json) -> bool:
    return "id" in value or "Id" in value


def in_api_letters(value: Json) -> Json:
    """A record whose keys are written as the documentation's tables print them, `CustomerProfile`, with the API's keys."""
    if "Id" not in value or "id" in value:
        return value
    return _lowered(value)  # type: ignore[no-any-return]


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lowered(inner) for key, inner in value.items()}
    return [_lowered(inner) for inner in value] if isinstance(value, list) else value


def check_kind(value: Json) -> None:
    """Refuse what is no referral but something else that Partner Center sends.

    Raises:
        RecordError: naming it.
    """
    if "id" in value and "eventName" not in value and "EventName" not in value:
        return
    keys = {key.casefold() for key in value}
    if "eventname" in keys and keys.intersection(_EVENTS[1:]):
        raise RecordError(_("it is an event of Partner Center, not a referral; fetch the referral that it names"))
    problem = value.get("error")
    if isinstance(problem, dict) and "id" not in value:
        told = ": ".join(str(problem[key]) for key in ("code", "message") if problem.get(key))
        raise RecordError(
            _("it is an error of the API, not a referral: {error}").format(error=api_json.cleaned(told)[:200])
        )
    if ("id" not in value and keys >= {"code", "message"}) or keys >= {"code", "description"}:
        told = f"{value.get('code')}: {value.get('message') or value.get('description')}"
        raise RecordError(
            _("it is an error of the API, not a referral: {error}").format(error=api_json.cleaned(told)[:200])
        )


def elements(values: list[Any]) -> Iterator[tuple[Any, str]]:
    """Records out of an envelope, each cleaned and with its text."""
    for one in values:
        clean = api_json.cleaned(one)
        yield clean, api_json.dumps(clean)
