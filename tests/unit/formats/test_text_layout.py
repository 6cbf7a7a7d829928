"""Wrapped lines: as the standard library wraps them, and nothing is lost of any text."""

from textwrap import TextWrapper

from hypothesis import given
from hypothesis import strategies as st

from auditor.formats.text_layout import Layout

WORDS = st.lists(st.integers(1, 90).map(lambda length: "x" * length), max_size=12).map(" ".join)
STARTS = st.sampled_from(["", "  - ", "         found     "])
WIDTHS = st.sampled_from([40, 41, 60, 100])


@given(WORDS, STARTS, WIDTHS)
def test_words_are_wrapped_as_the_standard_library_wraps_them(text: str, start: str, width: int) -> None:
    indent = " " * (len(start) or 2)
    wrapper = TextWrapper(width=width, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False)

    lines = list(Layout(is_coloured=False, width=width).wrapped(start, text))

    assert [line.rstrip() for line in lines] == [line.rstrip() for line in wrapper.wrap(text) or [start]]


@given(st.text(alphabet="ab \u00a0\u4e16-", max_size=300), STARTS, WIDTHS)
def test_no_line_is_too_long_and_no_character_but_blanks_is_lost(text: str, start: str, width: int) -> None:
    lines = list(Layout(is_coloured=False, width=width).wrapped(start, text))

    assert all(len(line) <= width for line in lines)
    assert "".join(lines).removeprefix(start).replace(" ", "") == text.replace(" ", "")
