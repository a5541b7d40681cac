"""A notice as an e-mail: from a template that the site can replace, in the recipient's language (N1, P3)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from refterm import files
from refterm.domain.api_words import in_words
from refterm.domain.referral import Contact, Referral
from refterm.domain.when import local_time
from refterm.errors import ConfigurationError, RefTermError
from refterm.i18n import _
from refterm.services.background.addresses import display_name, for_mail, usable
from refterm.services.workplace import Workplace
from refterm.text import clean, clean_line, display

SHIPPED = Path(__file__).parents[2] / "letters"
# Where the site's own templates stand, a folder for each language as in ours.
SITE = Path("/etc/refterm/letters")
_SPANISH = frozenset("AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE".split())
_SUBJECT = "Subject:"
_LONGEST_SUBJECT = 200
_LONGEST_LINE = 76
_LONGEST_NAME = 120  # of a customer or contact, in a letter to them
_MOST_REFERENCES = 20
_ENCODED_BYTES = 42  # 56 letters of base64: with the rest of an encoded word, fewer than 76
# Days as letters write them, in each language of `letters/`: the pattern and the months.
_DAYS = {
    "en": (
        "{day} {month} {year}",
        "January February March April May June July August September October November December".split(),
    ),
    "es": (
        "{day} de {month} de {year}",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
    ),
}
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9 ]+")


class Letter(NamedTuple):
    """A letter as it is sent.

    Attributes:
        sender: the bare address it comes from.
        to: the bare address it goes to.
        data: headers and body, with the line ends of mail.
        message_id: what later letters refer to.
    """

    sender: str
    to: str
    data: bytes
    message_id: str = ""

    @property
    def international(self) -> bool:
        """Whether only a server with SMTPUTF8 can take it: an address has letters beyond ASCII before its `@`."""
        return not (self.sender.isascii() and self.to.isascii())


class LetterError(RefTermError):
    """A letter that cannot be written: its template or its address is wrong. Trying again would not help."""


def letter(
    workplace: Workplace,
    notice: Mapping[str, Any],
    referral: Referral,
    *,
    sender: str,
    countries: tuple[str, ...],
    answers_to: str | None = None,
    thread: Sequence[str] = (),
) -> Letter:
    """The e-mail of a notice; a reply goes out as its person wrote it.

    Args:
        workplace: for deadlines and zone.
        notice: a row of the outbox.
        referral: what it is about.
        sender: the address it comes from.
        countries: those of the recipient, the first of which tells the language.
        answers_to: the address of the person who wrote it, to which the customer answers (W1).
        thread: the Message-IDs of the letters before it, oldest first.

    Raises:
        LetterError: when there is no address, or the template has an unknown name.
        ConfigurationError: when the sender is no address.
    """
    from email.utils import format_datetime  # 400 KiB; the reply form reads templates without it

    to = addressed(str(notice["recipient"]))
    by_person = notice["kind"] == "reply"
    if by_person:
        title, text = str(notice["subject"]), str(notice["text"])
    else:
        title, text = words_of(workplace, notice, referral, countries)
    from_address = usable(sender)
    if from_address is None:
        raise ConfigurationError(_("notices.from is no address to send from: {text}").format(text=sender))
    from_address, to = for_mail(from_address), for_mail(to)
    name = display_name(sender)
    # The same at every try, so that a mail program shows a second one of the same as what it is.
    message_id = f"<refterm-{notice['id']}-{notice['history_id']}@{from_address.rpartition('@')[2]}>"
    answers_to = for_mail(found) if answers_to and (found := usable(answers_to)) else None
    headers = [
        f"From: {_phrase(name)} <{from_address}>" if name else f"From: {from_address}",
        *([f"Reply-To: {answers_to}"] if answers_to else []),
        f"To: {to}",
        f"Subject: {_unstructured(title[:_LONGEST_SUBJECT])}",
        f"Date: {format_datetime(workplace.now())}",
        f"Message-ID: {message_id}",
        *([f"In-Reply-To: {thread[-1]}", "References: " + "\r\n ".join(thread[-_MOST_REFERENCES:])] if thread else []),
        *([] if by_person else ["Auto-Submitted: auto-generated"]),
        "MIME-Version: 1.0",
    ]
    return Letter(from_address, to, _whole(headers, text), message_id)


def addressed(recipient: str) -> str:
    """The address in a recipient as the outbox keeps it.

    Raises:
        LetterError: when there is none that a letter can be sent to.
    """
    to = usable(recipient)
    if to is None:
        given = clean_line(recipient).strip()[:100]
        raise LetterError(_("{to} is no address to write to").format(to=given or _("nobody")))
    return to


def words_of(
    workplace: Workplace, notice: Mapping[str, Any], referral: Referral, countries: tuple[str, ...]
) -> tuple[str, str]:
    """Subject and text of a notice, from the template of its kind in the language of the first country.

    Raises:
        LetterError: when the template has an unknown name.
    """
    language = language_of(countries)
    subject, body, _file = _template(str(notice["kind"]), language, (SITE,))
    names = {**_names(workplace, referral, language), **_words(workplace, notice, referral, language)}
    try:
        return Template(subject).substitute(names), Template(body).substitute(names)
    except (KeyError, ValueError) as error:
        raise LetterError(
            _("the template of {kind} has a name that is not known: {error}").format(kind=notice["kind"], error=error)
        ) from error


def begun(workplace: Workplace, kind: str, referral: Referral, contact: Contact) -> tuple[str, str]:
    """Subject and text of a reply as its template begins it, in the customer's language (W1).

    The person's own template stands over the site's, the site's over ours. Nothing that the customer wrote freely goes
    in, and nothing in a name is ever read as a placeholder: each template is filled once.

    Raises:
        LetterError: when the template cannot be read or has a name that is not known.
    """
    country = referral.customer.country
    language = language_of((country,) if country else ())
    own = (workplace.own_letters,) if workplace.own_letters else ()
    subject, body, file = _template(kind, language, (*own, SITE))
    names = _reply_names(workplace, referral, contact, language)
    for part in (Template(subject), Template(body)):
        unknown = [name for name in part.get_identifiers() if name not in names]
        if unknown:
            raise LetterError(
                _("{file} has ${name}, which is not known; allowed are {allowed}").format(
                    file=file, name=unknown[0], allowed=", ".join(f"${name}" for name in names)
                )
            )
        if not part.is_valid():
            raise LetterError(_("{file} has a $ that begins no name; write $$ for a plain one").format(file=file))
    title = " ".join(Template(subject).substitute(names).split())
    return title[:_LONGEST_SUBJECT], Template(body).substitute(names).strip("\n")


def language_of(countries: tuple[str, ...]) -> str:
    """The language in which to write to somebody in a country; English where it is not known."""
    return "es" if countries and countries[0].upper() in _SPANISH else "en"


def _whole(headers: list[str], text: str) -> bytes:
    """Headers and body with the line ends of mail; no line of the body is longer than mail allows."""
    lines = text.replace("\r", "").rstrip("\n").encode("utf-8", "replace") + b"\n"
    if lines.isascii() and max(map(len, lines.split(b"\n"))) <= _LONGEST_LINE:
        charset, encoding = "us-ascii", "7bit"
    else:
        charset, encoding = "utf-8", "quoted-printable"
        lines = binascii.b2a_qp(lines, istext=True)
    headers += [f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {encoding}", "", ""]
    return "\r\n".join(headers).encode() + lines.replace(b"\n", b"\r\n")


def _unstructured(text: str) -> str:
    """A text as the value of a header: what is not plain ASCII is encoded, and nothing in it is ever decoded.

    The standard library's message class decodes encoded words in what it is given; some versions of Python then write
    the line breaks in them out, as headers of the sender's choice.
    """
    line = " ".join(clean_line(text).split())
    if line.isascii() and line.isprintable() and "=?" not in line and len(line) <= _LONGEST_LINE:
        return line
    return _encoded(line)


def _phrase(name: str) -> str:
    return name if _PLAIN_PHRASE.fullmatch(name) else _encoded(" ".join(clean_line(name).split()))


def _encoded(line: str) -> str:
    """As encoded words (RFC 2047), one a line; none ends within a character."""
    words, piece = [], b""
    for character in line:
        more = character.encode("utf-8", "replace")
        if len(piece) + len(more) > _ENCODED_BYTES:
            words.append(piece)
            piece = b""
        piece += more
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{binascii.b2a_base64(one, newline=False).decode()}?=" for one in words)


def _template(kind: str, language: str, over: Sequence[Path]) -> tuple[str, str, Path]:
    """Subject and body of a template and its file: of the first folder that has it, ours at last."""
    for folder in (*over, SHIPPED):
        file = folder / language / f"{kind}.txt"
        try:
            stamp = file.stat()
            text = _text(file, stamp.st_mtime_ns, stamp.st_size)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise LetterError(_("{file} cannot be read: {error}").format(file=file, error=error)) from error
        first, _break, rest = text.partition("\n")
        if not first.startswith(_SUBJECT):
            raise LetterError(_("{file} must begin with a line Subject: ...").format(file=file))
        return first.removeprefix(_SUBJECT).strip(), rest.lstrip("\n"), file
    raise LetterError(_("there is no template for {kind}").format(kind=kind))


@lru_cache(maxsize=16)
def _text(file: Path, _changed: int, _size: int) -> str:
    """The text of a template; it is read again only where it has changed: a run may write thousands of letters."""
    return files.read(file).decode("utf-8").replace("\r\n", "\n")


def _day(day: date, language: str) -> str:
    """A day as people write it in a letter: `2 March 2026`, `2 de marzo de 2026`."""
    pattern, months = _DAYS[language]
    return pattern.format(day=day.day, month=months[day.month - 1], year=day.year)


def _time(instant: datetime | None, workplace: Workplace, language: str) -> str:
    """An instant in a letter, with the zone it is in: `2 March 2026, 09:00 CET`; a dash for none."""
    if instant is None:
        return "-"
    local = local_time(instant, workplace.zone)
    return f"{_day(local, language)}, {local:%H:%M %Z}"


def _reply_names(workplace: Workplace, referral: Referral, contact: Contact, language: str) -> dict[str, str]:
    """What stands in place of the names of a reply's template: names, place, number, dates and the person (W1)."""
    customer, zone = referral.customer, workplace.zone

    def day(instant: datetime | None) -> str:
        return "-" if instant is None else _day(local_time(instant, zone), language)

    texts = {
        "number": str(referral.id),
        "customer": customer.company,
        "contact": contact.name or customer.company,
        "contact_name": contact.name or customer.company,
        "place": ", ".join(part for part in (customer.city, customer.country) if part) or "-",
        "received": day(referral.received_at),
        "respond_by": day(workplace.deadlines.respond_by(referral.received_at)),
        "expires": day(referral.expires_at),
        "today": _day(workplace.today(), language),
        "person": workplace.actor.name,
    }
    return {name: display(" ".join(text.split()))[:_LONGEST_NAME] for name, text in texts.items()}


