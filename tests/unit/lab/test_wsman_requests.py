"""What a simulated server reads from an envelope, and what it refuses."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.lab.faults import FaultError
from auditor.lab.wsman import MAX_TIMEOUT_SECONDS, NotSoapError, message_id_of, read_request, seconds

Make = Callable[..., bytes]


def _code(message: bytes) -> int:
    with pytest.raises(FaultError) as caught:
        read_request(message)
    return caught.value.fault.code


def test_a_request_is_read_with_its_selectors_options_and_limits(make_request: Make) -> None:
    message = make_request("Receive", shell="S-1", timeout="PT20S", size=20000, options={"WINRS_NOPROFILE": "TRUE"})

    request = read_request(message)

    assert request.selectors == {"ShellId": "S-1"}
    assert request.options == {"WINRS_NOPROFILE": "TRUE"}
    assert (request.operation_timeout, request.max_envelope_size) == (20.0, 20000)
    assert request.action.endswith("/shell/Receive")


def test_an_operation_timeout_is_never_longer_than_the_server_allows(make_request: Make) -> None:
    request = read_request(make_request("Receive", timeout="PT10M"))

    assert request.operation_timeout == MAX_TIMEOUT_SECONDS


@pytest.mark.parametrize("element", ["a:Action", "a:MessageID", "a:To"])
def test_a_request_without_an_addressing_header_is_refused(make_request: Make, element: str) -> None:
    message = make_request("Create").replace(f"<{element}".encode(), b"<a:Other", 1)
    message = message.replace(f"</{element}>".encode(), b"</a:Other>", 1).replace(
        b'Other s:mustUnderstand="true"', b"Other"
    )

    assert _code(message) == 2150858769


def test_an_unknown_header_that_must_be_understood_is_refused_by_name(make_request: Make) -> None:
    message = make_request("Create", headers='<x:New xmlns:x="urn:x" s:mustUnderstand="true">1</x:New>')

    with pytest.raises(FaultError) as caught:
        read_request(message)

    assert caught.value.fault.not_understood == "{urn:x}New"


def test_an_unknown_header_that_need_not_be_understood_is_ignored(make_request: Make) -> None:
    message = make_request("Create", headers='<x:New xmlns:x="urn:x" s:mustUnderstand="false">1</x:New>')

    assert read_request(message).action.endswith("/Create")


def test_a_locale_that_must_be_understood_is_refused(make_request: Make) -> None:
    assert _code(make_request("Create", headers='<w:Locale xml:lang="en-US" s:mustUnderstand="true"/>')) == 2150858887


@pytest.mark.parametrize("timeout", ["20", "PT", "P1Y", "-PT20S", "soon"])
def test_a_timeout_that_is_no_duration_is_refused(make_request: Make, timeout: str) -> None:
    assert _code(make_request("Create", timeout=timeout)) == 2150858817


@pytest.mark.parametrize("message", [b"", b"hostname", b"<a><b></a>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_plain_xml_is_no_soap(message: bytes) -> None:
    with pytest.raises(NotSoapError):
        read_request(message)


def test_xml_that_is_no_envelope_is_not_valid() -> None:
    assert _code(b"<html><body>Hello</body></html>") == 2150858817


def test_a_fault_can_name_the_request_it_answers(make_request: Make) -> None:
    assert message_id_of(make_request("Create")) == "uuid:11111111-1111-1111-1111-111111111111"
    assert message_id_of(b"no xml") == ""


@given(st.integers(0, 99), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59999))
def test_every_duration_is_its_sum(days: int, hours: int, minutes: int, milliseconds: int) -> None:
    text = f"P{days}DT{hours}H{minutes}M{milliseconds / 1000:.3f}S"

    assert seconds(text) == pytest.approx(days * 86400 + hours * 3600 + minutes * 60 + milliseconds / 1000)


@given(st.binary(max_size=200))
def test_no_bytes_whatever_bring_the_reader_down(message: bytes) -> None:
    with pytest.raises((FaultError, NotSoapError)):
        read_request(message)
