"""Forms and panels at every width from 60 to 250: no cell outside the frame, no label, hint or error cut.

Each at a few widths, other ones each, with names of one kind; REFTERM_TEST_WIDTHS=1 takes all widths and kinds.
"""

from __future__ import annotations

import inspect
import os
import pkgutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen
from textual.widgets import Input

import refterm.tui.forms
import refterm.tui.panels
from refterm.config import SharedView
from refterm.domain.query import Filter, Tab, View
from refterm.services.personal.view_state import SavedView, ViewState
from refterm.services.replies import Replies
from refterm.services.workplace import Workplace
from refterm.text import display, width
from refterm.tui.draw.detail import Shown
from refterm.tui.draw.row import Look
from refterm.tui.forms.accept import accept_form
from refterm.tui.forms.assign import assign_form
from refterm.tui.forms.assisted import AssistedForm
from refterm.tui.forms.contact import contact_form
from refterm.tui.forms.contacted import contacted_form
from refterm.tui.forms.decline import decline_form
from refterm.tui.forms.edit import edit_form, move_date_form
from refterm.tui.forms.fields import LineField, NotesField
from refterm.tui.forms.filter import filter_form
from refterm.tui.forms.follow_up import follow_up_form
from refterm.tui.forms.form import Form
from refterm.tui.forms.hand_on import hand_on_form
from refterm.tui.forms.import_form import bring_in_form
from refterm.tui.forms.note import note_form
from refterm.tui.forms.outcome import lost_form, won_form
from refterm.tui.forms.reply import ReplyForm, TemplateChooser
from refterm.tui.forms.row import FormRow
from refterm.tui.forms.skip import skip_form, skip_several_form
from refterm.tui.panels.chooser import Chooser
from refterm.tui.panels.confirm import Confirm
from refterm.tui.panels.finder import Entry, Finder
from refterm.tui.panels.handed_over import HandedOver
from refterm.tui.panels.help import HelpScreen
from refterm.tui.panels.history import HistoryScreen
from refterm.tui.panels.insights import InsightsScreen
from refterm.tui.panels.letter import LetterScreen
from refterm.tui.panels.outbox import OutboxScreen
from refterm.tui.panels.palette import Palette
from refterm.tui.panels.panel import Panel
from refterm.tui.panels.phrases import PhrasesScreen
from refterm.tui.panels.profiles import ProfilesScreen, profile_form
from refterm.tui.panels.similar import SimilarScreen
from refterm.tui.panels.told import Told
from refterm.tui.panels.views import ViewsScreen
from refterm.tui.panels.whole import WholeScreen
from tests.conftest import ImportRecords
from tests.samples import active_record, api_record
from tests.tui.forms import Sitting, session_at, sitting

EVERY = bool(os.environ.get("REFTERM_TEST_WIDTHS"))
COMPANIES = ("東北精密工業 株式会社 " * 8, "مستشفى واحة النخيل " * 8, "👩‍👩‍👧‍👦 W" * 40)
VALUES = ("", "12.5k", "not a value " * 20, "東北精密工業" * 20, "مستشفى", "👩‍👩‍👧‍👦" * 9, "3m")
# What would be done by ctrl+s, whatever is typed.
DONE = ("note", "filter", "contacted", "hand_on", "ReplyForm")
# What others are made of; and the palette, which is drawn as the help is.
NOT_OPENED = (Form, AssistedForm, Panel, Chooser, Finder, Palette)


