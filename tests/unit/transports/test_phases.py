"""Where a server's time went: each phase is measured where it happens, and every answer is heard of."""

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.errors import NotReached, ServerNotReachedError
from auditor.lab.costs import Costs
from auditor.model.inventory import Authentication, Scheme, Server
from auditor.transports.transport import Deadline
from auditor.transports.winrm import WinRm

PHASES = ["authenticate", "close", "connect", "read", "start", "transfer"]


@pytest.mark.parametrize(
    ("scheme", "method"), [(Scheme.HTTP, Authentication.NTLM), (Scheme.HTTPS, Authentication.BASIC)]
)
def test_every_phase_is_told_and_together_they_are_the_whole(lab, scheme, method):
    server = lab.one(scheme=scheme, authentications=(method,))
    started = time.monotonic()

    timings = lab.ask(lab.connection_to(server)).timings

    assert sorted(timings) == PHASES
    assert all(seconds >= 0 for seconds in timings.values())
    assert 0 < sum(timings.values()) <= time.monotonic() - started + 0.01


def test_a_slow_start_of_powershell_is_time_of_reading_and_of_nothing_else(lab):
    server = lab.one(costs=Costs(powershell_start=0.8))

    timings = lab.ask(lab.connection_to(server)).timings

    assert max(timings, key=timings.__getitem__) == "read"
    assert timings["read"] >= 0.7


def test_a_server_that_takes_no_connection_took_its_time_in_connecting(lab):
    error = lab.refusal(lab.connection(lab.deaf()), seconds=1)

    assert error.kind is NotReached.TIMED_OUT
    assert set(error.timings) == {"connect", "authenticate"}
    assert error.timings["connect"] > 0.5 > error.timings["authenticate"]


def test_a_server_that_does_not_let_anybody_in_took_its_time_in_logging_on(lab):
    error = lab.refusal(lab.connection(lab.silent().port), seconds=1)

    assert error.timings["authenticate"] > 0.5 > error.timings["connect"]


def test_a_shell_that_is_lost_at_its_start_is_time_of_starting(lab):
    slow = lab.one(costs=Costs(round_trip=0.5))  # four of them until there is a shell, two more until it has its script

    error = lab.refusal(lab.connection_to(slow), seconds=3.4)  # a quarter of which is kept for leaving

    assert {"authenticate", "start", "close"} <= set(error.timings)
    assert error.timings["authenticate"] > error.timings["start"] > 0


def test_every_answer_of_a_server_is_heard_of(lab):
    server = lab.one()
    heard: list[str] = []
    transport = WinRm(lab.winrm()._credentials, heard=lambda each: heard.append(each.name))

    delivery = transport.ask(
        Server(name="cas01", connection=lab.connection_to(server)), [lab.question()], Deadline.after(30)
    )

    assert heard == ["cas01"] * delivery.exchanges


def test_a_look_up_that_does_not_end_keeps_the_deadline(lab, monkeypatch):
    released = threading.Event()

    def getaddrinfo(host: str, *_: object, type: int, flags: int) -> Sequence[object]:  # noqa: A002  socket's own name
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "not a number")
        released.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    started = time.monotonic()

    with pytest.raises(ServerNotReachedError) as error:
        lab.ask(replace(lab.connection(5985), address="cas01.corp.example"), seconds=2.0)
    took = time.monotonic() - started
    released.set()

    assert error.value.kind is NotReached.TIMED_OUT
    assert took < 3.0
