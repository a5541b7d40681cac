"""What a form shows of its customer beside or above the fields: their words, whom to call, fit, similar past deals (I7, I9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from textual.content import Content
from textual.widget import Widget

from refterm.domain import reasons
from refterm.domain.api_words import in_words
from refterm.domain.referral import Referral, Status
from refterm.domain.row import Row
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.text import fit, width
from refterm.tui.draw.row import deal_value
from refterm.tui.draw.sheet import KEEP, broken, kept
from refterm.tui.draw.themes import DIM
from refterm.tui.forms import parts
from refterm.tui.session import Session
from refterm.words import outcome_word

if TYPE_CHECKING:
    from refterm.domain.fit import Fit

Line = tuple[str, str]
# The customer's words beside the fields, and similar deals: no more lines than these.
_NEED_LINES, _SIMILAR = 9, 2
_LABEL = 10


class About(Protocol):
    """What stands beside the fields."""

    def load(self) -> None:
        """Look up what takes a moment; called in a thread."""

    def beside(self, cells: int) -> list[Line]:
        """Lines and their styles for a column of its own."""

    def above(self, cells: int) -> list[Line]:
        """The same in few lines."""


class _WithLetter:
    """What a form shows beside its fields, with what the letter says that goes out.

    Attributes:
        letter: gives that; None where no letter goes out.
    """

    letter: Callable[[], str] | None = None
    _says: str | None = None

    def load_letter(self) -> None:
        """Write the letter, to show what it says."""
        if self.letter:
            try:
                self._says = self.letter()
            except RefTermError as error:
                self._says = str(error)

    def letter_text(self, session: Session) -> str:
        """What it says, and the key that shows all of it; empty where none goes out."""
        if not self.letter:
            return ""
        says = session.signs.ellipsis if self._says is None else " ".join(session.signs.sanitize(self._says).split())
        return says


class AboutCustomer(_WithLetter):
    """One referral: the customer's words, whom to call, fit, similar past deals, and the same customer."""

    def __init__(self, session: Session, referral: Referral, *, teaches: bool = True) -> None:
        """
        Args:
            session: what screens work with.
            referral: whose customer it is.
            teaches: whether fit and similar deals are looked up, which only matter before a decision.
        """
        self._session, self._referral = session, referral
        self._same = parts.same_customer(session, [referral.id])
        self._teaches = teaches and referral.status is Status.NEW
        self._fit: Fit | None = None
        self._similar: list[Row] | None = None

    def load(self) -> None:
        """Look up fit and similar deals, and write the letter."""
        self.load_letter()
        if not self._teaches:
            return
        from refterm.services.background.fitting import Fitting
        from refterm.services.insight.similar import similar

        workplace, number = self._session.workplace, self._referral.id
        try:
            self._fit = Fitting(workplace).apart([number]).get(number)
            self._similar = similar(workplace, number)[:_SIMILAR]
        except RefTermError:
            self._similar = []  # the desk's next look reports it

    def beside(self, cells: int) -> list[Line]:
        """The customer's words first, then whom to call, then what past deals say."""
        need = _wrapped(self._clean(self._referral.need) or _("No words of the customer came with it."), cells)
        if len(need) > _NEED_LINES:
            need = [
                *need[: _NEED_LINES - 1],
                fit(need[_NEED_LINES - 1], cells - 1).rstrip() + self._session.signs.ellipsis,
            ]
        lines: list[Line] = [(line, "") for line in need]
        lines.append(("", ""))
        dot = f"{KEEP}{self._session.signs.dot} "  # no line begins with it
        lines += [(line, "dim") for line in _wrapped(dot.join(self._customer()), cells)]
        lines += [(line, "") for part in self._person() for line in _wrapped(part, cells)]
        if self._teaches:
            lines.append(("", ""))
            fits = [str(self._fit.score), *self._fit.reasons] if self._fit else []
            lines += _labelled(_("Fit"), dot.join(fits) or self._session.signs.ellipsis, cells)
            for number, text in enumerate(self._similar_texts()):
                lines += _labelled(_("Similar") if not number else "", text, cells)
        if self._same:
            lines.append(("", ""))
            lines += [(line, "strong") for text in self._same for line in _wrapped(self._clean(text), cells)]
        if letter := self.letter_text(self._session):
            lines.append(("", ""))
            lines += _labelled(_("Letter"), letter, cells) + _labelled("", _("ctrl+l shows the whole letter"), cells)
        return lines

    def above(self, cells: int) -> list[Line]:
        """One line each, the most wanted first: the words, whom to call, past deals, the letter, the same customer."""
        signs = self._session.signs
        need = " ".join(self._clean(self._referral.need).split())
        who = _as_fit((*self._person(), *self._customer()), f" {signs.dot} ", cells)
        lines = [(need, ""), (who, "dim")]
        if self._teaches:
            known = [_("fit {n}").format(n=self._fit.score)] if self._fit else []
            similar = self._similar_texts()[0]
            lines.append((f" {signs.dot} ".join((*known, _("similar: {deal}").format(deal=similar))), "dim"))
        if letter := self.letter_text(self._session):
            lines.append((_letter_line(letter, cells, signs.ellipsis), "dim"))
        lines += [(self._clean(text), "strong") for text in self._same]
        drawn = [(text.replace(KEEP, " "), style) for text, style in lines if text]
        return [(fit(text, cells, ellipsis=signs.ellipsis), style) for text, style in drawn]

    def _customer(self) -> list[str]:
        customer = self._referral.customer
        size = _("{n} people").format(n=customer.employees) if customer.employees else ""
        place = ", ".join(part for part in (customer.city, customer.country) if part)
        return [text for part in (size, in_words(customer.industry or ""), place) if (text := self._clean(part))]

    def _person(self) -> list[str]:
        person = self._referral.contact
        if person is None:
            return []
        found = (person.name, person.phone, person.email)
        return [text for part in found if (text := self._clean(part))]

    def _similar_texts(self) -> list[str]:
        if self._similar is None:
            return [self._session.signs.ellipsis]
        texts = []
        for row in self._similar:
            ended = outcome_word(row.outcome) if row.outcome else _("active")
            why = f" ({reasons.word(row.reason)})" if row.reason else ""
            told = (self._clean(row.company), self._clean(ended + why), kept(self._clean(deal_value(row))))
            texts.append(", ".join(part for part in told if part))
        return texts or [_("none")]

    def _clean(self, text: str) -> str:
        return self._session.signs.sanitize(" ".join(text.split()))


