"""What PowerShell writes to standard error -> the errors in it, on one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.transports.clixml import error_text


def test_errors_are_taken_out_and_unescaped(shared_data):
    text = (shared_data / "pywinrm" / "clixml__decode_clixml_error_msg.txt").read_bytes()

    told = error_text(text)

    assert told
    assert "<" not in told
    assert "_x000" not in told


def test_progress_alone_is_nothing(shared_data):
    text = (shared_data / "pywinrm" / "clixml__decode_clixml_no_errors_msg.txt").read_bytes()

    assert error_text(text) == ""


def test_what_is_not_xml_is_shown_as_it_is(shared_data):
    text = (shared_data / "pywinrm" / "clixml__decode_clixml_invalid_xml_msg.txt").read_bytes()

    assert error_text(text)


@pytest.mark.parametrize(
    ("stderr", "told"),
    [
        (b"", ""),
        (b"plain\r\n text", "plain text"),
        (
            b'#< CLIXML\r\n<Objs Version="1.1" xmlns="x"><S S="Error">a_x000D__x000A_b</S><S S="verbose">c</S></Objs>',
            "a b",
        ),
        (b'before #< CLIXML\r\n<Objs V="1" xmlns="x"></Objs> after', "before after"),
        (b'#< CLIXML\r\n<Objs V="1"><S S="Error">cut', '<Objs V="1"><S S="Error">cut'),
    ],
)
def test_text_around_and_inside(stderr, told):
    assert error_text(stderr) == told


@given(st.binary(max_size=400), st.integers(1, 50))
def test_whatever_comes_the_text_is_short_and_on_one_line(stderr, limit):
    told = error_text(stderr, limit)

    assert len(told) <= limit
    assert "\n" not in told
