"""The life of shells and commands: quotas, standard input, delivery in pieces, time-outs, expiry."""

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.lab.costs import Costs
from auditor.lab.counters import Counters
from auditor.lab.faults import FaultError
from auditor.lab.replies import split
from auditor.lab.shells import LONGEST_COMMAND_LINE, OPERATIONS_PER_USER, Shells
from auditor.lab.state import ServerState
from auditor.script.build import ARGUMENTS, COMMAND, script_for

Make = Callable[..., ServerState]
ROOM = 100_000
COLLECT = " ".join([COMMAND, *ARGUMENTS])


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def shells(make_server: Make, counters: Counters, clock: Clock) -> Shells:
    return Shells(make_server(), counters, clock)


def _code(action: Callable[[], object]) -> int:
    with pytest.raises(FaultError) as caught:
        action()
    return caught.value.fault.code


def test_a_command_that_reads_nothing_runs_at_once(shells: Shells) -> None:
    shell = shells.create(60)
    command = shells.command(shell, "hostname")

    delivery = shells.receive(shell, command, ROOM, 0)

    assert (delivery.pieces, delivery.done, delivery.exit_code) == ([("stdout", b"CAS01\r\n")], True, 0)


def test_a_collecting_command_runs_when_its_input_has_ended(shells: Shells) -> None:
    shell = shells.create(60)
    command = shells.command(shell, COLLECT)
    script = script_for([]).encode()

    shells.send(shell, command, script[:100], end=False)
    assert _code(lambda: shells.receive(shell, command, ROOM, 0)) == 2150858793
    shells.send(shell, command, script[100:], end=True)

    delivery = shells.receive(shell, command, ROOM, 0)
    assert b"".join(data for _, data in delivery.pieces).startswith(b"AUDITOR-REPLY 1\n")


def test_output_larger_than_the_room_comes_in_pieces_and_the_exit_code_with_the_last(shells: Shells) -> None:
    shell = shells.create(60)
    command = shells.command(shell, "echo " + "x" * 50)
    deliveries = [shells.receive(shell, command, 20, 0)]

    while not deliveries[-1].done:
        deliveries.append(shells.receive(shell, command, 20, 0))

    assert [delivery.done for delivery in deliveries] == [False, False, True]
    assert b"".join(data for each in deliveries for _, data in each.pieces) == b"x" * 50 + b"\r\n"


def test_after_the_last_output_the_command_is_gone_but_may_be_signalled(shells: Shells) -> None:
    shell = shells.create(60)
    command = shells.command(shell, "hostname")
    shells.receive(shell, command, ROOM, 0)

    shells.signal(shell, command, "ctrl_c")

    assert _code(lambda: shells.receive(shell, command, ROOM, 0)) == 2150858843
    assert _code(lambda: shells.send(shell, command, b"x", end=True)) == 2150858843


def test_input_after_its_end_is_refused(shells: Shells) -> None:
    shell = shells.create(60)
    command = shells.command(shell, COLLECT)
    shells.send(shell, command, b"", end=True)

    assert _code(lambda: shells.send(shell, command, b"more", end=True)) == 232


def test_an_unknown_shell_or_command_is_refused_in_every_operation(shells: Shells) -> None:
    shell = shells.create(60)
    command = shells.command(shell, "hostname")

    codes = {
        _code(lambda: shells.command("no-such-shell", "hostname")),
        _code(lambda: shells.delete("no-such-shell")),
        _code(lambda: shells.receive("no-such-shell", command, ROOM, 0)),
        _code(lambda: shells.send(shell, "no-such-command", b"", end=True)),
        _code(lambda: shells.receive(shell, "no-such-command", ROOM, 0)),
        _code(lambda: shells.signal(shell, "no-such-command", "terminate")),
    }

    assert codes == {2150858843}


def test_an_unknown_signal_is_refused(shells: Shells) -> None:
    shell = shells.create(60)
    command = shells.command(shell, "hostname")

    assert _code(lambda: shells.signal(shell, command, "hup")) == 87


