"""Connecting by a deadline: look-ups that never end, several silent addresses, and what is broken off meanwhile."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from auditor.transports import connect as connecting
from auditor.transports.connect import connect, look_up
from auditor.transports.guard import Guard
from auditor.transports.transport import Deadline

LOOPBACK = "127.0.0.1"
Found = list[tuple[object, ...]]


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def silent() -> Iterator[Callable[[], tuple[str, int]]]:
    """Return a function that gives an address at which connecting hangs: its backlog is full."""
    held: list[socket.socket] = []

    def address() -> tuple[str, int]:
        server = socket.create_server((LOOPBACK, 0), backlog=0)
        held.append(server)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
            held.append(filler)
        place: tuple[str, int] = server.getsockname()
        return place

    yield address
    for each in held:
        each.close()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    def getaddrinfo(host: str, port: int, *, type: int, flags: int) -> Found:  # noqa: A002  the socket module's name
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        return [(socket.AF_INET, type, 6, "", address) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_the_first_address_that_answers_is_taken(
    listening: int, silent: Callable[[], tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "_SILENT_SECONDS", 0.1)
    resolve_to(monkeypatch, silent(), (LOOPBACK, 1), (LOOPBACK, listening))

    with connect("cas01", 5985, Deadline.after(30), lambda _: None) as made:
        assert made.getpeername() == (LOOPBACK, listening)


def test_several_silent_addresses_together_take_no_more_than_the_deadline(
    silent: Callable[[], tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, silent(), silent(), silent())
    deadline = Deadline.after(0.6)

    with pytest.raises(TimeoutError):
        connect("cas01", 5985, deadline, lambda _: None)

    assert time.monotonic() - deadline.moment < 1.0


def test_a_look_up_that_does_not_end_is_left_to_itself_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    released, ended = threading.Event(), threading.Event()

    def getaddrinfo(host: str, port: int, *, type: int, flags: int) -> Found:  # noqa: A002  the socket module's name
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        released.wait(60)
        ended.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    deadline = Deadline.after(0.2)

    with pytest.raises(TimeoutError, match="cas01 was not looked up in time"):
        connect("cas01", 5985, deadline, lambda _: None)
    late = time.monotonic() - deadline.moment
    released.set()

    assert ended.wait(60)
    assert late < 1.0


def test_an_address_needs_no_look_up(listening: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "Thread", None)

    assert look_up(LOOPBACK, listening, Deadline.after(1)) == [(socket.AF_INET, (LOOPBACK, listening))]


@pytest.mark.parametrize("name", ["a..b", "x" * 70, "no.such.name.invalid"])
def test_what_is_no_name_is_an_unknown_name(name: str) -> None:
    with pytest.raises(socket.gaierror):
        connect(name, 5985, Deadline.after(30), lambda _: None)


def test_no_time_at_all_is_a_timeout(listening: int) -> None:
    with pytest.raises(TimeoutError):
        connect(LOOPBACK, listening, Deadline.after(0), lambda _: None)


def test_a_connection_in_the_making_can_be_broken_off(silent: Callable[[], tuple[str, int]]) -> None:
    host, port = silent()
    started = time.monotonic()

    with Guard(Deadline.after(60)) as guard:
        timer = threading.Timer(0.2, guard.shut)
        timer.start()
        with pytest.raises(OSError, match=r".+"):
            connect(host, port, Deadline.after(60), guard.watch)
        timer.join()

    assert time.monotonic() - started < 30
