"""`report.sarif` for those who read it: its schema, and Microsoft's SARIF Multitool, as validator and as baseliner."""

import json
import platform
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema
import pytest

from auditor.drift import drift
from auditor.formats.format import no_answers
from auditor.formats.sarif import FORMAT
from auditor.model.drift import Change
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, Verdict, standing
from auditor.model.run import Host, Run
from auditor.model.waiver import WaiverMark
from auditor.runs import read_run

pytestmark = pytest.mark.interop

Log: TypeAlias = dict[str, Any]

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
SETTLED = "report-settled.sarif.json"
HOSTILE = (
    "\x00\x1b[31mred\x9b \ud800\udfff \ufffe ]]><script>alert(1)</script> \u202egpj.exe\u2066 one\r\ntwo\u2028three "
    "=cmd|' /C calc'!A0 {0} {1:x} [click](https://evil.example) \"'`${x}\\"
)
FOR_A_PIPELINE = ("GHAzDO1019", "GHAzDO1020")
"""What Azure DevOps wants of `automationDetails` its own task fills in: the ids of the pipeline and the build."""


@pytest.fixture(scope="session")
def multitool() -> Path:
    """Return the program itself: the script that npm links takes `;` in an argument for the end of the command."""
    system = {"Linux": "linux", "Darwin": "darwin", "Windows": "win32"}.get(platform.system(), "")
    places = sorted((Path(__file__).parent / "node_modules" / "@microsoft").glob(f"sarif-multitool-{system}*"))
    programs = [each / "Sarif.Multitool" for each in places if (each / "Sarif.Multitool").is_file()]
    if not programs:
        pytest.skip("SARIF Multitool is not installed: npm ci --prefix tests/interop")
    return programs[0]


@pytest.fixture(params=["golden", "demo", "hostile", "alone", "empty"])
def run(request: pytest.FixtureRequest) -> Run:
    golden = read_run(GOLDEN)
    match request.param:
        case "demo":
            return read_run(request.getfixturevalue("demo_run"))
        case "hostile":
            return poisoned(golden)
        case "alone":
            return replace(golden, drift=None)
        case "empty":
            return replace(golden, drift=None, findings=(), hosts=(), policies=())
        case _:
            return golden


def poisoned(run: Run) -> Run:
    """Return the run with strange text in everything a server says, and in the names of checks and servers."""

    def ill(text: str) -> str:
        return f"{text}{HOSTILE}"

    findings = tuple(
        replace(each, host=ill(each.host), check=ill(each.check), reason=ill(each.reason), actual=HOSTILE * 4_000)
        for each in run.findings
    )
    hosts = tuple(replace(each, name=ill(each.name), reason=ill(each.reason)) for each in run.hosts)
    policies = tuple(replace(each, file=ill(each.file), title=ill(each.title)) for each in run.policies)
    return replace(run, findings=findings, hosts=hosts, policies=policies, exit_reason=HOSTILE, drift=None)


def written(run: Run, folder: Path) -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for file in FORMAT.files(run, no_answers):
        (folder / file.name).write_bytes(b"".join(file.content))
    return {path.name: path for path in folder.iterdir()}


def results(path: Path) -> list[Log]:
    return [result for run in json.loads(path.read_bytes())["runs"] for result in run.get("results", [])]


