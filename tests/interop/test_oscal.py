"""`oscal.json` for compliance-trestle, which validates it; what it does not look at, that references lead somewhere."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.formats.format import pieces
from auditor.formats.oscal import FORMAT
from auditor.model.answer import Answer, Denied, Observed
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, standing
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark
from auditor.runs import read_run

pytestmark = pytest.mark.interop

assessment_results = pytest.importorskip("trestle.oscal.assessment_results", reason="compliance-trestle is missing")

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
TEXT = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ["", "\0", "\ud800", "\n", " ", "."]
)
TEXTS: dict[str, st.SearchStrategy[Any]] = {field.name: TEXT for field in fields(Finding) if field.type is str}
MARKS = st.none() | st.builds(WaiverMark, id=TEXT, owner=TEXT, reason=TEXT, ticket=TEXT, expires=TEXT)
FINDINGS = st.lists(
    st.builds(Finding, **TEXTS, questions=st.lists(TEXT, max_size=2).map(tuple), waiver=MARKS),
    max_size=4,
    unique_by=lambda finding: (finding.host, finding.policy, finding.check),
)
KINDS = {
    "subject-uuid": ("inventory-items", "components"),
    "component-uuid": ("components",),
    "actor-uuid": ("components",),
    "observation-uuid": ("observations",),
    "risk-uuid": ("risks",),
}
"""Which lists the reference of a name leads to."""

REACHED = "server-reached_obj"


def document(run: Run) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(b"".join(pieces(FORMAT, run, answers_of)))
    return read


def answers_of(_server: str) -> dict[str, Answer]:
    return {"iis_sites": Observed(data={"sites": ["\x1b"]}), "": Denied(reason="\ud800")}


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every member of every object, however deep: its name and its value."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield name, each
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def dangling(written: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the references, name and value, that lead to nothing in the document."""
    members = list(walk(written))
    lists: dict[str, set[str]] = {}
    for name, value in members:
        if isinstance(value, list):
            lists.setdefault(name, set()).update(each["uuid"] for each in value if "uuid" in each)
    own = written["assessment-results"]["local-definitions"]["objectives-and-methods"]
    parts = {part["id"] for each in own for part in each["parts"]}
    known = {name: set[str]().union(*(lists.get(kind, set()) for kind in kinds)) for name, kinds in KINDS.items()}
    known |= {"target-id": parts, "objective-id": parts}
    lost = {(name, value) for name, value in members if name in known and value not in known[name]}
    hrefs = {value for name, value in members if name == "href" and value.startswith("#")}
    (result,) = written["assessment-results"]["results"]
    reviewed = result["reviewed-controls"]["control-selections"][0]["include-controls"]
    controls = {each["control-id"] for each in own}
    return (
        lost
        | {("href", href) for href in hrefs if href[1:] not in lists["resources"]}
        | {("control-id", each["control-id"]) for each in reviewed if each["control-id"] not in controls}
    )


@pytest.fixture(params=["every verdict", "demo", "empty", "policies not kept", "servers not kept"])
def run(request: pytest.FixtureRequest) -> Run:
    if request.param == "demo":
        return read_run(request.getfixturevalue("demo_run"))
    run = read_run(GOLDEN)
    return {
        "every verdict": run,
        "empty": replace(run, hosts=(), findings=(), policies=(), drift=None),
        "policies not kept": replace(run, policies=()),
        "servers not kept": replace(run, hosts=()),
    }[request.param]


