"""Collecting: one server's trouble stays its own, the plan is taken as it comes, stopping is quick."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, count, islice, pairwise
from queue import SimpleQueue
from typing import Any

import pytest

from auditor.collect import Collector
from auditor.credentials import Credentials
from auditor.errors import NotReached, ServerNotReachedError
from auditor.evidence_store import write
from auditor.executors.threads import threads
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Reachability, Scenario
from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.inventory import Connection, SecretReference, SecretSource, Server
from auditor.model.planned import Planned
from auditor.model.question import Question
from auditor.readers.http import http
from auditor.readers.registry_value import registry_value
from auditor.reading import Reading
from auditor.retry import Retrying
from auditor.transports.http import Looks
from auditor.transports.transport import Deadline, Delivery
from auditor.transports.winrm import WinRm
from auditor.turns import Turns

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PORTS = count(1)
PLANTED = "Pl4nted-S3cret!"
QUESTION = registry_value(hive="HKLM", key="SYSTEM", name="x")
LOOK = http(scheme="http", port=1, method="GET", path="/")


@dataclass(kw_only=True, slots=True)
class Told:
    """A transport that answers as told: an answer, a delivery, or an error to raise, by server."""

    by_server: dict[str, Answer | Delivery | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    name: str = "told"

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        assert deadline.remains() > 0
        self.asked.append(server.name)
        match self.by_server.get(server.name, Observed(data=1)):
            case Exception() as error:
                raise error
            case Delivery() as delivery:
                return delivery
            case answer:
                return Delivery(answers=dict.fromkeys(questions, answer))

    def stop(self) -> None:
        self.stopped.set()


@dataclass(kw_only=True, slots=True)
class Waiting(Told):
    """A transport that waits until it is stopped."""

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        self.asked.append(server.name)
        self.stopped.wait(min(60, deadline.remains()))
        raise ServerNotReachedError(NotReached.TIMED_OUT, f"stopped at {questions}; ask again")


class BrokenLooks(Looks):
    """Looks with a bug."""

    def look(self, address: str, question: Question, deadline: Deadline) -> Answer:
        raise RuntimeError(f"a bug at {address}, {question}, {deadline}")


def _plan(
    *names: str, questions: tuple[Question, ...] = (QUESTION,), limits: Mapping[str, int] | None = None
) -> Iterator[Planned]:
    for name in names:
        connection = Connection(address="127.0.0.1", port=next(PORTS))
        server = Server(name=name, groups=("g",), connection=connection, limits=limits or {})
        yield Planned(server=server, policies=("p",), inputs={"i": 1}, questions=questions)


@dataclass(frozen=True, kw_only=True, slots=True)
class Collecting:
    """A collector over threads that go when collecting ends."""

    reading: Reading
    jobs: int

    def collect(self, planned: Iterable[Planned]) -> Iterator[Evidence]:
        with threads(self.reading.ending) as executors:
            yield from Collector(
                executors=executors,
                read=self.reading.read,
                turns=Turns(self.jobs),
                most=self.jobs + 8,
                clock=self.reading.clock,
                break_off=self.reading.stop,
            ).collect(planned)


def _collector(
    transport: Told | WinRm, *, jobs: int = 4, timeout: float = 5.0, looks: Looks | None = None
) -> Collecting:
    reading = Reading(transport=transport, looks=looks or Looks(), timeout=timeout, clock=lambda: MOMENT)
    return Collecting(reading=reading, jobs=jobs)


def test_evidence_says_who_when_how_and_for_what():
    (evidence,) = _collector(Told()).collect(_plan("a"))

    assert (evidence.server, evidence.groups, evidence.policies, evidence.inputs) == ("a", ("g",), ("p",), {"i": 1})
    assert evidence.collected == "2026-01-02T03:04:05Z"
    assert evidence.transport == "told"
    assert evidence.answers == {QUESTION: Observed(data=1)}
    assert evidence.status is Status.REACHED
    assert evidence.reason == ""
    assert "total" in evidence.timings


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        (Observed(data=1), Status.REACHED, ""),
        (Absent(what="key"), Status.REACHED, ""),
        (Denied(reason="no"), Status.PARTIAL, "1 of 1 questions denied"),
        (Failed(reason="no"), Status.PARTIAL, "1 of 1 questions failed"),
        (Delivery(answers={}, complete=False, reason="cut off"), Status.PARTIAL, "cut off"),
        (ServerNotReachedError(NotReached.REFUSED, "a:1: no; do"), Status.UNREACHABLE, "a:1: no; do"),
    ],
)
def test_how_far_a_server_was_read(told, status, reason):
    (evidence,) = _collector(Told(by_server={"a": told})).collect(_plan("a"))

    assert (evidence.status, evidence.reason) == (status, reason)


@pytest.mark.parametrize("error", [RuntimeError("odd"), MemoryError(), StopIteration(), AssertionError(), OSError("x")])
def test_a_bug_met_at_one_server_costs_only_that_one(error):
    evidence = {each.server: each for each in _collector(Told(by_server={"b": error})).collect(_plan("a", "b", "c"))}

    assert {name: each.status for name, each in evidence.items()} == {
        "a": Status.REACHED,
        "b": Status.UNREACHABLE,
        "c": Status.REACHED,
    }
    assert "a bug in auditor" in evidence["b"].reason
    assert type(error).__name__ in evidence["b"].reason
    assert "\n" not in evidence["b"].reason


def test_a_bug_in_a_look_costs_only_that_question():
    plan = _plan("a", questions=(QUESTION, LOOK))

    (evidence,) = _collector(Told(), looks=BrokenLooks()).collect(plan)

    assert evidence.answers[QUESTION] == Observed(data=1)
    assert isinstance(evidence.answers[LOOK], Failed)
    assert evidence.status is Status.PARTIAL


def test_a_server_without_questions_for_it_is_not_contacted():
    transport = Told()

    (evidence,) = _collector(transport).collect(_plan("a", questions=(LOOK,)))

    assert transport.asked == []
    assert isinstance(evidence.answers[LOOK], Failed)


def test_how_long_each_phase_took_is_known_of_a_server_that_was_not_reached_too():
    error = ServerNotReachedError(NotReached.REFUSED, "a: refused; look", {"retrying": 2.5})

    (evidence,) = _collector(Told(by_server={"a": error})).collect(_plan("a"))

    assert evidence.timings == {"retrying": 2.5, "total": evidence.timings["total"]}


def test_it_is_told_when_nothing_but_looks_from_outside_is_left():
    told: list[str] = []
    reading = Reading(
        transport=Told(),
        looks=Looks(),
        timeout=5.0,
        clock=lambda: MOMENT,
        looked_at=lambda server: told.append(server.name),
    )

    list(Collecting(reading=reading, jobs=1).collect(chain(_plan("a"), _plan("b", questions=(QUESTION, LOOK)))))

    assert told == ["b"]


def test_looks_from_outside_are_a_phase_of_their_own():
    plain, looked = _collector(Told(), jobs=1).collect(chain(_plan("a"), _plan("b", questions=(QUESTION, LOOK))))

    assert "look" not in plain.timings
    assert looked.timings["look"] <= looked.timings["total"]


def test_no_servers_are_no_evidence():
    assert list(_collector(Told()).collect([])) == []


def test_an_endless_plan_is_taken_as_it_comes():
    taken = []

    def endless() -> Iterator[Planned]:
        for number in count():
            taken.append(number)
            yield from _plan(f"s{number}")

    collecting = _collector(Told(), jobs=2).collect(endless())
    collected = list(islice(collecting, 20))
    collecting.close()  # type: ignore[attr-defined]  # it is a generator

    assert len({each.server for each in collected}) == 20
    assert len(taken) <= 20 + 2 * 2 + 2


def test_whoever_wants_no_more_gets_away_at_once():
    transport, started = Waiting(by_server={}), time.monotonic()

    def plan() -> Iterator[Planned]:
        yield from _plan("a", "b")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(_collector(transport, timeout=60).collect(plan()))

    assert transport.stopped.is_set()
    assert time.monotonic() - started < 10


@dataclass(kw_only=True, slots=True)
class Gate(Told):
    """A transport whose servers wait, each until it is let go; keeps the order in which they were begun."""

    gates: dict[str, threading.Event] = field(default_factory=lambda: defaultdict(threading.Event))
    begun: SimpleQueue[str] = field(default_factory=SimpleQueue)

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        self.begun.put(server.name)
        if not self.gates[server.name].wait(60):
            raise ServerNotReachedError(NotReached.TIMED_OUT, f"{server.name}: nobody let it go")
        return Delivery(answers=dict.fromkeys(questions, Observed(data=1)))


@contextmanager
def _collected(transport: Gate, planned: Iterable[Planned], *, jobs: int) -> Iterator[list[str]]:
    """Collect in a thread meanwhile; gives the names of the servers in the order in which their evidence came."""
    done: list[str] = []
    collecting = _collector(transport, jobs=jobs, timeout=60.0).collect(planned)
    thread = threading.Thread(target=lambda: done.extend(each.server for each in collecting))
    thread.start()
    yield done
    for gate in transport.gates.values():
        gate.set()
    thread.join(60)


def test_a_slow_site_is_asked_as_slowly_as_it_wishes_while_the_others_go_on():
    transport = Gate()
    for name in "abc":
        transport.gates[name] = threading.Event()
    plan = chain(_plan("a", "b", "c", limits={"branch": 1}), _plan("x", "y", "z"))

    with _collected(transport, plan, jobs=3) as done:
        for name in "xyz":
            transport.gates[name].set()
        first = [transport.begun.get(timeout=60) for _ in range(4)]
        for before, name in pairwise("abc"):
            transport.gates[before].set()
            first.append(transport.begun.get(timeout=60))
            assert first[-1] == name

    assert sorted(first[:4]) == ["a", "x", "y", "z"]
    assert sorted(done) == ["a", "b", "c", "x", "y", "z"]


def test_servers_that_hang_are_overtaken_and_all_others_are_read_before_any_of_them_ends():
    transport = Gate()
    hanging, healthy = [f"h{number}" for number in range(4)], [f"s{number}" for number in range(36)]
    for name in healthy:
        transport.gates[name].set()

    with _collected(transport, chain(_plan(*hanging), _plan(*healthy)), jobs=4) as done:
        begun = [transport.begun.get(timeout=60) for _ in range(40)]
        for _ in range(6000):
            if len(done) < len(healthy):  # the last of them have only begun
                time.sleep(0.01)

    assert begun[:4] == hanging
    assert sorted(done[:36]) == sorted(healthy)
    assert sorted(done[36:]) == hanging


def test_a_busy_server_leaves_its_turn_to_another_until_its_next_try():
    order: list[str] = []
    turns = Turns(1)

    @dataclass(kw_only=True, slots=True)
    class Busy(Told):
        def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
            order.append(server.name)
            if order == ["busy"]:
                raise ServerNotReachedError(NotReached.QUOTA, "busy: a quota; wait")
            others_asked.set()
            return Delivery(answers=dict.fromkeys(questions, Observed(data=1)))

    others_asked = threading.Event()
    retrying = Retrying(Busy(), sleep=lambda _: others_asked.wait(60), resting=turns.resting)
    reading = Reading(transport=retrying, looks=Looks(), timeout=100.0, clock=lambda: MOMENT)

    with threads(reading.ending) as executors:
        collector = Collector(
            executors=executors,
            read=reading.read,
            turns=turns,
            most=3,
            clock=reading.clock,
            break_off=reading.stop,
        )
        evidence = {each.server: each for each in collector.collect(_plan("busy", "other"))}

    assert order == ["busy", "other", "busy"]
    assert {each.status for each in evidence.values()} == {Status.REACHED}
    assert "retrying" in evidence["busy"].timings


class Lost(Executor):
    """An executor that loses what it is given: in one of three ways."""

    def __init__(self, how: str) -> None:
        self.how = how

    def submit(self, *_: object, **__: object) -> Future[Any]:
        future: Future[Any] = Future()
        if self.how == "refuses":
            raise RuntimeError("there is no worker")
        if self.how == "fails":
            future.set_exception(RuntimeError("the worker was killed"))
        else:
            future.cancel()
        return future


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("refuses", "there is no worker"),
        ("fails", "the worker was killed"),
        ("cancels", "reading it was given up before it was read; ask it with --resume"),
    ],
)
def test_a_server_whose_future_is_lost_is_evidence_that_says_so(how, reason):
    lost = Lost(how)
    collector = Collector(
        executors=lambda _: lost,
        read=lambda _: pytest.fail("nothing reads here"),
        turns=Turns(1),
        most=1,
        clock=lambda: MOMENT,
        break_off=lambda: None,
    )

    evidence = list(collector.collect(_plan("a", "b")))

    assert [each.server for each in evidence] == ["a", "b"]
    assert all(each.status is Status.UNREACHABLE and reason in each.reason for each in evidence)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Return a fleet of 20 servers of which two are silent."""
    state = load_scenario(find_scenario("small")).servers[0]
    states = [
        _with(state, f"s{number}", Reachability.SILENT if number in {0, 1} else Reachability.REACHABLE)
        for number in range(20)
    ]
    with Fleet.start(Scenario(name="test", servers=tuple(states)), password=PLANTED) as running:
        yield running