def test_more_shells_than_allowed_are_refused_until_one_is_deleted(make_server: Make, counters: Counters) -> None:
    shells = Shells(make_server(max_shells_per_user=2), counters)
    first = shells.create(60)
    shells.create(60)

    assert _code(lambda: shells.create(60)) == 2150859173
    shells.delete(first)
    shells.create(60)

    assert counters.now().shells_open == 2


def test_finished_commands_hold_their_place_until_the_shell_is_deleted(shells: Shells) -> None:
    shell = shells.create(60)
    for _ in range(OPERATIONS_PER_USER):
        command = shells.command(shell, "hostname")
        shells.receive(shell, command, ROOM, 0)
        shells.signal(shell, command, "terminate")

    assert _code(lambda: shells.command(shell, "hostname")) == 2150859174
    shells.delete(shell)

    assert shells.command(shells.create(60), "hostname")


def test_an_unused_shell_expires_and_a_used_one_does_not(shells: Shells, counters: Counters, clock: Clock) -> None:
    unused, used = shells.create(60), shells.create(60)
    clock.now += 40
    shells.command(used, "hostname")
    clock.now += 40

    assert _code(lambda: shells.command(unused, "hostname")) == 2150858843
    shells.delete(used)
    assert (counters.now().shells_expired, counters.now().shells_open) == (1, 0)


def test_the_idle_time_is_that_of_the_winrm_version(make_server: Make, counters: Counters) -> None:
    assert Shells(make_server(max_envelope_kb=150), counters).default_idle_seconds == 180
    assert Shells(make_server(max_envelope_kb=500), counters).default_idle_seconds == 7200


def test_a_process_that_starts_slowly_has_no_output_yet(make_server: Make, counters: Counters, clock: Clock) -> None:
    shells = Shells(make_server(costs=Costs(program=5)), counters, clock)
    shell = shells.create(60)
    command = shells.command(shell, "hostname")

    assert _code(lambda: shells.receive(shell, command, ROOM, 0)) == 2150858793
    clock.now += 5

    assert shells.receive(shell, command, ROOM, 0).done


def test_a_waiting_receive_ends_when_another_connection_sends_the_input(make_server: Make, counters: Counters) -> None:
    shells = Shells(make_server(), counters)
    shell = shells.create(60)
    command = shells.command(shell, COLLECT)
    sender = threading.Timer(0.05, shells.send, (shell, command, script_for([]).encode()), {"end": True})
    sender.start()

    delivery = shells.receive(shell, command, ROOM, 30)

    sender.join()
    assert delivery.done


def test_a_waiting_receive_is_aborted_when_its_shell_is_deleted(make_server: Make, counters: Counters) -> None:
    shells = Shells(make_server(), counters)
    shell = shells.create(60)
    command = shells.command(shell, COLLECT)
    deleter = threading.Timer(0.05, shells.delete, (shell,))
    deleter.start()

    code = _code(lambda: shells.receive(shell, command, ROOM, 30))

    deleter.join()
    assert code == 995


def test_a_command_line_too_long_for_cmd_fails_there_and_runs_without_it(shells: Shells) -> None:
    line = "echo " + "x" * LONGEST_COMMAND_LINE
    shell = shells.create(60)

    through_cmd = shells.receive(shell, shells.command(shell, line), ROOM, 0)
    direct = shells.receive(shell, shells.command(shell, line, through_cmd=False), ROOM, 0)

    assert (through_cmd.exit_code, direct.exit_code) == (1, 0)


@given(st.binary(max_size=200_000))
def test_split_output_is_the_output_in_pieces_of_a_pipe(data: bytes) -> None:
    pieces = split("stdout", data)

    assert b"".join(piece for _, piece in pieces) == data
    assert all(len(first) == 32768 for (_, first), _ in pairwise(pieces))