def started(multitool: Path, *words: str) -> str:
    done = subprocess.run([multitool, *words], capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr


def objections(multitool: Path, path: Path, rules: str) -> list[str]:
    """Return the errors that it finds; its exit code is 0 even then, so what it wrote is read."""
    out = path.with_suffix(".validated")
    words = ["--output", str(out), "--log", "ForceOverwrite", "--rule-kind", rules, "--max-file-size-in-kb", "1000000"]
    said = started(multitool, "validate", str(path), *words)
    assert out.is_file(), said
    (judged,) = json.loads(out.read_bytes())["runs"]
    notes = [
        note["message"]["text"]
        for each in judged.get("invocations", [])
        for kind in ("toolExecutionNotifications", "toolConfigurationNotifications")
        for note in each.get(kind, [])
        if note.get("level") == "error"
    ]
    errors = [each for each in judged.get("results", []) if each.get("level") == "error"]
    return notes + [f"{each['ruleId']} {each['message']}" for each in errors]


def test_every_file_is_valid_by_the_schema(run: Run, tmp_path: Path, shared_data: Path) -> None:
    file = shared_data / "schemas" / "sarif-schema-2.1.0.json"
    if not file.is_file():
        pytest.skip("the SARIF schema is not in shared/data/schemas")
    schema = json.loads(file.read_bytes())
    validator = jsonschema.validators.validator_for(schema)(schema)

    for path in written(run, tmp_path).values():
        validator.validate(json.loads(path.read_bytes()))


@pytest.mark.parametrize("rules", ["Sarif", "Sarif;Ghas", "Sarif;Ado"])
def test_the_multitool_has_no_objection(run: Run, rules: str, multitool: Path, tmp_path: Path) -> None:
    for path in written(run, tmp_path).values():
        assert [each for each in objections(multitool, path, rules) if not each.startswith(FOR_A_PIPELINE)] == []


def test_the_multitool_objects_to_what_is_wrong(multitool: Path, tmp_path: Path) -> None:
    path = written(read_run(GOLDEN), tmp_path)["report.sarif"]
    path.write_text(path.read_text("ascii").replace('"ruleIndex": 0', '"ruleIndex": 99', 1), "ascii")

    assert objections(multitool, path, "Sarif")


def test_counts_are_those_of_the_run_by_the_multitools_own_reading(run: Run, multitool: Path, tmp_path: Path) -> None:
    """Read back from what it writes itself after parsing and merging our files into its own objects."""
    paths = [str(path) for path in written(run, tmp_path / "ours").values()]

    said = started(
        multitool, "merge", *paths, "--output-directory", str(tmp_path), "--output-file", "all.sarif",
        "--log", "ForceOverwrite",
    )  # fmt: skip

    assert (tmp_path / "all.sarif").is_file(), said
    found = [each for each in results(tmp_path / "all.sarif") if each.get("baselineState") != "absent"]
    assert Counter(map(read_standing, found)) == Counter(map(standing, run.findings))


def read_standing(result: Log) -> Standing:
    """Return how a result counts; others leave out what is as by default (SARIF 2.1.0, 3.27.9 and 3.27.10)."""
    if result.get("suppressions"):
        return Standing.WAIVED
    kind, level = result.get("kind", "fail"), result.get("level", "warning")
    settled = {"pass": Standing.PASS, "notApplicable": Standing.NOT_APPLICABLE, "open": Standing.ERROR}
    return settled.get(kind) or {"error": Standing.FAIL, "warning": Standing.WARN}[level]


# What one check can be in a run: verdict, what is found, whether it is waived; None for not there.
STATES: Mapping[str, tuple[Verdict, str, bool] | None] = {
    "passes": (Verdict.PASS, "1", False),
    "passes otherwise": (Verdict.PASS, "one", False),
    "warns": (Verdict.WARN, "2", False),
    "fails": (Verdict.FAIL, "3", False),
    "fails otherwise": (Verdict.FAIL, "4", False),
    "is waived": (Verdict.FAIL, "3", True),
    "is not known": (Verdict.ERROR, "", False),
    "does not apply": (Verdict.NOT_APPLICABLE, "", False),
    "is not there": None,
}
MARK = WaiverMark(id="w", owner="Jane Doe", reason="r", ticket="", expires="2026-12-31")


def night(name: str, states: Sequence[str], hosts: Sequence[str]) -> Run:
    """Return a run in which check N is in the Nth state, on each of the servers."""
    golden = read_run(GOLDEN)
    findings = [
        found for host in hosts for number, each in enumerate(states) if (found := in_state(golden, host, number, each))
    ]
    reached = tuple(Host(name=host, status=Status.REACHED) for host in hosts)
    return replace(golden, id=name, findings=tuple(findings), hosts=reached, drift=None)


def in_state(golden: Run, host: str, number: int, name: str) -> Finding | None:
    if (state := STATES[name]) is None:
        return None
    verdict, actual, waived = state
    return replace(
        golden.findings[1],
        host=host,
        check=f"check-{number:03}",
        verdict=verdict,
        actual=actual,
        reason="" if verdict is Verdict.PASS else f"found {actual}",
        waiver=MARK if waived else None,
    )


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Path], dict[str, Path]]:
    """Return the later of two runs, and the files of both: every change of state, a new server, and a missing one."""
    pairs = [(before, after) for before in STATES for after in STATES]
    earlier = night("earlier", [before for before, _ in pairs], ["gone", "stays"])
    later = night("later", [after for _, after in pairs], ["comes", "stays"])
    later = replace(later, drift=drift(earlier, later))
    folder = tmp_path_factory.mktemp("nights")
    return later, written(earlier, folder / "earlier"), written(later, folder / "later")


