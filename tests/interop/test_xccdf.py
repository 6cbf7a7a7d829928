"""The XCCDF files for those they are for: OpenSCAP (schema, schematron, its report), and STIG Manager's own parser."""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.formats.format import no_answers
from auditor.formats.told import FLEET_NAME
from auditor.formats.xccdf import FORMAT
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, standing
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark
from auditor.runs import read_run

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "unit" / "formats" / "every-verdict"
ABOUT_THE_RUN = "xccdf_auditor_benchmark_auditor-run"
POISONS = (
    "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])),
    "\ud800 \ufffe ]]> <script>alert('x')</script>&lt;&#0;<!-- --><![CDATA[<?x?>",
    "\u202egpj.exe %zz {} \"'` #xccdf: oval:1 xccdf_ " + "x" * 10_000,
)
READ_AS = {
    "pass": "pass",
    "warn": "fail",
    "fail": "fail",
    "waived": "fail",
    "error": "notchecked",
    "not_applicable": "notapplicable",
}
"""STIG Manager knows pass, fail and notapplicable; all else is still to be reviewed."""


def infected(run: Run, poison: str) -> Run:
    mark = WaiverMark(id=poison, owner=poison, reason=poison, ticket=poison, expires="2027-01-01")
    findings = tuple(
        replace(
            each, title=poison, actual=poison, expected=poison, reason=poison, reference=poison, remediation=poison,
            check=each.check + poison, questions=(poison,), waiver=each.waiver and mark,
        )
        for each in run.findings
    )  # fmt: skip
    hosts = tuple(replace(host, reason=poison, platform={poison: poison}) for host in run.hosts)
    policies = tuple(
        replace(each, title=poison, version=poison, source=replace(each.source, document=poison, link=poison))
        for each in run.policies
    )
    return replace(run, findings=findings, hosts=hosts, policies=policies, version=poison, exit_reason=poison)


def empty(run: Run) -> Run:
    """Return a run without findings: its servers, reached or not, are still to be named."""
    return replace(run, findings=())


@pytest.fixture(params=["every verdict", "demo", "empty", *map(str, range(len(POISONS)))])
def run(request: pytest.FixtureRequest) -> Run:
    match request.param:
        case "every verdict":
            return read_run(GOLDEN)
        case "demo":
            return read_run(request.getfixturevalue("demo_run"))
        case "empty":
            return empty(read_run(GOLDEN))
        case number:
            return infected(read_run(GOLDEN), POISONS[int(number)])


@pytest.fixture
def files(run: Run, tmp_path: Path) -> list[Path]:
    (tmp_path / "xccdf").mkdir()
    return list(written(run, tmp_path))


def written(run: Run, folder: Path) -> Iterator[Path]:
    for file in FORMAT.files(run, no_answers):
        (folder / file.name).write_bytes(b"".join(file.content))
        yield folder / file.name


def oscap(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("oscap")
    if not program:
        pytest.skip("oscap is not installed (Debian: openscap-scanner)")
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False, timeout=120)


def stig_manager(files: list[Path]) -> list[Any]:
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not on PATH")
    if not (HERE / "node_modules" / "@nuwcdivnpt" / "stig-manager-client-modules").is_dir():
        pytest.skip("npm ci was not run in tests/interop")
    words = [node, str(HERE / "stig_manager.js"), "xccdf", *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    return list(json.loads(done.stdout))


def expected(run: Run) -> dict[str, Counter[str]]:
    """Return what a reader that knows no warnings and no waivers should count, by server."""
    counted: dict[str, Counter[str]] = {}
    for finding in run.findings:
        name = FLEET_NAME if finding.host == FLEET else finding.host
        counted.setdefault(name, Counter())[READ_AS[standing(finding)]] += 1
    return counted


def test_openscap_validates_every_file_by_schema_and_schematron(files: list[Path]) -> None:
    for file in files:
        done = oscap("xccdf", "validate", file)

        assert (done.returncode, file) == (0, file), done.stdout + done.stderr
        assert "Error" not in done.stdout


def test_openscap_would_refuse_another_result(files: list[Path]) -> None:
    torn = files[0].read_text(encoding="utf-8").replace("<result>", "<result>torn-")
    files[0].write_text(torn, encoding="utf-8")

    assert oscap("xccdf", "validate", files[0]).returncode != 0


def test_openscap_tells_what_it_is(files: list[Path]) -> None:
    for file in files:
        done = oscap("info", file)

        assert done.returncode == 0, done.stderr
        assert "Document type: XCCDF Checklist" in done.stdout
        assert done.stdout.count("Result ID: xccdf_auditor_testresult_") == 1


def test_openscaps_report_counts_the_results(run: Run, tmp_path: Path, files: list[Path]) -> None:
    counted: Counter[str] = Counter()
    for file in files:
        done = oscap("xccdf", "generate", "report", "--output", tmp_path / "report.html", file)

        assert done.returncode == 0, done.stderr
        report = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert "<script>alert" not in report
        if ABOUT_THE_RUN not in file.read_text(encoding="utf-8"):
            counted.update(re.findall(r'rule-result rule-result-(\w+)"', report))
    result = {"warn": "fail", "waived": "fail", "not_applicable": "notapplicable"}
    told = Counter(result.get(standing(each), standing(each).value) for each in run.findings)
    # each result stands in the overview and in a part of its own
    assert counted == told + told


def test_stig_manager_counts_the_same_on_each_server(run: Run, files: list[Path]) -> None:
    counted: dict[str, Counter[str]] = {}
    for read in stig_manager(files):
        assert "error" not in read
        (checklist,) = read["checklists"]
        if checklist["benchmarkId"] != ABOUT_THE_RUN:
            counted.setdefault(read["target"]["name"], Counter()).update(checklist["stats"])

    assert {name: +numbers for name, numbers in counted.items()} == expected(run)


def test_stig_manager_knows_every_server_also_those_without_findings(run: Run, files: list[Path]) -> None:
    targets = {read["target"]["name"]: read["target"]["metadata"] for read in stig_manager(files)}

    assert targets.keys() == {FLEET_NAME} | {host.name for host in run.hosts}
    for host in run.hosts:
        assert targets[host.name]["urn:auditor:fact:status"] == host.status
        assert (host.status is Status.REACHED) or "urn:auditor:fact:reason" in targets[host.name]


def test_stig_manager_takes_a_waiver_as_the_comment_of_an_open_finding(tmp_path: Path) -> None:
    run = read_run(GOLDEN)
    (tmp_path / "xccdf").mkdir()

    reviews = [
        review for read in stig_manager(list(written(run, tmp_path))) for review in read["checklists"][0]["reviews"]
    ]

    waived = [review for review in reviews if (review["comment"] or "").startswith("WAIVED until ")]
    assert len(waived) == len([each for each in run.findings if each.waiver])
    assert {review["result"] for review in waived} == {"fail"}
    assert all(review["detail"].startswith("verdict: ") for review in reviews if "_run" not in review["ruleId"])


def test_stig_manager_keeps_checks_apart_whose_ids_differ_only_at_their_ends(tmp_path: Path) -> None:
    run = read_run(GOLDEN)
    (tmp_path / "xccdf").mkdir()
    alike: list[Finding] = [replace(run.findings[1], check="c" * 60 + end) for end in "ab"]

    reviews = [
        review["ruleId"]
        for read in stig_manager(list(written(replace(run, findings=tuple(alike)), tmp_path)))
        for review in read["checklists"][0]["reviews"]
        if read["target"]["name"] == alike[0].host
    ]

    assert len(set(reviews)) == 2