def _words(workplace: Workplace, notice: Mapping[str, Any], referral: Referral, language: str) -> dict[str, str]:
    """What a notice about an assignment or a follow-up names besides: who gave it, the words with it, and when."""
    texts = {
        "by": str(notice["person"] or "-"),
        "notes": str(notice["text"] or "-"),
        "engagement": referral.deal.name or "-",
        "follow_up": _time(referral.deal.follow_up_at, workplace, language),
    }
    return {name: clean(text) if name == "notes" else clean_line(text) for name, text in texts.items()}


def _names(workplace: Workplace, referral: Referral, language: str) -> dict[str, str]:
    """What stands in place of the names of a template: plain text, whatever the customer wrote."""
    customer, deadlines = referral.customer, workplace.deadlines
    person = next((one for one in customer.contacts if one.email.strip()), None)
    reached = [person.name, person.email, person.phone] if person else []

    def moment(instant: datetime | None) -> str:
        return _time(instant, workplace, language)

    texts = {
        "number": str(referral.id),
        "customer": customer.company,
        "place": ", ".join(part for part in (customer.city, customer.country) if part) or "-",
        "employees": customer.employees or "-",
        "industry": customer.industry or "-",
        "products": ", ".join(map(in_words, referral.products)) or "-",
        "solutions": ", ".join(map(in_words, referral.solutions)) or "-",
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