def _with(state, name, reachability):
    return replace(state, name=name, reachability=reachability)


def _plan_of(fleet: Fleet) -> Iterator[Planned]:
    secret = SecretReference(source=SecretSource.ENVIRONMENT, reference="PASSWORD")
    for each in fleet.servers:
        connection = Connection(address=each.address, port=each.port, username=each.username, secret=secret)
        yield Planned(server=Server(name=each.name, connection=connection), questions=(QUESTION,))


def test_silent_servers_do_not_hold_up_the_others(fleet):
    transport = WinRm(Credentials(environ={"PASSWORD": PLANTED}))

    evidence = list(_collector(transport, timeout=4.0).collect(_plan_of(fleet)))

    assert {each.server for each in evidence[-2:]} == {"s0", "s1"}
    assert [each.status for each in evidence] == [Status.REACHED] * 18 + [Status.UNREACHABLE] * 2
    assert all(PLANTED not in write(each) for each in evidence)


def test_an_interrupt_does_not_wait_for_silent_servers(fleet):
    transport, started = WinRm(Credentials(environ={"PASSWORD": PLANTED})), time.monotonic()
    collecting = _collector(transport, timeout=60.0).collect(_plan_of(fleet))

    for _ in range(18):  # all but the silent ones
        next(collecting)
    collecting.close()  # type: ignore[attr-defined]  # it is a generator

    assert time.monotonic() - started < 15
    assert all(each.counters.now().shells_open == 0 for each in fleet.servers)
