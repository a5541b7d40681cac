"""Many people at one desk: what one does shows on the others' screens (T1-T4), and what was decided can be undone (U1)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from refterm.clock import SettableClock
from refterm.config import Settings
from refterm.domain.decisions import Context
from refterm.domain.history import Actor
from refterm.domain.query import Tab
from refterm.domain.referral import Status
from refterm.errors import RefTermError
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.tui.desk.screen import DeskScreen
from tests.conftest import ImportRecords, import_into
from tests.samples import NOW, active_record, ago, ahead, api_record, closed_record
from tests.tui.conftest import SitDown
from tests.tui.seat import Seat

DECLINE = {"reason": "budget", "notes": ""}
ACCEPT = {"name": "Mailboxes", "value": "12500", "currency": "EUR", "timeframe": "2026-06-30", "notes": "Soon."}


def _accept(place: Workplace, number: int) -> None:
    Triage(place).accept(number, ACCEPT, Context(place.today(), "EUR", "."))


# What others do


async def test_what_comes_in_is_named_counted_and_marked(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    import_records([api_record()])
    async with sit() as seat:
        new = import_into(luis, [api_record(customerProfile__name="Penhale [red]Boatyard[/] Ltd")])
        assert seat.message == ""
        await seat.wake()
        assert seat.message == "1 new referral: Penhale [red]Boatyard[/] Ltd"
        assert seat.app.titles == ["refterm (1)"]
        assert seat.app.bells == 1
        assert seat.row_line(new[0]).startswith("+")
        assert "Inbox 2" in seat.bar("tabs")


async def test_many_that_come_in_at_once_are_one_sentence(sit: SitDown, luis: Workplace) -> None:
    async with sit() as seat:
        import_into(luis, [api_record() for _ in range(300)])
        await seat.wake()
        assert seat.message.startswith("300 new referrals: ")
        assert seat.message.endswith(", ...")
        assert seat.app.bells == 1
        assert len(seat.ids) == 300
        await seat.assert_drawn_fresh()


async def test_the_first_referral_replaces_the_words_of_the_empty_desk(sit: SitDown, luis: Workplace) -> None:
    async with sit() as seat:
        assert "The desk is empty." in seat.text
        for words in ("refterm import FILE", "refterm demo"):
            assert words in seat.text
        import_into(luis, [api_record()])
        await seat.wake()
        assert "The desk is empty." not in seat.text
        assert seat.row.id == 1


async def test_the_bell_is_silent_unless_it_is_wanted(sit: SitDown, luis: Workplace) -> None:
    async with sit(settings=Settings()) as seat:
        seat.desk.rings = False
        import_into(luis, [api_record()])
        await seat.wake()
        assert seat.app.bells == 0


async def test_what_another_decided_leaves_a_quiet_line_that_says_who(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    first, second, third = import_records([api_record() for _ in range(3)])
    async with sit() as seat:
        _accept(luis, second)
        await seat.wake()
        assert seat.message == f"luis accepted #{second}"
        assert seat.ids == [first, third]
        assert "Active 1" in seat.bar("tabs")
        Triage(luis).decline([third], DECLINE)
        await seat.wake()
        assert seat.message == f"luis declined #{third}"


@pytest.mark.parametrize(
    ("keys", "service", "word"),
    [("m enter", Marks.contacted, "contacted already."), ("s", Marks.favorite, "is a favourite.")],
)
async def test_what_another_just_did_is_not_undone_by_doing_it_as_well(
    sit: SitDown,
    import_records: ImportRecords,
    luis: Workplace,
    keys: str,
    service: Callable[[Marks, int], object],
    word: str,
) -> None:
    """T2, F4, I10: the key goes from what was on the screen."""
    (number,) = import_records([api_record()])
    async with sit() as seat:
        service(Marks(luis), number)
        await seat.press(*keys.split())
        await seat.until(lambda: seat.message.endswith("luis did it before you."))
        assert word in seat.message
    referral = Desk(luis).referral(number)
    assert referral.contacted_at is not None if keys != "s" else referral.favorite


async def test_every_deed_of_another_is_told_in_words(
    sit: SitDown, import_records: ImportRecords, luis: Workplace, clock: SettableClock
) -> None:
    new, active = import_records([api_record(), active_record()])
    marks, triage = Marks(luis), Triage(luis)
    async with sit() as seat:
        for deed, said in (
            (lambda: marks.take(new), f"luis took #{new}"),
            (lambda: marks.release(new), f"luis released #{new}"),
            (lambda: marks.note(new, "Called."), f"luis added a note to #{new}"),
            (lambda: marks.skip(new, "+1h"), f"luis skipped #{new}"),
            (lambda: marks.unskip(new), f"luis ended the skip of #{new}"),
            (
                lambda: triage.won(active, {"value": "", "currency": "", "date": ""}, _context(luis)),
                f"luis reported #{active} as won",
            ),
            (lambda: triage.undo([active]), f"luis undid a decision on #{active}"),
        ):
            deed()
            await seat.wake()
            assert said in seat.message


def _context(place: Workplace) -> Context:
    return Context(place.today(), "EUR", ".")


async def test_ones_own_deeds_are_not_told_twice(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    [number] = import_records([api_record(), api_record()])[:1]
    async with sit() as seat:
        await seat.press("s")
        assert seat.message == f"#{number} is a favourite."
        await seat.wake()
        assert seat.message == f"#{number} is a favourite."


async def test_what_comes_in_right_before_ones_own_write_is_still_told(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    """Between two looks of the desk both are written; the own one must not swallow the other (T1)."""
    [mine] = import_records([api_record()])
    async with sit() as seat:
        [new] = import_into(luis, [api_record(customerProfile__name="Kontor Nord")])
        await seat.press("s")
        assert seat.message == f"#{mine} is a favourite."
        await seat.wake()
        assert seat.message == "1 new referral: Kontor Nord"
        assert seat.row_line(new).startswith("+")
        assert seat.app.titles == ["refterm (1)"]
        assert seat.app.bells == 1
        await seat.assert_drawn_fresh()


async def test_what_comes_in_under_a_form_is_told_after_it(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    """Also where the form writes, and where more came in than can be read one by one."""
    import_records([api_record(), api_record()])
    async with sit() as seat:
        await seat.press("d")
        import_into(luis, [api_record() for _ in range(300)])
        await _submit_decline(seat)
        assert seat.message.startswith("Declined ")
        await seat.wake()
        assert seat.message.startswith("300 new referrals: ")
        assert len(seat.desk.referral_list.unseen) == 200
        assert seat.app.bells == 1


async def test_what_could_not_be_read_is_told_by_the_next_look(
    sit: SitDown, import_records: ImportRecords, luis: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_records([api_record()])
    async with sit() as seat:
        import_into(luis, [api_record(customerProfile__name="Kontor Nord")])

        def busy(_self: object, _token: int) -> None:
            raise RefTermError("the database is busy")

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(Desk, "changes", busy)
            await seat.wake()
            assert seat.message == "The database is busy"
        await seat.wake()
        assert seat.message == "1 new referral: Kontor Nord"


async def test_an_own_change_reads_list_and_detail_once(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the cursor that stays nor the next look reads again what stands on the screen."""
    import_records([api_record(), api_record()])
    async with sit() as seat:
        read: list[str] = []
        for name in ("snapshot", "referral"):
            monkeypatch.setattr(Desk, name, _counted(read, name))
        await seat.press("s")
        await seat.wake()
        assert read == ["snapshot", "referral"]
        await seat.press("j")
        assert read == ["snapshot", "referral", "referral"]