class Openers:
    """Every form and panel by its name, on one desk."""

    def __init__(self, workplace: Workplace, folder: Path, import_records: ImportRecords, company: str) -> None:
        self.company = company
        # Only the team can be named, and a profile can be edited, where there are some.
        need = company * 20
        records = [
            api_record(customerProfile__name=company, details__notes=need),
            active_record(customerProfile__name=company),
            *(api_record(customerProfile__name=company) for _time in range(2)),
        ]
        self.new, self.active, *others = import_records(records)
        self.session = session_at(workplace, folder)
        self.several = [(number, company) for number in (self.new, *others)]
        session, desk = self.session, self.session.desk
        signs, nothing = session.signs, lambda *_given: None
        new, active = desk.referral(self.new), desk.referral(self.active)
        (row,) = desk.rows([self.new])
        entries = [Entry(f"{company} {n}", "ctrl+x", nothing if n % 2 else None, company, company) for n in range(5)]
        saved = ViewState()
        saved.views = [SavedView(company, View(Tab.INBOX, filter=Filter(favorite=True)))]
        self.screens: dict[object, Callable[[], Screen[Any]]] = {
            accept_form: lambda: accept_form(session, new),
            decline_form: lambda: decline_form(session, self.several),
            edit_form: lambda: edit_form(session, active),
            move_date_form: lambda: move_date_form(session, active),
            contact_form: lambda: contact_form(session, active),
            contacted_form: lambda: contacted_form(session, row),
            won_form: lambda: won_form(session, active),
            lost_form: lambda: lost_form(session, active),
            note_form: lambda: note_form(session, self.new, company),
            skip_form: lambda: skip_form(session, new),
            skip_several_form: lambda: skip_several_form(session, self.several),
            assign_form: lambda: assign_form(session, self.several, [company, "luis"], {self.new: company}),
            follow_up_form: lambda: follow_up_form(session, self.several, "", company),
            filter_form: lambda: filter_form(session, View()),
            hand_on_form: lambda: hand_on_form(session, View(), kiosk=False),
            bring_in_form: lambda: bring_in_form(session, nothing),
            profile_form: lambda: profile_form(session, None),
            ReplyForm: lambda: ReplyForm(session, new, Replies(workplace), "vi"),
            TemplateChooser: lambda: TemplateChooser(session, nothing),
            ProfilesScreen: lambda: ProfilesScreen(session, nothing),
            HistoryScreen: lambda: HistoryScreen(session, self.new, company),
            SimilarScreen: lambda: SimilarScreen(session, self.new, company, nothing),
            InsightsScreen: lambda: InsightsScreen(session, nothing),
            OutboxScreen: lambda: OutboxScreen(session),
            ViewsScreen: lambda: ViewsScreen(
                session, saved, View(), [SharedView(company, "y", "mine")], nothing, nothing
            ),
            PhrasesScreen: lambda: PhrasesScreen({company: need, "thanks": "Thank you."}, signs, nothing),
            LetterScreen: lambda: LetterScreen(f"To: {company}\n\n{need}\n", signs),
            WholeScreen: lambda: WholeScreen(
                Shown(active), Look(workplace.now(), workplace.deadlines, workplace.zone, signs)
            ),
            Told: lambda: Told("Import", [need, "", company], signs),
            HelpScreen: lambda: HelpScreen(entries, "Inbox", signs, 120),
            Confirm: lambda: Confirm(f"Remove {display(company)}?", "Remove", "Keep"),
            HandedOver: lambda: HandedOver(display(company), "mailto:a@b.example", signs),
        }


def _all() -> set[object]:
    """Every function that makes a form, and every class of form or panel that a person can open."""
    found: set[object] = set()
    for package in (refterm.tui.forms, refterm.tui.panels):
        for info in pkgutil.iter_modules(package.__path__):
            module = import_module(f"{package.__name__}.{info.name}")
            for name, made in vars(module).items():
                if getattr(made, "__module__", "") != module.__name__ or name.startswith("_"):
                    continue
                is_form = inspect.isfunction(made) and str(inspect.signature(made).return_annotation).startswith(
                    "Form["
                )
                is_screen = inspect.isclass(made) and issubclass(made, Screen)
                if is_form or (is_screen and made not in NOT_OPENED):
                    found.add(made)
    return found


