"""What bends Textual still meets what it bends: each test fails when Textual changes that."""

from __future__ import annotations

import gc
import inspect
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.theme
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.filter import Monochrome
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

import refterm
from refterm.tui import textual_quirks
from refterm.tui.app import RefTermApp
from refterm.tui.desk.detail_pane import Body
from refterm.tui.desk.screen import DeskScreen
from refterm.tui.draw.filters import NoColours
from refterm.tui.forms.fields import NotesField
from refterm.tui.forms.form import Form
from refterm.tui.panels.confirm import Confirm
from refterm.tui.panels.finder import Finder
from refterm.tui.panels.panel import Panel
from refterm.tui.textual_quirks import Covered, Still, StillBelow
from tests.conftest import ImportRecords
from tests.samples import api_record
from tests.tui.conftest import SitDown

TUI = Path(refterm.__file__).parent / "tui"


def test_the_frame_rate_is_set_before_textual_is_imported() -> None:
    code = "import refterm.tui.app, textual.screen as s; print(round(1 / s.UPDATE_PERIOD))"
    environment = {name: value for name, value in os.environ.items() if name != "TEXTUAL_FPS"}
    for given, rate in ({}, "240"), ({"TEXTUAL_FPS": "30"}, "30"):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**environment, **given}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == rate


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it")
def test_what_is_freed_goes_back_to_the_machine() -> None:
    code = """
from pathlib import Path
from refterm.tui import textual_quirks
pages = lambda: int(Path("/proc/self/statm").read_text().split()[1])
blocks = [bytearray(3000) for _number in range(10_000)]
blocks[:] = blocks[::100]
before = pages()
textual_quirks.collect_closed()
assert before - pages() > 5_000, (before, pages())
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_threads_allocate_where_all_do(tmp_path: Path) -> None:
    code = """
import ctypes, sys, threading
from refterm.tui import textual_quirks
textual_quirks.share_arena()
thread = threading.Thread(target=lambda: [bytearray(3000) for _number in range(100)])
thread.start()
thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""
    told = tmp_path / "arenas.xml"
    subprocess.run([sys.executable, "-c", code, told], check=True)
    assert told.read_text().count("<heap nr=") == 1


