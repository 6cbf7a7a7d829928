"""Whether what a registry key says is in effect: the program that reads it at start was started since.

A key keeps the time of its last change (RegQueryInfoKey), which is an upper bound for each of its values: a start
after it proves that the value was read; a start before it only says that *something* in the key changed since.
"""

import re
from dataclasses import dataclass

from auditor.errors import ParameterError
from auditor.model.answer import Absent, Answers, answer_to
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, Facts, NotKnown, Parameter, Probe, Reading
from auditor.model.question import Question
from auditor.model.value import Json, Value, ValueType
from auditor.probes.clock import SECOND, from_dmtf, show_filetime
from auditor.probes.registry_path import split_key
from auditor.probes.unknown import UnusableError, needed
from auditor.readers import registry_key, wmi

STATES = ("in_effect", "workers_only", "next_start", "stale", "no_key")
_POOL = re.compile(r"""-ap\s+"?([^"]+?)"?(?:\s+-|\s*$)""")
_CIMV2 = r"root\cimv2"
_PROCESSES = wmi.wmi(
    namespace=_CIMV2,
    class_name="Win32_Process",
    properties=("CommandLine", "CreationDate", "Name", "ProcessId"),
    where="Name='w3wp.exe' OR Name='inetinfo.exe'",
)
_SERVICE = wmi.wmi(
    namespace=_CIMV2,
    class_name="Win32_Service",
    properties=("Name", "ProcessId", "State"),
    where="Name='IISADMIN'",
)
_SYSTEM = wmi.wmi(
    namespace=_CIMV2,
    class_name="Win32_OperatingSystem",
    properties=("LastBootUpTime", "LocalDateTime"),
    where="",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """FILETIMEs of one server's clock; `worker` is None when no worker process of the pool runs."""

    written: int
    worker: int | None
    service: int
    boot: int
    now: int


def _questions(parameters: Parameters) -> tuple[Question, ...]:
    if not parameters["application_pool"]:
        raise ParameterError("application_pool", "an application pool must be named")
    return _key(parameters), _PROCESSES, _SERVICE, _SYSTEM


def _key(parameters: Parameters) -> Question:
    hive, key = split_key(str(parameters["key"]))
    return registry_key.registry_key(hive=hive, key=key, view="64")


def _read(parameters: Parameters, answers: Answers) -> Reading:
    if isinstance(answer_to(answers, _key(parameters)), Absent):
        return Facts(values={"state": "no_key"}, summary=f"registry key {parameters['key']} is absent")
    try:
        times = _times(parameters, answers)
    except UnusableError as unusable:
        return unusable.not_known
    return _verdict(times, int(parameters["tolerance_seconds"]) * SECOND)  # type: ignore[arg-type]  # declared integer


def _times(parameters: Parameters, answers: Answers) -> Times:
    key = needed(answers, _key(parameters))
    written = key.get("last_write")
    if not isinstance(written, str) or not written.isdigit():
        raise UnusableError(f"the key's last write time could not be read: {key.get('last_write_error') or written!r}")
    system = _rows(needed(answers, _SYSTEM))
    if len(system) != 1:
        raise UnusableError("Win32_OperatingSystem did not give exactly one row")
    processes = _rows(needed(answers, _PROCESSES))
    return Times(
        written=int(written),
        worker=_earliest_worker(processes, str(parameters["application_pool"])),
        service=_service_start(_rows(needed(answers, _SERVICE)), processes),
        boot=_moment(system[0].get("LastBootUpTime"), "the last boot time"),
        now=_moment(system[0].get("LocalDateTime"), "the server's clock"),
    )


def _rows(data: dict[str, Json]) -> list[dict[str, Json]]:
    rows = data.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnusableError("a WMI answer has no rows")
    return rows


def _moment(text: Json, what: str) -> int:
    moment = from_dmtf(text) if isinstance(text, str) else None
    if moment is None:
        raise UnusableError(f"{what} is not known: {text!r}")
    return moment


def _earliest_worker(processes: list[dict[str, Json]], pool: str) -> int | None:
    """Return the earliest start of the pool's workers (a web garden has several): the least proof counts."""
    starts = []
    for process in processes:
        if str(process.get("Name")).lower() != "w3wp.exe":
            continue
        command = process.get("CommandLine")
        found = _POOL.search(command) if isinstance(command, str) else None
        if found is None:
            raise UnusableError(
                "the application pool of a w3wp.exe process is not known: its command line was not readable"
            )
        if found[1].lower() == pool.lower():
            starts.append(_moment(process.get("CreationDate"), "the start time of a worker process"))
    return min(starts, default=None)


def _service_start(services: list[dict[str, Json]], processes: list[dict[str, Json]]) -> int:
    if not services:
        raise UnusableError("the service IISADMIN is not installed, so it does not tell when IIS was restarted")
    process_id = services[0].get("ProcessId")
    if not process_id:
        raise UnusableError(f"the service IISADMIN is not running (state {services[0].get('State')})")
    for process in processes:
        if process.get("ProcessId") == process_id:
            return _moment(process.get("CreationDate"), "the start time of IISADMIN")
    raise UnusableError(f"the process {process_id} of the service IISADMIN was not found")


def _verdict(times: Times, tolerance: int) -> Reading:
    if strange := _contradiction(times, tolerance):
        return NotKnown(reason=strange)
    service_after = times.service > times.written
    if times.worker is None:
        state = "in_effect" if service_after else "next_start"
    elif times.worker <= times.written:
        state = "stale"
    else:
        state = "in_effect" if service_after else "workers_only"
    return Facts(values=_facts(times, state), summary=_sentence(times, state))


def _contradiction(times: Times, tolerance: int) -> str:
    """Return what makes the clock unfit as a witness: a step, the future, or a difference within its tolerance."""
    starts = [start for start in (times.worker, times.service) if start is not None]
    if times.written > times.now + tolerance or any(start > times.now + tolerance for start in starts):
        return "a time lies in the future of the server's own clock: the clock was changed"
    if any(start < times.boot - tolerance for start in starts):
        return "a process is older than the last boot: the clock was changed"
    if any(abs(start - times.written) <= tolerance for start in starts):
        return "a process start and the key's change are too close together to tell which came first"
    return ""


def _facts(times: Times, state: str) -> dict[str, Value]:
    facts: dict[str, Value] = {
        "state": state,
        "key_written": show_filetime(times.written),
        "service_started": show_filetime(times.service),
    }
    return facts if times.worker is None else facts | {"worker_started": show_filetime(times.worker)}


def _sentence(times: Times, state: str) -> str:
    worker = "no worker process is running" if times.worker is None else f"worker started {show_filetime(times.worker)}"
    meaning = {
        "in_effect": "in effect",
        "workers_only": "the worker process was restarted since, but IISADMIN was not",
        "next_start": "it takes effect when the next worker process starts",
        "stale": "the worker process is older than the last change of the key",
    }[state]
    written, service = show_filetime(times.written), show_filetime(times.service)
    return f"{meaning}: key written {written}, {worker}, IISADMIN started {service}"


PROBE = Probe(
    name="registry_in_effect",
    summary="Whether IIS and an application pool were started since a registry key last changed.",
    parameters=(
        Parameter(name="key", type=ValueType.STRING, description="The key that the program reads when it starts."),
        Parameter(
            name="application_pool", type=ValueType.STRING, description="The IIS application pool of the program."
        ),
        Parameter(
            name="tolerance_seconds",
            type=ValueType.INTEGER,
            default=2,
            description="Starts and changes closer together than this are not told apart.",
        ),
    ),
    facts=(
        Fact(
            name="state",
            type=ValueType.STRING,
            choices=STATES,
            description="`in_effect`: worker process and IISADMIN started after the change (or no worker runs and "
            "IISADMIN did); `workers_only`: only the worker process did; `next_start`: no worker process runs, so the "
            "next one reads it; `stale`: a worker process is older than the change; `no_key`: the key is absent.",
        ),
        Fact(name="key_written", type=ValueType.STRING, description="When the key last changed, UTC."),
        Fact(
            name="worker_started", type=ValueType.STRING, description="When the earliest worker process started, UTC."
        ),
        Fact(name="service_started", type=ValueType.STRING, description="When the process of IISADMIN started, UTC."),
    ),
    questions=_questions,
    read=_read,
)
