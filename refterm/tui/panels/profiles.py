"""Business profiles: the list, and the form that adds or edits one (P1, P2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from refterm.domain.profile import LISTS, Profile, size_text, typed_of
from refterm.errors import RefTermError
from refterm.i18n import _, ngettext, pgettext
from refterm.services.profiles import Profiles
from refterm.text import as_sentence
from refterm.tui.background.work import work
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.panels.chooser import Chooser, Item
from refterm.tui.session import Session


class ProfilesScreen(Chooser):
    """Every profile. `enter` edits, `a` adds, `x` lets one take new referrals or none, `delete` removes one without any."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", show=False, priority=True),
        Binding("x", "activate", show=False, priority=True),
        Binding("delete", "remove", show=False, priority=True),
        Binding("p", "close", show=False),
    ]

    def __init__(self, session: Session, changed: Callable[[str], None]) -> None:
        keys = _("enter edit   a add   x switch on or off   delete remove   escape closes")
        super().__init__(_("Business profiles"), "", session.signs, cells=118, keys=keys)
        self._session, self._changed = session, changed
        self._profiles = Profiles(session.workplace)
        self._all: list[Profile] = []
        self._counts: list[int] = []
        self._waiting = 0
        self.message = ""
        self._load()

    def items(self, cells: int) -> list[Item]:
        """What was done, who waits, and a row for each profile."""
        lines = []
        if self.message:
            lines += [*self.sentence(self.message, cells, "strong"), Item()]
        if not self._all:
            text = _("There is no profile yet. One says for which countries you take referrals, and who is notified.")
            lines += [*self.sentence(text, cells), Item()]
        if self._waiting:
            text = ngettext(
                "{n} new referral has no active profile: add one for its country, or switch one on.",
                "{n} new referrals have no active profile: add one for their countries, or switch one on.",
                self._waiting,
            ).format(n=self._waiting)
            lines += [*self.sentence(text, cells, "strong"), Item()]
        if not self._all:
            return lines
        rows = [
            (
                one.name,
                " ".join(one.countries),
                _("yes") if one.active else _("no"),
                str(count),
                str(sum(bool(person.email) for place in one.locations for person in place.contacts)),
                size_text(one),
                one.currency or "",
                one.region,
                ", ".join(place.city for place in one.locations),
            )
            for one, count in zip(self._all, self._counts, strict=True)
        ]
        heads = (
            _("Name"),
            _("Countries"),
            pgettext("profile", "Active"),
            _("Referrals"),
            _("Contacts"),
            _("Sizes"),
            _("Currency"),
            _("Region"),
            _("Locations"),
        )
        return [*lines, *self.rows(heads, rows, cells, frozenset({3, 4}))]

    def act(self, key: int) -> None:
        """Edit a profile."""
        self.app.push_screen(profile_form(self._session, self._all[key]), self._answered)

    def action_add(self) -> None:
        """Add one."""
        self.app.push_screen(profile_form(self._session, None), self._answered)

    def action_activate(self) -> None:
        """Let a profile take new referrals, or none (P2)."""
        if self._all:
            one = self._all[min(self.chosen, len(self._all) - 1)]
            text = _("{name} takes no new referrals.") if one.active else _("{name} takes new referrals.")
            self._do(lambda: self._profiles.activate(one.name, active=not one.active), text.format(name=one.name))

    def action_remove(self) -> None:
        """Remove one that has no referrals."""
        if self._all:
            one = self._all[min(self.chosen, len(self._all) - 1)]
            self._do(lambda: self._profiles.remove(one.name), _("Removed profile {name}.").format(name=one.name))

    def _do(self, job: Callable[[], object], sentence: str) -> None:
        work(self, job, lambda _result: self._answered(sentence), self.fail, group="profiles")

    def _answered(self, sentence: str | None) -> None:
        if sentence is not None:
            self.message = sentence
            self._changed(sentence)
        self._load()
        self.draw()

    def _load(self) -> None:
        try:
            self._all = self._profiles.all()
            self._counts = [self._profiles.referrals(one) for one in self._all]
            self._waiting = self._profiles.waiting()
        except RefTermError as error:
            self.message = as_sentence(str(error))


def profile_form(session: Session, profile: Profile | None) -> Form[str]:
    """Asks for a profile; closes with the sentence for the toast."""
    profiles = Profiles(session.workplace)

    def submit(texts: dict[str, str]) -> str:
        if profile is None:
            routed = profiles.add(texts)
            sentence = _("Added profile {name}.").format(name=texts["name"].strip())
        else:
            routed = profiles.edit(profile.name, texts, read=profile)
            sentence = _("Saved profile {name}.").format(name=texts["name"].strip())
        if routed:
            sentence += " " + ngettext("{n} referral was routed.", "{n} referrals were routed.", routed).format(
                n=routed
            )
        return sentence

    optional, several = _("optional"), _("optional, with commas between")
    labels = {
        "keywords": _("Keywords"),
        "industries": _("Industries"),
        "products": _("Products"),
        "services": _("Services"),
        "solutions": _("Solutions"),
    }
    return Form(
        session,
        form="profile",
        title=_("Edit profile") if profile else _("Add profile"),
        beside=profile.name if profile else "",
        button=_("Save"),
        fields=[
            FieldSpec("name", _("Name"), group="name"),
            FieldSpec("region", _("Region"), group="name", placeholder="DACH"),
            FieldSpec("country", _("Countries"), placeholder="DE, AT, CH"),
            FieldSpec(
                "location",
                _("Locations"),
                "notes",
                placeholder=_("one contact a line: City;ID;CONTACT;e-mail;phone"),
                error_lines=2,
            ),
            FieldSpec("size", _("Sizes"), group="sizes", placeholder="51-250"),
            FieldSpec("currency", _("Currency"), group="sizes", placeholder="EUR"),
            FieldSpec("description", _("Description"), placeholder=optional),
            *(FieldSpec(name, labels[name], placeholder=several) for name in LISTS),
            FieldSpec(
                "active",
                pgettext("profile", "Active"),
                "choice",
                options=(("yes", _("yes")), ("no", _("no"))),
                inline=True,
            ),
        ],
        initial=typed_of(profile) if profile else {"active": "yes"},
        submit=submit,
        # Drafts are kept by number; 0 is the one that is to be added.
        referrals=(profile.id if profile else 0,),
    )