def test_textual_takes_no_more_of_its_palette_than_stands_in_for_it() -> None:
    """And asyncio does without ssl; what needs either later still gets it whole."""
    code = (
        "import refterm.tui.app, asyncio.sslproto, sys; assert asyncio.sslproto.ssl is None;"
        " assert not {'ssl', 'textual.command'} & set(sys.modules);"
        " import ssl, textual.command; assert ssl.SSLContext and textual.command.CommandPalette.is_open"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    for module in (textual.app, textual.theme):
        taken = re.findall(r"^from textual\.command import (.+)$", inspect.getsource(module), re.MULTILINE)
        assert taken
        assert set(taken[0].split(", ")) <= set(textual_quirks.OF_THE_PALETTE)


def test_no_screen_asks_whether_it_is_current() -> None:
    """`is_current` is true below a modal screen, too, which nobody means who asks."""
    assert not [path.name for path in TUI.rglob("*.py") if ".is_current" in path.read_text(encoding="utf-8")]
    assert "_background_screens" in inspect.getsource(Screen.is_current.fget)  # type: ignore[attr-defined]


def test_every_screen_is_still_below_another() -> None:
    for screen in (DeskScreen, Form, Panel, Confirm, Finder):
        names = [kind.__name__ for kind in screen.__mro__]
        assert names.index("StillBelow") < names.index("Screen")
    # The first base that is a widget gives styles and bindings.
    assert not issubclass(StillBelow, Widget)
    assert issubclass(Form, ModalScreen)


async def test_a_screen_below_draws_nothing_and_is_drawn_when_it_is_on_top_again(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_records([api_record()])
    drawn: list[object] = []
    display = App._display

    def counted(self: App[object], screen: Screen[object], renderable: object) -> None:
        if renderable is not None:
            drawn.append(screen)
        display(self, screen, renderable)  # type: ignore[arg-type]

    monkeypatch.setattr(App, "_display", counted)
    async with sit() as seat:
        await seat.press("a")
        await seat.settle()
        drawn.clear()
        for _wake in range(3):
            seat.desk.refresh()
            await seat.wake()
        assert drawn == []
        seat.desk.say("Said below the form.")
        await seat.settle()
        assert drawn == []
        await seat.press("escape")
        assert "Said below the form." in seat.text
        await seat.assert_drawn_fresh()


async def test_in_another_size_what_is_below_is_laid_out_and_drawn_behind(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records([api_record() for _ in range(3)])
    async with sit(size=(100, 30)) as seat:
        await seat.press("?")
        await seat.resize(120, 40)
        await seat.assert_drawn_fresh()
        await seat.press("escape")
        await seat.assert_drawn_fresh()


async def test_a_form_below_a_panel_fits_into_another_size_at_once(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record() for _ in range(3)])
    opening = ("tab", "tab", "tab", "ctrl+t")
    async with sit(size=(80, 24)) as seat:
        await seat.press("a")  # by its end, what the form looks up is there
        await seat.press(*opening)
        fresh = seat.text
        assert "╭─ Accept referral" in fresh
        assert "╭─ Phrases" in fresh
    async with sit(size=(120, 40)) as seat:
        await seat.press("a")
        await seat.press(*opening)
        await seat.resize(80, 24)
        assert seat.text.splitlines() == fresh.splitlines()


def test_the_cache_of_backgrounds_keeps_no_widget() -> None:
    cached = StylesCache.__dict__["get_inner_outer"]
    assert isinstance(cached, staticmethod)
    one, other = StylesCache(), StylesCache()
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    inner, outer = one.get_inner_outer(black, white)
    assert (inner.background, outer.background) == (white, black)
    assert other.get_inner_outer(black, white)[0] is inner
    assert "self.get_inner_outer(base_background, background)" in inspect.getsource(StylesCache.render_line)


def test_a_text_area_watches_the_app() -> None:
    """Where it does not any more, `stop_watching` can go."""
    assert "self.watch(self.app" in inspect.getsource(TextArea._on_mount)
    assert "self.watch(self.app" not in inspect.getsource(Input)


async def test_the_app_forgets_the_fields_of_a_closed_form(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record()])

    async with sit() as seat:

        def watching() -> int:
            watchers = getattr(seat.app, "__watchers")["theme"]
            return sum(isinstance(widget, NotesField) for widget, _callback in watchers)

        await seat.press("a")
        assert watching() > 0
        await seat.press("escape")
        assert watching() == 0


async def test_the_focus_moves_without_a_repaint_of_the_screen(sit: SitDown, import_records: ImportRecords) -> None:
    assert Screen.focused._repaint
    for screen in (DeskScreen, Form):
        assert not screen.focused._repaint  # type: ignore[attr-defined]
    import_records([api_record()])
    async with sit() as seat:
        await seat.press("a")
        await seat.press("tab")
        await seat.assert_drawn_fresh()


def test_what_is_covered_is_blank() -> None:
    assert Widget.BLANK is False
    assert Covered.BLANK is True
    for kind in (DeskScreen, Body):
        assert kind.BLANK is True
    assert "self.BLANK" in inspect.getsource(Widget.render_lines) + inspect.getsource(Widget.render_line)


async def test_what_is_still_is_composed_when_it_changes_only(sit: SitDown, import_records: ImportRecords) -> None:
    import_records([api_record(), api_record()])
    async with sit() as seat:
        line = seat.desk.query_one("#top", Still)
        crop = line.size.region
        kept = line.render_lines(crop)
        assert line.render_lines(crop) is kept
        line.refresh()
        assert line.render_lines(crop) is not kept
        kept = line.render_lines(crop)
        line.notify_style_update()
        assert line.render_lines(crop) is not kept


async def test_the_classes_for_the_size_are_those_that_textual_sets(
    sit: SitDown, import_records: ImportRecords
) -> None:
    import_records([api_record()])
    async with sit(size=(120, 40)) as seat:
        size = {"-cramped", "-normal", "-wide", "-low", "-short", "-tall"}
        set_before = size & set(seat.desk.classes)
        assert set_before == {"-normal", "-tall"}
        await seat.resize(80, 24)
        await seat.resize(120, 40)
        assert size & set(seat.desk.classes) == set_before


def test_the_grey_filter_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app: App[None] = App()
    assert any(isinstance(one, Monochrome) for one in app._filters)
    textual_quirks.replace_grey_filter(app, NoColours())
    assert not any(isinstance(one, Monochrome) for one in app._filters)
    assert isinstance(app._filters[-1], NoColours)


def test_the_app_keeps_what_textual_calls() -> None:
    """Textual opens links and reports failures through these two, and ends by what the second fills in."""
    for name in ("open_url", "_handle_exception"):
        assert name in vars(App)
        assert getattr(RefTermApp, name) is not getattr(App, name)
    source = inspect.getsource(App._handle_exception) + inspect.getsource(App._fatal_error)
    for name in ("_return_code", "_exception", "_exception_event", "_exit_renderables", "_close_messages_no_wait"):
        assert name in source


def test_garbage_is_collected_after_the_start() -> None:
    code = (
        "import gc; gc.disable(); from refterm.tui.textual_quirks import collect_garbage; collect_garbage();"
        " print(gc.isenabled(), gc.get_freeze_count() > 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
    assert gc.isenabled()


async def test_a_typed_letter_lays_nothing_out(
    sit: SitDown, import_records: ImportRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Textual lays a screen out anew when a text becomes longer: more than half of what a letter takes."""
    laid_out: list[Screen[object]] = []
    lay_out = Screen._refresh_layout

    def counted(screen: Screen[object], *given: Any, **named: Any) -> None:
        laid_out.append(screen)
        lay_out(screen, *given, **named)

    import_records([api_record()])
    async with sit() as seat:
        for opening in ("slash", "a"):
            await seat.press(opening, "x")
            with monkeypatch.context() as watched:
                watched.setattr(Screen, "_refresh_layout", counted)
                await seat.type("yz")
            await seat.press("escape")
    assert laid_out == []