@pytest.mark.parametrize("company", COMPANIES, ids=["wide", "right-to-left", "joined"])
async def test_every_form_and_panel_keeps_to_its_frame(
    workplace: Workplace, tmp_path: Path, import_records: ImportRecords, company: str
) -> None:
    openers = Openers(workplace, tmp_path, import_records, company)
    assert openers.screens.keys() == _all()
    turn = COMPANIES.index(company)
    for number, (made, open_it) in enumerate(openers.screens.items()):
        if number % len(COMPANIES) != turn and not EVERY:
            continue
        name = getattr(made, "__name__", "").removesuffix("_form")
        widths = range(60, 251) if EVERY else range(60 + 7 * number % 48, 251, 48)
        screen = open_it()
        async with sitting(screen, (120, 40)) as here:
            _check(here, screen, name)
            if isinstance(screen, Form):
                for place, field in enumerate(screen.query("LineField, NotesField").results()):
                    assert isinstance(field, LineField | NotesField)
                    field.put(VALUES[(number + place) % len(VALUES)])
                await here.settle()
                if name not in DONE:
                    await here.press("ctrl+s")
                assert not here.closed_with, name
            for cells in widths:
                await here.pilot.resize_terminal(cells, 24 if cells % 2 else 40)
                await here.settle()
                _check(here, screen, name)


async def test_the_name_of_a_view_is_asked_within_the_frame(
    workplace: Workplace, tmp_path: Path, import_records: ImportRecords
) -> None:
    openers = Openers(workplace, tmp_path, import_records, COMPANIES[0])
    screen = openers.screens[ViewsScreen]()
    async with sitting(screen, (80, 24)) as here:
        await here.press("s")
        here.screen.query_one("#views-field", Input).value = COMPANIES[0]
        for cells in range(60, 251, 1 if EVERY else 37):
            await here.pilot.resize_terminal(cells, 24)
            await here.settle()
            _check(here, screen, "views")
        await here.press("enter")
        _check(here, screen, "views")


def _check(here: Sitting[Any], screen: Screen[Any], name: str) -> None:
    cells = here.app.size.width
    assert {width(line) for line in here.lines} == {cells}, (name, cells, [x for x in here.lines if width(x) != cells])
    frame = screen.query("#form-dialog, .panel").first().region
    assert frame.x >= 0
    assert frame.right <= cells
    for line in here.lines[frame.y + 1 : frame.bottom - 1]:
        # Wide letters before an edge would push it away.
        left, right = _from(line, frame.x), _from(line, frame.right - 1)
        assert (left, right) == ("│", "│"), (name, cells, line)
    if isinstance(screen, Panel):
        _check_lines(screen, name, cells, here.lines[frame.bottom - 1])
    for row in screen.query(FormRow).results():
        drawn = [line.plain for line in row.render().split("\n")]
        room = row.size.width
        assert max(map(width, drawn), default=0) <= room, (name, cells, drawn)
        said = "".join("".join(drawn).split())
        for spec in row.specs:
            assert "".join(spec.label.split()) in said, (name, cells, spec.label, drawn)
        errors = row.errors
        for text in errors.values():
            assert "".join(display(text).split())[1:] in said, (name, cells, text, drawn)
        hint = "".join("  ".join(row.hints.values()).split())
        for spec in row.specs if not errors and not hint else ():
            assert "".join(spec.remark.split()) in said, (name, cells, spec.remark, drawn)
        if hint and not errors:
            assert hint in said, (name, cells, hint, drawn)


def _check_lines(screen: Panel, name: str, cells: int, edge: str) -> None:
    """No line of a panel is wider than its frame, and the keys at its lower edge are whole."""
    room = screen.query_one("#panel-text").size.width
    lines = screen.lines(screen._room(cells))
    assert max((line.cell_length for line in lines), default=0) <= room, (name, cells, lines)
    keys, shown = screen._keys.split("   "), edge.strip("+-╰─╯ ").split("   ")
    assert (shown[:-1], shown[-1]) == (keys[: len(shown) - 1], keys[-1]), (name, cells, edge)
    assert cells < 80 or len(shown) == len(keys), (name, cells, edge)


def _from(line: str, cell: int) -> str:
    """The character at a cell."""
    # Not letter by letter: joined ones take the room of one.
    return next((letter for place, letter in enumerate(line) if width(line[:place]) >= cell and width(letter)), "")
