"""The screens behind `i` and `p`: insights whose findings open their referrals (G0-G5), and business profiles (P1, P2)."""

from __future__ import annotations

import pytest

from refterm.clock import SettableClock
from refterm.domain.query import Tab
from refterm.errors import RefTermError
from refterm.services.desk import Desk
from refterm.services.marks import Marks
from refterm.services.profiles import Profiles
from refterm.services.triage import Triage
from refterm.services.workplace import Workplace
from refterm.tui.draw.signs import ASCII_ONLY, UNICODE, Signs
from tests.conftest import ImportRecords
from tests.samples import ago, api_record
from tests.tui.conftest import SitDown

DACH = {"name": "DACH", "region": "DACH", "country": "DE", "location": "Kiel;;Inga;inga@x.example"}


class TestInsights:
    async def test_the_four_numbers_stand_first_and_a_finding_opens_its_referrals(
        self, sit: SitDown, import_records: ImportRecords, workplace: Workplace
    ) -> None:
        late = ago(hours=30)
        waiting, declined, fresh = import_records(
            [api_record(createdDateTime=late, updatedDateTime=late), api_record(), api_record()]
        )
        Profiles(workplace).add(DACH)
        Triage(workplace).decline([declined], {"reason": "budget", "notes": ""})
        async with sit(size=(120, 40)) as seat:
            await seat.press("i")
            for words in ("Received", "Accepted", "Time to accept", "Won", "received in the last 90 days"):
                assert words in seat.text
            assert "> 1  1 referral waits longer than 24 h." in seat.line_with("> ")
            await seat.press("enter")
            assert seat.ids == [waiting]
            assert "filter: waiting over 24 h" in seat.bar("tabs")
            await seat.press("escape")
            assert sorted(seat.ids) == [waiting, fresh]

    async def test_the_number_said_is_the_number_opened(
        self, sit: SitDown, import_records: ImportRecords, workplace: Workplace
    ) -> None:
        """Also where one of them is put aside."""
        late = ago(hours=30)
        numbers = import_records([api_record(createdDateTime=late, updatedDateTime=late) for _ in range(3)])
        Marks(workplace).skip(numbers[0], "+2h")
        async with sit(size=(80, 24)) as seat:
            await seat.press("i")
            assert "3 referrals wait longer than 24 h." in seat.text
            await seat.press("1")
            assert sorted(seat.ids) == numbers

    async def test_a_low_terminal_has_the_tables_on_a_second_page(
        self, sit: SitDown, import_records: ImportRecords, workplace: Workplace
    ) -> None:
        import_records([api_record() for _ in range(3)])
        async with sit(size=(80, 24)) as seat:
            await seat.press("i")
            assert "What to do next" in seat.text
            assert "By channel" not in seat.text
            await seat.press("tab")
            assert "By channel" in seat.text
            await seat.press("tab")
            assert "What to do next" in seat.text
        async with sit(size=(120, 40)) as seat:
            await seat.press("i")
            assert "What to do next" in seat.text
            assert "By channel" in seat.text

    async def test_another_period(
        self, sit: SitDown, import_records: ImportRecords, clock: SettableClock, workplace: Workplace
    ) -> None:
        old = ago(days=60)
        import_records([api_record(createdDateTime=old, updatedDateTime=old)])
        async with sit(size=(120, 40)) as seat:
            await seat.press("i")
            assert (
                seat.text.splitlines()[seat.text.splitlines().index(seat.line_with("Time to accept")) + 1].split()[1]
                == "1"
            )
            await seat.press("o")
            assert "last 30 days" in seat.text
            assert "No referral was received in this period." in seat.text
            await seat.press("o", "o")
            assert "All time" in seat.text
            await seat.press("escape")
            assert "Insights" not in seat.text

    @pytest.mark.parametrize(("size", "signs"), [((80, 24), UNICODE), ((80, 24), ASCII_ONLY)])
    async def test_in_a_small_terminal_and_in_ascii(
        self, sit: SitDown, import_records: ImportRecords, size: tuple[int, int], signs: Signs
    ) -> None:
        import_records([api_record() for _ in range(3)])
        async with sit(size=size, signs=signs) as seat:
            await seat.press("i")
            assert "Time to accept" in seat.text
            if signs is ASCII_ONLY:
                assert seat.text.isascii()
            await seat.press("j", "k", "space", "G", "g", "escape")
            assert "Insights" not in seat.text

    async def test_a_desk_without_data_says_what_will_stand_there(self, sit: SitDown) -> None:
        async with sit() as seat:
            await seat.press("i")
            assert "Once referrals come in, you will see here" in seat.text


