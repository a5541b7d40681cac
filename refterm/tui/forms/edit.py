"""The forms that edit an engagement, and that move its purchase date alone (A2)."""

from __future__ import annotations

from contextlib import suppress

from refterm.domain.referral import Referral
from refterm.domain.when import closing_day, date_text
from refterm.errors import InvalidInputError
from refterm.i18n import _, decimal_mark
from refterm.services.triage import edit_texts
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.session import Session


def edit_form(session: Session, referral: Referral) -> Form[str]:
    """Shows the engagement as it is; closes with the sentence for the toast."""
    fields = [
        FieldSpec("name", _("Engagement name")),
        _date_field(session),
        *parts.money_fields(_("Estimated value")),
        FieldSpec("notes", _("Notes"), "notes", remark=parts.seen(session, referral, ""), error_lines=2),
        FieldSpec("crm_id", _("CRM ID"), group="ids", placeholder=_("optional")),
        FieldSpec("campaign_id", _("Campaign ID"), group="ids", placeholder=_("optional")),
    ]
    return _form(session, referral, "edit", _("Edit engagement"), fields)


def move_date_form(session: Session, referral: Referral) -> Form[str]:
    """Moves the purchase date alone (A2); closes with the sentence for the toast."""
    return _form(session, referral, "move-date", _("Move date"), [_date_field(session)], enter_submits=True, cells=78)


def _date_field(session: Session) -> FieldSpec:
    return FieldSpec(
        "date",
        _("Purchase date"),
        cells=22,
        placeholder=_("3m, Q1, 30 Jun"),
        hint=parts.understood_deadline(session, "date"),
    )


def _form(
    session: Session,
    referral: Referral,
    form: str,
    title: str,
    fields: list[FieldSpec],
    *,
    enter_submits: bool = False,
    cells: int = 92,
) -> Form[str]:
    editing = _Editing(session, referral, [spec.name for spec in fields])
    return Form(
        session,
        form=form,
        title=title,
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Save"),
        fields=fields,
        initial=editing.texts(referral),
        submit=editing.submit,
        before=editing.look,
        again=editing.present_texts,
        referrals=(referral.id,),
        leaves=parts.edit_pushed(session, referral),
        enter_submits=enter_submits,
        cells=cells,
    )


class _Editing:
    """An edit under way. The form shows another person's change once; submitted again, the edit overwrites it (T2)."""

    def __init__(self, session: Session, referral: Referral, fields: list[str]) -> None:
        self._session = session
        self._referral = referral
        self._fields = fields
        self._shown: dict[str, str] = {}
        self._present: dict[str, str] = {}

    def present_texts(self) -> dict[str, str]:
        """The engagement as it is now."""
        return self.texts(self._session.desk.referral(self._referral.id))

    def texts(self, referral: Referral) -> dict[str, str]:
        """The fields of an engagement as they stand on the screen."""
        texts, day = edit_texts(referral), referral.deal.purchase_date
        texts["value"] = texts["value"].replace(".", decimal_mark())
        texts["date"] = date_text(day) if day else ""
        return {field: texts[field] for field in self._fields}

    def _stored(self, texts: dict[str, str]) -> dict[str, str]:
        """Texts as they stood on the screen, perhaps in a draft of another language, as they are stored."""
        stored = dict(texts)
        if "value" in texts:
            stored["value"] = texts["value"].replace(",", ".")
        with suppress(InvalidInputError):
            if texts.get("date"):
                stored["date"] = closing_day(texts["date"], self._session.workplace.today()).isoformat()
        return stored

    def look(self, shown: dict[str, str]) -> None:
        """In the event loop, before the edit: keep the values that a conflict would name."""
        self._shown, self._present = shown, self.present_texts()

    def submit(self, texts: dict[str, str]) -> str:
        """In a thread: edit what was changed in the form."""
        shown = self._shown
        if texts == shown:
            return _("Nothing was changed.")
        # What is unchanged is sent as stored, without the person's decimal mark and words for a day.
        stored = self._stored(shown)
        typed = {name: stored[name] if text == shown[name] else text for name, text in texts.items()}
        try:
            self._session.triage.edit(
                self._referral.id,
                typed,
                parts.context(self._session, self._referral.deal.currency),
                shown=stored,
            )
        except InvalidInputError as error:
            shown.update({field: self._present[field] for field in error.fields if field in self._present})
            raise
        return _("Saved {customer}.").format(customer=parts.company(self._referral))
