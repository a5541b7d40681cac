"""The program that shows the desk: opens it, keeps the terminal sane whatever happens, and ends with an exit status."""

from __future__ import annotations

# First of all: it sets the frame rate, and imports asyncio and Textual.
from refterm.tui import textual_quirks  # isort: split

import asyncio
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from textual import events
from textual.actions import ActionParseResult
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import Theme

import refterm
from refterm import i18n, paths
from refterm.config import Settings, SharedView
from refterm.errors import ConfigurationError, RefTermError
from refterm.i18n import _
from refterm.log import note_failure
from refterm.services.desk import Desk
from refterm.services.personal.drafts import Drafts
from refterm.services.personal.view_state import ViewState, ViewStates
from refterm.services.workplace import Workplace, open_workplace
from refterm.tui.actions import keys_of, own_keys, use_keys
from refterm.tui.background.work import work
from refterm.tui.desk.screen import DeskScreen
from refterm.tui.draw import themes
from refterm.tui.draw.filters import AsciiLetters, AsciiScrollBar, NoColours
from refterm.tui.draw.links import Links, are_shown
from refterm.tui.draw.signs import ASCII_ONLY, Signs, choose_signs
from refterm.tui.session import DeskApp, Session
from refterm.tui.terminal import ending

if TYPE_CHECKING:
    from refterm.tui.first_page import FirstPage

# Seconds after the first frame until the next start's first page is kept.
KEEP_AFTER = 0.5


def stylesheet() -> Path:
    """The stylesheet: beside the code in a wheel, at the top of the repository otherwise."""
    inside = Path(refterm.__file__).parent / "refterm.tcss"
    return inside if inside.exists() else inside.parent.parent / "refterm.tcss"


