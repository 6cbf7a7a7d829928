"""Progress on a terminal: what the line says, and that a log gets nothing."""

import io
from dataclasses import dataclass

from auditor.cli.progress import Progress, shown
from auditor.model.evidence import Evidence, Status


def evidence(server: str, seconds: float = 1.0, status: Status = Status.REACHED) -> Evidence:
    return Evidence(
        server=server,
        status=status,
        collected="2026-01-02T03:04:05Z",
        collector="auditor",
        transport="winrm",
        timings={"total": seconds},
    )


@dataclass(kw_only=True, slots=True)
class Seconds:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_tells_done_rate_estimate_and_the_slowest_servers() -> None:
    clock = Seconds()
    progress = Progress(total=100, under_way=lambda: [(7.0, "cas09"), (0.4, "cas10")], clock=clock)
    for server, seconds in (("cas01", 3.0), ("cas02", 9.0), ("cas03", 1.0)):
        progress.take(evidence(server, seconds))
    progress.take(evidence("cas04", 2.0, Status.UNREACHABLE))

    clock.now = 2.0

    assert progress.line() == (
        "4/100 servers, 2.0/s, about 48 s left, 1 not reached; slowest: cas02 9 s, cas09 7 s and waiting"
    )


def test_before_the_first_server_is_done_there_is_no_rate() -> None:
    assert Progress(total=3, under_way=list, clock=Seconds()).line() == "0/3 servers"


def test_an_estimate_of_minutes_is_told_in_minutes() -> None:
    clock = Seconds()
    progress = Progress(total=1000, under_way=list, clock=clock)
    progress.take(evidence("a"))

    clock.now = 1.0

    assert "about 16 min 39 s left" in progress.line()


def test_a_name_cannot_write_to_the_terminal() -> None:
    progress = Progress(total=3, under_way=list, clock=Seconds())
    progress.take(evidence("a\x1b[2J\n"))

    assert progress.line().isprintable()


def test_a_log_gets_nothing_and_the_evidence_passes() -> None:
    stream = io.StringIO()
    passed = [evidence("a"), evidence("b")]

    assert list(shown(iter(passed), Progress(total=2, under_way=list), stream)) == passed
    assert stream.getvalue() == ""


def test_a_terminal_is_left_with_an_empty_line() -> None:
    stream = Terminal()

    assert len(list(shown(iter([evidence("a")]), Progress(total=1, under_way=list), stream))) == 1
    assert stream.getvalue().endswith("\r\033[K")


def test_the_line_goes_even_when_nobody_wants_more() -> None:
    stream = Terminal()
    passing = shown(iter([evidence("a"), evidence("b")]), Progress(total=2, under_way=list), stream)
    next(passing)

    passing.close()  # type: ignore[attr-defined]  # it is a generator

    assert stream.getvalue().endswith("\r\033[K")
