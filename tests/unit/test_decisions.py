"""What people type in forms and on the command line: I5, I6, A1, A2, A3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from refterm.domain import decisions, when
from refterm.domain.decisions import Context, read_acceptance, read_contact, read_edit, read_refusal, read_win
from refterm.domain.money import Money
from refterm.domain.referral import TeamMember
from refterm.errors import InvalidInputError

TODAY = date(2026, 3, 2)
CONTEXT = Context(TODAY)
IN_EUROS = Context(TODAY, currency="EUR")

GOOD = {
    "name": "Migration",
    "value": "12500",
    "currency": "EUR",
    "timeframe": "1-3 months",
    "notes": "Wants to move 40 mailboxes",
}


SHOWN = {
    "name": "Migration",
    "date": "2026-01-31",
    "value": "12500",
    "currency": "EUR",
    "notes": "Old",
    "crm_id": "C-1",
    "campaign_id": "",
}


def errors(read: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as caught:
        read()
    return caught.value.fields


class TestAccept:
    """I5."""

    def test_everything_given(self) -> None:
        found = read_acceptance(
            GOOD
            | {
                "crm_id": " C-1 ",
                "campaign_id": "spring",
                "contacts": "Ana Ruiz; ana@nordlicht.example; +34 600\n\nBo\n",
            },
            CONTEXT,
        )
        assert found.name == "Migration"
        assert found.value == Money(Decimal(12500), "EUR")
        assert (found.timeframe.text, found.timeframe.purchase_date) == ("1-3 months", date(2026, 6, 2))
        assert found.notes == "Wants to move 40 mailboxes"
        assert (found.crm_id, found.campaign_id) == ("C-1", "spring")
        assert found.contacts == (TeamMember("Ana Ruiz", "ana@nordlicht.example", "+34 600"), TeamMember("Bo"))

    def test_only_what_is_required(self) -> None:
        found = read_acceptance(GOOD, CONTEXT)
        assert (found.crm_id, found.campaign_id, found.contacts) == (None, None, ())

    @pytest.mark.parametrize("blank", ["", "   ", "\t\n", "\u00a0", "\u200b\u200b", "\x1b\x07", "\u202e"])
    @pytest.mark.parametrize("field", ["name", "value", "timeframe", "notes"])
    def test_required_text_has_something_to_see(self, field: str, blank: str) -> None:
        assert list(errors(lambda: read_acceptance(GOOD | {field: blank}, CONTEXT))) == [field]

    def test_every_bad_field_has_its_sentence_in_the_order_of_the_form(self) -> None:
        typed = {"contacts": "Ana; not-an-address", "currency": "euros", "value": "-1", "timeframe": "soon"}
        found = errors(lambda: read_acceptance(typed, CONTEXT))
        assert list(found) == ["name", "value", "currency", "timeframe", "notes", "contacts"]
        assert found["value"] == "the value cannot be negative"
        assert found["contacts"] == 'line 1: "not-an-address" is no e-mail address'

    def test_nothing_typed_at_all(self) -> None:
        assert list(errors(lambda: read_acceptance({}, CONTEXT))) == ["name", "value", "timeframe", "notes"]

    def test_a_value_of_nothing_is_a_value(self) -> None:
        assert read_acceptance(GOOD | {"value": "0"}, CONTEXT).value == Money(Decimal(0), "EUR")

    def test_notes_keep_their_lines_and_a_name_is_one(self) -> None:
        found = read_acceptance(GOOD | {"notes": "one\n\ttwo\r\nthree", "name": "a\nb\tc"}, CONTEXT)
        assert found.notes == "one\n two\nthree"
        assert found.name == "a b c"

    def test_what_a_terminal_would_obey_is_removed(self) -> None:
        found = read_acceptance(GOOD | {"name": "\x1b[2JBig\u202e deal\x07"}, CONTEXT)
        assert found.name == "[2JBig deal"


class TestMoneyWithItsCurrency:
    """Contract: currency given, else the profile's, else it must be given."""

    @pytest.mark.parametrize(
        ("value", "currency", "context", "chosen"),
        [
            ("5", "usd", IN_EUROS, "USD"),
            ("5", "", IN_EUROS, "EUR"),
            ("5", "  ", IN_EUROS, "EUR"),
            ("5 GBP", "", IN_EUROS, "GBP"),
            ("5 GBP", "", CONTEXT, "GBP"),
            # One typed with the amount sets the field.
            ("5 GBP", "USD", CONTEXT, "GBP"),
            ("5 GBP", "nonsense", CONTEXT, "GBP"),
        ],
    )
    def test_which_counts(self, value: str, currency: str, context: Context, chosen: str) -> None:
        assert decisions.read_money(value, currency, context) == Money(Decimal(5), chosen)

    def test_none_anywhere(self) -> None:
        found = errors(lambda: decisions.read_money("5", "", CONTEXT))
        assert found == {"currency": "Which currency? For example EUR"}

    def test_it_is_asked_for_once_the_amount_can_be_read(self) -> None:
        assert list(errors(lambda: decisions.read_money("abc EUR", "", CONTEXT))) == ["value"]

    def test_both_bad(self) -> None:
        assert list(errors(lambda: decisions.read_money("x", "y", IN_EUROS))) == ["value", "currency"]

    def test_the_persons_decimal_mark(self) -> None:
        assert decisions.read_money("12.500", "EUR", Context(TODAY, decimal_mark=",")).amount == 12500
        assert decisions.read_money("12.500", "EUR", Context(TODAY)).amount == Decimal("12.5")


