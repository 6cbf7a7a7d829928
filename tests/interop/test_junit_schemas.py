"""`junit.xml` against the schemas of its readers, and against Jenkins' and Ant's rules at once.

junit-10.xsd is what Jenkins' xUnit plugin validates input files with; JUnit.xsd (Windy Road) is Ant's,
which Azure cites.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no type information

from auditor.formats.format import pieces
from auditor.formats.junit import FORMAT
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

SCHEMAS = ("jenkins-junit-10.xsd", "windyroad-JUnit.xsd")
GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
TEXT = st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(
    ["", "\0", "]]>", "\ufffe", "\ud800"]
)
TEXTS: dict[str, st.SearchStrategy[Any]] = {field.name: TEXT for field in fields(Finding) if field.type is str}
GATES = ("fail", "warning", "never", "high,new:warning")
FINDINGS = st.lists(st.builds(Finding, **TEXTS, questions=st.lists(TEXT, max_size=2).map(tuple)), max_size=5)


@pytest.fixture(scope="module", params=SCHEMAS)
def schema(request: pytest.FixtureRequest, shared_data: Path) -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(shared_data / "schemas" / request.param)


def rendered(run: Run) -> str:
    return b"".join(pieces(FORMAT, run)).decode("utf-8")


def empty(run: Run) -> Run:
    return replace(run, hosts=(), findings=())


def judged_nothing(run: Run) -> Run:
    return replace(empty(run), exit_code=3, exit_reason="nothing was judged")


def gated_by_warnings(run: Run) -> Run:
    return replace(run, fail_on="warning")


def silent_about_why(run: Run) -> Run:
    return replace(run, hosts=tuple(replace(host, status=Status.UNREACHABLE, reason="") for host in run.hosts))


def of_one_verdict(verdict: Verdict) -> Callable[[Run], Run]:
    return lambda run: replace(run, findings=tuple(replace(each, verdict=verdict) for each in run.findings))


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run,
        lambda run: replace(empty(run), exit_code=0),
        judged_nothing,
        gated_by_warnings,
        silent_about_why,
        *(of_one_verdict(verdict) for verdict in Verdict),
    ],
    ids=["every verdict", "empty", "nothing judged", "gated by warnings", "no reasons", *Verdict],
)
def test_a_report_is_valid(schema: xmlschema.XMLSchema, change: Callable[[Run], Run]) -> None:
    schema.validate(rendered(change(read_run(GOLDEN))))


@given(findings=FINDINGS, reason=TEXT, fail_on=st.sampled_from(GATES))
def test_a_report_is_valid_whatever_the_servers_say(
    schema: xmlschema.XMLSchema, findings: list[Finding], reason: str, fail_on: str
) -> None:
    run = read_run(GOLDEN)
    hosts = tuple(replace(host, reason=reason, platform={reason: reason}) for host in run.hosts)

    schema.validate(rendered(replace(run, findings=tuple(findings), hosts=hosts, exit_reason=reason, fail_on=fail_on)))


def test_the_schemas_refuse_what_the_library_writes_by_itself(schema: xmlschema.XMLSchema) -> None:
    raw = rendered(read_run(GOLDEN)).replace("<testsuite ", '<testsuite disabled="0" ')

    assert not schema.is_valid(raw)


@pytest.mark.parametrize("name", SCHEMAS)
def test_libxml2_agrees(name: str, shared_data: Path) -> None:
    schema = etree.XMLSchema(etree.parse(shared_data / "schemas" / name))

    document = etree.fromstring(rendered(read_run(GOLDEN)).encode())

    schema.assertValid(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_libxml2_refuses_what_the_library_writes_by_itself(name: str, shared_data: Path) -> None:
    schema = etree.XMLSchema(etree.parse(shared_data / "schemas" / name))

    raw = rendered(read_run(GOLDEN)).replace("<testsuite ", '<testsuite disabled="0" ')

    assert not schema.validate(etree.fromstring(raw.encode()))
