"""Guards: connections are shut at their deadline, by one thread for all of them, and not once their guard is left."""

import socket
import threading
from contextlib import ExitStack

from auditor.transports.guard import Guard, Guards
from auditor.transports.transport import Deadline


def pair(stack: ExitStack) -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    stack.callback(ours.close)
    stack.callback(theirs.close)
    ours.settimeout(60)
    return ours, theirs


def test_whoever_reads_at_the_deadline_gets_the_end_of_the_stream() -> None:
    with ExitStack() as stack:
        ours, _ = pair(stack)
        guard = stack.enter_context(Guard(Deadline.after(0.1)))
        guard.watch(ours)

        assert ours.recv(1) == b""
        assert guard.is_shut


def test_a_sooner_deadline_comes_before_one_that_was_set_first() -> None:
    with ExitStack() as stack:
        first, second = stack.enter_context(Guard(Deadline.after(60))), Guard(Deadline.after(0.1))
        ours, _ = pair(stack)
        stack.enter_context(second).watch(ours)

        assert ours.recv(1) == b""
        assert (first.is_shut, second.is_shut) == (False, True)


def test_a_guard_that_is_left_shuts_nothing_any_more() -> None:
    with ExitStack() as stack:
        ours, theirs = pair(stack)
        with Guard(Deadline.after(0.2)) as guard:
            guard.watch(ours)
        later, _ = pair(stack)
        witness = stack.enter_context(Guard(Deadline.after(0.4)))
        witness.watch(later)

        assert later.recv(1) == b"", "the deadlines of both have passed"
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"


def test_many_guards_need_one_thread() -> None:
    with ExitStack() as stack:
        guards = Guards()
        before = threading.active_count()
        for _ in range(50):
            stack.enter_context(guards.watching(Deadline.after(60)))

        assert threading.active_count() <= before + 1
