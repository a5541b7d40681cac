"""The reasons for declining and for losing: the table under I10, by code and by Partner Center's number."""

from __future__ import annotations

import pytest

from refterm.domain import reasons
from refterm.errors import InvalidInputError

TABLE = [
    ("1", "budget", "Project budget is not adequate"),
    ("2", "no-response", "Customer did not respond"),
    ("3", "other-vendor", "Customer chose another vendor"),
    ("4", "requirement", "Customer requirement not met"),
    ("5", "not-a-customer", "Not a customer"),
    ("6", "timeline", "Proposed time line was too short"),
    ("7", "abuse", "Report as abuse, spam or phishing"),
    ("8", "other", "Others"),
]


def test_the_list_in_its_order() -> None:
    assert list(reasons.REASONS.items()) == [(code, text) for _number, code, text in TABLE]
    assert list(reasons.CODES) == [code for _number, code, _text in TABLE]


@pytest.mark.parametrize(("number", "code", "text"), TABLE)
def test_a_reason_is_typed_as_code_or_number(number: str, code: str, text: str) -> None:
    assert reasons.parse(code) == reasons.parse(f" {code.upper()} ") == reasons.parse(number) == code
    assert reasons.label(code) == text


def test_people_read_words_and_no_codes() -> None:
    assert [reasons.word(code) for code in reasons.CODES] == [code.replace("-", " ") for code in reasons.CODES]


@pytest.mark.parametrize("typed", ["0", "9", "11", "-1", "1.0", "²", "budge", "Others reasons", "1" * 5000])
def test_anything_else_names_what_is_allowed(typed: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reasons.parse(typed)
    assert caught.value.fields == {
        "reason": "use one of budget, no-response, other-vendor, requirement, not-a-customer, timeline, abuse, other, "
        "or its number 1 to 8"
    }


@pytest.mark.parametrize("typed", ["", "  "])
def test_a_reason_is_required(typed: str) -> None:
    with pytest.raises(InvalidInputError, match="Which reason"):
        reasons.parse(typed)


@pytest.mark.parametrize(("number", "code", "text"), TABLE)
def test_the_sources_text_or_number_gives_the_code(number: str, code: str, text: str) -> None:
    for given in (text, text.upper(), f" {text} ", number):
        assert reasons.from_source(given) == (code, None)


@pytest.mark.parametrize("given", ["Wrong region", "9", "0", "1" * 5000, "１２"])
def test_other_text_of_the_source_is_others_with_that_text(given: str) -> None:
    assert reasons.from_source(f" {given} ") == ("other", given)


@pytest.mark.parametrize("given", ["", "  "])
def test_no_text_is_no_reason(given: str) -> None:
    assert reasons.from_source(given) == (None, None)
