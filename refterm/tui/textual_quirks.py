"""Everything here bends Textual 8.2.8 or uses its private names; tests/tui/test_textual_quirks.py fails when these change.

So do refterm/tui/terminal/parser.py and driver.py, for what comes from the terminal and goes to it; their test is
tests/tui/test_terminal.py.

Import this module before Textual: it sets the frame rate, which Textual reads once.
"""

from __future__ import annotations

import os

# Textual draws at most 60 frames a second. What answers in two frames (a typed letter and its hits, another tab) comes
# up to 25 ms sooner at 240 ("search, letter to hits", "change of tab" in docs/benchmarks.md). Costs nothing at rest.
os.environ.setdefault("TEXTUAL_FPS", "240")

import gc
import sys
from types import ModuleType

# What textual.app and textual.theme take from the module of the palette.
OF_THE_PALETTE = ("CommandListItem", "CommandPalette", "Provider", "SimpleProvider", "DiscoveryHit", "Hit", "Hits")


class _NotLoaded:
    """Stands for what a module has that no desk uses."""


def _import_textual() -> None:
    """Import asyncio without ssl, and Textual without its command palette.

    No desk speaks TLS through asyncio, and the palette here is our own (panels/palette.py). Both together, with the
    six widgets that Textual's palette brings, are a tenth of "start to the first rows" in docs/benchmarks.md and 4 MiB
    of "memory (PSS) once there".
    """
    if "ssl" not in sys.modules and "asyncio" not in sys.modules:
        sys.modules["ssl"] = None  # type: ignore[assignment]
        try:
            import asyncio  # noqa: F401
        finally:
            del sys.modules["ssl"]
    if "textual.command" not in sys.modules:
        palette = ModuleType("textual.command")
        for name in OF_THE_PALETTE:
            setattr(palette, name, _NotLoaded)
        sys.modules["textual.command"] = palette
        try:
            import textual.app  # noqa: F401
        finally:
            del sys.modules["textual.command"]


_import_textual()

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from rich.console import COLOR_SYSTEMS, RenderableType
from rich.text import Text
from textual import events
from textual._styles_cache import StylesCache
from textual.app import App
from textual.color import Color
from textual.constants import COLOR_SYSTEM
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from refterm.errors import ConfigurationError
from refterm.i18n import _
from refterm.log import note_failure
from refterm.tui.terminal.ending import Ending

if TYPE_CHECKING:
    from ctypes import CDLL

    _AnyScreen = Screen[Any]
else:
    # Textual takes bindings and styles from the first base that is a widget: the classes here must not be that base.
    _AnyScreen = object


# Memory


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def share_backgrounds() -> None:
    """Let the cache of backgrounds keep colours only.

    Textual's is an lru_cache on a method, so its keys hold up to 1,024 caches with the lines of widgets that are gone:
    forty openings of the decline form kept 25 MiB.
    """
    StylesCache.get_inner_outer = staticmethod(_inner_outer)  # type: ignore[method-assign, assignment]


share_backgrounds()


def stop_watching(widget: Widget) -> None:
    """Let the app forget a widget that watches it and is gone.

    A TextArea watches the app's theme, and Textual drops dead watchers only when the theme changes: every field for
    notes stayed alive, with its screen.
    """
    for watchers in getattr(widget.app, "__watchers", {}).values():
        watchers[:] = [(watching, callback) for watching, callback in watchers if watching is not widget]


def collect_garbage() -> None:
    """Collect garbage from the first screen on; what the start has loaded stays, and is not looked at again.

    The start runs without collection (cli/desk.py): that is a tenth of "start to the first rows" in
    docs/benchmarks.md.
    """
    gc.freeze()
    gc.enable()


_M_ARENA_MAX = -8  # malloc.h of glibc
_NOT_GLIBC = (AttributeError, OSError, TypeError)  # another C library has no such functions


