r"""What benchmarks audit: a policy of so many checks, and simulated servers that hold what it asks for.

A check is about one registry value, worded as long as those of the shipped policies.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import datetime
from pathlib import Path

from auditor.lab.costs import NO_COSTS, Costs
from auditor.lab.processes import FleetProcesses
from auditor.lab.scenario import described_server
from auditor.lab.state import Scenario, ServerState
from auditor.load.policy import load_policy
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.policy import Policy
from auditor.model.question import Question
from auditor.probes import PROBES
from auditor.readers.registry_value import registry_value

COSTS = Costs(powershell_start=0.6, script=0.2, program=0.05, round_trip=0.005)
"""What a server takes where nothing else is said: PowerShell starts in 600 ms, the script takes 200, a reply 5."""

KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
_HEAD = 'id: bench\nversion: "1"\ntitle: Bench\nsource: {document: Nothing}\nchecks:'
_CHECK = r"""
  - id: {lower}
    title: {name} of Outlook Web Access is as the procedure demands
    severity: high
    probe: registry_value
    parameters: {{key: 'HKLM\{key}', name: {name}}}
    expect: {{present: {{equals: true}}, type: {{equals: REG_DWORD}}, value: {{equals: {operand}}}}}
    rationale: Without it Outlook Web Access writes http into its links, and the user who follows one is refused.
    remediation: >-
      Back up the registry first. Then, in Registry Editor, create the DWORD value with the data {operand}, and run
      iisreset /noforce. Needs the Exchange Server Administrator role and local Administrators.
    reference: Steps 5 to 10
"""


def add_costs(parser: ArgumentParser) -> None:
    """Make what a server takes options of a benchmark, in milliseconds."""
    for name, seconds in asdict(COSTS).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=seconds * 1000, metavar="MS")


def costs_of(options: Namespace) -> Costs:
    """Return what a server takes, as the options say."""
    return Costs(**{field.name: getattr(options, field.name) / 1000 for field in fields(Costs)})


def policy_text(checks: int, operand: int = 1) -> str:
    """Return the policy `bench`, whose checks expect `operand`."""
    names = (value_name(number) for number in range(checks))
    return _HEAD + "".join(_CHECK.format(lower=name.lower(), name=name, key=KEY, operand=operand) for name in names)


def value_name(number: int) -> str:
    """Return the name of the value that a check is about."""
    return f"Value{number:04}"


def question(number: int) -> Question:
    """Return what a check asks."""
    return registry_value(hive="HKLM", key=KEY, name=value_name(number), view="64")


def server_state(checks: int, costs: Costs = NO_COSTS) -> ServerState:
    """Return a server that is as the policy demands; nothing listens on its web ports, which no check looks at."""
    values = {value_name(number): {"type": "REG_DWORD", "data": 1} for number in range(checks)}
    described = {"os": "windows-2016", "registry": {f"HKLM\\{KEY}": {"values": values}}, "web": {"listening": False}}
    return replace(described_server("server", described), costs=costs)


def load_bench(folder: Path, checks: int, operand: int = 1) -> Policy:
    """Return the policy, which is left in the folder."""
    file = folder / "policy.yaml"
    file.write_text(policy_text(checks, operand), encoding="utf-8")
    return load_policy(file, PROBES)


def evidence_of(server: int, checks: int, value: Callable[[int], int]) -> Evidence:
    """Return what was found on a server; `value` gives what by the number of the check among those of all servers."""
    answers = (Observed(data={"type": "REG_DWORD", "data": value(server * checks + each)}) for each in range(checks))
    return Evidence(
        server=f"cas{server:05}.corp.example",
        policies=("bench",),
        status=Status.REACHED,
        collected="2026-11-24T02:00:00Z",
        collector="bench",
        transport="bench",
        answers=dict(zip(map(question, range(checks)), answers, strict=True)),
    )


@contextmanager
def fleet(inventory: Path, states: Sequence[ServerState], servers: int | None = None) -> Iterator[FleetProcesses]:
    """Start servers in a process of their own, as many times as it takes until there are so many, and list them."""
    with FleetProcesses.start(Scenario(name="bench", servers=tuple(states)), servers) as running:
        running.write_inventory(inventory)
        yield running


def seconds_of_reading(log: Path, servers: int) -> float:
    """Return the seconds from the beginning of a run until so many servers were read, from its log in JSON.

    Raises `SystemExit` when it read another number of servers: that is no run to measure.
    """
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    began = next(event for event in events if event["event"] == "run_started")
    read = [event for event in events if event["event"] == "server_done" and event["status"] == "reached"]
    if len(read) != servers:
        raise SystemExit(f"{len(read)} of {servers} servers were read: {log}")
    last = max(datetime.fromisoformat(event["time"]) for event in read)
    return (last - datetime.fromisoformat(began["time"])).total_seconds()