class TestDecline:
    """I6, and the reasons of A1's lost."""

    @pytest.mark.parametrize(
        ("reason", "notes", "code", "kept"),
        [
            ("budget", "", "budget", None),
            ("1", "  ", "budget", None),
            ("7", "Looks\nodd ", "abuse", "Looks\nodd"),
            ("other", "Moved away", "other", "Moved away"),
            ("8", "Moved away", "other", "Moved away"),
        ],
    )
    def test_reason_and_notes(self, reason: str, notes: str, code: str, kept: str | None) -> None:
        found = read_refusal({"reason": reason, "notes": notes})
        assert (found.reason, found.notes) == (code, kept)

    @pytest.mark.parametrize("reason", ["other", "8"])
    @pytest.mark.parametrize("notes", ["", " \n ", "\u200b"])
    def test_others_needs_notes(self, reason: str, notes: str) -> None:
        found = errors(lambda: read_refusal({"reason": reason, "notes": notes}))
        assert found == {"notes": "with the reason Others, say in the notes why"}

    def test_a_reason_is_required(self) -> None:
        assert errors(lambda: read_refusal({"notes": "no"})) == {
            "reason": "Which reason? Give its number, 1 to 8, or its code"
        }


class TestWon:
    """A1."""

    def test_the_value_may_stay_empty_where_there_is_one(self) -> None:
        found = read_win({"value": "", "currency": "", "date": ""}, IN_EUROS, has_value=True)
        assert (found.value, found.currency, found.closed_on) == (None, None, TODAY)

    def test_the_value_is_required_where_there_is_none(self) -> None:
        assert errors(lambda: read_win({}, IN_EUROS, has_value=False)) == {
            "value": "What is it worth? For example 12500 or 12.5k"
        }

    def test_a_final_value_and_date(self) -> None:
        found = read_win({"value": "900.50", "date": "2026-02-28"}, IN_EUROS, has_value=True)
        assert (found.value, found.currency, found.closed_on) == (Decimal("900.50"), "EUR", date(2026, 2, 28))

    def test_only_the_currency(self) -> None:
        found = read_win({"currency": "usd"}, IN_EUROS, has_value=True)
        assert (found.value, found.currency) == (None, "USD")

    @pytest.mark.parametrize(("day", "allowed"), [("2026-03-01", True), ("2026-03-02", True), ("2026-03-03", False)])
    def test_the_close_date_is_never_later_than_today(self, day: str, allowed: bool) -> None:
        if allowed:
            assert read_win({"date": day}, IN_EUROS, has_value=True).closed_on == date.fromisoformat(day)
        else:
            found = errors(lambda: read_win({"date": day}, IN_EUROS, has_value=True))
            assert found == {"date": "the close date cannot be later than today"}

    @pytest.mark.parametrize("typed", [{"value": "x", "date": "y"}, {"currency": "x", "date": "y"}])
    def test_every_bad_field_has_its_sentence(self, typed: dict[str, str]) -> None:
        assert list(errors(lambda: read_win(typed, IN_EUROS, has_value=True))) == list(typed)


class TestEdit:
    """A2."""

    def test_what_still_reads_as_shown_is_not_changed(self) -> None:
        """Not even a date that has passed meanwhile is complained about."""
        assert read_edit(SHOWN, IN_EUROS, shown=SHOWN).changes == {}

    def test_only_what_was_changed(self) -> None:
        found = read_edit(SHOWN | {"crm_id": "", "campaign_id": "x"}, IN_EUROS, shown=SHOWN)
        assert found.changes == {"crm_id": None, "campaign_id": "x"}

    def test_on_the_command_line_only_what_was_given(self) -> None:
        assert read_edit({"notes": "New"}, IN_EUROS).changes == {"notes": "New"}

    def test_a_date_replaces_the_window(self) -> None:
        """I5: editing the date replaces the window."""
        found = read_edit({"date": "2026-06-30"}, IN_EUROS)
        assert found.changes == {"purchase_date": date(2026, 6, 30), "timeframe": "2026-06-30"}

    @pytest.mark.parametrize(
        ("typed", "changes"),
        [
            ({"value": "9"}, {"value": Decimal(9), "currency": "EUR"}),
            ({"value": "9 USD"}, {"value": Decimal(9), "currency": "USD"}),
            ({"value": "9", "currency": "GBP"}, {"value": Decimal(9), "currency": "GBP"}),
            ({"currency": "GBP"}, {"currency": "GBP"}),
        ],
    )
    def test_value_and_currency(self, typed: dict[str, str], changes: dict[str, object]) -> None:
        assert read_edit(typed, IN_EUROS).changes == changes

    def test_an_amount_changed_in_the_form_keeps_the_currency_beside_it(self) -> None:
        shown = SHOWN | {"currency": "CHF"}
        found = read_edit(shown | {"value": "9"}, IN_EUROS, shown=shown)
        assert found.changes == {"value": Decimal(9), "currency": "CHF"}

    def test_every_bad_field_has_its_sentence(self) -> None:
        typed = {"name": " ", "date": "2026-03-01", "value": "x", "currency": "y", "notes": ""}
        found = errors(lambda: read_edit(typed, IN_EUROS))
        assert list(found) == ["name", "date", "value", "currency", "notes"]
        assert found["date"] == "1 Mar 2026 is in the past"

    def test_a_currency_cannot_be_emptied(self) -> None:
        assert errors(lambda: read_edit({"currency": " "}, IN_EUROS)) == {"currency": "Which currency? For example EUR"}


