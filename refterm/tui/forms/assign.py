"""The form that gives referrals to a colleague (T5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refterm.i18n import _, ngettext
from refterm.services.assigning import Assigning, sentence
from refterm.services.people import colleague
from refterm.text import fold
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec, Texts
from refterm.tui.forms.form import Form
from refterm.tui.session import Session

NAMED = 6


def assign_form(
    session: Session, referrals: Sequence[tuple[int, str]], colleagues: Sequence[str], others: Mapping[int, str]
) -> Form[str]:
    """Asks for the colleague, whose name is completed from its beginning; closes with the sentence for the toast.

    Args:
        session: what screens work with.
        referrals: number and company of each.
        colleagues: who can be given one.
        others: who has which of them already, other than oneself; the form says so and gives it away all the same.
    """
    ids = [number for number, _company in referrals]
    signs, me = session.signs, session.workplace.actor.name

    def submit(texts: dict[str, str]) -> str:
        assigning = Assigning(session.workplace)
        name = colleague(session.workplace, completed(colleagues, texts["to"]))
        done = assigning.assign(ids, {**texts, "to": name}, over=bool(others), was=others)
        return sentence(done, name, assigning.address(name), me)

    def hint(texts: Texts) -> str:
        typed = texts["to"].strip()
        found = beginning(colleagues, typed) if typed else list(colleagues)
        if typed and len(found) == 1:
            return f"= {signs.sanitize(found[0])}"
        shown = ", ".join(found[:NAMED]) + (", ..." if len(found) > NAMED else "")
        return signs.sanitize(shown) if found else "? " + _("nobody of that name")

    taken = [
        _("{who} has #{id}; it is given away.").format(who=parts.plain_line(who), id=number)
        for number, who in others.items()
    ]
    return Form(
        session,
        form="assign",
        title=_("Assign"),
        beside=parts.named(*referrals[0])
        if len(ids) == 1
        else ngettext("{n} referral", "{n} referrals", len(ids)).format(n=len(ids)),
        button=_("Assign"),
        fields=[
            FieldSpec("to", _("To"), cells=26, placeholder=_("the beginning of a name"), hint=hint, error_lines=3),
            FieldSpec("notes", _("Notes"), "notes", placeholder=_("a word for the colleague")),
        ],
        initial={},
        submit=submit,
        referrals=ids,
        told=[*taken[:NAMED], *parts.each_named(referrals)],
        cells=86,
    )


def beginning(colleagues: Sequence[str], typed: str) -> list[str]:
    """The colleagues whose name, or a part of it, begins so."""
    wanted = fold(typed)
    exact = [name for name in colleagues if fold(name) == wanted]
    return exact or [
        name
        for name in colleagues
        if fold(name).startswith(wanted) or any(w.startswith(wanted) for w in fold(name).split())
    ]


def completed(colleagues: Sequence[str], typed: str) -> str:
    """The name that was begun, where only one begins so; else what was typed."""
    found = beginning(colleagues, typed.strip()) if typed.strip() else []
    return found[0] if len(found) == 1 else typed