def named(found: Sequence[Log]) -> dict[str, str]:
    states = {each["partialFingerprints"]["auditor/v1"]: each["baselineState"] for each in found}
    assert len(states) == len(found)
    return states


def matched(multitool: Path, before: Path, after: Path) -> dict[str, str]:
    """Return the baseline states that the multitool finds by itself, by fingerprint."""
    unmarked, out = after.with_name(f"unmarked-{after.name}"), after.with_name(f"matched-{after.name}")
    log = json.loads(after.read_bytes())
    for run in log["runs"]:
        run["results"] = [each for each in run["results"] if each["baselineState"] != "absent"]
        for each in run["results"]:
            del each["baselineState"]
    unmarked.write_text(json.dumps(log), "ascii")
    said = started(
        multitool, "match-results-forward", str(unmarked), "--previous", str(before), "--output-file-path", str(out),
        "--log", "ForceOverwrite",
    )  # fmt: skip
    assert out.is_file(), said
    return named(results(out))


@pytest.mark.parametrize("name", ["report.sarif", SETTLED])
def test_every_baseline_state_is_what_the_multitool_finds(
    name: str, nights: tuple[Run, dict[str, Path], dict[str, Path]], multitool: Path
) -> None:
    """It has no word for what was there and changed, which for us is `updated`, and for it `unchanged`."""
    _, earlier, later = nights

    theirs = matched(multitool, earlier[name], later[name])

    ours = {which: state for which, state in named(results(later[name])).items() if state != "absent"}
    assert {which: state.replace("updated", "unchanged") for which, state in ours.items()} == {
        which: state for which, state in theirs.items() if state != "absent"
    }
    assert set(ours.values()) == {"new", "unchanged", "updated"}


def test_what_the_multitool_misses_is_absent_in_ours_or_on_a_missing_server(
    nights: tuple[Run, dict[str, Path], dict[str, Path]], multitool: Path
) -> None:
    _, earlier, later = nights
    servers = {each["partialFingerprints"]["auditor/v1"]: server_of(each) for each in results(earlier["report.sarif"])}

    theirs = matched(multitool, earlier["report.sarif"], later["report.sarif"])

    missed = {which for which, state in theirs.items() if state == "absent"}
    ours = {which for which, state in named(results(later[SETTLED])).items() if state == "absent"}
    assert ours == {which for which in missed if servers[which] != "gone"}
    assert ours
    assert {servers[which] for which in missed - ours} == {"gone"}
    assert "server-missing" in set(notified(later["report.sarif"]))


def test_what_is_updated_did_change(nights: tuple[Run, dict[str, Path], dict[str, Path]]) -> None:
    run, _, later = nights
    assert run.drift is not None
    changes: dict[str, Change] = {each.check: each for each in run.drift.changes if each.host == "stays"}

    updated = [
        each for path in (later["report.sarif"], later[SETTLED]) for each in results(path)
        if each["baselineState"] == "updated"
    ]  # fmt: skip

    assert updated
    for each in updated:
        change = changes[each["ruleId"].rpartition(":")[2]]
        assert change.before != change.after


def server_of(result: Log) -> str:
    return str(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"])


def notified(path: Path) -> Iterator[str]:
    for run in json.loads(path.read_bytes())["runs"]:
        for each in run["invocations"]:
            yield from (note["descriptor"]["id"] for note in each["toolExecutionNotifications"])
