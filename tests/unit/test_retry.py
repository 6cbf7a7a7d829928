"""Asking again: only what can pass, with growing pauses, never past the deadline, never once all is stopped."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import NotReached, ServerNotReachedError
from auditor.model.answer import Observed
from auditor.model.inventory import Connection, Server
from auditor.model.question import Question
from auditor.retry import PASSING, Backoff, Retrying
from auditor.transports.transport import Deadline, Delivery, Transport

SERVER = Server(name="cas01", connection=Connection(address="127.0.0.1"))
QUESTIONS = (Question(kind="light"),)


@dataclass(kw_only=True, slots=True)
class Failing:
    """A transport that fails as told, one reason per try, then answers."""

    reasons: list[NotReached]
    name: str = "failing"
    asked: int = 0
    is_stopped: bool = False

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        assert deadline.remains() > 0
        self.asked += 1
        if self.asked <= len(self.reasons):
            raise ServerNotReachedError(self.reasons[self.asked - 1], f"{server.name}: no {self.asked}; do something")
        return Delivery(answers=dict.fromkeys(questions, Observed(data=1)), timings={"read": 1.0})

    def stop(self) -> None:
        self.is_stopped = True


@dataclass(kw_only=True, slots=True)
class Pauses:
    """What was slept."""

    seconds: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)


def ask(transport: Transport, seconds: float = 100.0) -> Delivery:
    return transport.ask(SERVER, QUESTIONS, Deadline.after(seconds))


@pytest.mark.parametrize("kind", sorted(PASSING))
def test_what_can_pass_is_asked_again_after_growing_pauses(kind: NotReached) -> None:
    inner, pauses = Failing(reasons=[kind, kind]), Pauses()

    delivery = ask(Retrying(inner, attempts=3, sleep=pauses.sleep, random=lambda: 1.0))

    assert delivery.answers == {QUESTIONS[0]: Observed(data=1)}
    assert pauses.seconds == [2.0, 4.0]
    assert set(delivery.timings) == {"read", "retrying"}


@pytest.mark.parametrize("kind", sorted(set(NotReached) - PASSING))
def test_an_answer_that_stays_is_not_asked_again(kind: NotReached) -> None:
    inner, pauses = Failing(reasons=[kind]), Pauses()

    with pytest.raises(ServerNotReachedError) as error:
        ask(Retrying(inner, sleep=pauses.sleep))

    assert (inner.asked, pauses.seconds) == (1, [])
    assert str(error.value) == "cas01: no 1; do something"


def test_what_can_pass_is_a_restart_a_load_and_a_lost_connection_and_nothing_that_was_answered() -> None:
    assert sorted(PASSING) == ["broken", "busy", "quota", "refused", "timed_out"]


def test_a_refused_account_is_never_tried_again_because_it_could_be_locked_out() -> None:
    assert PASSING.isdisjoint({NotReached.UNAUTHORISED, NotReached.FORBIDDEN, NotReached.SECRET})


def test_the_last_reason_is_told_with_the_number_of_tries() -> None:
    inner = Failing(reasons=[NotReached.BUSY, NotReached.QUOTA, NotReached.BROKEN])

    with pytest.raises(ServerNotReachedError) as error:
        ask(Retrying(inner, attempts=3, sleep=Pauses().sleep))

    assert error.value.kind is NotReached.BROKEN
    assert str(error.value) == "tried 3 times: cas01: no 3; do something"
    assert "retrying" in error.value.timings


def test_a_message_that_is_too_large_stays_too_large() -> None:
    assert NotReached.SIZE not in PASSING


def test_an_answer_at_once_is_passed_on_as_it_is() -> None:
    delivery = ask(Retrying(Failing(reasons=[])))

    assert delivery.timings == {"read": 1.0}


def test_a_pause_that_would_leave_no_time_is_not_made() -> None:
    inner, pauses = Failing(reasons=[NotReached.BUSY]), Pauses()

    with pytest.raises(ServerNotReachedError):
        ask(Retrying(inner, backoff=Backoff(first=10.0), sleep=pauses.sleep, random=lambda: 1.0), seconds=10.5)

    assert (inner.asked, pauses.seconds) == (1, [])


def test_one_attempt_means_no_second_try() -> None:
    inner = Failing(reasons=[NotReached.BUSY])

    with pytest.raises(ServerNotReachedError):
        ask(Retrying(inner, attempts=1))

    assert inner.asked == 1


def test_stopping_ends_a_pause_at_once_and_the_transport_inside() -> None:
    inner = Failing(reasons=[NotReached.BUSY] * 9)
    retrying = Retrying(inner, attempts=9, backoff=Backoff(first=60.0, most=60.0))
    timer, started = threading.Timer(0.2, retrying.stop), time.monotonic()

    timer.start()
    with pytest.raises(ServerNotReachedError):
        ask(retrying)
    timer.join()

    assert (inner.asked, inner.is_stopped) == (1, True)
    assert time.monotonic() - started < 20


def test_a_server_does_without_its_turn_during_each_pause_and_has_it_again_for_the_next_try() -> None:
    events: list[str] = []

    @dataclass(kw_only=True, slots=True)
    class Busy(Failing):
        def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
            events.append("try")
            return super(Busy, self).ask(server, questions, deadline)

    @contextmanager
    def resting(server: Server, deadline: Deadline) -> Iterator[None]:
        assert server is SERVER
        assert deadline.remains() > 0
        events.append("give back")
        yield
        events.append("take")

    inner = Busy(reasons=[NotReached.QUOTA, NotReached.BUSY])
    ask(Retrying(inner, attempts=3, sleep=lambda _: events.append("pause"), resting=resting))

    assert events == ["try", "give back", "pause", "take", "try", "give back", "pause", "take", "try"]


def test_it_goes_by_the_name_of_the_transport_inside() -> None:
    assert Retrying(Failing(reasons=[])).name == "failing"


@given(
    first=st.floats(0.01, 100),
    factor=st.floats(1, 10),
    most=st.floats(0.01, 1000),
    failed=st.integers(1, 1000),
    chance=st.floats(0, 1, exclude_max=True),
)
def test_a_pause_is_never_longer_than_the_longest_nor_shorter_than_half_of_the_first(
    first: float, factor: float, most: float, failed: int, chance: float
) -> None:
    pause = Backoff(first=first, factor=factor, most=most).pause(failed, chance)

    assert min(first, most) / 2 <= pause <= most
