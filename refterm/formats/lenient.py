"""A record without what in it cannot be read, so that a lead that expires is not lost for its postal address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refterm.formats import fields
from refterm.formats.api_json import Json, RecordError
from refterm.i18n import _

_Check = Callable[[Json, str], Any]
_ADDRESS = ("addressLine1", "addressLine2", "city", "state", "region", "postalCode", "country")
_PERSON = ("firstName", "lastName", "title", "email", "phoneNumber")


def without_unreadable(given: Json) -> tuple[Json, list[str]]:
    """A copy of the record without the side fields that cannot be read, and a sentence for each of these."""
    pruned = _Pruned()
    result = dict(given)
    pruned.check(result, "engagementId", fields.key_text)
    for key in ("name", "externalReferenceId", "campaignId", "statusReason"):
        pruned.check(result, key, fields.text)
    for key in ("expirationDateTime", "acceptedDateTime", "closedDateTime", "updatedDateTime"):
        pruned.check(result, key, fields.instant)
    pruned.check(result, "favorite", fields.flag)
    details = pruned.inner(result, "details")
    pruned.check(details, "notes", fields.text)
    pruned.check(details, "dealValue", lambda parent, key: fields.amount(parent.get(key), key))
    pruned.check(details, "currency", fields.currency)
    pruned.check(details, "closingDateTime", fields.instant)
    pruned.check(details, "customerRequestedContact", fields.flag)
    requirements = pruned.inner(details, "requirements")
    for key in ("industries", "products", "services"):
        pruned.objects(requirements, key, ("id",))
    pruned.objects(requirements, "solutions", ("id", "name"))
    if isinstance(result.get("customerProfile"), dict):
        profile = pruned.inner(result, "customerProfile")
        pruned.check(profile, "size", fields.text)
        address = pruned.inner(profile, "address")
        for key in _ADDRESS:
            pruned.check(address, key, fields.text)
        pruned.objects(profile, "ids", ("id",))
        pruned.objects(profile, "team", _PERSON)
    pruned.objects(result, "team", _PERSON)
    pruned.objects(result, "target", ("id",))
    pruned.inner(pruned.inner(result, "inviteContext"), "invitedBy")
    return result, pruned.sentences


class _Pruned:
    """Takes out what cannot be read, and gathers why."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def check(self, parent: Json, key: str, read: _Check) -> None:
        """A field, taken out where it cannot be read."""
        try:
            read(parent, key)
        except RecordError as error:
            self._leave_out(parent, key, str(error))

    def inner(self, parent: Json, key: str) -> Json:
        """A copy of an object within, so that fields can be taken out of it; an empty one where there is none."""
        value = parent.get(key)
        if isinstance(value, dict):
            copy = dict(value)
            parent[key] = copy
            return copy
        self.check(parent, key, fields.object_at)
        return {}

    def objects(self, parent: Json, key: str, texts: tuple[str, ...]) -> None:
        """A list of objects without those of its elements that are none, each with its texts checked."""
        value = parent.get(key)
        listed = value if isinstance(value, list) else [value]
        if not value or not any(isinstance(one, dict) for one in listed):
            self.check(parent, key, fields.objects_at)
            return
        kept = [dict(one) for one in listed if isinstance(one, dict)]
        if len(kept) < len(listed):
            self.sentences.append(_("{field} has elements that are no objects; they are left out").format(field=key))
        for one in kept:
            for text in texts:
                self.check(one, text, fields.text)
        parent[key] = kept

    def _leave_out(self, parent: Json, key: str, why: str) -> None:
        self.sentences.append(_("{why}; it is left out").format(why=why))
        del parent[key]
