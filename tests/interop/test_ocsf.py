"""`ocsf.jsonl` against the schema of the Open Cybersecurity Schema Framework, as ocsf-json-schema packages it."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.formats.format import pieces
from auditor.formats.ocsf import FORMAT
from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, standing
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

ocsf_json_schema = pytest.importorskip("ocsf_json_schema", reason="ocsf-json-schema is not installed")

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
TEXT = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(["", "\0", "\ud800", "\n"])
TEXTS: dict[str, st.SearchStrategy[Any]] = {field.name: TEXT for field in fields(Finding) if field.type is str}
FINDINGS = st.lists(st.builds(Finding, **TEXTS, questions=st.lists(TEXT, max_size=2).map(tuple)), max_size=3)
CAPTIONS = {
    Standing.PASS: ("Pass", "Other"),
    Standing.WARN: ("Fail", "Other"),
    Standing.FAIL: ("Fail", "Other"),
    Standing.ERROR: ("Unknown", "Other"),
    Standing.NOT_APPLICABLE: ("Other", "Other"),
    Standing.WAIVED: ("Fail", "Suppressed"),
}
"""What the schema calls a finding: the status of the check, and Suppressed or not."""


@cache
def schema(version: str, profiles: tuple[str, ...]) -> Any:
    """Return a validator of Compliance Finding in that version of OCSF, with these profiles."""
    whole = ocsf_json_schema.OcsfJsonSchemaEmbedded(ocsf_json_schema.get_ocsf_schema(version=version))
    document = whole.get_class_schema("compliance_finding", profiles=list(profiles))
    return jsonschema.validators.validator_for(document)(document)


@cache
def captions(where: str) -> dict[int, str]:
    """Return what the numbers of a `status_id` mean, as the schema says."""
    whole = ocsf_json_schema.get_ocsf_schema(version="1.5.0")
    found = whole["objects"]["compliance"] if where == "compliance" else whole["classes"]["compliance_finding"]
    return {int(number): told["caption"] for number, told in found["attributes"]["status_id"]["enum"].items()}


def events(run: Run) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(pieces(FORMAT, run, answers_of)).splitlines()]


def answers_of(_server: str) -> dict[str, Answer]:
    return {"iis_sites": Observed(data={"sites": [1, None, "\x1b"]}), "a": Absent(what="key"), "d": Denied(reason="no")}


def violations(event: dict[str, Any], version: str) -> Iterator[str]:
    validator = schema(version, tuple(event["metadata"]["profiles"]))
    return (f"{error.json_path}: {error.message}" for error in validator.iter_errors(event))


@pytest.fixture(params=["every verdict", "demo", "never compared"])
def run(request: pytest.FixtureRequest) -> Run:
    if request.param == "demo":
        return read_run(request.getfixturevalue("demo_run"))
    run = read_run(GOLDEN)
    return replace(run, drift=None) if request.param == "never compared" else run


@pytest.mark.parametrize("version", ["1.5.0", "1.8.0"])
def test_every_line_is_valid(run: Run, version: str) -> None:
    assert [said for event in events(run) for said in violations(event, version)] == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(findings=FINDINGS, said=TEXT)
def test_every_line_is_valid_whatever_the_servers_say(findings: list[Finding], said: str) -> None:
    run = read_run(GOLDEN)
    hosts = tuple(replace(each, name=each.name + said, reason=said, platform={"os": said}) for each in run.hosts)
    known: dict[str, Answer] = {question: Failed(reason=said) for each in findings for question in each.questions}

    written = b"".join(pieces(FORMAT, replace(run, hosts=hosts, findings=tuple(findings)), lambda _server: known))

    for line in written.splitlines():
        assert list(violations(json.loads(line), "1.5.0")) == []


@pytest.mark.parametrize(
    "spoiled",
    [{"status_id": 7}, {"time": "now"}, {"finding_info": {"title": "no uid"}}, {"invented": 1}, {"device": {}}],
)
def test_the_schema_would_refuse_what_is_wrong(spoiled: dict[str, Any]) -> None:
    *_, event = events(read_run(GOLDEN))

    assert list(violations(event | spoiled, "1.5.0"))


def test_the_schema_counts_every_finding_as_it_stands(run: Run) -> None:
    about = [each for each in events(run) if each["compliance"]["status_code"] != "not_reached"]

    counted = Counter(
        (
            captions("compliance")[each["compliance"]["status_id"]],
            "Suppressed" if captions("event")[each["status_id"]] == "Suppressed" else "Other",
        )
        for each in about
    )

    assert counted == Counter(CAPTIONS[standing(finding)] for finding in run.findings)
    assert len(counted) == len(set(CAPTIONS.values()))


def test_captions_are_those_of_the_schema(run: Run) -> None:
    for event in events(run):
        for where, told in (("compliance", event["compliance"]), ("event", event)):
            caption = captions(where)[told["status_id"]]
            assert caption in (told["status"], "Other")


def test_a_server_that_was_not_reached_has_its_line(run: Run) -> None:
    silent = {host.name for host in run.hosts if host.status is Status.UNREACHABLE}

    told = {each["device"]["hostname"] for each in events(run) if each["compliance"]["status_code"] == "not_reached"}

    assert told == silent
    assert silent
