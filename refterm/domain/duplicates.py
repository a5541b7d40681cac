"""By what referrals of the same customer are known (I9): company name, e-mail domain, D-U-N-S number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from refterm.domain.referral import Contact
from refterm.text import LONGEST_KEY, fold

# Mail providers whose domain says nothing about the company: those with one in each country, and single ones.
_EVERYWHERE = re.compile(r"(aol|gmx|hotmail|live|msn|outlook|rocketmail|yahoo|yandex|ymail)\.[a-z]{2,3}(\.[a-z]{2})?")
PUBLIC_PROVIDERS = frozenset(
    (
        "126.com 139.com 163.com alice.it att.net bellsouth.net bigpond.com bk.ru bluewin.ch bol.com.br "
        "btinternet.com comcast.net cox.net daum.net docomo.ne.jp fastmail.com foxmail.com free.fr freenet.de "
        "globo.com gmail.com googlemail.com hanmail.net hey.com icloud.com ig.com.br inbox.ru laposte.net "
        "libero.it list.ru mac.com mail.com mail.ru mailbox.org me.com naver.com ntlworld.com o2.pl onet.pl "
        "orange.fr pm.me posteo.de proton.me protonmail.com qq.com rediffmail.com sapo.pt sbcglobal.net seznam.cz "
        "sfr.fr sina.com sky.com skynet.be t-online.de telefonica.net telenet.be terra.com.br tiscali.it "
        "tutanota.com uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr web.de wp.pl ya.ru ziggo.nl "
        "zoho.com"
    ).split()
)
_LONGEST_DOMAIN = 255  # RFC 1035, 2.3.4
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)+")


def company_key(company: str) -> str:
    """The company's name for comparing and sorting: without case, accents and punctuation, and its beginning only."""
    whole = fold(company)
    # Folded first: an accent that stands by itself is no letter to the pattern.
    return " ".join(re.sub(r"[^\w\s]", " ", whole).split())[:LONGEST_KEY] or whole[:LONGEST_KEY]


def email_domain(contacts: Iterable[Contact]) -> str | None:
    """The first e-mail domain that belongs to the company rather than to a public provider."""
    for contact in contacts:
        domain = contact.email.strip().rpartition("@")[2].casefold()
        if (
            "@" in contact.email
            and len(domain) <= _LONGEST_DOMAIN
            and _DOMAIN.fullmatch(domain)
            and not _is_public(domain)
        ):
            return domain
    return None


def _is_public(domain: str) -> bool:
    return domain in PUBLIC_PROVIDERS or _EVERYWHERE.fullmatch(domain) is not None
