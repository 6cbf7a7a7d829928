"""`hdf.json` as MITRE Heimdall reads it: by inspecjs, Heimdall's own library."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.formats.format import pieces
from auditor.formats.hdf import FORMAT
from auditor.formats.json_text import shown
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Standing, standing
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "unit" / "formats" / "every-verdict"
CONCLUDED = {
    Standing.PASS: ("Passed", False),
    Standing.WARN: ("Failed", False),
    Standing.FAIL: ("Failed", False),
    Standing.ERROR: ("Profile Error", False),
    Standing.NOT_APPLICABLE: ("Not Applicable", False),
    Standing.WAIVED: ("Not Applicable", True),
}
"""What inspecjs concludes of a finding: its status, and whether it is waived. It knows no warnings."""

POISON = "\x00\x1b[31m\ud800\u202e]]><script>alert(1)</script>=cmd|' /C calc'!A0 \x7f"


@pytest.fixture(params=["every verdict", "demo", "hostile"])
def run(request: pytest.FixtureRequest) -> Run:
    if request.param == "demo":
        return read_run(request.getfixturevalue("demo_run"))
    run = read_run(GOLDEN)
    return hostile(run) if request.param == "hostile" else run


def hostile(run: Run) -> Run:
    findings = tuple(
        replace(each, host=sick(each.host), title=POISON, actual=POISON, reason=POISON, check=each.check + POISON)
        for each in run.findings
    )
    hosts = tuple(replace(each, name=sick(each.name), reason=POISON, platform={POISON: POISON}) for each in run.hosts)
    return replace(run, findings=findings, hosts=hosts, exit_reason=POISON)


def sick(host: str) -> str:
    return host if host == FLEET else host + POISON


def program(content: bytes, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on PATH")
    if not (HERE / "node_modules" / "inspecjs").is_dir():
        pytest.skip("inspecjs is not installed: run npm ci in tests/interop")
    file = tmp_path / "hdf.json"
    file.write_bytes(content)
    words = [node, str(HERE / "inspecjs.js"), str(file)]
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False, timeout=60)


@pytest.fixture
def concluded(tmp_path: Path) -> Callable[[Run], list[dict[str, Any]]]:
    """Return what gives the controls of a run with what inspecjs concludes of each."""

    def controls(run: Run) -> list[dict[str, Any]]:
        done = program(b"".join(pieces(FORMAT, run)), tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        read: list[dict[str, Any]] = json.loads(done.stdout)
        return read

    return controls


def test_heimdall_counts_every_finding_as_it_stands(concluded: Callable[[Run], Any], run: Run) -> None:
    silent = sum(host.status is Status.UNREACHABLE for host in run.hosts)

    counted = Counter((each["status"], each["waived"]) for each in concluded(run))

    expected = Counter(CONCLUDED[standing(finding)] for finding in run.findings)
    assert counted == expected + Counter({("Profile Error", False): silent})
    assert silent
    assert len(expected) == len(set(CONCLUDED.values()))


def test_heimdall_concludes_of_each_finding_by_itself(concluded: Callable[[Run], Any], run: Run) -> None:
    ids = {each["id"]: (each["status"], each["waived"]) for each in concluded(run)}

    assert all(ids[id_of(finding)] == CONCLUDED[standing(finding)] for finding in run.findings)


def id_of(finding: Finding) -> str:
    return shown(f"{finding.host}/{finding.policy}/{finding.check}")


def test_heimdall_takes_no_two_controls_for_one(concluded: Callable[[Run], Any], run: Run) -> None:
    controls = concluded(run)

    assert {each["overlaid"] for each in controls} == {0}
    assert len({each["id"] for each in controls}) == len(controls)


def test_heimdall_knows_severities_and_nist_controls(concluded: Callable[[Run], Any]) -> None:
    run = read_run(GOLDEN)

    controls = {each["id"]: each for each in concluded(run)}

    for finding in run.findings:
        assert controls[id_of(finding)]["severity"] == finding.severity.value
    (warned,) = (each for name, each in controls.items() if name.startswith("cas01") and "activesync" in name)
    assert warned["nist"] == ["SC-8", "SC-8(1)"]
    assert "WARNING: a device that talks to the accelerator" in warned["message"]


def test_heimdall_shows_why_it_is_so(concluded: Callable[[Run], Any]) -> None:
    run = read_run(GOLDEN)

    shown = {each["id"]: each["message"] for each in concluded(run)}

    for finding in run.findings:
        assert finding.reason in shown[id_of(finding)]


def test_heimdall_shows_a_server_that_was_not_reached_and_has_no_findings(concluded: Callable[[Run], Any]) -> None:
    run = read_run(GOLDEN)
    silent = [host for host in run.hosts if host.status is Status.UNREACHABLE]

    (control,) = concluded(replace(run, hosts=tuple(silent), findings=()))

    assert control["status"] == "Profile Error"
    assert silent[0].name in control["profile"]
    assert silent[0].reason in control["message"]


def test_inspecjs_would_refuse_what_is_no_hdf(tmp_path: Path) -> None:
    spoiled = b"".join(pieces(FORMAT, read_run(GOLDEN))).replace(b'"impact":', b'"impacts":', 1)

    assert program(spoiled, tmp_path).returncode != 0
