"""What `refterm doctor` looks at of Partner Center; with `--partner-center` also the service itself, reading only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec

from refterm.config import PartnerCenterSettings, Settings
from refterm.errors import RefTermError
from refterm.i18n import _
from refterm.services.care.doctor import Finding
from refterm.services.sync import connecting

SUBJECT = "Partner Center"


def examine(read: Callable[[], Settings]) -> Iterator[Finding]:
    """Whether this desk can work with Partner Center; nobody is asked.

    Args:
        read: reads the configuration; what is wrong with that is a finding of `doctor`.
    """
    try:
        settings = read().partner_center
    except RefTermError:
        return
    if not settings.is_set_up:
        yield Finding(
            SUBJECT,
            _(
                "not connected; to connect it, register an application in Microsoft Entra (public client flows on,"
                " redirect http://localhost, delegated user_impersonation of Microsoft Partner, admin consent), set"
                " partner_center.client_id and partner_center.tenant, and run refterm login"
            ),
        )
        return
    missing = [name for name in ("httpx", "msal") if find_spec(name) is None]
    if missing:
        yield Finding(
            SUBJECT,
            _("{module} is not installed").format(module=", ".join(missing)),
            _("pip install 'refterm[partner-center]'"),
        )
        return
    try:
        connecting.transport(settings).close()
    except RefTermError as error:
        yield Finding(SUBJECT, str(error), _("correct partner_center.base_url or .authority"))
        return
    if not connecting.may_be_signed_in(settings):
        yield Finding(SUBJECT, _("nobody is signed in"), _("run refterm login"))
        return
    yield Finding(SUBJECT, _("set up; {path}").format(path=connecting.cache_path()))


def report(settings: PartnerCenterSettings, token: str | None) -> Iterator[str]:
    """How the service behaves where its documents leave it open, a line each; no referral, name or token is in it.

    Raises:
        RefTermError: when it cannot be asked.
    """
    with closing(connecting.client(settings, token=token)) as client:
        who = client.who()
        yield f"account known: {bool(who.account)}, tenant known: {bool(who.tenant)}"
        for name, query in (
            ("newest first", "$orderby=updatedDateTime%20desc"),
            ("filter ge", "$filter=updatedDateTime%20ge%202020-01-01T00:00:00Z"),
            ("top 200", "$top=200"),
            ("direction", "$filter=direction%20eq%20'Incoming'"),
        ):
            status, content = client.probe(query)
            listed = content.get("value")
            records = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            yield f"{name}: status {status}, {len(records)} records, count {content.get('@odata.count')!r}"
            if name != "newest first":
                continue
            yield f"  next link: {_form(content.get('@odata.nextLink'))}"
            yield f"  eTag: {_form(records[0].get('eTag')) if records else 'none'}"
            standings = Counter(f"{one.get('status')}/{one.get('substatus')}" for one in records)
            yield f"  standings: {dict(standings.most_common())}"
            ages = sorted(str(one.get("createdDateTime"))[:7] for one in records)
            yield f"  months of creation: {ages[0]} to {ages[-1]}" if ages else "  no records"
            fields = sorted({key for one in records for key in one})
            yield f"  fields: {', '.join(fields)}"
        status, content = client.probe("", "00000000-0000-0000-0000-000000000000")
        yield f"unknown referral: status {status}, keys {sorted(content)}"
        yield f"answers: {', '.join(sorted(client.notes))}"


def _form(value: object) -> str:
    """The form of a text: its letters and digits left out, but the address before a question mark kept."""
    text = str(value) if isinstance(value, str) else ""
    address, mark, rest = text.partition("?")
    if mark:
        return f"{address}?{re.sub(r'=[^&]*', '=...', rest)}"
    return re.sub(r"[0-9A-Za-z]", "x", text)