def _counted(calls: list[str], name: str) -> Callable[..., object]:
    method: Callable[..., object] = getattr(Desk, name)

    def counted(*given: object, **named: object) -> object:
        calls.append(name)
        return method(*given, **named)

    return counted


async def test_what_another_changes_shows_in_the_detail(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    [number] = import_records([api_record()])
    async with sit(size=(120, 40)) as seat:
        Marks(luis).take(number)
        await seat.wake()
        assert "Taken by" in seat.text
        assert seat.row.taken_by == "luis"
        assert "luis" in seat.row_line(number)
        await seat.assert_drawn_fresh()


async def test_two_desks_show_each_other_what_they_do(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    import_records([api_record(), api_record()])
    async with sit() as ana, sit(place=luis) as other:
        await ana.press("t")
        await other.wake()
        assert other.message == f"ana took #{ana.row.id}"
        await other.press("s")
        await ana.wake()
        assert ana.row.favorite
        assert ana.message == f"luis added #{ana.row.id} to favourites"


# Undo (U1)


async def test_u_undoes_a_decision(sit: SitDown, import_records: ImportRecords) -> None:
    first, second = import_records([api_record(), api_record()])
    async with sit() as seat:
        Triage(seat.place).decline([first], DECLINE)
        seat.desk.after_write("Declined.", undo=True)
        await seat.settle()
        assert seat.ids == [second]
        await seat.press("u")
        assert re.match(rf"Undone: #{first} .+ \(declined\) stand", seat.message)
        assert seat.ids == [first, second]
        assert seat.row.id == first
        assert "u undo " not in seat.bar("message")
        await seat.press("u")
        assert seat.message.startswith("Nothing to undo")


async def test_u_undoes_marked_ones_as_one(sit: SitDown, import_records: ImportRecords) -> None:
    ids = import_records([api_record() for _ in range(4)])
    async with sit() as seat:
        await seat.press("space", "space", "space", "d")
        await _submit_decline(seat)
        assert seat.ids == ids[3:]
        assert "u undo 60 s" in seat.bar("message")
        await seat.press("u")
        assert seat.ids == ids
        assert all(f"#{number}" in seat.message for number in ids[:3])


async def _submit_decline(seat: Seat) -> None:
    assert not isinstance(seat.app.screen, DeskScreen)
    await seat.press("1", "ctrl+s")
    await seat.until(lambda: isinstance(seat.app.screen, DeskScreen))
    await seat.settle()


async def test_a_decline_by_keys_goes_on_to_the_next_and_says_how_to_undo(
    sit: SitDown, import_records: ImportRecords
) -> None:
    """The cursor goes to the next referral, as in a good mail program (screens.md)."""
    first, _second, third = import_records(
        [api_record(customerProfile__name=name) for name in ("A AG", "B AG", "C AG")]
    )
    async with sit() as seat:
        await seat.press("j", "d")
        await _submit_decline(seat)
        assert seat.row.id == third
        assert "Declined B AG" in seat.message
        assert "Archived." in seat.message
        assert "u undo 60 s" in seat.bar("message")
        assert seat.ids == [first, third]


async def test_what_another_changed_since_cannot_be_undone_and_the_desk_says_why(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    [number] = import_records([api_record()])
    async with sit() as seat:
        _accept(seat.place, number)
        seat.desk.after_write("Accepted.", undo=True)
        Triage(luis).edit(number, {"name": "Another name"}, _context(luis))
        await seat.press("u")
        assert "changed" in seat.message
        assert "luis" in seat.message
        assert Desk(luis).referral(number).status is Status.ACTIVE


async def test_an_undo_after_the_expiry_is_undone_and_then_expires_at_its_deadline(
    sit: SitDown, import_records: ImportRecords, clock: SettableClock
) -> None:
    [number] = import_records([api_record(expirationDateTime=ahead(seconds=20))])
    async with sit() as seat:
        Triage(seat.place).decline([number], DECLINE)
        seat.desk.after_write("Declined.", undo=True)
        clock.advance(timedelta(seconds=30))
        await seat.press("u")
        await seat.wake()
        found = Desk(seat.place).referral(number)
        assert found.outcome == "expired"
        assert found.closed_at == NOW + timedelta(seconds=20)
        assert seat.ids == []


# Take and release (T3)


async def test_t_takes_and_releases_ones_own_without_a_question(sit: SitDown, import_records: ImportRecords) -> None:
    [number] = import_records([api_record()])
    async with sit() as seat:
        await seat.press("t")
        assert seat.row.taken_by == "ana"
        assert seat.message == f"#{number} is yours."
        await seat.press("t")
        assert seat.row.taken_by is None
        assert seat.message == f"#{number} is released."


@pytest.mark.parametrize(("answer", "taken_by"), [("y", "ana"), ("n", "luis"), ("escape", "luis"), ("enter", "luis")])
async def test_anothers_take_is_touched_only_after_a_question(
    sit: SitDown, import_records: ImportRecords, luis: Workplace, answer: str, taken_by: str
) -> None:
    """And a key typed ahead never answers it with yes."""
    [number] = import_records([api_record()])
    Marks(luis).take(number)
    async with sit() as seat:
        await seat.press("t")
        assert f"luis has taken #{number}." in seat.text
        assert Desk(luis).referral(number).taken_by == "luis"
        await seat.press(answer)
        assert isinstance(seat.app.screen, DeskScreen)
        assert seat.row.taken_by == taken_by


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)], ids=str)
async def test_a_take_is_seen_at_any_width(
    sit: SitDown, import_records: ImportRecords, luis: Workplace, size: tuple[int, int]
) -> None:
    [number] = import_records(
        [api_record(customerProfile__name="A company with a name of some length, and more of it")]
    )
    Marks(luis).take(number)
    async with sit(size=size) as seat:
        assert "luis" in seat.text


