"""Audits that end early, at their own deadline or by a signal: what was read stays, the rest says why not."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.collect import Collector
from auditor.ending import Ending, ended_by_signals
from auditor.errors import NotReached, ServerNotReachedError
from auditor.executors.threads import threads
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Reachability, Scenario
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned
from auditor.model.question import Question
from auditor.readers.registry_value import registry_value
from auditor.reading import Reading
from auditor.transports.http import Looks
from auditor.transports.transport import Deadline, Delivery
from auditor.turns import Turns

QUESTION = registry_value(hive="HKLM", key="SYSTEM", name="x")


@dataclass(kw_only=True, slots=True)
class Hanging:
    """A transport that answers for every server but those that hang, until it is stopped, or even then."""

    hang: frozenset[str]
    is_deaf: bool = False
    leaving: float = 0.0
    kind: NotReached = NotReached.TIMED_OUT
    name: str = "hanging"
    asked: list[str] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        self.asked.append(server.name)
        self.deadlines.append(deadline)
        if server.name not in self.hang:
            return Delivery(answers=dict.fromkeys(questions, Observed(data=1)))
        (self.released if self.is_deaf else self.stopped).wait(min(60, deadline.remains() - self.leaving))
        raise ServerNotReachedError(self.kind, f"{server.name}: lost; look")

    def stop(self) -> None:
        self.stopped.set()


def plan(*names: str) -> Iterator[Planned]:
    for name in names:
        connection = Connection(address="127.0.0.1")
        yield Planned(server=Server(name=name, connection=connection), policies=("p",), questions=(QUESTION,))


@dataclass(frozen=True, kw_only=True, slots=True)
class Collecting:
    """A collector over threads that go when collecting ends."""

    reading: Reading
    jobs: int

    def collect(self, planned: Iterable[Planned]) -> Iterator[Evidence]:
        reading = self.reading
        with threads(reading.ending) as executors:
            yield from Collector(
                executors=executors, read=reading.read, turns=Turns(self.jobs), most=self.jobs + 8,
                clock=reading.clock, break_off=reading.stop, ending=reading.ending,
            ).collect(planned)  # fmt: skip

    def stop(self) -> None:
        self.reading.stop()


def collector(transport: Hanging, ending: Ending, *, jobs: int = 1) -> Collecting:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    reading = Reading(transport=transport, looks=Looks(), timeout=60.0, clock=lambda: now, ending=ending)
    return Collecting(reading=reading, jobs=jobs)


def told(evidence: Iterable[Evidence]) -> dict[str, tuple[Status, str]]:
    return {each.server: (each.status, each.reason) for each in evidence}


def test_without_a_reason_to_end_nothing_is_cut() -> None:
    ending = Ending()

    evidence = told(collector(Hanging(hang=frozenset()), ending).collect(plan("a", "b")))

    assert evidence == {"a": (Status.REACHED, ""), "b": (Status.REACHED, "")}
    assert (ending.why(), ending.interrupted, ending.is_over()) == ("", False, False)


def test_servers_not_begun_by_the_deadline_are_not_asked_and_say_so() -> None:
    transport, ending = Hanging(hang=frozenset()), Ending(seconds=0)

    evidence = told(collector(transport, ending).collect(plan("a", "b")))

    reason = "the audit's deadline passed before it was read; ask it with --resume"
    assert evidence == dict.fromkeys("ab", (Status.UNREACHABLE, reason))
    assert transport.asked == []
    assert not ending.interrupted


def test_servers_under_way_get_what_remains_of_the_deadline() -> None:
    transport, ending = Hanging(hang=frozenset("b")), Ending(seconds=1.0)

    evidence = told(collector(transport, ending).collect(plan("a", "b", "c")))

    assert evidence["a"] == (Status.REACHED, "")
    assert evidence["b"] == (
        Status.UNREACHABLE, "the audit's deadline passed while it was read; ask it with --resume",
    )  # fmt: skip
    assert "before it was read" in evidence["c"][1]
    assert all(deadline.remains() == 0 for deadline in transport.deadlines)


@pytest.mark.parametrize("seconds", [1.0, 5.0])
def test_a_server_given_up_just_before_the_deadline_was_cut_short_by_it(seconds: float) -> None:
    transport, ending = Hanging(hang=frozenset("b"), leaving=seconds - 0.2), Ending(seconds=seconds)

    evidence = told(collector(transport, ending).collect(plan("b")))

    assert evidence["b"][1] == "the audit's deadline passed while it was read; ask it with --resume"


def test_a_server_that_fails_for_another_reason_just_before_the_deadline_keeps_that() -> None:
    transport = Hanging(hang=frozenset("b"), leaving=0.2, kind=NotReached.UNAUTHORISED)

    evidence = told(collector(transport, Ending(seconds=1.0)).collect(plan("b")))

    assert evidence["b"][1] == "b: lost; look"


def test_a_server_that_fails_long_before_the_deadline_keeps_its_own_reason() -> None:
    transport, ending = Hanging(hang=frozenset("b"), leaving=9.5), Ending(seconds=10.0)

    evidence = told(collector(transport, ending).collect(plan("b")))

    assert evidence["b"][1] == "b: lost; look"


def test_a_deadline_that_is_far_away_gives_no_server_more_time_than_its_own() -> None:
    own = Deadline.after(5)

    assert Ending(seconds=1000).limit(own) == own
    assert Ending().limit(own) == own
    assert Ending(seconds=1).limit(own).moment < own.moment


@contextmanager
def signalled(number: signal.Signals, after: float) -> Iterator[None]:
    """Send this process a signal while something runs."""
    timer = threading.Timer(after, os.kill, args=(os.getpid(), number))
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_breaks_off_what_is_under_way_and_all_servers_are_accounted_for(number: signal.Signals) -> None:
    transport, ending = Hanging(hang=frozenset("b")), Ending()
    collecting, started = collector(transport, ending), time.monotonic()

    with signalled(number, 0.3), ended_by_signals(ending, collecting.stop):
        evidence = told(collecting.collect(plan("a", "b", "c", "d")))

    assert evidence == {
        "a": (Status.REACHED, ""),
        "b": (Status.UNREACHABLE, f"interrupted by {number.name} while it was read; ask it with --resume"),
        "c": (Status.UNREACHABLE, f"interrupted by {number.name} before it was read; ask it with --resume"),
        "d": (Status.UNREACHABLE, f"interrupted by {number.name} before it was read; ask it with --resume"),
    }
    assert transport.asked == ["a", "b"]
    assert ending.interrupted
    assert time.monotonic() - started < 30


def test_a_server_that_cannot_be_broken_off_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.ending._GRACE", 0.2)
    transport, ending = Hanging(hang=frozenset("a"), is_deaf=True), Ending()
    collecting, started = collector(transport, ending), time.monotonic()

    with signalled(signal.SIGTERM, 0.1), ended_by_signals(ending, collecting.stop):
        evidence = told(collecting.collect(plan("a", "b", "c", "d")))
    waited = time.monotonic() - started
    transport.released.set()

    assert list(evidence) == ["a", "b", "c", "d"]
    assert {status for status, _ in evidence.values()} == {Status.UNREACHABLE}
    assert waited < 30


def test_a_server_that_does_not_keep_the_deadline_of_the_audit_is_not_waited_for_either() -> None:
    transport, ending = Hanging(hang=frozenset("a"), is_deaf=True, leaving=-60), Ending(seconds=0.3)
    started = time.monotonic()

    evidence = told(collector(transport, ending).collect(plan("a", "b")))
    waited = time.monotonic() - started
    transport.released.set()

    assert {status for status, _ in evidence.values()} == {Status.UNREACHABLE}
    assert sorted(evidence) == ["a", "b"]
    assert waited < 30


def test_a_signal_after_the_last_server_interrupts_nothing() -> None:
    ending = Ending()
    collecting = collector(Hanging(hang=frozenset()), ending)

    with ended_by_signals(ending, collecting.stop):
        evidence = told(collecting.collect(plan("a")))
        os.kill(os.getpid(), signal.SIGTERM)

    assert evidence == {"a": (Status.REACHED, "")}
    assert ending.why() == "interrupted by SIGTERM"
    assert not ending.interrupted


def test_the_second_signal_does_what_it_did_before() -> None:
    ending = Ending()

    with ended_by_signals(ending, lambda: None):
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)

    assert ending.why() == "interrupted by SIGINT"


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    with ended_by_signals(Ending(), lambda: None):
        during = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    assert during[0] is not before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_outside_of_the_main_thread_nothing_is_changed() -> None:
    seen: list[object] = []

    def inside() -> None:
        with ended_by_signals(Ending(), lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()

    assert seen == [signal.getsignal(signal.SIGTERM)]


_PROGRAM = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from auditor.collect import Collector
from auditor.credentials import Credentials
from auditor.ending import Ending, ended_by_signals
from auditor.executors.threads import threads
from auditor.load.inventory import load_inventory
from auditor.model.planned import Planned
from auditor.readers.registry_value import registry_value
from auditor.reading import Reading
from auditor.retry import Retrying
from auditor.transports.http import Looks
from auditor.transports.winrm import WinRm
from auditor.turns import Turns

question = registry_value(hive="HKLM", key="SYSTEM", name="x")
planned = [Planned(server=server, questions=(question,)) for server in load_inventory(Path(sys.argv[1]))]
ending = Ending()
reading = Reading(transport=Retrying(WinRm(Credentials())), looks=Looks(), timeout=100.0,
                  clock=lambda: datetime.now(UTC), ending=ending)
with ended_by_signals(ending, reading.stop), threads(ending) as executors:
    collector = Collector(executors=executors, read=reading.read, turns=Turns(1), most=1, clock=reading.clock,
                          break_off=reading.stop, ending=ending)
    for evidence in collector.collect(planned):
        print(json.dumps([evidence.server, evidence.status, evidence.reason]), flush=True)
print(json.dumps(ending.interrupted))
"""


def test_a_process_that_is_terminated_tells_of_every_server_and_ends_by_itself(
    tmp_path: Path, repository: Path
) -> None:
    state = load_scenario(find_scenario("small")).servers[0]
    reaches = {"a": Reachability.REACHABLE, "b": Reachability.SILENT, "c": Reachability.REACHABLE}
    servers = tuple(replace(state, name=name, reachability=reach) for name, reach in reaches.items())
    inventory = tmp_path / "inventory.yaml"
    environment = {**os.environ, "PYTHONPATH": str(repository)}

    with Fleet.start(Scenario(name="test", servers=servers)) as fleet:
        fleet.write_inventory(inventory)
        words = [sys.executable, "-c", _PROGRAM, str(inventory)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            time.sleep(0.5)  # the silent server is being asked now
            process.terminate()
            *rest, interrupted = map(json.loads, process.communicate(timeout=60)[0].splitlines())

    assert first == ["a", "reached", ""]
    assert sorted(rest) == [
        ["b", "unreachable", "interrupted by SIGTERM while it was read; ask it with --resume"],
        ["c", "unreachable", "interrupted by SIGTERM before it was read; ask it with --resume"],
    ]
    assert interrupted is True
    assert process.returncode == 0