class TestContacts:
    """A3: name, phone, e-mail; phone is free text."""

    def test_everything(self) -> None:
        found = read_contact({"name": " Ana Ruiz ", "phone": " ext. 4\t(mornings)", "email": " ana@nordlicht.example "})
        assert found == TeamMember("Ana Ruiz", "ana@nordlicht.example", "ext. 4 (mornings)")

    def test_a_name_is_enough(self) -> None:
        assert read_contact({"name": "Ana"}) == TeamMember("Ana")

    def test_a_name_is_required(self) -> None:
        assert list(errors(lambda: read_contact({"email": "x"}))) == ["name", "email"]

    @pytest.mark.parametrize("email", ["x@y", "a.b+c@d.example", "ana@españa.example", "o'neil@x.example", ""])
    def test_addresses(self, email: str) -> None:
        assert decisions.read_email(email) == email

    @pytest.mark.parametrize("email", ["x", "@", "x@", "@y", "a b@c", "a@b c", "a@b@c", "a\u00a0b@c", "a@b\nc"])
    def test_what_is_no_address(self, email: str) -> None:
        assert list(errors(lambda: decisions.read_email(email))) == ["email"]

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("Ana; x", 'line 2: "x" is no e-mail address'),
            ("; ana@x.example", "line 2: Who is it? Give the name"),
            ("Ana; a@b; 1; more", "line 2: write a contact as: Name; e-mail; phone"),
        ],
    )
    def test_in_an_acceptance_the_bad_line_is_named(self, line: str, sentence: str) -> None:
        assert errors(lambda: decisions.read_team(f"Bo\n{line}\nCo")) == {"contacts": sentence}

    def test_blank_lines_are_passed_over(self) -> None:
        assert decisions.read_team("\n  \nBo;;12\n") == (TeamMember("Bo", "", "12"),)


class TestCommandLine:
    """What can be read two ways is refused where nothing shows what was understood."""

    STRICT = Context(TODAY, currency="EUR", strict=True)

    @pytest.mark.parametrize("text", ["1.234", "12.500", "1,234", "12.500 EUR", "EUR 12.500"])
    def test_two_readings(self, text: str) -> None:
        found = errors(lambda: decisions.read_money(text, "", self.STRICT))
        number = text.replace("EUR", "").strip()
        whole, part = number.replace(",", ".").split(".")
        assert found == {
            "value": f"{number} can be read as {whole}{part} or as {whole}.{part}0; write {whole}{part} or {whole}.{part}0"
        }

    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("12500", "12500"),
            ("12500.50", "12500.50"),
            ("12.5k", "12500"),
            ("1.234,56", "1234.56"),
            ("12,500.50", "12500.50"),
            ("1234.500", "1234.500"),
            ("12.5000", "12.5000"),
            ("0.500", "0.500"),
        ],
    )
    def test_plain(self, text: str, amount: str) -> None:
        assert decisions.read_money(text, "", self.STRICT) == Money(Decimal(amount), "EUR")

    def test_two_currencies(self) -> None:
        found = errors(lambda: decisions.read_money("5 USD", "EUR", self.STRICT))
        assert found == {"currency": "the value is in USD, but the currency is EUR: give one of both"}
        assert decisions.read_money("5 USD", "usd", self.STRICT).currency == "USD"

    def test_no_deal_is_closed_before_its_receipt(self) -> None:
        received = IN_EUROS._replace(received=TODAY)
        day = (TODAY - timedelta(days=1)).isoformat()
        found = errors(lambda: read_win({"date": day}, received, has_value=True))
        assert found == {"date": f"the close date cannot be before the receipt, {when.date_text(TODAY)}"}
        assert read_win({"date": TODAY.isoformat()}, received, has_value=True).closed_on == TODAY
