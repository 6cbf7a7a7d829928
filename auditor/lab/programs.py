"""What runs on a simulated server: services, worker processes and other programs -> processes with numbers. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.lab.clock import to_filetime
from auditor.lab.iis_document import Description, present
from auditor.lab.state import Process, Service


def needed(description: Description, key: str, place: str) -> str:
    """Return a member that inheritance may have taken away; raises `ValueError`."""
    if key not in description:
        raise ValueError(f"{place}/{key} is missing, and nothing it could come from has it")
    return str(description[key])


def processes_and_services(description: Description) -> tuple[tuple[Process, ...], tuple[Service, ...]]:
    """Return all processes, and the services in them; services with one command and start share one process."""
    services = present(description.get("services", {}))
    hosts = {name: _host(name, service) for name, service in services.items() if service != "stopped"}
    running = dict.fromkeys([*hosts.values(), *_workers(description), *_others(description)])
    numbers = {program: 1000 + 4 * index for index, program in enumerate(running)}
    states = [
        Service(
            name=name,
            process_id=numbers[hosts[name]] if name in hosts else 0,
            start_mode="Auto" if service == "stopped" else service.get("start_mode", "Auto"),
        )
        for name, service in services.items()
    ]
    return tuple(program.process(number) for program, number in numbers.items()), tuple(states)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Program:
    """A program that runs, before it has a number; `started` as the scenario writes it."""

    name: str
    command: str
    started: str

    def process(self, process_id: int) -> Process:
        started = to_filetime(self.started)
        return Process(name=self.name, process_id=process_id, command_line=self.command, started=started)


def _host(name: str, service: Description) -> _Program:
    command = needed(service, "command", f"services/{name}")
    program = command.split(".exe", maxsplit=1)[0].rsplit("\\", maxsplit=1)[-1] + ".exe"
    return _Program(name=program, command=command, started=needed(service, "started", f"services/{name}"))


def _workers(description: Description) -> Iterator[_Program]:
    """Yield every w3wp.exe; its `-ap` names its pool, and the number keeps those of a web garden apart."""
    for pool, starts in present(description.get("worker_processes", {})).items():
        for index, started in enumerate(starts):
            command = f'c:\\windows\\system32\\inetsrv\\w3wp.exe -ap "{pool}" -m {index} -t 20'
            yield _Program(name="w3wp.exe", command=command, started=started)


def _others(description: Description) -> Iterator[_Program]:
    for other in description.get("processes", ()):
        yield _Program(name=other["name"], command=other.get("command", ""), started=other["started"])
