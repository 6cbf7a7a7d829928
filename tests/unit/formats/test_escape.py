import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.formats.escape import shortened, visible, visible_lines

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\0", r"\u0000"),
        ("\x1b[31m", r"\u001b[31m"),
        ("\x9b31m", r"\u009b31m"),
        ("a\tb", r"a\u0009b"),
        ("a\rb", r"a\u000db"),
        ("\ud800", r"\ud800"),
        ("\ufffe", r"\ufffe"),
        ("\U0001ffff", r"\U0001ffff"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\u2028", r"\u2028"),
    ],
)
def test_a_hidden_character_is_shown_by_its_number(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["", "plain", r"C:\Windows", "Größe 日本 😀", "שלום", "e\u0301", "\ufffd", "<]]>"])
def test_text_that_shows_is_left_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(ANY_TEXT)
def test_whatever_comes_in_what_goes_out_can_be_encoded_and_controls_nothing(text: str) -> None:
    shown = visible(text)

    shown.encode()
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}


def test_line_ends_of_unix_and_windows_end_lines() -> None:
    assert visible_lines("one\ntwo\r\nthree\r") == ["one", "two", r"three\u000d"]


def test_a_shortened_text_says_how_much_is_missing() -> None:
    assert shortened("abcdef", 2) == "ab... (4 more characters, see run.json)"
    assert shortened("abcdef", 6) == "abcdef"
