"""Business profiles: the list, and the form that adds or edits one (P1, P2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from refterm.domain.profile import LISTS, Profile, size_text, typed_of
from refterm.errors import RefTermError
from refterm.i18n import _, ngettext
from refterm.services.profiles import Profiles
from refterm.tui.background.work import work
from refterm.tui.draw.themes import DIM
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.office import Office
from refterm.tui.panels.chooser import Block, Chooser


class ProfilesScreen(Chooser):
    """Every profile. `enter` edits, `a` adds, `x` lets one take new referrals or none, `delete` removes one without any."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", show=False, priority=True),
        Binding("x", "activate", show=False, priority=True),
        Binding("delete", "remove", show=False, priority=True),
        Binding("p", "close", show=False),
    ]

    def __init__(self, office: Office, changed: Callable[[str], None]) -> None:
        super().__init__(_("Business profiles"), "", office.signs)
        self._office, self._changed = office, changed
        self._profiles = Profiles(office.workplace)
        self._all: list[Profile] = []
        self._counts: list[int] = []
        self._waiting = 0
        self.message = ""
        self._load()

    def blocks(self) -> list[Block]:
        """A few lines for each profile."""
        keys = _("enter edit   a add   x active or not   delete remove")
        blocks = [Block([keys], style=DIM), Block([""])]
        if self.message:
            blocks += [Block([self.message], style="bold"), Block([""])]
        if not self._all:
            blocks.append(
                Block([_("There is no profile yet. One says for which countries you take referrals, and who is told.")])
            )
        if self._waiting:
            text = ngettext(
                "{n} new referral has no active profile: add one for its country, or activate one.",
                "{n} new referrals have no active profile: add one for their countries, or activate one.",
                self._waiting,
            ).format(n=self._waiting)
            blocks += [Block([text], style="bold"), Block([""])]
        for number, (one, count) in enumerate(zip(self._all, self._counts, strict=True)):
            people = sum(bool(person.email) for place in one.locations for person in place.contacts)
            head = f"{one.name}   {one.region}   {' '.join(one.countries)}" + (
                "" if one.active else "   " + _("inactive")
            )
            parts = [
                ", ".join(place.city for place in one.locations),
                ngettext("{n} contact", "{n} contacts", people).format(n=people),
                ngettext("{n} referral", "{n} referrals", count).format(n=count),
                size_text(one),
                one.currency or "",
            ]
            blocks.append(Block([head, "  " + "   ".join(part for part in parts if part)], number))
        return blocks

    def act(self, key: int) -> None:
        """Edit a profile."""
        self.app.push_screen(profile_form(self._office, self._all[key]), self._answered)

    def action_add(self) -> None:
        """Add one."""
        self.app.push_screen(profile_form(self._office, None), self._answered)

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
            self.message = str(error)


def profile_form(office: Office, profile: Profile | None) -> Form[str]:
    """Asks for a profile; closes with the sentence for the toast."""
    profiles = Profiles(office.workplace)

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
        office,
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
            FieldSpec("active", _("Active"), "choice", options=(("yes", _("yes")), ("no", _("no"))), inline=True),
        ],
        initial=typed_of(profile) if profile else {"active": "yes"},
        submit=submit,
        # Drafts are kept by number; 0 is the one that is to be added.
        referrals=(profile.id if profile else 0,),
    )