class RefTermApp(DeskApp):
    """The desk in a terminal."""

    CSS_PATH = stylesheet()
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar = [
        Binding("ctrl+p", "command_palette", show=False, priority=True),
        Binding("ctrl+q", "nothing", show=False, priority=True),
    ]
    TITLE = "refterm"

    def __init__(self, session: Session, *, states: ViewStates | None, settings: Settings) -> None:
        super().__init__()
        self.session = session
        self.desk: DeskScreen | None = None
        self.settings = settings
        self.animation_level = "none"
        self._tells_focus = False
        # Which screen was on top when a key came.
        self._came_to: WeakKeyDictionary[events.Key, Screen[Any]] = WeakKeyDictionary()
        self.set_keymap(own_keys())
        self.first_page: FirstPage | None = None
        self._states = states
        self._view_kept = True
        self._view_lock = threading.Lock()
        self._sixteen: themes.SixteenColours | None = None
        self.state = states.load() if states else ViewState()
        self._first_theme()
        if self.no_color:
            textual_quirks.replace_grey_filter(self, NoColours())
            self.add_class("-no-colour")
        if session.signs is ASCII_ONLY:
            textual_quirks.add_filter(self, AsciiLetters())
        ScrollBar.renderer = AsciiScrollBar if session.ascii else ScrollBarRender
        if session.ascii:
            self.add_class("-ascii")

    def get_default_screen(self) -> Screen[None]:
        """The desk: it is the first screen, so that no empty one is drawn before it."""
        settings = self.settings
        self.desk = DeskScreen(
            self.session,
            self.state,
            kiosk=settings.kiosk,
            bell=settings.bell,
            notices=settings.notices,
            syncs=settings if settings.partner_center.is_set_up else None,
        )
        return self.desk

    def on_mount(self) -> None:
        """Mind the signals, and a theme that is chosen."""
        self.theme_changed_signal.subscribe(self, lambda _theme: self._keep_theme())
        self.call_after_refresh(textual_quirks.collect_garbage)
        if (page := self.first_page) and (desk := self.desk):
            self.call_after_refresh(self.set_timer, KEEP_AFTER, lambda: page.keep(desk))
        if not self.is_headless:
            # After ctrl+z the terminal comes back blank, and Textual repaints only when the focus changes.
            self.app_resume_signal.subscribe(self, lambda _app: self.refresh(layout=True))
            asyncio.get_running_loop().set_exception_handler(_log_failure)
            self.set_terminal_title("refterm")

    async def on_event(self, event: events.Event) -> None:
        """Give the keys of a burst to the form or panel that an earlier key of it opened, or to the desk below it.

        Of a burst, as comes over a slow line, Textual hands every key to the screen that is on top when they come.
        """
        if isinstance(event, events.Key):
            if event.is_forwarded and self._came_to.get(event, self.screen) is not self.screen:
                event = events.Key(event.key, event.character)
            if not event.is_forwarded:
                self.typed_at = monotonic()
                self._came_to[event] = self.screen
                if self.desk and self.desk.form and self.desk.form.keep_type_ahead(event):
                    return
        await super().on_event(event)

    async def type_again(self, keys: Sequence[events.Key]) -> None:
        """Take keys as if they were typed now."""
        for key in keys:
            await self.on_event(events.Key(key.key, key.character))

    def action_help_quit(self) -> None:
        """On ctrl+c, say how to quit."""
        if isinstance(self.screen, DeskScreen):
            self.screen.say(_("{key} quits the desk.").format(key=keys_of("quit")), "dim")

    def action_command_palette(self) -> None:
        """Every action by name."""
        from refterm.tui.panels.palette import Palette

        if isinstance(self.screen, DeskScreen):
            self.push_screen(Palette(self.screen))

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action. The desk says why one of its actions is off, and shows errors.

        Textual also calls `check_action` when nobody pressed a key, so the reason is shown here.
        """
        desk = self.screen_stack[0]
        assert isinstance(desk, DeskScreen)
        try:
            done = await super().run_action(action, default_namespace, namespaces)
        except RefTermError as error:
            desk.connection.failed(error)
            return True
        if done or default_namespace is not desk:
            return done
        return desk.say_why_off(action if isinstance(action, str) else action[1])

    @property
    def editor(self) -> str | None:
        """The site's editor for letters; None where there is none, as in a kiosk."""
        return None if self.settings.kiosk else self.settings.editor

    @property
    def shared_views(self) -> Sequence[SharedView]:
        """The views that the site gives to all."""
        return self.settings.views

    def on_app_blur(self) -> None:
        """The terminal tells whether it is in sight."""
        self._tells_focus = True

    def on_app_focus(self) -> None:
        """The terminal tells whether it is in sight."""
        self._tells_focus = True

    def alert_about(self, kind: str, words: str, referral: int, company: str, count: int = 1) -> None:
        """Ask the terminal to notify, where the person wants that and does not look at the desk (S1)."""
        wanted = self.settings.alerts
        if wanted.terminal == "off" or kind not in wanted.on or (self._tells_focus and self.app_focus):
            return
        from refterm.tui import alerts

        signs = self.session.signs
        said = f"refterm: {signs.sanitize(words)} #{referral} {alerts.name(signs.sanitize(company))}".rstrip()
        if count > 1:
            said += " " + signs.sanitize(_("and {n} more").format(n=count - 1))
        self.write_to_terminal(alerts.sequence(wanted.terminal, said))

    # What is remembered

    def keep_view(self) -> None:
        """Write the view state down, in a thread."""
        if self._states:
            self._view_kept = False
            work(self, self._save_view, group="view")

    def _save_view(self) -> None:
        with self._view_lock:  # two threads would write into the same unfinished file
            if self._states and not self._view_kept:
                self._view_kept = True
                self._states.save(self.state)

    def on_unmount(self) -> None:
        """Save the view if no thread has yet."""
        with suppress(OSError):
            self._save_view()

    # Colours

    @property
    def available_themes(self) -> dict[str, Theme]:
        """The themes that can be read well."""
        return themes.offered()

    def _first_theme(self) -> None:
        """Start in the chosen theme, else in the dark one."""
        offered = self.available_themes
        wanted = (self.state.theme, self.settings.theme, themes.DARK)
        textual_quirks.begin_with_theme(self, next(name for name in wanted if name in offered))
        if self.console.color_system == "standard" and not self.no_color:
            self._sixteen = themes.SixteenColours(self.current_theme)
            textual_quirks.add_filter(self, self._sixteen)

    def get_css_variables(self) -> dict[str, str]:
        """Textual's, and over them the colours by their roles."""
        self.theme_variables = super().get_css_variables() | themes.variables(self.current_theme)
        return self.theme_variables

    def _keep_theme(self) -> None:
        if self._sixteen:
            self._sixteen.use(self.current_theme)
        if self.state.theme != self.theme:
            self.state.theme = self.theme
            self.keep_view()

    # The terminal

    def set_terminal_title(self, title: str) -> None:
        """Set the terminal's title."""
        self.write_to_terminal(f"\x1b]0;{title}\x07")

    def refuse_paste(self) -> None:
        """Say that pasted text does nothing here: its letters would be taken for keys."""
        if self.desk:
            pasted = _("What was pasted does nothing here: its letters are keys. Open a form, or {key} to search.")
            self.desk.say(pasted.format(key=keys_of("search")), "dim")

    def action_nothing(self) -> None:
        """Do nothing: `ctrl+q` is what people press where the screen is frozen."""