def share_arena() -> None:
    """Have glibc allocate for all threads in one place.

    It has one for each thread, and what was freed in one serves no other: 1 to 2 of 50 MiB after ten decisions of every kind.
    """
    with suppress(*_NOT_GLIBC):
        _c_library().mallopt(_M_ARENA_MAX, 1)


def collect_closed() -> None:
    """Collect what closed forms left, and give freed memory back to the machine.

    glibc keeps what is freed: 4 of 50 MiB after ten decisions of every kind. To give it back takes 0.4 ms, at most 15.
    """
    gc.collect()
    with suppress(*_NOT_GLIBC):
        _c_library().malloc_trim(0)


def _c_library() -> CDLL:
    from ctypes import CDLL  # 3 ms, after the first rows

    return CDLL(None)


# What is drawn


class StillBelow(_AnyScreen):
    """A screen that draws nothing while another is above it.

    Textual's `is_current` is true below a modal screen as well. A screen below that was dirty once marks itself dirty
    again with each frame, and has the screen above drawn whole: 1 MB a minute. Textual draws all of a screen that
    comes to the top again, so nothing is missed.
    """

    _in_another_size = False

    def _compositor_refresh(self) -> None:
        if self.app.screen is self:
            super()._compositor_refresh()
        else:
            self._compositor._dirty_regions.clear()
            self._dirty_widgets.clear()

    def fit(self, size: Size) -> None:
        """Fit into a terminal of a size."""

    def on_resize(self, event: events.Resize) -> None:
        """Fit into the terminal, which Textual says to the screen at the top only."""
        self.fit(event.size)

    def _screen_resized(self, size: Size) -> None:
        """In another size the screen above is drawn again, whenever this one is laid out behind it."""
        self._in_another_size = self.is_mounted and self.app.screen is not self
        if self._in_another_size:
            self.fit(size)
        super()._screen_resized(size)

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        super()._refresh_layout(size, scroll)
        # Rows learn their width in the first layout, and are laid out once more with the lines that they need then.
        if self._in_another_size and self.app.screen is not self:
            self.app.screen.refresh()


def focus_without_repaint() -> Reactive[Widget | None]:
    """For a screen's `focused`: Textual repaints all of the screen when the focus moves, which is 20 kB for a tab.

    The widgets that lose and get the focus repaint themselves.
    """
    return Reactive(None, repaint=False)


class Covered(Widget if TYPE_CHECKING else object):  # type: ignore[misc]
    """A widget that others cover wholly: Textual need not compose it below them for every key.

    With Still and `focus_without_repaint` this took a tenth off "down and up" in docs/benchmarks.md.
    """

    BLANK: ClassVar[bool] = True


