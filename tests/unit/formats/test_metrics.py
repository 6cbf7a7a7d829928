"""`metrics.prom`, read back by the parser of Prometheus' own Python library."""

import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from auditor.errors import UsageError
from auditor.formats.format import pieces, refuse_missing
from auditor.formats.metrics import FORMAT
from auditor.model.drift import BEGINNING, Cause, Change, ChangeKind, Drift
from auditor.model.finding import Verdict
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark, WaiverNotes

MARK = WaiverMark(id="w1", owner="o", reason="r", ticket="", expires="2027-01-01")


def rendered(run: Run) -> str:
    return b"".join(pieces(FORMAT, run)).decode("utf-8")


def series(run: Run) -> Mapping[tuple[str, frozenset[str]], float]:
    samples = [sample for family in text_string_to_metric_families(rendered(run)) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.values())): sample.value for sample in samples}


def value(run: Run, name: str, *labels: str) -> float:
    return series(run)[name, frozenset(labels)]


def test_the_run_is_told_by_its_end_length_and_exit_code(run: Run) -> None:
    timed = replace(run, started="2026-11-23T02:30:00Z", finished="2026-11-23T02:31:30Z")

    assert value(timed, "auditor_last_run_timestamp_seconds") == 1795401090
    assert value(timed, "auditor_last_run_duration_seconds") == 90
    assert value(timed, "auditor_exit_code") == run.exit_code
    assert value(timed, "auditor_build_info", run.version) == 1


def test_coverage_is_planned_and_judged(run: Run) -> None:
    for name in ("servers_planned", "servers_judged", "checks_planned", "checks_judged"):
        assert value(run, f"auditor_{name}") == getattr(run.coverage, name)


def test_servers_are_counted_by_status_also_those_that_are_none(run: Run) -> None:
    assert sum(number for (name, _), number in series(run).items() if name == "auditor_servers") == len(run.hosts)
    assert value(replace(run, hosts=()), "auditor_servers", "unreachable") == 0


def test_findings_are_counted_by_policy_verdict_and_severity(run: Run) -> None:
    unwaived = replace(run, findings=tuple(replace(finding, waiver=None) for finding in run.findings))

    counted = [(key, number) for key, number in series(unwaived).items() if key[0] == "auditor_findings"]

    for verdict in Verdict:
        assert sum(number for (_, labels), number in counted if verdict in labels) == run.summary[verdict]
    assert 0 in dict(counted).values(), "a series that would vanish is kept at 0"


def test_waived_findings_are_counted_apart(run: Run) -> None:
    failing = next(finding for finding in run.findings if finding.verdict is Verdict.FAIL)
    labels = (failing.policy, "fail", failing.severity.value)
    before = value(run, "auditor_findings", *labels)
    waived = tuple(replace(each, waiver=MARK) if each == failing else each for each in run.findings)

    after = replace(run, findings=waived)

    assert value(after, "auditor_findings", *labels) == before - 1
    assert value(after, "auditor_findings_waived", *labels) == value(run, "auditor_findings_waived", *labels) + 1


def test_drift_is_counted_by_kind(run: Run) -> None:
    change = Change(host="a", kind=ChangeKind.NEW_DEVIATION, causes=(Cause.SERVER,), text="")
    drifted = replace(run, drift=Drift(against="r", changes=(change, replace(change, host="b"))))

    assert value(drifted, "auditor_drift_changes", "new_deviation") == 2
    assert value(drifted, "auditor_drift_changes", "resolved") == 0


def test_what_was_not_compared_is_not_told_as_unchanged(run: Run) -> None:
    for drift in (None, BEGINNING):
        assert "auditor_drift_changes" not in rendered(replace(run, drift=drift))


def test_waivers_that_need_a_look_are_counted(run: Run) -> None:
    noted = replace(run, waivers=WaiverNotes(expired=("one", "two")))

    assert value(noted, "auditor_waiver_notes", "expired") == 2
    assert value(noted, "auditor_waiver_notes", "unused") == 0


def test_neither_server_nor_check_is_a_label(run: Run) -> None:
    shown = rendered(run)

    assert not [host.name for host in run.hosts if host.name in shown]
    assert not [finding.check for finding in run.findings if finding.check in shown]


def test_no_sample_has_a_time_of_its_own(run: Run) -> None:
    assert all(len(line.rpartition("}")[2].split()) <= 2 for line in rendered(run).splitlines() if line[0] != "#")


@pytest.mark.parametrize("poison", ['"} 1\nauditor_exit_code 0\n', "\\", "\x1b[31m", "\ud800", "\u2028", 'a"b\\n'])
def test_hostile_text_cannot_add_a_series(run: Run, poison: str) -> None:
    policies = tuple(replace(each, id=each.id + poison) for each in run.policies)
    findings = tuple(replace(each, policy=each.policy + poison) for each in run.findings)

    dirty = replace(run, policies=policies, findings=findings, version=poison)

    assert len(rendered(dirty).splitlines()) == len(rendered(run).splitlines())
    assert value(dirty, "auditor_exit_code") == run.exit_code


def test_policies_that_look_the_same_are_one_series(run: Run) -> None:
    one, *others = run.findings
    alike = (replace(one, policy="a\x00"), replace(one, policy="a\\u0000"))

    assert value(
        replace(run, findings=(*alike, *others)), "auditor_findings", "a\\u0000", one.verdict.value, one.severity.value
    ) == len(alike)


def test_the_order_of_findings_does_not_matter(run: Run) -> None:
    assert rendered(run) == rendered(replace(run, findings=run.findings[::-1], hosts=run.hosts[::-1]))


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)

    with pytest.raises(UsageError, match=r"pip install auditor\[metrics\]"):
        refuse_missing(FORMAT)