def session_for(place: Workplace, settings: Settings, signs: Signs, folder: Path | None = None) -> Session:
    """The services that the screens work with; drafts lie in the state folder, or in the one given."""
    drafts = Drafts((folder or paths.state_folder()) / "drafts", place.desk_id, place.actor.name)
    shown = not settings.kiosk and are_shown(os.environ)
    return Session(
        place,
        Desk(place),
        drafts,
        signs,
        phrases=settings.phrases,
        links=Links(settings.links.crm) if shown else None,
    )


def check_views(views: Sequence[SharedView]) -> None:
    """Refuse a view of the site's whose filter cannot be read or whose key is taken.

    Raises:
        ConfigurationError: naming it.
    """
    if views:
        from refterm.tui.panels.views import check

        check(views)


def check_look(settings: Settings) -> None:
    """Take the person's keys, and refuse a theme, a key or a view that is none.

    Raises:
        ConfigurationError: naming what is allowed.
    """
    if settings.theme and settings.theme not in themes.offered():
        raise ConfigurationError(_("theme must be one of {allowed}").format(allowed=", ".join(themes.offered())))
    use_keys(settings.keys)
    check_views(settings.views)


def run_desk(settings: Settings, *, acting: str | None = None, page: FirstPage | None = None) -> int:
    """Open the desk and stay until the person leaves.

    Args:
        settings: the configuration, flags included.
        acting: the name given with `--as`.
        page: what may have been painted, and the desk opened for it, before this was imported.

    Returns:
        The exit status.

    Raises:
        RefTermError: when the desk cannot be opened.
    """
    i18n.use(settings.language)
    ending.watched()
    textual_quirks.check_environment()
    check_look(settings)
    place = (page and page.hand_over()) or open_workplace(settings, acting=acting)
    states = ViewStates(paths.state_folder(), place.actor.name, place.desk_id)
    signs = choose_signs(settings.ascii, os.environ, coerced=bool(sys.flags.utf8_mode))
    app = RefTermApp(session_for(place, settings, signs), states=states, settings=settings)
    app.first_page = page
    return run_app(app, place, settings)


def run_app(app: RefTermApp, place: Workplace, settings: Settings) -> int:
    """Show a desk until the person leaves, then close it.

    Returns:
        The exit status.
    """
    app.ending = ending.watched()
    _forget_size()
    threading.excepthook = lambda failed: app.fail(failed.exc_value or failed.exc_type())
    try:
        app.run(mouse=settings.mouse)
    finally:
        app.ending.closed()
        if app.desk is None or app.desk.presence.leave():
            place.close()
    return app.ending.status or app.return_code or 0


def _forget_size() -> None:
    """Take COLUMNS and LINES out of the environment where the terminal tells its size: they do not follow a resize."""
    with suppress(OSError):
        size = os.get_terminal_size(sys.__stdin__.fileno() if sys.__stdin__ else 0)
        if size.columns and size.lines:
            for name in ("COLUMNS", "LINES"):
                os.environ.pop(name, None)


def _log_failure(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep what failed in the background out of the screen."""
    with suppress(OSError):
        note_failure(context.get("exception") or RuntimeError(str(context.get("message"))))