class Still(Widget):
    """A widget that seldom changes: its lines are composed when they do, not for every key that is pressed elsewhere.

    Textual composes a frame from all widgets in sight; asking each anew took a tenth of a key.
    """

    _kept: tuple[Region, list[Strip]] | None = None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Compose anew at the next frame."""
        self._kept = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """The same where the theme changes."""
        self._kept = None
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        """What was composed last, unless something changed."""
        if self._kept is None or self._kept[0] != crop:
            self._kept = crop, super().render_lines(crop)
        return self._kept[1]


def set_breakpoint_classes(screen: Screen[Any]) -> None:
    """Set the classes for the terminal's size as Textual does with the first resize: set before, they spare a layout.

    Part of "start to the first rows" in docs/benchmarks.md.
    """
    width, height = screen.app.size
    screen.add_class(*screen._get_breakpoint_classes(width, screen.HORIZONTAL_BREAKPOINTS or []))
    screen.add_class(*screen._get_breakpoint_classes(height, screen.VERTICAL_BREAKPOINTS or []))


def begin_with_theme(app: App[Any], name: str) -> None:
    """Let an app that is being made begin with a theme: to change it later would read the stylesheet a second time."""
    app.set_reactive(App.theme, name)
    dark = app.current_theme.dark
    app.set_class(dark, "-dark-mode", update=False)
    app.set_class(not dark, "-light-mode", update=False)
    app.stylesheet.set_variables(app.get_css_variables())


def replace_grey_filter(app: App[Any], instead: LineFilter) -> None:
    """Under NO_COLOR Textual turns colours into greys, which are colours too."""
    app._filters = [kept for kept in app._filters if not isinstance(kept, Monochrome)]
    app._filters.append(instead)


def add_filter(app: App[Any], added: LineFilter) -> None:
    """Let a filter go over every line that is drawn."""
    app._filters.append(added)


# The process and its terminal


def check_environment() -> None:
    """Refuse a variable with which Textual would fail in the middle of the start.

    Raises:
        ConfigurationError: when it names no kind of colours.
    """
    allowed = ("auto", *COLOR_SYSTEMS)
    if COLOR_SYSTEM is not None and COLOR_SYSTEM not in allowed:
        raise ConfigurationError(_("TEXTUAL_COLOR_SYSTEM must be one of {allowed}").format(allowed=", ".join(allowed)))


class SafeApp(App[None]):
    """An app that opens no browser, shows nobody's data when it fails, and ends whatever happens.

    Attributes:
        ending: how it ends when it is asked to.
    """

    def __init__(self) -> None:
        self.ending = Ending()
        super().__init__()

    def get_driver_class(self) -> type[Driver]:
        """Our own driver, whatever TEXTUAL_DRIVER says."""
        from refterm.tui.terminal.driver import TerminalDriver

        return TerminalDriver

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Do nothing: on a server a browser would run inside the session."""

    def save_drafts(self) -> None:
        """Keep what is typed in open forms, at once."""
        for screen in self._screen_stack:
            save: Callable[[], None] | None = getattr(screen, "save_draft_now", None)
            if save:
                save()

    def leave(self, status: int) -> None:
        """Keep what is typed, and close in order."""
        try:
            self.save_drafts()
        finally:
            self.exit(return_code=status)

    def call_in_loop(self, job: Callable[[], object]) -> None:
        """Run a job in the event loop soon; from any thread."""
        if self._loop:
            self._loop.call_soon_threadsafe(job)

    def takes_key(self, key: str) -> bool:
        """Whether something is bound to a key now."""
        return key in self.screen.active_bindings

    def takes_text(self) -> bool:
        """Whether what is typed goes into a field."""
        # By name: a desk without fields has not loaded them.
        return any(kind.__name__ in ("Input", "TextArea") for kind in type(self.focused).__mro__)

    def refuse_paste(self) -> None:
        """Say that pasted text does nothing here."""

    def fail(self, error: BaseException) -> None:
        """End because of an unexpected error; from any thread."""
        self.call_in_loop(lambda: self._fail(error))

    def panic(self, *renderables: RenderableType) -> None:
        """What Textual itself cannot go on with: it would show a traceback, and end with status 0."""
        if self.is_headless:
            super().panic(*renderables)
            return
        self._fail(sys.exc_info()[1] or RuntimeError("; ".join(str(shown) for shown in renderables)))

    def _handle_exception(self, error: Exception) -> None:
        """Textual's own report would show customers' data: the traceback goes to the log, a sentence to the person."""
        if self.is_headless:
            super()._handle_exception(error)
        else:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if self._return_code:
            return  # said already, or ending anyway
        self._return_code = 1
        with suppress(Exception):
            self.save_drafts()
        if self._exception is None and isinstance(error, Exception):
            self._exception = error
            self._exception_event.set()
        text = _("refterm: something went wrong; nothing that was saved is lost. What happened stands in {path}")
        try:
            text = text.format(path=note_failure(error))
        except OSError as failure:
            text = _("refterm: something went wrong ({error}), and it could not be logged: {failure}").format(
                error=type(error).__name__, failure=failure
            )
        self._exit_renderables.append(Text(text))
        self._close_messages_no_wait()

    def write_to_terminal(self, sequence: str) -> None:
        """Send a control sequence between two frames; Textual has no call for it."""
        if self._driver and not self.is_headless:
            self._driver.write(sequence)
