"""WMI questions: rows with the asked properties, conditions understood or refused, DMTF times in the server's zone."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.lab.answers import answer
from auditor.lab.state import OperatingSystem, Process, ServerState
from auditor.readers import READERS
from auditor.readers.wmi import wmi

Describe: TypeAlias = Callable[..., ServerState]


def ask(server: ServerState, class_name: str, properties: list[str], where: str = "") -> Any:
    question = wmi(namespace=r"root\cimv2", class_name=class_name, properties=properties, where=where)
    return answer(server, question)


def rows(server: ServerState, class_name: str, properties: list[str], where: str = "") -> Any:
    found = ask(server, class_name, properties, where)
    assert found["state"] == "observed", found
    checked = READERS["wmi"].check(found["data"])
    assert isinstance(checked, dict)
    return checked["rows"]


def test_the_worker_process_of_a_pool_says_the_pool_and_when_it_started(describe: Describe) -> None:
    server = describe("utc_offset: '-03:30'")

    found = rows(server, "win32_process", ["commandline", "CreationDate"], "Name='W3WP.exe'")

    assert {"MSExchangeOWAAppPool" in row["CommandLine"] for row in found} == {True, False}
    assert found[0]["CreationDate"] == "20261031223300.000000-210"


def test_a_service_leads_to_its_process(describe: Describe) -> None:
    server = describe()

    service = rows(server, "Win32_Service", ["Name", "ProcessId", "State", "Started"], "Name = 'IISADMIN'")[0]
    process = rows(server, "Win32_Process", ["Name"], f"ProcessId={service['ProcessId']}")

    assert service == {"Name": "IISADMIN", "ProcessId": service["ProcessId"], "State": "Running", "Started": True}
    assert process == [{"Name": "inetinfo.exe"}]


def test_a_stopped_service_has_no_process_and_an_absent_one_no_row(describe: Describe) -> None:
    server = describe("services: {IISADMIN: stopped, W3SVC: absent}")

    found = rows(server, "Win32_Service", ["Name", "ProcessId", "State"], "Name='IISADMIN' OR Name='W3SVC'")

    assert found == [{"Name": "IISADMIN", "ProcessId": 0, "State": "Stopped"}]


def test_the_operating_system_tells_its_boot_and_its_clock_in_local_time(describe: Describe) -> None:
    server = describe("{boot: '2026-10-25T01:12:00Z', now: '2026-11-02T09:00:00+01:00', utc_offset: '+01:00'}")

    found = rows(server, "Win32_OperatingSystem", ["LastBootUpTime", "LocalDateTime", "Version", "BuildNumber"])

    assert found == [
        {
            "LastBootUpTime": "20261025021200.000000+060",
            "LocalDateTime": "20261102090000.000000+060",
            "Version": "6.0.6002",
            "BuildNumber": "6002",
        }
    ]


def test_a_class_or_namespace_that_is_not_there_is_absent(describe: Describe) -> None:
    server = describe()
    elsewhere = wmi(namespace=r"root\MicrosoftIISv2", class_name="Win32_Process", properties=["Name"])

    assert ask(server, "Win32_Nothing", ["Name"]) == {"state": "absent", "what": "class"}
    assert answer(server, elsewhere) == {"state": "absent", "what": "namespace"}


@pytest.mark.parametrize(
    ("properties", "where"),
    [
        (["Name"], "Name LIKE 'w3%'"),
        (["Name"], "NOT Name='x'"),
        (["Name"], "(Name='x')"),
        (["Name"], "Name='x' AND"),
        (["Name"], "Name='x' Name='y'"),
        (["Name"], "Name='x"),
        (["Name"], "Name"),
        (["Name"], "ProcessId > 4"),
        (["Name"], "Nothing='x'"),
        (["Nothing"], ""),
    ],
)
def test_a_query_that_is_not_understood_fails_and_never_selects_nothing(
    describe: Describe, properties: list[str], where: str
) -> None:
    server = describe("worker_processes: {MSExchangeOWAAppPool: absent, MSExchangeSyncAppPool: absent}")

    found = ask(server, "Win32_Process", properties, where)

    assert found["state"] == "failed"
    assert found["reason"]


def test_a_process_without_a_command_line_never_meets_a_condition_on_it(describe: Describe) -> None:
    server = describe("processes: [{name: System, started: '2026-10-25T01:12:00Z'}]")

    assert rows(server, "Win32_Process", ["CommandLine"], "Name='System'") == [{"CommandLine": None}]
    assert rows(server, "Win32_Process", ["Name"], "Name='System' AND CommandLine<>'x'") == []


NAMES = st.text(st.sampled_from("aB'\\ andor="), max_size=8)
TERMS = st.tuples(st.sampled_from(["=", "<>"]), NAMES)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@given(
    names=st.lists(NAMES, max_size=5), groups=st.lists(st.lists(TERMS, min_size=1, max_size=3), min_size=1, max_size=3)
)
def test_and_binds_tighter_than_or_whatever_the_texts_contain(
    names: list[str], groups: list[list[tuple[str, str]]]
) -> None:
    processes = tuple(Process(name=name, process_id=number, started=0) for number, name in enumerate(names))
    system = OperatingSystem(version="6.0.6002", caption="x")
    server = ServerState(name="a", computer="A", os=system, now=0, boot=0, processes=processes)
    where = " OR ".join(" AND ".join(f"Name {sign} {quoted(text)}" for sign, text in group) for group in groups)

    found = rows(server, "Win32_Process", ["ProcessId"], where)

    expected = [
        number
        for number, name in enumerate(names)
        if any(all((name.lower() == text.lower()) == (sign == "=") for sign, text in group) for group in groups)
    ]
    assert [row["ProcessId"] for row in found] == expected
