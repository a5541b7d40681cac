"""A notice as an e-mail: from a template that the site can replace, in the recipient's language (N1, P3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from string import Template
from typing import Any

from refterm.domain.referral import Referral
from refterm.domain.when import local_text
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services.workplace import Workplace
from refterm.text import clean, clean_line

SHIPPED = Path(__file__).parents[2] / "letters"
# Where the site's own templates stand, a folder for each language as in ours.
SITE = Path("/etc/refterm/letters")
_SPANISH = frozenset("AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE".split())
_SUBJECT = "Subject:"


class LetterError(RefTermError):
    """A letter that cannot be written: its template or its address is wrong. Trying again would not help."""


def letter(
    workplace: Workplace, notice: Mapping[str, Any], referral: Referral, *, sender: str, countries: tuple[str, ...]
) -> EmailMessage:
    """The e-mail of a notice.

    Args:
        workplace: for deadlines and zone.
        notice: a row of the outbox.
        referral: what it is about.
        sender: the address it comes from.
        countries: those of the recipient, the first of which tells the language.

    Raises:
        LetterError: when there is no address, or the template has an unknown name.
    """
    to = clean_line(str(notice["recipient"])).strip()
    if "@" not in to or any(mark in to for mark in " ,;<>\n\r"):
        raise LetterError(_("{to} is no address to write to").format(to=to or _("nobody")))
    subject, body = _template(str(notice["kind"]), language_of(countries))
    names = _names(workplace, referral)
    try:
        title, text = Template(subject).substitute(names), Template(body).substitute(names)
    except (KeyError, ValueError) as error:
        raise LetterError(
            _("the template of {kind} has a name that is not known: {error}").format(kind=notice["kind"], error=error)
        ) from error
    # The standard library's own message: no line break of a customer's becomes a header.
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = clean_line(" ".join(title.split()))[:200]
    message["Date"] = format_datetime(workplace.now())
    # The same at every try, so that a mail program shows a second one of the same as what it is.
    domain = sender.rpartition("@")[2].strip("> ") or "refterm.invalid"
    message["Message-ID"] = f"<refterm-{notice['id']}-{notice['history_id']}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def language_of(countries: tuple[str, ...]) -> str:
    """The language in which to write to somebody in a country; English where it is not known."""
    return "es" if countries and countries[0].upper() in _SPANISH else "en"


def _template(kind: str, language: str) -> tuple[str, str]:
    for folder in (SITE / language, SHIPPED / language):
        file = folder / f"{kind}.txt"
        try:
            text = file.read_text("utf-8")
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise LetterError(_("{file} cannot be read: {error}").format(file=file, error=error)) from error
        first, _break, rest = text.partition("\n")
        if not first.startswith(_SUBJECT):
            raise LetterError(_("{file} must begin with a line Subject: ...").format(file=file))
        return first.removeprefix(_SUBJECT).strip(), rest.lstrip("\n")
    raise LetterError(_("there is no template for {kind}").format(kind=kind))


def _names(workplace: Workplace, referral: Referral) -> dict[str, str]:
    """What stands in place of the names of a template: plain text, whatever the customer wrote."""
    customer, deadlines = referral.customer, workplace.deadlines
    person = next((one for one in customer.contacts if one.email.strip()), None)
    reached = [person.name, person.email, person.phone] if person else []

    def moment(instant: datetime | None) -> str:
        return "-" if instant is None else f"{local_text(instant, workplace.zone)} {_zone(instant, workplace)}"

    texts = {
        "number": str(referral.id),
        "customer": customer.company,
        "place": ", ".join(part for part in (customer.city, customer.country) if part) or "-",
        "employees": customer.employees or "-",
        "industry": customer.industry or "-",
        "products": ", ".join(referral.products) or "-",
        "solutions": ", ".join(referral.solutions) or "-",
        "contact": ", ".join(part for part in reached if part) or "-",
        "contact_name": (person.name if person else "") or customer.company,
        "channel": referral.channel.value,
        "profile": referral.profile or "-",
        "received": moment(referral.received_at),
        "respond_by": moment(deadlines.respond_by(referral.received_at)),
        "respond_hours": str(int(deadlines.respond.total_seconds() // 3600)),
        "expires": moment(referral.expires_at),
    }
    kept = {name: clean_line(" ".join(text.split())) for name, text in texts.items()}
    return {**kept, "need": clean(referral.need) or "-"}


def _zone(instant: datetime, workplace: Workplace) -> str:
    return instant.astimezone(workplace.zone).strftime("%Z")
