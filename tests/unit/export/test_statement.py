"""What is signed about a run: never better than it is."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.export.bundle import BundleError, Digests, Hidden, Seal
from auditor.export.statement import read_statement, result_of, statement_of, written
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.run import Host, Run
from auditor.model.waiver import WaiverMark
from auditor.runs import read_run

MARK = WaiverMark(id="w", owner="Jane", reason="r", ticket="", expires="2026-12-31")
FILES = {
    "run.json": Digests(content="11" * 32, packed="22" * 32),
    "policies/p.yaml": Digests(content="33" * 32, packed="44" * 32),
    "SHA256SUMS": Digests(content="55" * 32, packed="66" * 32),
}
SEAL = Seal(run="r1", redacted=(Hidden.HOSTS,), chained=True, previous="77" * 32)


def found(verdict: Verdict, check: str = "c", host: str = "a", waiver: WaiverMark | None = None) -> Finding:
    return Finding(
        host=host, policy="p", check=check, title="t", level=Level.FAIL, severity=Severity.HIGH, verdict=verdict,
        expected="e", actual="", reason="", reference="", remediation="", waiver=waiver,
    )  # fmt: skip


@pytest.fixture
def run(repository: Path) -> Run:
    golden = read_run(repository / "tests" / "unit" / "formats" / "every-verdict")
    judged = replace(golden.coverage, checks_planned=1, checks_judged=1, servers_planned=1, servers_judged=1)
    host = Host(name="a", status=Status.REACHED)
    return replace(golden, policies=(), hosts=(host,), findings=(found(Verdict.PASS),), coverage=judged)


@pytest.mark.parametrize(
    ("findings", "result"),
    [
        ((found(Verdict.PASS),), "PASSED"),
        ((found(Verdict.PASS), found(Verdict.NOT_APPLICABLE, "d")), "PASSED"),
        ((found(Verdict.PASS), found(Verdict.WARN, "d")), "WARNED"),
        ((found(Verdict.PASS), found(Verdict.FAIL, "d", waiver=MARK)), "WARNED"),
        ((found(Verdict.PASS), found(Verdict.FAIL, "d")), "FAILED"),
        ((found(Verdict.PASS), found(Verdict.ERROR, "d")), "FAILED"),
        ((found(Verdict.NOT_APPLICABLE),), "FAILED"),
        ((), "FAILED"),
    ],
)
def test_the_result_is_the_worst_and_not_known_is_failed(run: Run, findings: tuple[Finding, ...], result: str) -> None:
    assert result_of(replace(run, findings=findings)) == result


def test_a_run_that_is_not_whole_has_failed(run: Run) -> None:
    unread = Host(name="b", status=Status.UNREACHABLE)

    assert result_of(run) == "PASSED"
    assert result_of(replace(run, interrupted=True)) == "FAILED"
    assert result_of(replace(run, hosts=(*run.hosts, unread))) == "FAILED"
    assert result_of(replace(run, coverage=replace(run.coverage, checks_planned=2))) == "FAILED"
    assert result_of(replace(run, hosts=(replace(run.hosts[0], status=Status.PARTIAL),))) == "WARNED"


def test_a_check_is_listed_by_the_worst_it_came_to_on_any_server(run: Run) -> None:
    findings = (
        found(Verdict.PASS, "good"), found(Verdict.PASS, "good", "b"),
        found(Verdict.PASS, "so-so"), found(Verdict.WARN, "so-so", "b"),
        found(Verdict.PASS, "accepted"), found(Verdict.FAIL, "accepted", "b", MARK),
        found(Verdict.PASS, "dark"), found(Verdict.ERROR, "dark", "b"),
        found(Verdict.WARN, "bad"), found(Verdict.FAIL, "bad", "b"),
        found(Verdict.NOT_APPLICABLE, "elsewhere"),
    )  # fmt: skip

    predicate = statement_of(replace(run, findings=findings), FILES, SEAL)["predicate"]

    assert predicate["passedTests"] == ["p/good"]
    assert predicate["warnedTests"] == ["p/accepted", "p/so-so"]
    assert predicate["failedTests"] == ["p/bad", "p/dark"]


def test_a_check_without_any_finding_has_failed(repository: Path) -> None:
    golden = read_run(repository / "tests" / "unit" / "formats" / "every-verdict")

    predicate = statement_of(replace(golden, findings=()), FILES, SEAL)["predicate"]

    assert len(predicate["failedTests"]) == sum(len(policy.checks) for policy in golden.policies) > 0


def test_what_is_stated_is_read_again(run: Run) -> None:
    stated = read_statement(written(statement_of(run, FILES, SEAL)))

    assert stated.files == FILES
    assert stated.seal == SEAL
    assert stated.result == "PASSED"


@pytest.mark.parametrize("seal", [Seal(run="r"), Seal(run="r", chained=True), SEAL])
def test_the_first_of_a_chain_and_none_of_a_chain_are_told_apart(run: Run, seal: Seal) -> None:
    assert read_statement(written(statement_of(run, FILES, seal))).seal == seal


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"_type": "https://in-toto.io/Statement/v0.1"}, "another type"),
        ({"predicateType": "https://slsa.dev/provenance/v1"}, "another type"),
        ({"subject": []}, "not that of an export"),
        ({"subject": [{"name": "run.json"}]}, "not that of an export"),
        ({"predicate": {}}, "not that of an export"),
    ],
)
def test_another_statement_is_none_of_an_export(run: Run, change: dict[str, object], said: str) -> None:
    statement = statement_of(run, FILES, SEAL) | change

    with pytest.raises(BundleError, match=said):
        read_statement(written(statement))


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_statement_is_refused(payload: bytes) -> None:
    with pytest.raises(BundleError, match="it is not that of an export"):
        read_statement(payload)


def test_a_file_named_twice_is_refused(run: Run) -> None:
    statement = statement_of(run, FILES, SEAL)
    statement["subject"].append(statement["subject"][0])

    with pytest.raises(BundleError, match="it names a file twice"):
        read_statement(json.dumps(statement).encode())