class TestProfiles:
    async def test_one_is_added_by_keys_and_what_waited_is_routed(
        self, sit: SitDown, import_records: ImportRecords, workplace: Workplace
    ) -> None:
        (number,) = import_records([api_record()])
        async with sit(size=(120, 40)) as seat:
            assert "no active profile" in seat.text
            await seat.press("p")
            assert "There is no profile yet." in seat.text
            assert "1 new referral has no active profile" in seat.text
            await seat.press("a")
            await seat.type("DACH")
            await seat.press("tab")
            await seat.type("Mitte")
            await seat.press("tab")
            await seat.type("de, at")
            await seat.press("tab")
            await seat.type("Kiel;;Inga;no address")
            await seat.press("ctrl+s")
            assert '"no address" is no e-mail address' in seat.text
            assert "Kiel;;Inga;no address" in seat.text
            for _letter in "no address":
                await seat.press("backspace")
            await seat.type("inga@x.example")
            await seat.press("ctrl+s")
            await seat.until(lambda: "Added profile DACH. 1 referral was routed." in seat.text)
            assert "has no active profile" not in seat.text
            await seat.press("escape")
            assert seat.desk.session.desk.referral(number).profile == "DACH"
            assert "profile DACH" in seat.text

    async def test_edit_deactivate_and_remove(self, sit: SitDown, workplace: Workplace) -> None:
        profiles = Profiles(workplace)
        profiles.add(DACH)
        profiles.add(DACH | {"name": "Iberia", "country": "ES"})
        async with sit(size=(120, 40)) as seat:
            await seat.press("p", "j", "x")
            assert "Iberia takes no new referrals." in seat.text
            assert seat.line_with("> Iberia").split()[2:5] == ["Iberia", "ES", "no"]
            assert not profiles.get("Iberia").active
            await seat.press("delete")
            assert [one.name for one in profiles.all()] == ["DACH"]
            await seat.press("enter", "ctrl+a", "ctrl+k")
            await seat.type("Mitte")
            await seat.press("ctrl+s")
            assert [one.name for one in profiles.all()] == ["Mitte"]
            await seat.press("escape")
            assert seat.tab is Tab.INBOX

    async def test_what_is_typed_is_kept_as_a_draft(self, sit: SitDown) -> None:
        async with sit(size=(120, 40)) as seat:
            await seat.press("p", "a")
            await seat.type("Nordics")
            await seat.press("escape", "a")
            assert "restored" in seat.text
            assert "Nordics" in seat.text


async def test_how_well_it_fits_stands_in_row_and_detail_once_the_cursor_rests(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    """I7."""
    Profiles(workplace).add(DACH | {"keywords": "mailboxes", "size": "50-300"})
    (number,) = import_records([api_record()])
    async with sit(size=(140, 40)) as seat:
        assert not seat.row_line(number).rstrip().endswith("70")
        with seat.app._context():
            seat.desk.fit_scores.look()
        await seat.settle()
        assert seat.row_line(number).rstrip().endswith("70")
        assert "70 · keywords: mailboxes · size wanted" in seat.text
        await seat.assert_drawn_fresh()


async def test_similar_past_deals_open_their_record(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace
) -> None:
    """I7."""
    past, _mine = import_records([api_record(), api_record()])
    Triage(workplace).decline([past], {"reason": "budget", "notes": ""})
    async with sit(size=(120, 40)) as seat:
        await seat.press("b")
        assert seat.line_with("> ").split()[2:][0] == f"#{past}"
        assert "declined" in seat.line_with("> ")
        assert "budget" in seat.line_with("> ")
        await seat.press("escape")
        await seat.press("a")
        # In the forms: first whose it was.
        company = Desk(workplace).referral(past).customer.company
        assert f"Similar {company}, declined" in " ".join(seat.line_with("Similar").split())
        await seat.press("escape")
        await seat.press("b")
        await seat.press("enter")
        assert seat.tab is Tab.ARCHIVED
        assert seat.desk.whole
        assert seat.row.id == past
        await seat.press("escape", "escape", "b", "escape")
        assert not seat.desk.whole


async def test_what_a_panel_cannot_read_is_said_by_the_desk(
    sit: SitDown, import_records: ImportRecords, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    past, _mine = import_records([api_record(), api_record()])
    Triage(workplace).decline([past], {"reason": "budget", "notes": ""})
    async with sit(size=(120, 40)) as seat:
        await seat.press("b")

        def busy(*_given: object) -> None:
            raise RefTermError("the database is busy")

        monkeypatch.setattr(Desk, "rows", busy)
        await seat.press("enter")
        assert seat.message == "The database is busy"
        assert seat.app.return_code is None
