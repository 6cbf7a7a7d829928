"""What is put aside comes back as it was, in order, as often as one likes, and is held by nobody meanwhile."""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import spool
from auditor.model.finding import Finding, Verdict, order
from auditor.model.policy import Level, Severity
from auditor.model.waiver import WaiverMark
from auditor.spool import Spool

NAMES = st.sampled_from(["", "*", "#1", "cas01", "cas02", "\ud800"])
TEXT = st.text(max_size=5)
MARKS = st.builds(WaiverMark, id=NAMES, owner=TEXT, reason=TEXT, ticket=TEXT, expires=TEXT)
FINDINGS = st.lists(
    st.builds(
        Finding,
        host=NAMES,
        policy=NAMES,
        check=NAMES,
        title=TEXT,
        level=st.sampled_from(Level),
        severity=st.sampled_from(Severity),
        verdict=st.sampled_from(Verdict),
        expected=TEXT,
        actual=TEXT,
        reason=TEXT,
        reference=TEXT,
        remediation=TEXT,
        questions=st.lists(TEXT, max_size=2).map(tuple),
        waiver=st.none() | MARKS,
    ),
    max_size=12,
)


def finding(host: str, check: str, actual: str = "on") -> Finding:
    return Finding(
        host=host,
        policy="lights",
        check=check,
        title=f"The light is {check}",
        level=Level.FAIL,
        severity=Severity.HIGH,
        verdict=Verdict.PASS,
        expected="on is true",
        actual=actual,
        reason="",
        reference="Step 1",
        remediation="Switch it on.",
        questions=(f"light|room={check}",),
    )


def put(*parts: Sequence[Finding]) -> Spool:
    kept = Spool()
    for part in parts:
        kept.add(part)
    return kept


@given(FINDINGS)
def test_all_findings_come_back_in_the_order_of_reports(findings: list[Finding]) -> None:
    assert put(findings).findings() == sorted(findings, key=order)


@given(FINDINGS, st.randoms(use_true_random=False))
def test_it_does_not_matter_which_server_comes_first(findings: list[Finding], random: Random) -> None:
    unlike = list({order(each): each for each in findings}.values())
    shuffled = random.sample(unlike, len(unlike))

    assert put(*([each] for each in shuffled)).findings() == put(unlike).findings()


def test_there_can_be_nothing() -> None:
    assert tuple(Spool().findings()) == ()


def test_two_can_go_through_them_at_the_same_time() -> None:
    findings = put([finding(f"cas{number:02}", "hall") for number in range(20)]).findings()

    assert all(one == other for one, other in zip_longest(findings, findings))
    assert [one.host for one in findings for _ in findings] == [f"cas{number // 20:02}" for number in range(400)]


def test_what_findings_of_one_check_share_is_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_KEPT", 0)

    one, other = put([finding("cas01", "hall"), finding("cas02", "hall")]).findings()

    assert one.remediation is other.remediation
    assert one.questions is other.questions


def test_lists_of_questions_are_kept_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_ALIKE", 2)
    several = [replace(finding("cas01", f"light-{number}"), questions=(f"q{number % 5}",)) for number in range(9)]

    assert put(several).findings() == several


def fleet(servers: int, checks: int, length: int) -> Iterator[list[Finding]]:
    for server in range(servers):
        yield [
            finding(f"cas{server:03}", f"check-{check:02}", f"{server * checks + check:06} ".ljust(length, "x"))
            for check in range(checks)
        ]


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def test_many_findings_are_on_the_disk_and_not_in_memory(
    tmp_path: Path, peak: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_KEPT", 1 << 20)
    servers, checks, length = 100, 50, 2_000
    kept = Spool(tmp_path)

    for findings in fleet(servers, checks, length):
        kept.add(findings)
    read = sum(len(each.actual) for each in kept.findings())

    assert read == servers * checks * length
    assert peak() < servers * checks * length / 3


def test_nothing_is_left_where_they_were(tmp_path: Path) -> None:
    kept = Spool(tmp_path)
    for findings in fleet(20, 50, 2_000):
        kept.add(findings)
    all_findings = kept.findings()
    del kept

    assert len(list(all_findings)) == 1_000
    del all_findings
    assert list(tmp_path.iterdir()) == []
