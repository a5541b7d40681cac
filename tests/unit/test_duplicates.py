"""By what referrals of the same customer are known (I9)."""

from __future__ import annotations

import unicodedata

import pytest

from refterm.domain.duplicates import company_key, email_domain
from refterm.domain.referral import Contact


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Contoso Ltd.", "contoso, LTD"),
        ("  Contoso   Ltd", "Contoso Ltd"),
        ("Café Müller", "CAFE MULLER"),
        ("Café Müller", unicodedata.normalize("NFD", "Café Müller")),
        ("Straße AG", "STRASSE AG"),
        ("Ｃｏｎｔｏｓｏ株式会社", "contoso株式会社"),
        ("한국 전자", unicodedata.normalize("NFD", "한국 전자")),
        ("Contoso & Sons", "Contoso - Sons"),
        ("***", "***"),
    ],
)
def test_the_same_company_however_it_is_written(one: str, other: str) -> None:
    assert company_key(one) == company_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Contoso", "Contoso Ltd"),
        ("Contoso", "Contoto"),
        # The voicing of kana makes another word.
        ("バス", "ハス"),
        ("***", "###"),
    ],
)
def test_another_company(one: str, other: str) -> None:
    assert company_key(one) != company_key(other)


@pytest.mark.parametrize(
    ("emails", "domain"),
    [
        ([], None),
        ([""], None),
        (["ana@contoso.example"], "contoso.example"),
        ([" Ana@Contoso.EXAMPLE "], "contoso.example"),
        (["ana@mail.contoso.example"], "mail.contoso.example"),
        # A public provider says nothing about the company; the next contact may.
        (["ana@gmail.com", "bo@contoso.example"], "contoso.example"),
        (["ana@outlook.com"], None),
        (["ana@hotmail.co.uk"], None),
        (["ana@yahoo.com.mx"], None),
        (["ana@gmx.net"], None),
        (["ana@QQ.com"], None),
        # A company that is only named like one.
        (["ana@livearts.example"], "livearts.example"),
        (["ana@yahoo-consulting.example"], "yahoo-consulting.example"),
        # What is no address.
        (["contoso.example"], None),
        (["ana@"], None),
        (["ana@localhost"], None),
        (["ana@contoso..example"], None),
        (["ana@con toso.example"], None),
        (["@contoso.example"], "contoso.example"),
    ],
)
def test_the_companys_own_domain(emails: list[str], domain: str | None) -> None:
    assert email_domain([Contact(email=email) for email in emails]) == domain