async def test_a_take_warns_and_blocks_nobody(sit: SitDown, import_records: ImportRecords, luis: Workplace) -> None:
    [number] = import_records([api_record(), api_record()])[:1]
    Marks(luis).take(number)
    async with sit() as seat:
        await seat.press("d")
        await _submit_decline(seat)
        assert Desk(luis).referral(number).outcome == "declined"


# Contacted (F4)


async def test_m_says_contacted_and_again_withdraws_it(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    [number] = import_records(
        [api_record(customerProfile__name="Penhale Boatyard Ltd", details__customerRequestedContact=True)]
    )
    async with sit() as seat, sit(place=luis) as other:
        assert "contact them now" in seat.bar("alert")
        await seat.press("m", "o", "k", "enter")
        await seat.settle()
        assert seat.bar("alert") == ""
        assert [entry.changes.get("note") for entry in seat.desk.session.desk.history(number)][-1] == (None, "ok")
        assert "Penhale Boatyard Ltd: contacted by ana on Mon 2 Mar 09:00" in seat.text
        assert "🔥" not in seat.text
        await other.wake()
        assert other.bar("alert") == ""
        assert "contacted by ana" in other.text
        await seat.press("m")
        assert "contact them now" in seat.bar("alert")
        assert "🔥" in seat.row_line(number)


async def test_who_contacted_a_customer_that_did_not_ask_is_told_as_well(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records([api_record()])
    async with sit(size=(120, 40)) as seat:
        await seat.press("m", "enter")
        await seat.settle()
        assert "Mon 2 Mar 09:00 · ana" in seat.line_with("Contacted")


# Copies (I2)


@pytest.mark.parametrize(("key", "text"), [("y", "solveig@nidaros.example"), ("Y", "+47 73 00 00 51")])
async def test_copies_go_through_the_terminal(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch, key: str, text: str
) -> None:
    """OSC 52, which works through SSH; whether the terminal took it nobody knows, so the text stands on the screen too."""
    person = {"firstName": "Solveig", "lastName": "Aune", "email": "solveig@nidaros.example"}
    import_records([api_record(customerProfile__team=[{**person, "phoneNumber": "+47 73 00 00 51"}])])
    async with sit() as seat:
        sent: list[str] = []
        monkeypatch.setattr(seat.app._driver, "write", sent.append)
        await seat.press(key)
        encoded = base64.b64encode(text.encode()).decode()
        assert f"\x1b]52;c;{encoded}\x07" in "".join(sent)
        assert text in seat.message


async def test_a_customer_without_a_phone_is_said_to_have_none(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record(customerProfile__team=[{"firstName": "A", "email": "a@b.example", "phoneNumber": " "}])])
    async with sit() as seat:
        await seat.press("Y")
        assert seat.message == "This customer has no phone number."
        assert seat.app.copied == []


async def test_what_is_copied_is_clean(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_records([api_record()])
    with workplace.database.writing() as connection:
        connection.execute("update referral set contacts = replace(contacts, '@', '\\u001b]0;x@')")
    async with sit() as seat:
        copied: list[str] = []
        monkeypatch.setattr(seat.app, "copy_to_clipboard", copied.append)
        await seat.press("y")
        assert copied[0].isprintable()


# The full detail


async def test_the_full_detail_shows_everything_and_escape_leaves_it(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records(
        [api_record(customerProfile__ids=[{"type": "External", "profileType": "Duns", "profileValue": "1"}])]
    )
    async with sit(size=(100, 40)) as seat:
        await seat.press("enter")
        for words in ("Hafenstraße 12", "Referral ID", "Engagement ID", "Inga Hansen", "Cloud Migration", "24103"):
            assert words in seat.text
        await seat.press("escape")
        assert not seat.desk.whole
        assert "Customer" in seat.text.splitlines()[2]


async def test_the_alert_of_a_flamed_referral_stands_on_top_of_its_detail(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records([active_record(details__customerRequestedContact=True)])
    async with sit(size=(100, 40)) as seat:
        await seat.press("2", "enter")
        top = seat.desk.detail_pane.region.y
        assert "contact them now" in seat.text.splitlines()[top]


async def test_the_detail_scrolls_with_the_moving_keys(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record(details__notes="\n".join(f"line {number}" for number in range(100)))])
    async with sit() as seat:
        await seat.press("enter")
        assert "line 0" in seat.text
        await seat.press("pagedown")
        assert "line 0" not in seat.text
        await seat.assert_drawn_fresh()
        await seat.press("G")
        assert "Engagement ID" in seat.text
        await seat.press("k", "g", "j")
        assert "line 1" in seat.text
        await seat.assert_drawn_fresh()


TEAM = [
    {"firstName": "Mara", "lastName": "Voss", "phoneNumber": "+49 431 10", "email": "mara@nordlicht.example"},
    {"firstName": "Jon", "lastName": "Brandt", "phoneNumber": "", "email": "jon@nordlicht.example"},
]


async def test_tab_goes_from_contact_to_contact_and_enter_edits_one(
    sit: SitDown, import_records: ImportRecords
) -> None:
    [number] = import_records([active_record(team=TEAM)])
    async with sit(size=(100, 40)) as seat:
        await seat.press("2", "enter")
        assert "enter edit  x remove" in seat.line_with("Mara Voss")
        await seat.press("tab")
        assert "enter edit  x remove" in seat.line_with("Jon Brandt")
        await seat.press("tab")
        assert "enter edit  x remove" in seat.line_with("Mara Voss")
        await seat.press("tab", "enter")
        assert not isinstance(seat.app.screen, DeskScreen)
        await seat.press(*"Jonas", "ctrl+s")
        await seat.until(lambda: isinstance(seat.app.screen, DeskScreen))
        await seat.settle()
        assert [person.name for person in Desk(seat.place).referral(number).team] == ["Mara Voss", "Jonas"]
        assert "Jonas" in seat.text


@pytest.mark.parametrize(("answer", "left"), [("y", ["Jon Brandt"]), ("n", ["Mara Voss", "Jon Brandt"])])
async def test_x_removes_a_contact_after_a_question(
    sit: SitDown, import_records: ImportRecords, answer: str, left: list[str]
) -> None:
    [number] = import_records([active_record(team=TEAM)])
    async with sit(size=(100, 40)) as seat:
        await seat.press("2", "enter", "x")
        assert "Mara Voss" in seat.text
        await seat.press(answer)
        assert [person.name for person in Desk(seat.place).referral(number).team] == left
        await seat.assert_drawn_fresh()


async def test_removing_the_last_contact_leaves_the_detail_whole(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([active_record(team=TEAM[:1])])
    async with sit(size=(100, 40)) as seat:
        await seat.press("2", "enter", "x", "y")
        assert "mara@nordlicht.example" not in seat.text
        await seat.press("tab", "enter", "x")
        assert seat.desk.whole
        assert "Contacts are removed in the detail" not in seat.message


async def test_contacts_of_an_archived_deal_are_not_touched(sit: SitDown, import_records: ImportRecords) -> None:
    """H2: closed is final."""
    import_records([closed_record("Won", team=TEAM)])
    async with sit(size=(100, 40)) as seat:
        await seat.press("3", "enter", "enter", "x")
        assert isinstance(seat.app.screen, DeskScreen)
        assert seat.message.endswith("is for active deals. This one is closed.")
        assert "x remove" not in seat.text


async def test_the_same_keys_work_in_the_full_detail(sit: SitDown, import_records: ImportRecords) -> None:
    _first, second = import_records([api_record(), api_record()])
    async with sit() as seat:
        await seat.press("enter", "s")
        assert seat.desk.whole
        assert seat.row.favorite
        await seat.press("d")
        await _submit_decline(seat)
        assert seat.row.id == second
        assert seat.desk.detail_pane.referral_id == second
        await seat.press("slash")
        assert not seat.desk.whole


async def test_duplicates_point_at_each_other(sit: SitDown, import_records: ImportRecords) -> None:
    """I9."""
    old, new = import_records(
        [
            closed_record("Declined", customerProfile__name="Penhale Boatyard Ltd"),
            api_record(customerProfile__name="PENHALE boatyard ltd", createdDateTime=ago(hours=1)),
        ]
    )
    async with sit(size=(120, 40)) as seat:
        assert f"#{old}, declined in Feb 2026" in seat.line_with("Same customer")
        await seat.press("3")
        assert f"#{new}, new in the Inbox" in seat.line_with("Same customer")


async def test_a_desk_that_only_reads_follows_the_others(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace, luis: Workplace
) -> None:
    from dataclasses import replace

    from refterm.store.opening import open_database

    [number] = import_records([api_record()])
    place = replace(workplace, database=open_database(workplace.database.file, read_only=True), actor=Actor("bo", "bo"))
    async with sit(place=place) as seat:
        _accept(luis, number)
        await seat.wake()
        assert seat.message == f"luis accepted #{number}"
        await seat.press("2")
        assert seat.tab is Tab.ACTIVE
        assert seat.row.id == number
    place.close()


async def test_a_withdrawn_contact_is_told_as_such(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    [number] = import_records([api_record()])
    async with sit() as seat:
        Marks(luis).contacted(number)
        await seat.wake()
        assert seat.message == f"luis marked #{number} as contacted"
        Marks(luis).contacted(number)
        await seat.wake()
        assert seat.message == f"luis withdrew the contacted mark of #{number}"
