"""Turns: limits in all, per group and per address; who is silent or rests holds up nobody; told by order of events."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from auditor.model.inventory import Connection, Server
from auditor.transports.transport import Deadline
from auditor.turns import ALL, KNOCKING, WORKING, Turns, address_of


@dataclass(kw_only=True, slots=True)
class Seconds:
    """A clock that goes on when it is told to."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


def server(name: str, limits: Mapping[str, int] | None = None, *, address: str = "") -> Server:
    return Server(name=name, connection=Connection(address=address or name), limits=limits or {})


def begun(turns: Turns, *names: str) -> list[str]:
    return [name for name in names if not turns.begin(server(name))]


def test_as_many_begin_as_there_are_jobs_and_another_for_each_that_ends() -> None:
    turns = Turns(2)

    first = begun(turns, "a", "b", "c")
    turns.end(server("a"))

    assert first == ["a", "b"]
    assert turns.begin(server("c")) == ""
    assert turns.begin(server("d")) == ALL


def test_a_group_has_its_own_limit_and_leaves_the_others_their_turns() -> None:
    turns, slow = Turns(3), {"branch": 1}

    assert turns.begin(server("a", slow)) == ""
    assert turns.begin(server("b", slow)) == "branch"
    assert turns.begin(server("c")) == ""

    turns.end(server("a", slow))

    assert turns.is_free("branch")
    assert turns.begin(server("b", slow)) == ""


def test_a_server_of_two_limited_groups_keeps_within_both() -> None:
    turns = Turns(9)
    turns.begin(server("a", {"inner": 1, "outer": 2}))
    turns.begin(server("b", {"outer": 2}))

    assert turns.begin(server("c", {"outer": 2})) == "outer"
    assert turns.begin(server("d", {"inner": 1, "outer": 2})) == "inner"


def test_two_names_of_one_address_are_never_read_at_once_even_when_the_first_is_silent(clock: Seconds) -> None:
    turns, other = Turns(9, clock=clock), server("b", address="CAS01")
    turns.begin(server("a", address="cas01"))
    clock.now += 100

    turns.overtake()

    assert turns.begin(other) == address_of(other)
    turns.end(server("a", address="cas01"))
    assert turns.begin(other) == ""


def test_a_server_that_never_answers_gives_its_turn_back_after_a_moment(clock: Seconds) -> None:
    turns = Turns(1, clock=clock)
    turns.begin(server("dead"))

    clock.now += KNOCKING.at_first
    assert turns.overtake() == 0
    clock.now += 0.01

    assert turns.overtake() == 1
    assert turns.begin(server("alive")) == ""


def test_what_is_usual_decides_how_long_a_silence_is_too_long(clock: Seconds) -> None:
    turns = Turns(1, clock=clock)
    for _ in range(3):  # servers that answer after half a second and work for three
        turns.begin(server("a"))
        clock.now += 0.5
        turns.heard(server("a"))
        clock.now += 3.0
        turns.end(server("a"))

    silent: list[tuple[bool, float]] = []
    for answers in (False, True):
        turns.begin(server("b"))
        if answers:
            turns.heard(server("b"))
        began = clock.now
        while not turns.overtake():
            clock.now += 0.125
        silent.append((answers, clock.now - began))
        turns.end(server("b"))

    assert silent == [(False, 4 * 0.5 + 0.125), (True, 2 * 3.0 + 0.125)]


def test_nothing_is_silent_within_the_least_patience_however_fast_the_others_are(clock: Seconds) -> None:
    turns = Turns(1, clock=clock)
    turns.begin(server("fast"))
    turns.heard(server("fast"))
    turns.end(server("fast"))
    turns.begin(server("b"))

    clock.now += KNOCKING.least
    assert turns.overtake() == 0
    turns.heard(server("b"))
    clock.now += WORKING.least

    assert turns.overtake() == 0


def test_a_silent_server_that_speaks_again_counts_again_and_nobody_begins_until_the_limit_holds(clock: Seconds) -> None:
    turns = Turns(1, clock=clock)
    turns.begin(server("slow"))
    clock.now += 50
    turns.overtake()
    turns.begin(server("b"))

    turns.heard(server("slow"))

    assert turns.begin(server("c")) == ALL
    turns.end(server("b"))
    assert turns.begin(server("c")) == ALL
    turns.end(server("slow"))
    assert turns.begin(server("c")) == ""


def test_where_servers_cannot_be_heard_their_whole_time_is_their_silence(clock: Seconds) -> None:
    turns = Turns(1, are_heard=False, clock=clock)
    turns.begin(server("a"))
    clock.now += 5
    turns.end(server("a"))
    turns.begin(server("b"))

    clock.now += 10
    assert turns.overtake() == 0
    clock.now += 0.1

    assert turns.overtake() == 1


def test_a_server_whose_web_site_is_silent_gives_its_turn_back_after_a_moment(clock: Seconds) -> None:
    turns = Turns(1, clock=clock)
    turns.begin(server("a"))
    turns.heard(server("a"))

    turns.looked_at(server("a"))
    clock.now += KNOCKING.at_first + 1

    assert turns.overtake() == 1
    assert turns.begin(server("b")) == ""


def test_how_long_a_web_site_was_silent_says_nothing_about_servers_at_work(clock: Seconds) -> None:
    turns = Turns(2, clock=clock)
    turns.begin(server("a"))
    turns.heard(server("a"))
    turns.looked_at(server("a"))
    clock.now += 100
    turns.end(server("a"))

    turns.begin(server("b"))
    turns.heard(server("b"))
    clock.now += WORKING.least + 1

    assert turns.overtake() == 1


def test_a_server_that_ends_after_it_was_overtaken_gives_back_nothing_twice(clock: Seconds) -> None:
    turns = Turns(1, clock=clock)
    turns.begin(server("slow"))
    clock.now += 50
    turns.overtake()

    turns.end(server("slow"))

    assert begun(turns, "a", "b") == ["a"]


def in_thread(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_a_server_between_two_tries_leaves_its_turn_to_others_and_comes_back_before_those_not_begun() -> None:
    turns, order, rested, may_return = Turns(1), list[str](), threading.Event(), threading.Event()
    turns.begin(server("busy"))

    def rest() -> None:
        with turns.resting(server("busy"), Deadline.after(60)):
            rested.set()
            may_return.wait(60)
        order.append("busy tries again")

    thread = in_thread(rest)
    rested.wait(60)
    assert turns.begin(server("a")) == ""
    may_return.set()
    while turns.is_waited_for(ALL) == 0:
        pass
    order.append("a ends")
    turns.end(server("a"))
    assert turns.begin(server("b")) == ALL
    thread.join(60)

    assert order == ["a ends", "busy tries again"]


def test_a_server_waits_for_its_turn_no_longer_than_its_deadline() -> None:
    turns = Turns(1)
    turns.begin(server("busy"))

    with turns.resting(server("busy"), Deadline.after(0.05)):
        turns.begin(server("a"))

    turns.end(server("a"))
    assert turns.begin(server("b")) == ALL, "the one that came back has the turn"
