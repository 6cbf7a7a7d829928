"""What things take on a simulated server: which command costs what, and from when on."""

import base64
from collections.abc import Callable
from typing import TypeAlias

import pytest

from auditor.lab.costs import NO_COSTS, Costs
from auditor.lab.counters import Counters
from auditor.lab.faults import FaultError
from auditor.lab.shell import Time, time_of
from auditor.lab.shells import Shells
from auditor.lab.state import ServerState
from auditor.script.build import ARGUMENTS, COMMAND, script_for

Describe: TypeAlias = Callable[..., ServerState]
Make: TypeAlias = Callable[..., ServerState]
COSTS = Costs(powershell_start=6.0, script=2.0, program=0.5, round_trip=0.1)
COLLECT = " ".join([COMMAND, *ARGUMENTS])
ROOM = 100_000


def _encoded(script: str) -> str:
    return f"powershell -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"


@pytest.mark.parametrize(
    ("line", "time"),
    [
        (COLLECT, Time(start=6.0, work=2.0)),
        (_encoded(r"(Get-ItemProperty -Path 'HKLM:\SOFTWARE' -Name 'a').a"), Time(start=6.0, work=0.0)),
        (_encoded(r"reg query HKLM\SOFTWARE /v a"), Time(start=6.0, work=0.5)),
        ("powershell -Command 1", Time(start=6.0, work=0.0)),
        (r"reg query HKLM\SOFTWARE /v a", Time(start=0.0, work=0.5)),
        ("hostname", Time(start=0.0, work=0.5)),
        ("", Time(start=0.0, work=0.0)),
    ],
)
def test_every_command_takes_what_runs_in_it(line: str, time: Time) -> None:
    assert time_of(COSTS, line) == time


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _is_ready(shells: Shells, shell: str, command: str) -> bool:
    try:
        return shells.receive(shell, command, ROOM, 0).done
    except FaultError:  # timed out
        return False


@pytest.mark.parametrize(
    ("input_after", "ready_after"),
    [(0.0, 8.0), (5.0, 8.0), (7.0, 9.0)],
    ids=["at once", "while PowerShell starts", "later"],
)
def test_powershell_starts_while_its_input_is_still_on_its_way(
    make_server: Make, input_after: float, ready_after: float
) -> None:
    clock = Clock()
    shells = Shells(make_server(costs=COSTS), Counters(), clock)
    shell = shells.create(60)
    command = shells.command(shell, COLLECT)
    clock.now = 1000.0 + input_after
    shells.send(shell, command, script_for([]).encode(), end=True)

    clock.now = 1000.0 + ready_after - 0.01
    assert not _is_ready(shells, shell, command)
    clock.now = 1000.0 + ready_after + 0.01

    assert _is_ready(shells, shell, command)


def test_a_scenario_gives_costs_in_milliseconds(describe: Describe) -> None:
    server = describe(
        "costs: {powershell_start_milliseconds: 6000, script_milliseconds: 2000, program_milliseconds: 500,"
        " round_trip_milliseconds: 100}"
    )

    assert server.costs == COSTS


def test_a_server_that_says_nothing_of_costs_has_none(describe: Describe) -> None:
    assert describe().costs == NO_COSTS
