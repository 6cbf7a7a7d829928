"""What people are told of a run: what changed, how much is known, why it ended so, and no value of any server."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.message import Message, message_of, worth_telling
from auditor.model.drift import ALL_NEW, BEGINNING, Cause, Change, ChangeKind, Drift, State
from auditor.model.finding import Verdict
from auditor.model.run import Coverage, Run
from auditor.model.waiver import WaiverNotes
from auditor.runs import read_run


@pytest.fixture
def run(repository: Path) -> Run:
    stored = read_run(repository / "tests" / "unit" / "formats" / "every-verdict")
    return replace(stored, drift=None, exit_code=0, exit_reason="all is well", waivers=WaiverNotes())


def change(kind: ChangeKind, host: str = "cas01", check: str = "ssl") -> Change:
    secret = State(verdict=Verdict.FAIL, actual="hunter2")
    return Change(host=host, policy="owa" if check else "", check=check, kind=kind, causes=(Cause.SERVER,),
                  before=secret, after=secret, text="was hunter1, is hunter2")  # fmt: skip


def drifted(run: Run, *changes: Change) -> Run:
    return replace(run, drift=Drift(against="20261122T023000Z-0001", changes=changes))


@pytest.fixture
def told(run: Run) -> Run:
    known = Coverage(servers_planned=4, servers_judged=3, checks_planned=11, checks_judged=7)
    summary = dict.fromkeys(run.summary, 0) | {"pass": 6, "fail": 1, "error": 4}
    reason = "1 failing check at or above the gate (fail on fail)"
    return drifted(
        replace(run, coverage=known, exit_code=1, exit_reason=reason, summary=summary),
        change(ChangeKind.NEW_DEVIATION),
        change(ChangeKind.RESOLVED, host="cas02"),
        change(ChangeKind.MISSING_SERVER, host="cas03", check=""),
        change(ChangeKind.STILL_DEVIATING, host="cas04"),
    )


def test_the_message_says_what_is_new_what_is_resolved_and_how_much_is_known(told: Run) -> None:
    message = message_of(told, "/srv/reports/20261123T023000Z-0002")

    assert message == Message(
        title="auditor: 1 new, 1 resolved, exit code 1",
        body=(
            "compared with 20261122T023000Z-0001\n"
            "new: 1\n"
            "  cas01: owa/ssl\n"
            "resolved: 1\n"
            "  cas02: owa/ssl\n"
            "server no longer there: 1\n"
            "  cas03\n"
            "still deviating: 1\n"
            "coverage: 3 of 4 servers, 7 of 11 checks\n"
            "checks: 6 pass, 0 warn, 1 fail, 4 error, 0 not_applicable\n"
            "exit code 1: 1 failing check at or above the gate (fail on fail)\n"
            "report: /srv/reports/20261123T023000Z-0002\n"
        ),
    )


def test_the_page_shows_such_a_message(told: Run, repository: Path) -> None:
    message = message_of(told, "/srv/reports/20261123T023000Z-0002")

    page = (repository / "docs" / "nightly.md").read_text(encoding="utf-8")
    assert f"```text\n{message.title}\n\n{message.body}```\n" in page


def test_the_message_says_when_nothing_was_compared(run: Run) -> None:
    message = message_of(run, "/r")

    assert message.body.startswith("not compared with another run\n")
    assert message.title == "auditor: exit code 0"


def test_the_message_stays_short(run: Run) -> None:
    many = [change(kind, host=f"cas{number}") for kind in ChangeKind for number in range(1000)]

    message = message_of(drifted(run, *many), "/r")

    assert len(message.body.splitlines()) < 150
    assert "  and 990 more\n" in message.body


def test_a_dead_server_is_one_line_and_hides_no_other(run: Run) -> None:
    dead = [
        change(ChangeKind.NEWLY_UNKNOWN, host=host, check=f"c{n}") for host in ("cas01", "cas02") for n in range(20)
    ]

    message = message_of(drifted(run, *dead, change(ChangeKind.NEWLY_UNKNOWN, host="cas03")), "/r")

    assert "no longer known: 41\n  cas01: 20 checks\n  cas02: 20 checks\n  cas03: owa/ssl\nstill" in message.body


def test_no_value_of_a_server_is_in_the_message(run: Run) -> None:
    assert "hunter" not in repr(message_of(drifted(run, *map(change, ChangeKind)), "/r"))


def test_every_kind_of_change_is_told(run: Run) -> None:
    bodies = {message_of(drifted(run, change(kind)), "/r").body for kind in ChangeKind}

    assert len(bodies) == len(ChangeKind)


def test_hostile_names_stay_on_their_line(run: Run) -> None:
    poisoned = message_of(drifted(run, change(ChangeKind.RESOLVED, host="a\nexit code 0\x1b[2J\u202e")), "/r\n")

    assert "  a\\u000aexit code 0\\u001b[2J\\u202e: owa/ssl\n" in poisoned.body


def test_waivers_that_end_are_told(run: Run) -> None:
    noted = replace(run, waivers=WaiverNotes(expired=("w1 expired",), expiring=("w2", "w3")))

    assert "waivers: 1 expired, 2 soon to expire\n" in message_of(noted, "/r").body


def test_of_a_first_run_it_is_told_that_there_is_none_to_compare_with(run: Run) -> None:
    message = message_of(replace(run, drift=BEGINNING, exit_code=1), "/r")

    assert message.title == "auditor: exit code 1"
    assert message.body.startswith(f"{ALL_NEW}\ncoverage: ")


def test_people_are_told_of_drift_and_of_a_gate_that_failed_and_else_left_alone(run: Run) -> None:
    assert not worth_telling(run)
    assert not worth_telling(drifted(run))
    assert not worth_telling(replace(run, drift=BEGINNING))
    assert not worth_telling(drifted(run, change(ChangeKind.STILL_DEVIATING)))
    assert worth_telling(replace(run, exit_code=3))
    for kind in set(ChangeKind) - {ChangeKind.STILL_DEVIATING}:
        assert worth_telling(drifted(run, change(kind)))
