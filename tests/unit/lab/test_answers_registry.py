"""Registry questions: absent, denied and views told apart, every type as the reader on a server writes it."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from auditor.lab.answers import answer
from auditor.lab.state import ServerState
from auditor.readers import READERS
from auditor.readers.registry_key import registry_key
from auditor.readers.registry_value import registry_value

Describe: TypeAlias = Callable[..., ServerState]
OWA = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
DENIED = {"state": "denied", "reason": "UnauthorizedAccessException 0x80070005"}


def value(server: ServerState, key: str, name: str, view: str = "64") -> Any:
    return answer(server, registry_value(hive="HKLM", key=key, name=name, view=view))


def key_of(server: ServerState, key: str, view: str = "64") -> Any:
    return answer(server, registry_key(hive="HKLM", key=key, view=view))


def test_a_value_is_found_in_any_letters(describe: Describe) -> None:
    server = describe()

    found = value(server, OWA.upper(), "ssloffloaded")

    assert found == {"state": "observed", "data": {"type": "REG_DWORD", "data": 1}}


def test_an_absent_value_is_not_an_absent_key(describe: Describe) -> None:
    server = describe()

    assert value(server, OWA, "Other") == {"state": "absent", "what": "value"}
    assert value(server, rf"{OWA}\Other", "SSLOffloaded") == {"state": "absent", "what": "key"}
    assert key_of(server, rf"{OWA}\Other") == {"state": "absent", "what": "key"}


def test_a_denied_key_denies_itself_and_what_is_below_it_and_nothing_else(describe: Describe) -> None:
    server = describe(rf"registry: {{HKLM\{OWA}: {{denied: true}}}}")

    assert value(server, OWA, "SSLOffloaded") == DENIED
    assert value(server, OWA, "Other") == DENIED
    assert key_of(server, OWA) == DENIED
    assert key_of(server, rf"{OWA}\SMime") == DENIED
    assert key_of(server, rf"{OWA}2") == {"state": "absent", "what": "key"}
    assert key_of(server, r"SOFTWARE\Microsoft\InetStp")["state"] == "observed"


def test_a_denied_kind_denies_every_question_of_that_kind(describe: Describe) -> None:
    server = describe("denied: [registry_value]")

    assert value(server, OWA, "SSLOffloaded") == DENIED
    assert key_of(server, OWA)["state"] == "observed"


@pytest.mark.parametrize(
    ("written", "sent", "read"),
    [
        ("{type: REG_DWORD, data: 4294967295}", 4294967295, 4294967295),
        ("{type: REG_DWORD_BIG_ENDIAN, data: 1}", 1, 1),
        ("{type: REG_QWORD, data: 18446744073709551615}", "18446744073709551615", 18446744073709551615),
        ("{type: REG_SZ, data: '1'}", "1", "1"),
        ("{type: REG_EXPAND_SZ, data: '%windir%'}", "%windir%", "%windir%"),
        ("{type: REG_MULTI_SZ, data: []}", [], []),
        ("{type: REG_MULTI_SZ, data: [one]}", ["one"], ["one"]),
        ("{type: REG_MULTI_SZ, data: [one, '']}", ["one", ""], ["one", ""]),
        ("{type: REG_BINARY, data: 00ff}", "00ff", "00ff"),
        ("{type: REG_NONE, data: ''}", "", ""),
        ("{type: REG_LINK, data: 'Registry'}", "Registry", "Registry"),
    ],
)
def test_every_type_travels_as_the_reader_writes_it_and_is_read_back(
    describe: Describe, written: str, sent: object, read: object
) -> None:
    server = describe(rf"registry: {{HKLM\SOFTWARE\Test: {{values: {{v: {written}}}}}}}")

    found = value(server, r"SOFTWARE\Test", "v")

    assert found["data"]["data"] == sent
    checked = READERS["registry_value"].check(found["data"])
    assert isinstance(checked, dict)
    assert checked["data"] == read


def test_the_default_value_and_a_name_with_a_backslash_are_values_like_any_other(describe: Describe) -> None:
    server = describe(
        r"""
        registry:
          HKLM\SOFTWARE\Test:
            values: {"": {type: REG_SZ, data: default}, 'a\b.c': {type: REG_SZ, data: dotted}}
        """
    )

    assert value(server, r"SOFTWARE\Test", "")["data"]["data"] == "default"
    assert value(server, r"SOFTWARE\Test", r"A\B.C")["data"]["data"] == "dotted"


def test_the_32_bit_view_of_software_is_another_place_and_that_of_system_is_not(describe: Describe) -> None:
    server = describe(
        r"""
        registry:
          HKLM\SOFTWARE\Both: {values: {v: {type: REG_SZ, data: "64"}}}
          HKLM\SOFTWARE\Wow6432Node\Both: {values: {v: {type: REG_SZ, data: "32"}}}
        """
    )

    assert value(server, r"SOFTWARE\Both", "v", "64")["data"]["data"] == "64"
    assert value(server, r"Software\Both", "v", "32")["data"]["data"] == "32"
    assert value(server, r"SOFTWARE\Wow6432Node\Both", "v", "32")["data"]["data"] == "32"
    assert value(server, r"SOFTWARE\Wow6432Node\Both", "v", "64")["data"]["data"] == "32"
    assert value(server, OWA, "SSLOffloaded", "32") == value(server, OWA, "SSLOffloaded", "64")
    assert key_of(server, r"SOFTWARE\Microsoft\Exchange\Setup", "32") == {"state": "absent", "what": "key"}
    assert key_of(server, "SOFTWAREX", "32") == {"state": "absent", "what": "key"}


def test_a_key_tells_its_last_write_its_values_and_its_direct_sub_keys(describe: Describe) -> None:
    server = describe(
        r"""
        registry:
          HKLM\SOFTWARE\Test: {written: "1970-01-01T00:00:00Z", values: {v: {type: REG_SZ, data: x}}}
          HKLM\SOFTWARE\Test\One\Deep: {}
          HKLM\SOFTWARE\test\ONE\Other: {}
          HKLM\SOFTWARE\Test\Two: {}
          HKLM\SOFTWARE\Test2: {}
        """
    )

    found = key_of(server, r"SOFTWARE\Test")["data"]

    assert found == {
        "last_write": "116444736000000000",
        "last_write_error": "",
        "values": ["v"],
        "subkeys": ["One", "Two"],
    }


def test_a_key_that_is_only_above_others_exists(describe: Describe) -> None:
    server = describe()

    found = key_of(server, r"SOFTWARE\Microsoft\Exchange")["data"]

    assert found["subkeys"] == ["Setup", "v8.0"]
    assert found["values"] == []
    assert int(found["last_write"]) > 0
