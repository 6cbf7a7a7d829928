"""The verdict table of 'restarted since the change' (windows-facts section 5)."""

import pytest

from auditor.model.answer import Absent, Answer, Denied, Observed
from auditor.model.policy import Parameters
from auditor.model.probe import Facts, NotKnown, Reading
from auditor.model.value import Json
from auditor.probes.registry_in_effect import PROBE

PARAMETERS: Parameters = {
    "key": r"HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA",
    "application_pool": "MSExchangeOWAAppPool",
    "tolerance_seconds": 2,
}
HOUR = 36_000_000_000


def dmtf(hour: int, second: int = 0, zone: str = "+000") -> str:
    return f"20251202{hour:02}00{second:02}.000000{zone}"


def moment(hour: int) -> int:
    """Return the FILETIME of that hour of 2025-12-02 UTC."""
    return 134_091_072_000_000_000 + hour * HOUR


def read(
    *,
    written: int = 10,
    workers: tuple[str, ...] = (),
    service: str | None = None,
    boot: str | None = None,
    now: str | None = None,
    command_line: str | None = 'w3wp.exe -a \\\\.\\pipe\\x -t 20 -ap "MSExchangeOWAAppPool"',
    key: Answer | None = None,
) -> Reading:
    key_question, processes, services, system = PROBE.questions(PARAMETERS)
    rows: list[Json] = [
        {"Name": "inetinfo.exe", "ProcessId": 7, "CreationDate": service or dmtf(11), "CommandLine": "inetinfo"}
    ]
    rows += [
        {"Name": "w3wp.exe", "ProcessId": 100 + number, "CreationDate": start, "CommandLine": command_line}
        for number, start in enumerate(workers)
    ]
    written_at = {"last_write": str(moment(written)), "last_write_error": "", "values": [], "subkeys": []}
    return PROBE.read(
        PARAMETERS,
        {
            key_question: key or Observed(data=written_at),
            processes: Observed(data={"rows": rows}),
            services: Observed(data={"rows": [{"Name": "IISADMIN", "ProcessId": 7, "State": "Running"}]}),
            system: Observed(data={"rows": [{"LastBootUpTime": boot or dmtf(1), "LocalDateTime": now or dmtf(20)}]}),
        },
    )


def state(reading: Reading) -> str:
    assert isinstance(reading, Facts), reading
    return str(reading.values["state"])


def test_worker_and_service_started_after_the_change_prove_that_it_is_in_effect() -> None:
    assert state(read(workers=(dmtf(12),))) == "in_effect"


def test_a_recycled_worker_without_a_restart_of_iis_is_told_apart() -> None:
    assert state(read(workers=(dmtf(12),), service=dmtf(9))) == "workers_only"


def test_a_worker_older_than_the_change_is_stale_even_when_the_service_is_newer() -> None:
    assert state(read(workers=(dmtf(9),))) == "stale"


def test_of_several_workers_the_earliest_counts() -> None:
    assert state(read(workers=(dmtf(12), dmtf(9)))) == "stale"


def test_without_a_worker_the_next_one_reads_the_value() -> None:
    assert state(read(service=dmtf(9))) == "next_start"


def test_workers_of_other_pools_do_not_count() -> None:
    reading = read(workers=(dmtf(9),), service=dmtf(9), command_line='w3wp.exe -ap "DefaultAppPool" -v "v2.0"')

    assert state(reading) == "next_start"


def test_an_absent_key_is_said_to_be_absent() -> None:
    assert state(read(key=Absent(what="key"))) == "no_key"


def test_times_of_another_zone_are_compared_as_moments() -> None:
    assert state(read(workers=(dmtf(13, zone="+120"),), service=dmtf(13, zone="+120"))) == "in_effect"
    assert state(read(workers=(dmtf(11, zone="+120"),), service=dmtf(13, zone="+120"))) == "stale"


@pytest.mark.parametrize(
    ("reading", "word"),
    [
        (read(workers=(dmtf(10, 1),)), "too close"),
        (read(workers=(dmtf(12),), now=dmtf(11)), "clock was changed"),
        (read(written=21), "clock was changed"),
        (read(workers=(dmtf(12),), boot=dmtf(13), service=dmtf(14)), "older than the last boot"),
        (read(workers=(dmtf(12),), command_line=None), "command line"),
        (read(workers=("2025120212****.000000+000",)), "start time"),
        (read(key=Denied(reason="0x80070005")), "access denied"),
    ],
    ids=["within tolerance", "future start", "future change", "before boot", "no command line", "vague time", "denied"],
)
def test_what_the_clock_or_the_account_does_not_tell_is_not_known(reading: Reading, word: str) -> None:
    assert isinstance(reading, NotKnown)
    assert word in reading.reason


def test_a_failed_compilation_of_the_native_call_is_named() -> None:
    data: Json = {"last_write": None, "last_write_error": "Add-Type 0x80131500", "values": [], "subkeys": []}

    reading = read(key=Observed(data=data))

    assert isinstance(reading, NotKnown)
    assert "Add-Type 0x80131500" in reading.reason
