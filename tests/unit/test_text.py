"""Text from outside: cleaned on the way in, cut to terminal cells on the way out (contract, Import and The screen)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refterm import text

REMOVED = [
    *(chr(code) for code in range(0x20) if chr(code) not in "\t\n"),
    "\x7f",
    *map(chr, range(0x80, 0xA0)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
    "\u200e",
    "\u200f",
    "\u061c",
    "\ud800",
    "\udbff",
    "\udc00",
    "\udfff",
]
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

# Every character, lone surrogates among them, with those that make trouble often.
anything = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from([*REMOVED, *"\t\n\u2028\u200b\u200d\ufe0f\u0301\u20e3\u1160\u3164가漢ｶ\U0001f1ea\U0001f3fd👍"]),
    ),
    max_size=40,
)


class TestClean:
    @pytest.mark.parametrize("character", REMOVED, ids=ascii)
    def test_what_a_terminal_would_obey_is_removed(self, character: str) -> None:
        assert text.clean(f"a{character}b") == "ab"
        assert text.clean_line(f"a{character}b") == "ab"

    @pytest.mark.parametrize(
        "kept",
        [
            "a\nb",
            "~",
            " ",
            "\xa0",
            "é",
            "e\u0301",
            "\u200b",
            "\u200d",
            FAMILY,
            "\u2029",
            "\u202f",
            "\u2065",
            "\ufeff",
            "漢字",
        ],
    )
    def test_everything_else_stays(self, kept: str) -> None:
        assert text.clean(kept) == kept

    @pytest.mark.parametrize(
        ("raw", "clean", "line"),
        [
            ("a\tb", "a b", "a b"),
            ("\x1b[2Jx", "[2Jx", "[2Jx"),
            ("\x1b]8;;http://x\x07y", "]8;;http://xy", "]8;;http://xy"),
            ("a\r\nb\n\nc", "a\nb\n\nc", "a b  c"),
            ("a\u2028b\u2029c", "a\u2028b\u2029c", "a b c"),
            ("\u202eevil\u202c", "evil", "evil"),
            ("", "", ""),
        ],
    )
    def test_what_remains_shows_as_text(self, raw: str, clean: str, line: str) -> None:
        assert (text.clean(raw), text.clean_line(raw)) == (clean, line)

    @given(anything)
    def test_once_is_enough(self, raw: str) -> None:
        """Round trips are of the cleaned text: cleaning it again changes nothing."""
        assert text.clean(text.clean(raw)) == text.clean(raw)
        assert text.clean_line(text.clean_line(raw)) == text.clean_line(raw)
        assert not set(text.clean(raw)) & set(REMOVED)
        assert not set(text.clean_line(raw)) & {*REMOVED, "\n"}
        text.clean(raw).encode("utf-8")


@pytest.mark.parametrize("nothing", ["", " \t\n", "\xa0\u3000", "\u200b\ufeff", "\u0301", "\x1b\u202e", "\u2028"])
def test_nothing_to_see(nothing: str) -> None:
    """Contract: required text has at least one character that is no blank."""
    assert text.is_blank(nothing)


@pytest.mark.parametrize("something", ["x", " . ", "漢", "\u200bé", "👍", "٣", "\U0001fae8"])
def test_something_to_see(something: str) -> None:
    assert not text.is_blank(something)


class TestFold:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("ÁRBOL", "arbol"),
            ("e\u0301", "é"),
            ("Straße", "STRASSE"),
            ("ΣΟΦΟΣ", "σοφος"),
            ("İstanbul", "istanbul"),
            ("ﬁrma", "FIRMA"),
            ("Ｃｏｎｔｏｓｏ", "contoso"),
            ("ℌaus", "haus"),
            ("Ⓐ", "a"),
            ("한국", unicodedata.normalize("NFD", "한국")),
            ("ガス", unicodedata.normalize("NFD", "ガス")),
            ("ｶﾞｽ", "ガス"),
            ("שָׁלוֹם", "שלום"),
            (" a \t\n b ", "a b"),
        ],
    )
    def test_alike(self, one: str, other: str) -> None:
        assert text.fold(one) == text.fold(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("ガス", "カス"), ("パス", "ハス"), ("ab", "a b"), ("ที่", "ที"), ("가", "각"), ("ł", "l")],
    )
    def test_not_alike(self, one: str, other: str) -> None:
        assert text.fold(one) != text.fold(other)

    def test_korean_comes_back_whole(self) -> None:
        assert text.fold("한국 전자") == "한국 전자"

    @given(anything)
    def test_once_is_enough(self, raw: str) -> None:
        once = text.fold(raw)
        assert text.fold(once) == once
        assert once == once.strip()
        assert "  " not in once


class TestSplitCjk:
    @pytest.mark.parametrize(
        ("raw", "words"),
        [
            ("Contoso Ltd", ["Contoso", "Ltd"]),
            ("Müller AG", ["Müller", "AG"]),
            ("東京電力", ["東", "京", "電", "力"]),
            ("ABC東京x", ["ABC", "東", "京", "x"]),
            ("佐々木", ["佐", "々", "木"]),
            ("クラウド", ["ク", "ラ", "ウ", "ド"]),
            ("ひらがな", ["ひ", "ら", "が", "な"]),
            ("한국전자", ["한", "국", "전", "자"]),
            ("\U00020bb7野家", ["\U00020bb7", "野", "家"]),
            # Half width and taken apart: the same as the usual form.
            ("ｶﾞｽ", ["ガ", "ス"]),
            (unicodedata.normalize("NFD", "가나"), ["가", "나"]),
        ],
    )
    def test_each_character_is_a_word(self, raw: str, words: list[str]) -> None:
        assert text.split_cjk(raw).split() == words


class TestDisplay:
    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            ("plain", "plain"),
            ("a\tb\nc\r\nd", "a b c d"),
            ("\x1b[31mred", "[31mred"),
            ("[bold]not markup[/]", "[bold]not markup[/]"),
            ("zero\u200bwidth\ufeff", "zerowidth"),
            ("soft\xadhyphen", "softhyphen"),
            ("e\u0301", "é"),
            # A family is its members, a flag its letters, a colour of skin is gone: so every terminal counts the same.
            (FAMILY, "\U0001f468\U0001f469\U0001f467"),
            ("\U0001f1ea\U0001f1f8", "ES"),
            ("\U0001f44d\U0001f3fd", "\U0001f44d"),
            ("\u2764\ufe0f", "\u2764"),
            ("葛\U000e0100", "葛"),
            # Fillers that take no cell.
            ("\u3164\u1160\uffa0x", "x"),
            # Two marks on a letter are writing, sixty are not; one without a letter would join the cell before.
            ("ที่", "ที่"),
            ("x" + "\u0335" * 60 + "y", "x\u0335\u0335y"),
            ("\u0301a", "a"),
            ("\ue000\U000f0000", ""),
        ],
    )
    def test_shows_as(self, raw: str, shown: str) -> None:
        assert text.display(raw) == shown

    @given(anything)
    def test_nothing_without_a_cell_of_its_own_but_two_marks(self, raw: str) -> None:
        shown = text.display(raw)
        marks = 2
        for character in shown:
            category = unicodedata.category(character)
            assert category[0] != "C"
            assert category not in ("Zl", "Zp")
            if category[0] == "M":
                marks += 1
                assert marks <= 2
            else:
                marks = 0
                assert text.width(character) in (1, 2)

    @given(anything)
    def test_once_is_enough(self, raw: str) -> None:
        assert text.display(text.display(raw)) == text.display(raw)

    @given(anything, anything)
    def test_cells_add_up(self, one: str, other: str) -> None:
        """Nothing joins what stands in the cell beside it."""
        left, right = text.display(one), text.display(other)
        assert text.width(left + " " + right) == text.width(left) + 1 + text.width(right)
        assert text.width(left) == sum(map(text.width, left))


class TestAsciiOnly:
    @pytest.mark.parametrize(
        ("raw", "shown"),
        [
            ("plain", "plain"),
            ("Café Müller", "Cafe Muller"),
            ("e\u0301", "e"),
            ("…", "..."),
            ("漢字", "??"),
            ("한국", "??"),
            (unicodedata.normalize("NFD", "한"), "?"),
            ("5\u00a0€", "5 ?"),
            ("½", "?"),
            ("Straße Łódź København Đorđe Ærø", "Strasse Lodz Kobenhavn Dorde AEro"),
        ],
    )
    def test_what_has_no_likeness_is_a_question_mark(self, raw: str, shown: str) -> None:
        assert text.ascii_only(raw) == shown

    @given(anything)
    def test_always_ascii(self, raw: str) -> None:
        assert text.ascii_only(raw).isascii()


class TestFit:
    @pytest.mark.parametrize(
        ("raw", "cells", "shown"),
        [
            ("abc", 5, "abc  "),
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("abc", -1, ""),
            ("", 2, "  "),
            ("漢字", 4, "漢字"),
            # A wide character at the edge would stick out.
            ("漢字", 3, "漢…"),
            ("漢字", 2, "… "),
            ("漢字漢", 5, "漢字…"),
            ("漢字漢", 4, "漢… "),
            ("a漢", 2, "a…"),
            # Marks stay with their letter.
            ("xy\u0335\u0335z", 3, "xy\u0335\u0335z"),
            ("xy\u0335\u0335zz", 3, "xy\u0335\u0335…"),
        ],
    )
    def test_cut_and_padded(self, raw: str, cells: int, shown: str) -> None:
        assert text.fit(raw, cells) == shown

    def test_to_the_right(self) -> None:
        assert text.fit("12", 4, right=True) == "  12"
        assert text.fit("12345", 4, right=True) == "123…"

    @pytest.mark.parametrize(("cells", "shown"), [(5, "ab..."), (3, "..."), (2, ".."), (0, ""), (-2, "")])
    def test_an_ellipsis_of_several_cells(self, cells: int, shown: str) -> None:
        assert text.fit("abcdefgh", cells, ellipsis="...") == shown

    @given(anything, st.integers(0, 50), st.booleans(), st.sampled_from(["…", "...", "~"]))
    def test_always_exactly_so_many_cells(self, raw: str, cells: int, right: bool, ellipsis: str) -> None:
        shown = text.display(raw)
        assert text.width(text.fit(shown, cells, right=right, ellipsis=ellipsis)) == cells


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Saved Lakehead Schools Inc..", "Saved Lakehead Schools Inc."),
        ("Undone: #4 Kontor S.L.. Inbox.", "Undone: #4 Kontor S.L. Inbox."),
        ("Waiting...", "Waiting..."),
        ("Saved.", "Saved."),
    ],
)
def test_a_sentence_that_ends_in_an_abbreviation_has_one_point(sentence: str, shown: str) -> None:
    assert text.one_point(sentence) == shown