@pytest.fixture(scope="module")
def trestle(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], subprocess.CompletedProcess[str]]:
    """Return what lets trestle validate a document in a workspace of its own."""
    workspace = tmp_path_factory.mktemp("trestle")

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        started = [sys.executable, "-m", "trestle", *words]
        return subprocess.run(started, cwd=workspace, capture_output=True, encoding="utf-8", check=False, timeout=120)

    def validate(written: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        target = workspace / "assessment-results" / "nightly" / "assessment-results.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(written), encoding="ascii")
        return command("validate", "-t", "assessment-results", "-n", "nightly")

    assert command("init").returncode == 0
    return validate


def test_trestle_finds_it_valid(trestle: Callable[[dict[str, Any]], Any], run: Run) -> None:
    done = trestle(document(run))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "VALID" in done.stdout


@pytest.mark.parametrize("spoil", ["state", "uuid twice", "empty title", "unknown member"])
def test_trestle_would_refuse_what_is_wrong(trestle: Callable[[dict[str, Any]], Any], spoil: str) -> None:
    written = document(read_run(GOLDEN))
    (result,) = written["assessment-results"]["results"]
    finding = result["findings"][-1]
    match spoil:
        case "state":
            finding["target"]["status"]["state"] = "unknown"
        case "uuid twice":
            finding["uuid"] = result["observations"][0]["uuid"]
        case "empty title":
            finding["title"] = ""
        case _:
            finding["invented"] = 1

    assert trestle(written).returncode != 0


@settings(deadline=None)
@given(findings=FINDINGS, said=TEXT)
def test_it_is_valid_whatever_the_servers_say(findings: list[Finding], said: str) -> None:
    run = read_run(GOLDEN)
    hosts = tuple(replace(each, name=each.name + said, reason=said, platform={said: said}) for each in run.hosts)
    policies = tuple(replace(each, id=each.id + said, file=said, title=said, version=said) for each in run.policies)

    written = document(replace(run, hosts=hosts, findings=tuple(findings), policies=policies, exit_reason=said))

    read = assessment_results.Model.model_validate(written)
    assert read.assessment_results.results[0].title
    assert dangling(written) == set()


def test_every_reference_leads_somewhere(run: Run) -> None:
    assert dangling(document(run)) == set()


@pytest.mark.parametrize("name", [*KINDS, "target-id", "objective-id", "control-id", "href"])
def test_a_reference_that_leads_nowhere_would_be_found(name: str) -> None:
    def lead_astray(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: astray(each) if key == name else lead_astray(each) for key, each in value.items()}
        return [lead_astray(each) for each in value] if isinstance(value, list) else value

    written = document(read_run(GOLDEN))
    written["assessment-results"]["results"] = lead_astray(written["assessment-results"]["results"])

    assert {found for found, _ in dangling(written)} == {name}


def astray(reference: str) -> str:
    return f"{reference}-elsewhere"


def test_no_uuid_is_used_twice(run: Run) -> None:
    used = [value for name, value in walk(document(run)) if name == "uuid"]

    assert len(set(used)) == len(used)


def test_trestle_reads_findings_as_they_stand(run: Run) -> None:
    (result,) = document(run)["assessment-results"]["results"]
    read = assessment_results.Result.model_validate(result).model_dump(mode="json", by_alias=True, exclude_none=True)
    approved = {risk["uuid"] for risk in read.get("risks", []) if risk["status"] == "deviation-approved"}
    about = [each for each in read.get("findings", []) if each["target"]["target-id"] != REACHED]

    counted = Counter(
        "waived"
        if any(related["risk-uuid"] in approved for related in each.get("related-risks", []))
        else f"{each['target']['status']['state']} {each['target']['status']['reason']}"
        for each in about
    )

    standings = Counter(standing(finding) for finding in run.findings)
    assert counted == +Counter(
        {
            "satisfied pass": standings[Standing.PASS],
            "not-satisfied fail": standings[Standing.FAIL] + standings[Standing.WARN],
            "not-satisfied other": standings[Standing.ERROR],
            "waived": standings[Standing.WAIVED],
        }
    )
    silent = sum(host.status is Status.UNREACHABLE for host in run.hosts)
    assert len(read.get("observations", [])) == len(run.findings) + silent
    assert len(read.get("findings", [])) == len(about) + silent
