"""Two runs are gone through side by side: each check of either is met once, with what both found."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.drift.kinds import paired
from auditor.model.finding import Finding, Verdict, order
from auditor.model.policy import Level, Severity
from auditor.model.run import Coverage, Run

EMPTY = Run(
    id="",
    started="",
    finished="",
    version="",
    fail_on="",
    policies=(),
    hosts=(),
    findings=(),
    coverage=Coverage(servers_planned=0, servers_judged=0, checks_planned=0, checks_judged=0),
    summary={},
    exit_code=0,
    exit_reason="",
)


def finding(host: str, policy: str, check: str, actual: str) -> Finding:
    return Finding(
        host=host,
        policy=policy,
        check=check,
        title="",
        level=Level.FAIL,
        severity=Severity.HIGH,
        verdict=Verdict.FAIL,
        expected="",
        actual=actual,
        reason="",
        reference="",
        remediation="",
    )


NAMES = st.sampled_from(["*", "a", "b"])
SEVERAL = st.lists(st.builds(finding, NAMES, NAMES, NAMES, st.sampled_from("xyz")), max_size=12)


def run(findings: Sequence[Finding]) -> Run:
    return replace(EMPTY, findings=tuple(findings))


@given(SEVERAL, SEVERAL)
def test_every_check_is_met_once_and_in_order(before: list[Finding], after: list[Finding]) -> None:
    # of several findings of the same check the last in the order of reports, which keeps that of the file, counts
    old: dict[Any, Finding] = {order(each): each for each in before}
    new: dict[Any, Finding] = {order(each): each for each in after}

    met = list(paired(run(before), run(after)))

    assert met == [(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys())]


@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 0), (0, 3)])
def test_a_run_without_findings_has_nothing_in_common(before: int, after: int) -> None:
    old, new = ([finding("a", "b", str(number), "x") for number in range(many)] for many in (before, after))

    met = list(paired(run(old), run(new)))

    assert [(one, other) for _, one, other in met] == [*((each, None) for each in old), *((None, each) for each in new)]
