"""Collecting: one server's trouble stays its own, the plan is taken as it comes, stopping is quick."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, islice

import pytest

from auditor.collect import Collector
from auditor.credentials import Credentials
from auditor.errors import NotReached, ServerNotReachedError
from auditor.evidence_store import write
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Reachability, Scenario
from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.evidence import Status
from auditor.model.inventory import Connection, SecretReference, SecretSource, Server
from auditor.model.planned import Planned
from auditor.model.question import Question
from auditor.readers.http import http
from auditor.readers.registry_value import registry_value
from auditor.transports.http import Looks
from auditor.transports.transport import Deadline, Delivery
from auditor.transports.winrm import WinRm

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


def _plan(*names: str, questions: tuple[Question, ...] = (QUESTION,)) -> Iterator[Planned]:
    for name in names:
        server = Server(name=name, groups=("g",), connection=Connection(address="127.0.0.1"))
        yield Planned(server=server, policies=("p",), inputs={"i": 1}, questions=questions)


def _collector(
    transport: Told | WinRm, *, jobs: int = 4, timeout: float = 5.0, looks: Looks | None = None
) -> Collector:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Collector(transport=transport, looks=looks or Looks(), jobs=jobs, timeout=timeout, clock=lambda: moment)


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
