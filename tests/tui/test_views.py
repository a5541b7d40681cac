"""Views: one key each with live counts, one's own, and those of the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from refterm import config
from refterm.config import Settings, SharedView
from refterm.domain.query import Filter, Tab
from refterm.errors import ConfigurationError
from refterm.services.marks import Marks
from refterm.services.workplace import Workplace
from refterm.tui.panels.views import check
from tests.conftest import ImportRecords
from tests.samples import active_record, ago, api_record
from tests.tui.conftest import SitDown


async def test_a_view_is_one_key_and_its_count_follows_what_others_do(
    sit: SitDown, import_records: ImportRecords, luis: Workplace
) -> None:
    first, second = import_records([api_record(), api_record()])
    async with sit() as seat:
        await seat.press("t", "V")
        assert re.search(r"m  mine +1 *│", seat.text)
        Marks(luis).favorite(second, was=False)
        await seat.wake()
        assert re.search(r"f  favourites +1 *│", seat.text)
        await seat.press("m")
        assert seat.ids == [first]


async def test_a_view_is_on_in_every_tab_and_an_empty_one_says_where_there_is_more(
    sit: SitDown, import_records: ImportRecords
) -> None:
    new, active = import_records([api_record(), active_record()])
    async with sit() as seat:
        await seat.press("2", "t", "1", "V", "m")
        assert seat.ids == []
        assert "2: 1 in Active." in seat.text
        assert "Active 1 " in seat.bar("tabs")
        await seat.press("2")
        assert seat.ids == [active]
        await seat.press("escape", "1")
        assert seat.ids == [new]


async def test_what_is_shown_is_saved_under_a_name_and_stays_for_this_desk(
    sit: SitDown, import_records: ImportRecords
) -> None:
    """The letters of a name are typed; figures are the keys of one's own views; `/` searches by name."""
    ids = import_records([api_record(createdDateTime=ago(hours=30)), api_record()])
    async with sit() as seat:
        await seat.press("V", "l", "o", "V", "s")
        await seat.type("quick answers")
        await seat.press("enter")
        assert "quick answers is saved; its key is 1." in seat.text
        await seat.press("escape", "escape")
        assert len(seat.ids) == 2
    async with sit() as seat:
        await seat.press("V", "1")
        assert seat.ids == ids[:1]
        assert seat.desk.view.order == "expires"
        await seat.press("escape", "V", "/")
        await seat.type("qui")
        await seat.press("enter")
        assert seat.ids == ids[:1]
        await seat.press("V", "x", "1")
        assert "quick answers is removed." in seat.text
        assert not seat.desk.state.views


async def test_the_views_of_the_site(sit: SitDown, import_records: ImportRecords) -> None:
    first, _second = import_records([api_record(), api_record()])
    settings = Settings(views=(SharedView("ours [/b]", "o", "--mine --tab inbox"),))
    async with sit(settings=settings) as seat:
        await seat.press("t", "V")
        assert "o  ours [/b]" in seat.text
        await seat.press("o")
        assert (seat.tab, seat.ids, seat.desk.view.filter) == (Tab.INBOX, [first], Filter(mine="ana"))


@pytest.mark.parametrize(
    ("key", "words", "said"),
    [("m", "mine", "the key m is taken"), ("o", "mien", "mien is no option"), ("oo", "mine", "must be one letter")],
)
def test_a_view_of_the_site_that_cannot_work_is_refused(tmp_path: Path, key: str, words: str, said: str) -> None:
    site = tmp_path / "site.toml"
    site.write_text(f'[[views]]\nname = "ours"\nkey = "{key}"\nfilter = "{words}"\n')
    with pytest.raises(ConfigurationError, match=said):
        check(config.load(environment={}, site=site, config=None).views)


def test_a_user_has_no_shared_views(tmp_path: Path) -> None:
    mine = tmp_path / "config.toml"
    mine.write_text('[[views]]\nname = "ours"\nkey = "o"\nfilter = "mine"\n')
    with pytest.raises(ConfigurationError, match="belongs in the site's file"):
        config.load(config=mine, environment={}, site=tmp_path / "none.toml")
