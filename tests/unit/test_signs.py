"""Which signs a terminal gets: ASCII where the locale does not say UTF-8 (contract, section The screen)."""

from __future__ import annotations

import pytest

from refterm.tui.draw.signs import ASCII, ASCII_ONLY, UNICODE, Signs, choose_signs


@pytest.mark.parametrize(
    ("environment", "coerced", "signs"),
    [
        ({"LANG": "en_US.UTF-8"}, False, UNICODE),
        ({"LANG": "es_ES.utf8"}, False, UNICODE),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False, UNICODE),  # the person set it
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True, ASCII_ONLY),  # Python set it
        ({"LANG": "en_US.UTF-8", "LC_CTYPE": "C.UTF-8"}, True, UNICODE),  # a locale that is not installed here
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True, ASCII_ONLY),
        ({"LANG": "de_DE.ISO-8859-1"}, False, ASCII_ONLY),
        ({}, True, ASCII_ONLY),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, False, ASCII),  # letters, but no emoji
        ({"LANG": "en_US.UTF-8", "TERM": "vt100"}, False, ASCII),
        ({"LANG": "C", "TERM": "linux"}, True, ASCII_ONLY),
    ],
)
def test_the_locale_decides(environment: dict[str, str], coerced: bool, signs: Signs) -> None:
    assert choose_signs(None, environment, coerced=coerced) is signs


def test_the_setting_decides_first() -> None:
    assert choose_signs(False, {"LANG": "C"}, coerced=True) is UNICODE
    assert choose_signs(True, {"LANG": "en_US.UTF-8"}, coerced=False) is ASCII
    assert choose_signs(True, {"LANG": "C"}, coerced=True) is ASCII_ONLY
