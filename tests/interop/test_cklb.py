"""The checklists for those they are for: STIG Manager's own parser reads them, and counts the same on each server."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.formats.cklb import FORMAT
from auditor.formats.escape import visible
from auditor.formats.format import no_answers
from auditor.formats.told import FLEET_NAME
from auditor.formats.xccdf import FORMAT as XCCDF
from auditor.model.finding import FLEET, standing
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "unit" / "formats" / "every-verdict"
ABOUT_THE_RUN = "xccdf_auditor_benchmark_auditor-run"
HOSTILE = "\x1b[31m \ud800 \ufffe ]]> <script>alert('x')</script> \u202egpj.exe \"'\\ Release: 9 " + "x" * 100_000
READ_AS = {
    "pass": "pass",
    "warn": "fail",
    "fail": "fail",
    "waived": "fail",
    "error": "notchecked",
    "not_applicable": "notapplicable",
}


def infected(run: Run) -> Run:
    findings = tuple(
        replace(each, title=HOSTILE, actual=HOSTILE, reason=HOSTILE, check=each.check + HOSTILE)
        for each in run.findings
    )
    hosts = tuple(replace(host, reason=HOSTILE) for host in run.hosts)
    policies = tuple(replace(each, title=HOSTILE, version=HOSTILE) for each in run.policies)
    return replace(run, findings=findings, hosts=hosts, policies=policies, exit_reason=HOSTILE)


@pytest.fixture(params=["every verdict", "demo", "nothing judged", "hostile"])
def run(request: pytest.FixtureRequest) -> Run:
    match request.param:
        case "demo":
            return read_run(request.getfixturevalue("demo_run"))
        case "nothing judged":
            return replace(read_run(GOLDEN), findings=())
        case "hostile":
            return infected(read_run(GOLDEN))
        case _:
            return read_run(GOLDEN)


@pytest.fixture
def read(run: Run, tmp_path: Path) -> list[Any]:
    (tmp_path / "cklb").mkdir()
    return stig_manager("cklb", list(written(run, tmp_path)))


def written(run: Run, folder: Path) -> Iterator[Path]:
    for file in FORMAT.files(run, no_answers):
        (folder / file.name).write_bytes(b"".join(file.content))
        yield folder / file.name


def stig_manager(name: str, files: list[Path]) -> list[Any]:
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not on PATH")
    if not (HERE / "node_modules" / "@nuwcdivnpt" / "stig-manager-client-modules").is_dir():
        pytest.skip("npm ci was not run in tests/interop")
    words = [node, str(HERE / "stig_manager.js"), name, *map(str, files)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    return list(json.loads(done.stdout))


def test_stig_manager_counts_the_same_on_each_server(run: Run, read: list[Any]) -> None:
    counted: dict[str, Counter[str]] = {}
    for each in read:
        assert "error" not in each
        for checklist in each["checklists"]:
            if checklist["benchmarkId"] != ABOUT_THE_RUN:
                counted.setdefault(each["target"]["name"], Counter()).update(checklist["stats"])

    expected: dict[str, Counter[str]] = {}
    for finding in run.findings:
        name = FLEET_NAME if finding.host == FLEET else finding.host
        expected.setdefault(name, Counter())[READ_AS[standing(finding)]] += 1
    assert {name: +numbers for name, numbers in counted.items()} == expected


def test_stig_manager_knows_every_server_also_those_without_findings(run: Run, read: list[Any]) -> None:
    assert {each["target"]["name"] for each in read} == {FLEET_NAME} | {host.name for host in run.hosts}


def test_a_server_that_was_not_reached_has_nothing_that_passed_and_says_why(run: Run, read: list[Any]) -> None:
    silent = {host.name: host for host in run.hosts if host.status == "unreachable"}

    told = {each["target"]["name"]: each for each in read if each["target"]["name"] in silent}

    assert told.keys() == silent.keys()
    for name, each in told.items():
        results = {review["result"] for checklist in each["checklists"] for review in checklist["reviews"]}
        assert results == {"notchecked"}
        assert each["target"]["description"].startswith(f"NOT REACHED: {visible(silent[name].reason)}"[:100])


def test_a_waiver_is_the_comment_of_an_open_finding(tmp_path: Path) -> None:
    run = read_run(GOLDEN)
    (tmp_path / "cklb").mkdir()

    reviews = [
        review
        for each in stig_manager("cklb", list(written(run, tmp_path)))
        for checklist in each["checklists"]
        for review in checklist["reviews"]
    ]

    waived = [review for review in reviews if (review["comment"] or "").startswith("WAIVED until ")]
    assert len(waived) == len([each for each in run.findings if each.waiver])
    assert {review["result"] for review in waived} == {"fail"}


def test_both_formats_give_a_check_the_same_ids(tmp_path: Path) -> None:
    run = read_run(GOLDEN)
    for folder in ("cklb", "xccdf"):
        (tmp_path / folder).mkdir()
    xccdf = []
    for file in XCCDF.files(run, no_answers):
        (tmp_path / file.name).write_bytes(b"".join(file.content))
        xccdf.append(tmp_path / file.name)

    read = [stig_manager("cklb", list(written(run, tmp_path))), stig_manager("xccdf", xccdf)]

    ids = [
        {
            (each["target"]["name"], checklist["benchmarkId"], review["ruleId"])
            for each in files
            for checklist in each["checklists"]
            for review in checklist["reviews"]
        }
        for files in read
    ]
    assert ids[0] == ids[1]
