"""The form that edits an engagement (A2)."""

from __future__ import annotations

from refterm.domain.referral import Referral
from refterm.errors import InvalidInputError
from refterm.i18n import _, decimal_mark
from refterm.services.triage import edit_texts
from refterm.tui.forms import parts
from refterm.tui.forms.fields import FieldSpec
from refterm.tui.forms.form import Form
from refterm.tui.office import Office


def edit_form(office: Office, referral: Referral) -> Form[str]:
    """Shows the engagement as it is; closes with the sentence for the toast."""
    editing = _Editing(office, referral)
    return Form(
        office,
        form="edit",
        title=_("Edit engagement"),
        beside=parts.named(referral.id, referral.customer.company),
        button=_("Save"),
        fields=[
            FieldSpec("name", _("Engagement name")),
            FieldSpec(
                "date",
                _("Purchase date"),
                cells=18,
                placeholder=_("3m, Q1, 30 Jun"),
                hint=parts.understood_deadline(office, "date"),
            ),
            *parts.money_fields(_("Estimated value")),
            FieldSpec("notes", _("Notes"), "notes"),
            FieldSpec("crm_id", _("CRM ID"), group="ids", placeholder=_("optional")),
            FieldSpec("campaign_id", _("Campaign ID"), group="ids", placeholder=_("optional")),
        ],
        initial=_on_screen(edit_texts(referral)),
        submit=editing.submit,
        before=editing.look,
        again=editing.present_texts,
        referrals=(referral.id,),
    )


class _Editing:
    """An edit under way. The form shows another person's change once; submitted again, the edit overwrites it (T2)."""

    def __init__(self, office: Office, referral: Referral) -> None:
        self._office = office
        self._referral = referral
        self._shown: dict[str, str] = {}
        self._present: dict[str, str] = {}

    def present_texts(self) -> dict[str, str]:
        """The engagement as it is now."""
        return _on_screen(edit_texts(self._office.desk.referral(self._referral.id)))

    def look(self, shown: dict[str, str]) -> None:
        """In the event loop, before the edit: keep the values that a conflict would name."""
        self._shown, self._present = shown, self.present_texts()

    def submit(self, texts: dict[str, str]) -> str:
        """In a thread: edit what was changed in the form."""
        shown = self._shown
        if texts == shown:
            return _("Nothing was changed.")
        # An unchanged value is sent as stored, without the person's decimal mark.
        typed = {**texts, "value": _stored(shown)["value"]} if texts["value"] == shown["value"] else texts
        try:
            self._office.triage.edit(
                self._referral.id,
                typed,
                parts.context(self._office, self._referral.deal.currency),
                shown=_stored(shown),
            )
        except InvalidInputError as error:
            shown.update({field: self._present[field] for field in error.fields if field in self._present})
            raise
        return _("Saved {customer}.").format(customer=parts.company(self._referral))


def _on_screen(texts: dict[str, str]) -> dict[str, str]:
    return {**texts, "value": texts["value"].replace(".", decimal_mark())}


def _stored(texts: dict[str, str]) -> dict[str, str]:
    return {**texts, "value": texts["value"].replace(",", ".")}
