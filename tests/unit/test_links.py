"""Links are built from checked parts alone: what a customer wrote chooses no scheme and no address but its own."""

from __future__ import annotations

import pytest

from refterm.tui.draw.links import Links, are_shown, mail, phone


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("+49 431 0000001", "tel:+494310000001"),
        ("+49 (0)431 00-00.01", "tel:+49431000001"),
        ("(431) 555 0100", "tel:4315550100"),
        ("0431/555", "tel:0431555"),
        ("+1 555 0100 ext. 7", ""),
        ("+1 555 0100\x1b]8;;http://x", ""),
        ("+1 555 0100;phone-context=evil", ""),
        ("javascript:1", ""),
        ("+4+9", ""),
        ("٠١٢٣٤٥", ""),
        ("12", ""),
        ("9" * 30, ""),
        (" ", ""),
    ],
)
def test_a_telephone_link_has_digits_and_one_leading_plus(text: str, link: str) -> None:
    assert phone(text) == link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("inga@kontor.example", "mailto:inga@kontor.example"),
        ("Inga <i+x%y&b=c@kontor.example>; eve@evil.example", "mailto:i%2Bx%25y%26b%3Dc@kontor.example"),
        ("mailto:inga@kontor.example?bcc=eve@evil.example", "mailto:inga@kontor.example"),
        ("inga@kontor.example?bcc=eve@evil.example", ""),
        ("a b@c", ""),
        ("http://evil.example", ""),
        ("x@y\x1b\\z", ""),
    ],
)
def test_a_mail_link_is_of_one_address(text: str, link: str) -> None:
    assert mail(text) == link


@pytest.mark.parametrize(
    ("crm_id", "page"),
    [
        ("OPP-7", "https://crm.example/deal/OPP-7/view"),
        (
            "a/../b?x=1#y {crm_id}\x1b;é",
            "https://crm.example/deal/a%2F..%2Fb%3Fx%3D1%23y%20%7Bcrm_id%7D%1B%3B%C3%A9/view",
        ),
        ("..", ""),
        (" ", ""),
        (None, ""),
    ],
)
def test_the_crm_s_page_has_the_id_percent_encoded(crm_id: str | None, page: str) -> None:
    assert Links("https://crm.example/deal/{crm_id}/view").page(crm_id) == page
    assert Links().page(crm_id) == ""


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "screen-256color", "TMUX": "x"}, True),
        ({"TERM": "tmux-256color"}, True),
        ({"TERM": "screen"}, False),
        ({"TERM": "linux"}, False),
        ({"TERM": "vt220"}, False),
        ({}, False),
        ({"TERM": "xterm", "VTE_VERSION": "4601"}, False),
        ({"TERM": "xterm", "VTE_VERSION": "6800"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, False),
    ],
)
def test_a_terminal_that_does_not_know_links_gets_none(environment: dict[str, str], shown: bool) -> None:
    assert are_shown(environment) is shown
