"""What one record of Partner Center says (contract, section Import)."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from refterm.domain.deadline import Deadlines
from refterm.domain.referral import Channel, Contact, Outcome, Status, TeamMember
from refterm.formats import api_json, record, refterm_object
from refterm.formats.api_json import RecordError
from refterm.formats.record import Incoming
from tests.samples import NOW, TARGET, active_record, ago, ahead, api_record, closed_record, merged


def read(raw: dict[str, Any], **options: Any) -> Incoming:
    return record.read(raw, now=NOW, deadlines=Deadlines(), **options)


def arriving(raw: dict[str, Any]) -> Any:
    return record.arriving(read(raw), NOW)


def test_a_new_referral_is_read_whole() -> None:
    raw = api_record(
        customerProfile={"name": "Bäckerei Hansen KG", "ids": [{"profileType": "Duns", "id": "000000001"}]},
        details={"customerRequestedContact": True},
        updatedDateTime="2026-03-02T08:14:21.4579542Z",
    )
    incoming = read(raw)
    referral = incoming.referral
    assert referral.source_id == raw["id"]
    assert referral.engagement_id == raw["engagementId"]
    assert (referral.status, referral.outcome, referral.direction) == (Status.NEW, None, "incoming")
    assert referral.channel is Channel.SEARCH
    assert referral.target_id == TARGET
    assert referral.received_at == NOW - timedelta(hours=1)
    assert not referral.received_estimated
    assert referral.expires_at == NOW + timedelta(days=13)
    assert not referral.expiry_estimated
    assert referral.flame
    assert referral.need.startswith("Move 80 mailboxes")
    assert referral.products == ("Microsoft365", "Exchange")
    assert referral.services == ("DeploymentOrMigration",)
    assert referral.solutions == ("Cloud Migration",)
    customer = referral.customer
    assert (customer.company, customer.size, customer.duns) == ("Bäckerei Hansen KG", "51to250employees", "000000001")
    assert (customer.city, customer.region, customer.country, customer.postal_code) == ("Kiel", "SH", "DE", "24103")
    assert customer.address == "Hafenstraße 12"
    assert customer.industry == "Retail & Consumer Goods"
    person = raw["customerProfile"]["team"][0]
    assert customer.contacts == (Contact("Inga Hansen", "", person["email"], "+494310000001"),)
    assert incoming.updated_at == datetime(2026, 3, 2, 8, 14, 21, 457954, UTC)
    assert referral.deal.notes is None


def test_an_engagement_brings_its_deal_and_team() -> None:
    referral = read(active_record()).referral
    deal = referral.deal
    assert (deal.name, deal.crm_id, deal.campaign_id) == ("Mailbox migration", "OPP-2026-0117", "SPRING26")
    assert (deal.value, deal.currency, deal.purchase_date) == (Decimal(5000), "EUR", date(2026, 6, 30))
    assert referral.team == (TeamMember("Mara Voss", "mara.voss@nordlicht-cloud.example", "+494310000010"),)
    assert referral.decided_at == NOW - timedelta(days=1)
    assert referral.decided_by is None


@pytest.mark.parametrize(
    ("status", "substatus", "expected"),
    [
        ("New", "Pending", (Status.NEW, None)),
        ("new", " received ", (Status.NEW, None)),
        (1, 2, (Status.NEW, None)),
        ("1", "1", (Status.NEW, None)),
        ("ACTIVE", "Accepted", (Status.ACTIVE, None)),
        (2, 3, (Status.ACTIVE, None)),
        ("Closed", "Won", (Status.ARCHIVED, Outcome.WON)),
        (3, "5", (Status.ARCHIVED, Outcome.LOST)),
        ("3", 6, (Status.ARCHIVED, Outcome.DECLINED)),
        ("Closed", 7, (Status.ARCHIVED, Outcome.EXPIRED)),
    ],
)
def test_a_status_is_a_name_or_its_number(status: object, substatus: object, expected: object) -> None:
    assert record.standing({"status": status, "substatus": substatus}) == expected


@pytest.mark.parametrize(
    ("status", "substatus"),
    [
        ("New", "Accepted"),
        ("New", None),
        ("Active", "Won"),
        ("Closed", "Pending"),
        ("Closed", 3),
        ("None", "None"),
        (0, 0),
        (7, 1),
        (None, None),
        (True, 1),
        ("Engaged", "Accepted"),
        ([], {}),
    ],
)
def test_any_other_status_is_refused(status: object, substatus: object) -> None:
    with pytest.raises(RecordError):
        record.standing({"status": status, "substatus": substatus})


@pytest.mark.parametrize(
    ("qualification", "inviter", "channel"),
    [
        ("Direct", "msft", Channel.SEARCH),
        (1, None, Channel.SEARCH),
        ("MarketingQualified", "msft", Channel.MARKETING),
        ("SalesQualified", "msft", Channel.SALES),
        ("salesqualified", "3c9f2c4e", Channel.PARTNER),
        ("SalesQualified", None, Channel.PARTNER),
        ("None", "msft", Channel.PARTNER),
        ("Something new", "msft", Channel.PARTNER),
        (None, None, Channel.PARTNER),
    ],
)
def test_the_channel_follows_qualification_and_sender(qualification: object, inviter: object, channel: Channel) -> None:
    raw = api_record(qualification=qualification, inviteContext__invitedBy={"organizationId": inviter})
    assert read(raw).referral.channel is channel


def test_without_a_stated_expiry_it_is_estimated() -> None:
    """I4: fourteen days from receipt."""
    referral = read(api_record(createdDateTime=ago(hours=5), expirationDateTime=None)).referral
    assert referral.expires_at == NOW - timedelta(hours=5) + timedelta(days=14)
    assert referral.expiry_estimated


def test_outgoing_ones_never_expire_and_never_stand_in_the_inbox() -> None:
    referral = arriving(api_record(direction="Outgoing", expirationDateTime=ago(days=1)))
    assert referral.status is Status.ACTIVE
    assert referral.expires_at is None
    assert not referral.expiry_estimated


@pytest.mark.parametrize(("expires", "status"), [(ago(), Status.ARCHIVED), (ahead(microseconds=1), Status.NEW)])
def test_new_but_past_its_expiry_arrives_archived_at_its_deadline(expires: str, status: Status) -> None:
    """I4: at the instant of the deadline it has expired, a microsecond before it has not."""
    referral = arriving(api_record(expirationDateTime=expires))
    assert referral.status is status
    if status is Status.ARCHIVED:
        assert referral.outcome is Outcome.EXPIRED
        assert referral.closed_at == referral.expires_at == NOW
        assert referral.decided_at is None


def test_what_arrives_closed_keeps_the_times_of_the_source() -> None:
    closed, accepted = NOW - timedelta(days=10), NOW - timedelta(days=39)
    won, lost, declined, expired = (arriving(closed_record(name)) for name in ("Won", "Lost", "Declined", "Expired"))
    assert (won.decided_at, won.closed_at, won.deal.closed_on) == (accepted, closed, closed.date())
    assert (lost.decided_at, lost.closed_at, lost.deal.closed_on) == (accepted, closed, None)
    assert (declined.decided_at, declined.closed_at) == (closed, closed)
    assert (expired.decided_at, expired.closed_at) == (None, closed)
    assert {(r.decided_by, r.closed_by) for r in (won, lost, declined, expired)} == {(None, None)}


def test_every_archived_one_has_a_time_of_closing() -> None:
    updated = arriving(closed_record("Won", closedDateTime=None, updatedDateTime=ago(days=3)))
    assert (updated.closed_at, updated.deal.closed_on) == (NOW - timedelta(days=3), date(2026, 2, 27))
    received = arriving(
        closed_record("Declined", closedDateTime=None, updatedDateTime=None, createdDateTime=ago(days=5))
    )
    assert received.closed_at == received.decided_at == NOW - timedelta(days=5)


@pytest.mark.parametrize(
    ("text", "reason", "notes"),
    [
        ("Customer chose another vendor", "other-vendor", None),
        ("not a customer", "not-a-customer", None),
        ("3", "other-vendor", None),
        ("Others", "other", None),
        ("They went bankrupt", "other", "They went bankrupt"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_the_reason_is_a_known_text_its_number_or_other(text: object, reason: object, notes: object) -> None:
    referral = read(closed_record("Lost", statusReason=text)).referral
    assert (referral.reason, referral.reason_notes) == (reason, notes)


def test_a_list_may_arrive_as_a_single_object() -> None:
    raw = api_record(
        target={"type": "BusinessProfileLocation", "id": "here"},
        customerProfile={"team": {"firstName": "Inga"}, "ids": {"profileType": "Duns", "id": "7"}},
        details__requirements={"products": {"id": "Azure"}, "services": {}, "solutions": {"id": "SOL-1"}},
        team={"firstName": "Mara", "email": "mara@partner.example"},
    )
    referral = read(raw).referral
    assert referral.target_id == "here"
    assert referral.customer.contacts == (Contact("Inga"),)
    assert referral.customer.duns == "000000007"
    assert (referral.products, referral.services, referral.solutions) == (("Azure",), (), ("SOL-1",))
    assert referral.team == (TeamMember("Mara", "mara@partner.example"),)


def test_nulls_and_blanks_are_nothing() -> None:
    raw = api_record(
        engagementId=None,
        target=None,
        consent=None,
        team=None,
        inviteContext=None,
        customerProfile={"size": "", "address": None, "team": None, "ids": None},
    )
    raw["details"] = None
    referral = read(raw).referral
    assert referral.need == ""
    assert referral.engagement_id is referral.target_id is referral.customer.size is None
    assert referral.customer.address is referral.customer.region is None
    assert referral.customer.contacts == referral.team == ()


def test_the_region_is_the_state_or_else_the_region() -> None:
    assert read(api_record(customerProfile__address={"state": "WA", "region": "US-W"})).referral.customer.region == "WA"


def test_both_lines_of_an_address_are_joined() -> None:
    assert read(api_record(customerProfile__address__addressLine2="Hof B")).referral.customer.address == (
        "Hafenstraße 12, Hof B"
    )


def test_a_time_without_a_zone_is_utc_and_others_are_turned() -> None:
    referral = read(api_record(createdDateTime="2026-03-02T08:00:00", expirationDateTime="2026-03-16T01:00:00+01:00"))
    assert referral.referral.received_at == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert referral.referral.expires_at == datetime(2026, 3, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        ("12500", "12500"),
        ("10.50", "10.50"),
        ("0.1", "0.1"),
        ("5e4", "50000"),
        ("5000.000000", "5000"),
        ('"64800.1000"', "64800.1000"),
        ("0", "0"),
    ],
)
def test_money_is_exact(value: str, digits: str) -> None:
    amount, _end = api_json.decode(value)
    exact = record.amount(amount)
    assert exact is not None
    assert format(exact, "f") == digits


@pytest.mark.parametrize(
    "value",
    [
        "-5",
        '"many"',
        "1e400",
        "1e-5",
        "0.00001",
        "true",
        "[]",
        "{}",
        "1000000000000000",
        '"1,000"',
        '"1e3 pieces"',
        '"1.250,00 and more"',
        '"-1"',
    ],
)
def test_what_is_no_amount_is_refused(value: str) -> None:
    amount, _end = api_json.decode(value)
    with pytest.raises(RecordError, match="dealValue"):
        record.amount(amount)


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"id": None}, "id is missing"),
        ({"id": " "}, "id is missing"),
        ({"id": 42}, "id is missing"),
        ({"id": "x" * 401}, "id is longer than 400 characters"),
        ({"createdDateTime": None}, "createdDateTime is missing"),
        ({"createdDateTime": "yesterday"}, "createdDateTime is no time: 'yesterday'"),
        ({"createdDateTime": "0000-00-00T00:00:00Z"}, "createdDateTime is missing"),
        ({"createdDateTime": 1772440000}, "createdDateTime is no time"),
        ({"createdDateTime": "0001-01-01T00:00:00+01:00"}, "createdDateTime is missing"),
        ({"status": 7}, "status 7 is none of New, Active, Closed"),
        ({"substatus": "Won"}, "substatus 'Won' does not belong to status 'New'"),
        ({"customerProfile": "Acme"}, "customerProfile is no object: 'Acme'"),
        ({"customerProfile": None}, "the customer's name is missing"),
        ({"customerProfile__name": "  "}, "the customer's name is missing"),
        ({"customerProfile__name": ["Acme"]}, "name is no text"),
    ],
)
def test_a_record_that_cannot_be_read_says_why(overrides: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RecordError, match=sentence):
        read(api_record(**overrides))


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"engagementId": "x" * 401}, "engagementId is longer than 400 characters"),
        ({"expirationDateTime": "2026-02-30T00:00:00Z"}, "expirationDateTime is no time"),
        ({"updatedDateTime": "soon"}, "updatedDateTime is no time"),
        ({"favorite": "perhaps"}, "favorite is neither yes nor no: 'perhaps'"),
        ({"customerProfile__team": "Inga"}, "team is no list of objects: 'Inga'"),
        ({"customerProfile__team": ["Inga"]}, "team is no list of objects"),
        ({"customerProfile__team": [None]}, "team is no list of objects"),
        ({"customerProfile__team": [None, {"firstName": "Inga"}]}, "team has elements that are no objects"),
        ({"customerProfile__team": [{"firstName": {}}]}, "firstName is no text"),
        ({"customerProfile__address": []}, "address is no object"),
        ({"customerProfile__address": ""}, "address is no object"),
        ({"customerProfile__ids": [None]}, "ids is no list of objects"),
        ({"details": []}, "details is no object: \\[\\]"),
        ({"details__notes": {"text": "x"}}, "notes is no text"),
        ({"details__dealValue": "many"}, "dealValue is no number"),
        ({"details__dealValue": -5}, "dealValue -5"),
        ({"details__currency": "EURO"}, "EURO is no ISO 4217 currency"),
        ({"details__closingDateTime": 12}, "closingDateTime is no time: 12"),
        ({"details__customerRequestedContact": "who knows"}, "customerRequestedContact is neither yes nor no"),
        ({"details__requirements": {"products": ["Azure", "Teams"]}}, "products is no list of objects"),
        ({"details__requirements": {"products": "Azure"}}, "products is no list of objects"),
        ({"team": [None]}, "team is no list of objects"),
        ({"qualification": "SalesQualified", "inviteContext": []}, "inviteContext is no object"),
    ],
)
def test_a_side_field_that_cannot_be_read_is_left_out_with_a_warning(overrides: dict[str, Any], sentence: str) -> None:
    """A lead that expires is worth more than its postal address."""
    incoming = read(api_record(**overrides))
    assert len(incoming.warnings) == 1
    assert re.search(sentence, incoming.warnings[0])
    assert incoming.referral.status is Status.NEW


@pytest.mark.parametrize(
    "stated",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00+01:00",
        "1601-01-01T00:00:00Z",
        "1900-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9999999Z",
        "9999-12-31T23:59:59-08:00",
        "0000-00-00 00:00:00",
    ],
)
@pytest.mark.parametrize("key", ["expirationDateTime", "acceptedDateTime", "closedDateTime", "updatedDateTime"])
def test_a_time_that_stands_for_no_time_is_not_stated(key: str, stated: str) -> None:
    given = active_record()
    incoming, without = read({**given, key: stated}), read({**given, key: None})
    assert (incoming.warnings, incoming.updated_at) == ((), without.updated_at)
    assert incoming.referral == without.referral


def test_an_expiry_before_the_receipt_is_not_stated_and_told() -> None:
    incoming = read(api_record(createdDateTime=ago(hours=3), expirationDateTime=ago(hours=4)))
    assert incoming.referral.expiry_estimated
    assert incoming.referral.expires_at == NOW - timedelta(hours=3) + timedelta(days=14)
    assert record.arriving(incoming, NOW).status is Status.NEW
    assert "before createdDateTime" in incoming.warnings[0]


@pytest.mark.parametrize("said", [True, "true", "True", "YES", "yes", 1, "1", " y ", "WAHR", "verdadero"])
def test_the_flame_is_yes_in_every_usual_form(said: object) -> None:
    assert read(api_record(details__customerRequestedContact=said)).referral.flame


@pytest.mark.parametrize("said", [False, "false", "False", "no", 0, "0", None, ""])
def test_and_no_in_every_usual_form(said: object) -> None:
    incoming = read(api_record(details__customerRequestedContact=said))
    assert (incoming.referral.flame, incoming.warnings) == (False, ())


@pytest.mark.parametrize(
    "form",
    [
        "7b0d5c52-8a3e-4c63-9d0e-2f6f0f1f9aab",
        "7B0D5C52-8A3E-4C63-9D0E-2F6F0F1F9AAB",
        "{7b0d5c52-8a3e-4c63-9d0e-2f6f0f1f9aab}",
        "7b0d5c528a3e4c639d0e2f6f0f1f9aab",
        " 7b0d5c52-8a3e-4c63-9d0e-2f6f0f1f9aab ",
    ],
)
def test_a_guid_is_one_identity_in_all_its_forms(form: str) -> None:
    referral = read(api_record(id=form, engagementId=form)).referral
    assert referral.source_id == referral.engagement_id == "7b0d5c52-8a3e-4c63-9d0e-2f6f0f1f9aab"


@pytest.mark.parametrize(
    "form",
    ["081466849", " 081466849 ", 81466849, "81466849", "08-146-6849", "81466849.0", "'081466849", '="081466849"'],
)
def test_a_duns_number_is_nine_digits_in_all_its_forms(form: object) -> None:
    ids = [{"profileType": "Duns", "id": ""}, {"profileType": "DUNS", "id": form}]
    assert read(api_record(customerProfile__ids=ids)).referral.customer.duns == "081466849"


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("2022-06-29T23:00:00Z", "2022-06-30"),
        ("2022-03-24T18:30:00Z", "2022-03-25"),
        ("2022-03-04T03:00:00Z", "2022-03-04"),
        ("2022-12-30T23:00:00Z", "2022-12-31"),
        ("2022-12-31T15:00:00Z", "2023-01-01"),
        ("2022-12-31T00:00:00Z", "2022-12-31"),
    ],
)
def test_the_purchase_date_is_that_of_the_nearest_midnight(stated: str, day: str) -> None:
    """Real payloads hold midnights of London, India, Argentina, Berlin, Tokyo."""
    assert str(read(active_record(details__closingDateTime=stated)).referral.deal.purchase_date) == day


@pytest.mark.parametrize(
    ("stated", "notes"),
    [
        ("7", "Test referral"),
        ("4.0", "Connector data sync issues"),
        ("Data error", "Data error"),
        ("something", "something"),
        (None, None),
    ],
)
def test_an_error_of_co_sell_is_closed_as_lost_with_its_own_reason(stated: object, notes: str | None) -> None:
    referral = read({**closed_record("Lost"), "substatus": "Error", "statusReason": stated}).referral
    assert (referral.status, referral.outcome) == (Status.ARCHIVED, Outcome.LOST)
    assert (referral.reason, referral.reason_notes) == ("other" if notes else None, notes)


def test_entities_and_stray_blanks_go_once_from_outside_and_never_from_our_own() -> None:
    raw = api_record(
        customerProfile={"name": " Brunnen &amp; S&ouml;hne  GmbH ", "address__city": "Kiel &amp;amp; co"},
        details__notes="a &lt; b\n  indented",
    )
    text = json.dumps(raw)
    outside, kept = api_json.finish(json.loads(text), text)
    assert outside["customerProfile"]["name"] == "Brunnen & Söhne GmbH"
    assert outside["customerProfile"]["address"]["city"] == "Kiel &amp; co"
    assert outside["details"]["notes"] == "a < b\n  indented"
    assert kept is None
    own = {**raw, "refterm": {}}
    text = json.dumps(own)
    assert api_json.finish(json.loads(text), text)[0]["customerProfile"]["name"] == raw["customerProfile"]["name"]


@pytest.mark.parametrize("text", ["x ", " x", "x  y", "x, ", "x: ", " ,x", "x\u00a0", "&auml;", "x &#252;"])
@pytest.mark.parametrize("indent", [None, 1])
def test_no_stray_blank_is_overlooked(text: str, indent: int | None) -> None:
    raw = api_record(customerProfile__name=text)
    written = json.dumps(raw, indent=indent, ensure_ascii=False)
    read_, _kept = api_json.finish(json.loads(written), written)
    name = read_["customerProfile"]["name"]
    assert name == html.unescape(" ".join(text.split()))


def test_only_the_csv_may_lack_a_time_of_receipt() -> None:
    referral = read(api_record(createdDateTime=None, expirationDateTime=None), dated=False).referral
    assert referral.received_at == NOW
    assert referral.received_estimated
    assert referral.expires_at == NOW + timedelta(days=14)


def test_texts_are_cleaned_once_and_only_notes_keep_their_lines() -> None:
    raw = merged(
        api_record(),
        {
            "name": "one\nline\u202e",
            "customerProfile": {"name": "\x1b[2Jclear\r\nme\tnow"},
            "details": {"notes": "first\r\nsecond\x07\u2028third\ud83d"},
            "inviteContext": {"notes": "a\nb"},
            "unknown\x9b": ["x\x00y"],
        },
    )
    cleaned = api_json.cleaned(raw)
    assert cleaned["name"] == "one line"
    assert cleaned["customerProfile"]["name"] == "[2Jclear me now"
    assert cleaned["details"]["notes"] == "first\nsecond\u2028third"
    assert cleaned["inviteContext"]["notes"] == "a\nb"
    assert cleaned["unknown"] == ["xy"]


def test_a_text_that_needs_no_cleaning_is_kept_as_it_is() -> None:
    text = '{"id": "a", "n": 1.50, "eTag": "\\"x\\"", "need": "Größe \U0001f525"}'
    assert api_json.finish(api_json.parse(text), text)[1] == text


@pytest.mark.parametrize("text", ['{"a": "\\u202e"}', '{"a": "x\\ny"}', '{"a": "\u200e"}', '{\n"a": 1}'])
def test_any_other_text_is_written_anew(text: str) -> None:
    record, kept = api_json.finish(api_json.parse(text), text)
    assert kept is None
    assert api_json.parse(api_json.dumps(record)) == record


@pytest.mark.parametrize("text", ["0.10", "12345678901234567890.123456789", "1E+30", "5000", "-0.0"])
def test_numbers_leave_with_the_digits_they_came_with(text: str) -> None:
    assert api_json.dumps(api_json.decode(f'{{"n":{text},"t":"\\\\u00001"}}')[0]) == f'{{"n":{text},"t":"\\\\u00001"}}'


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, '{"a":' * 200 + "1" + "}" * 200, "[" * 65 + "]" * 65]
)
def test_deep_nesting_is_refused_cleanly(text: str) -> None:
    with pytest.raises(RecordError):
        api_json.finish(api_json.parse(text), text)


@pytest.mark.parametrize("text", ["9" * 5000, "NaN", "-Infinity", "1e99999999999999999999", "", '{"a": 1} x', "'a'"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(RecordError):
        api_json.finish(api_json.parse(text), text)


def test_an_own_record_gives_back_what_only_refterm_knows() -> None:
    incoming = read(active_record())
    kept = refterm_object.written(incoming)
    assert refterm_object.restored(incoming, kept) == Incoming(incoming.referral, incoming.updated_at, restored=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "open"),
        ("status", ["new"]),
        ("status", "archived"),
        ("outcome", "won"),
        ("channel", "mail"),
        ("received_at", None),
        ("received_at", "yesterday"),
        ("received_estimated", 1),
        ("expires_at", None),
        ("favorite", "yes"),
        ("taken_by", 7),
        ("reason", "because"),
        ("deal", []),
        ("deal", {"value": 5}),
        ("deal", {"value": "-5"}),
        ("deal", {"currency": "EURO"}),
        ("deal", {"purchase_date": "June"}),
        ("team", {}),
        ("team", [{"email": "x@y.example"}]),
        ("fit", 101),
        ("version", 0),
        ("version", 10**30),
        ("version", True),
        ("changed_at", None),
        ("source_updated_at", 5),
    ],
)
def test_a_malformed_refterm_object_refuses_the_record(field: str, value: object) -> None:
    incoming = read(api_record())
    with pytest.raises(RecordError, match=r"refterm|currency"):
        refterm_object.restored(incoming, {**refterm_object.written(incoming), field: value})


@pytest.mark.parametrize("kept", [None, [], "x", {}, {"status": "new"}])
def test_what_is_no_refterm_object_refuses_the_record(kept: object) -> None:
    with pytest.raises(RecordError, match="refterm"):
        refterm_object.restored(read(api_record()), kept)


def test_what_a_desk_may_change_is_read_alone_as_it_is_in_the_whole_record() -> None:
    """Whatever in the record cannot be read: what an export compares is what an import understood."""
    chance = random.Random(17)
    for _time in range(3000):
        raw = _spoilt(chance, api_record(**chance.choice(_STANDINGS)), chance.choice((0, 1, 1, 2)))
        try:
            whole = record.read(raw, now=NOW, deadlines=Deadlines(), dated=False).referral
        except RecordError:
            assert record.said(raw) is None, raw
            continue
        said = record.said(raw)
        assert said is not None, raw
        assert {name: getattr(said, name) for name in _SAID} == {name: getattr(whole, name) for name in _SAID}, raw
        assert said.deal._replace(closed_on=whole.deal.closed_on) == whole.deal


_SAID = ("status", "outcome", "closed_at", "decided_at", "reason", "reason_notes", "favorite", "team")
_STANDINGS: list[dict[str, Any]] = [
    {},
    {"status": "Active", "substatus": "Accepted", "acceptedDateTime": "2026-03-01T10:00:00Z", "details__dealValue": 7},
    {"status": "Closed", "substatus": "Won", "closedDateTime": "2026-03-02T10:00:00Z", "direction": "Outgoing"},
    {"status": "Closed", "substatus": "Declined", "statusReason": "Budget", "closedDateTime": "2026-03-02T10:00:00Z"},
    {"status": "Closed", "substatus": "Error", "statusReason": "3", "team": [{"firstName": "Ana", "email": "a@b.c"}]},
]


def _spoilt(chance: random.Random, raw: Any, times: int) -> Any:
    """The record with so many of its values, wherever they stand, replaced by what does not belong there."""
    for _time in range(times):
        holder, key = chance.choice(list(_places(raw)))
        holder[key] = chance.choice([None, "", "x", [], [7], {}, {"a": 1}, True, -1, Decimal("1.23456"), "0001-01-01"])
    return raw


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
        yield holder, key
        if isinstance(value, dict | list):
            yield from _places(value)