class AboutSeveral(_WithLetter):
    """Several referrals: the first five by name, who has taken them, and how many more."""

    NAMED = 5

    def __init__(self, session: Session, rows: Sequence[Row]) -> None:
        self._session, self._rows = session, rows
        self._same = parts.same_customer(session, [row.id for row in rows])

    def load(self) -> None:
        """Write the letter."""
        self.load_letter()

    def beside(self, cells: int) -> list[Line]:
        """A line for each."""
        lines = [(line, "") for text in self._names() for line in _wrapped(text, cells)] + self._notes(cells)
        if letter := self.letter_text(self._session):
            lines.append(("", ""))
            lines += _labelled(_("Letter"), letter, cells) + _labelled("", _("ctrl+l shows the whole letter"), cells)
        return lines

    def above(self, cells: int) -> list[Line]:
        """The names one after the other."""
        lines = [(line, "") for line in _listed(self._names(), f" {self._session.signs.dot} ", cells)]
        if letter := self.letter_text(self._session):
            lines.append((_letter_line(letter, cells, self._session.signs.ellipsis), "dim"))
        return lines + self._notes(cells)

    def _names(self) -> list[str]:
        names = []
        me = self._session.workplace.actor.name
        for row in self._rows[: self.NAMED]:
            taken = row.taken_by if row.taken_by not in (None, me) else None
            has = " " + _("({who} has it)").format(who=parts.plain_line(taken)) if taken else ""
            names.append(self._session.signs.sanitize(parts.named(row.id, row.company)) + has)
        if more := len(self._rows) - len(names):
            names.append(_("and {n} more").format(n=more))
        return names

    def _notes(self, cells: int) -> list[Line]:
        signs = self._session.signs
        return [(fit(signs.sanitize(text), cells, ellipsis=signs.ellipsis).rstrip(), "strong") for text in self._same]


def _letter_line(letter: str, cells: int, ellipsis: str) -> str:
    """What the letter says, as much as one line has room for before the key that shows all of it."""
    key = _("ctrl+l the letter")
    return fit(_("Letter: {text}").format(text=letter), max(cells - width(key) - 2, 0), ellipsis=ellipsis) + "  " + key


def _as_fit(texts: Sequence[str], between: str, cells: int) -> str:
    """The first texts for which there is room on a line; none of them is cut but the first."""
    line = ""
    for text in texts:
        longer = f"{line}{between}{text}" if line else text
        if line and width(longer) > cells:
            continue
        line = longer
    return line


def _listed(texts: Sequence[str], between: str, cells: int) -> list[str]:
    """The texts one after the other, each whole on its line as far as that is possible."""
    lines: list[str] = []
    for text in texts:
        if lines and width(lines[-1] + between + text) <= cells:
            lines[-1] += between + text
        else:
            lines += _wrapped(text, cells)
    return lines


def _wrapped(text: str, cells: int) -> list[str]:
    return [line.rstrip() for line in broken(text, max(cells, 10), str)]


def _labelled(label: str, text: str, cells: int) -> list[Line]:
    lines = _wrapped(text, cells - _LABEL)
    return [(fit(label if not number else "", _LABEL) + line, "dim") for number, line in enumerate(lines)]


class AboutPane(Widget):
    """Draws what stands beside or above the fields.

    Attributes:
        is_beside: whether it has a column of its own.
        most: how many lines it may take.
    """

    def __init__(self, about: About, rule: str, whole: str) -> None:
        """
        Args:
            about: what it says.
            rule: the sign of which a rule is made.
            whole: the key that shows the whole referral; empty where there is none.
        """
        super().__init__(id="form-about")
        self._about, self._rule, self._whole = about, rule, whole
        self.is_beside = False
        self.most = 100

    def lines(self, cells: int) -> list[Line]:
        """What it says in so many cells, and the key that shows all; above the fields a rule ends it."""
        if self.is_beside:
            more: list[Line] = [("", ""), (self._whole, "dim")] if self._whole else []
            return [*self._about.beside(cells)[: max(self.most - len(more), 0)], *more]
        if self.most < 2:
            return []
        key = f" {self._whole} {self._rule * 2}" if self._whole else ""
        rule = self._rule * max(cells - width(key), 0) + key
        return [*self._about.above(cells)[: self.most - 1], (rule, "dim")]

    def render(self) -> Content:
        """The lines, as plain text."""
        cells = max(self.content_size.width, 1)
        styles = {"strong": "bold", "dim": DIM}
        return Content("\n").join(
            Content.styled(fit(text, cells).rstrip() if width(text) > cells else text, styles.get(style, style))
            for text, style in self.lines(cells)
        )
