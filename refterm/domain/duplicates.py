"""By what referrals of the same customer are known (I9): company name, e-mail domain, D-U-N-S number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from refterm.domain.referral import Contact
from refterm.text import fold

# Mail providers whose domain says nothing about the company.
PUBLIC_PROVIDERS = frozenset(
    [
        "aol.com",
        "att.net",
        "bol.com.br",
        "btinternet.com",
        "comcast.net",
        "docomo.ne.jp",
        "fastmail.com",
        "free.fr",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hey.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.de",
        "hotmail.es",
        "hotmail.fr",
        "hotmail.it",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "mac.com",
        "mail.com",
        "mail.ru",
        "mailbox.org",
        "me.com",
        "msn.com",
        "naver.com",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "outlook.es",
        "outlook.fr",
        "posteo.de",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rediffmail.com",
        "sapo.pt",
        "sky.com",
        "t-online.de",
        "telefonica.net",
        "terra.com.br",
        "tutanota.com",
        "uol.com.br",
        "verizon.net",
        "virgilio.it",
        "wanadoo.fr",
        "web.de",
        "yahoo.co.in",
        "yahoo.co.jp",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.com.br",
        "yahoo.de",
        "yahoo.es",
        "yahoo.fr",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
        "126.com",
        "163.com",
    ]
)
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")


def company_key(company: str) -> str:
    """The company's name for comparing and sorting: without case, accents and punctuation."""
    return fold(re.sub(r"[^\w\s]", " ", company)) or fold(company)


def email_domain(contacts: Iterable[Contact]) -> str | None:
    """The first e-mail domain that belongs to the company rather than to a public provider."""
    for contact in contacts:
        domain = contact.email.strip().rpartition("@")[2].casefold()
        if "@" in contact.email and _DOMAIN.fullmatch(domain) and domain not in PUBLIC_PROVIDERS:
            return domain
    return None
