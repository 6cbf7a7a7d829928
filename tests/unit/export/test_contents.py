"""What an export says besides the run: clauses, scripts, programs."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from auditor import __version__
from auditor.export.bill import Package, bill_of, installed_packages
from auditor.export.clauses import answering
from auditor.export.material import Material
from auditor.export.scripts import scripts_of
from auditor.export.traceability import COLUMNS, matrix, overview
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence
from auditor.model.finding import Standing, standing
from auditor.model.question import ask
from auditor.model.run import Host, Run
from auditor.runs import read_run
from auditor.script.build import questions_in


@pytest.fixture
def golden(repository: Path) -> Run:
    return read_run(repository / "tests" / "unit" / "formats" / "every-verdict")


def rows(run: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(matrix(run)).decode(), newline="")))


def test_every_finding_is_a_row_once(golden: Run) -> None:
    found = Counter((row["policy"], row["check"], row["server"], row["result"]) for row in rows(golden) if row["check"])

    assert found == Counter((each.policy, each.check, each.host, standing(each).value) for each in golden.findings)


def test_not_known_and_waived_are_apart_from_pass(golden: Run) -> None:
    results = Counter(row["result"] for row in rows(golden))

    counted = Counter(standing(each) for each in golden.findings)
    assert {name: results[name] for name in Standing} == dict(counted)
    assert all(row["waiver"] and row["verdict"] != "pass" for row in rows(golden) if row["result"] == "waived")


def test_a_row_tells_clause_document_and_mappings(material: Material) -> None:
    (row,) = (each for each in rows(material.run) if each["check"] == "relay-set" and each["server"].startswith("nyx"))

    told = {name: row[name] for name in ("document", "date", "clause", "policy", "mappings", "severity", "result")}
    assert told == {
        "document": "House rules",
        "date": "2026-01-01",
        "clause": "Clause 4.2",
        "policy": "relay",
        "mappings": "NIST SP 800-53 Rev. 5: SC-7",
        "severity": "high",
        "result": "waived",
    }
    assert (row["waiver"], row["waiver_owner"], row["waived_until"]) == ("old-relay", "Jane Doe", "2026-12-31")


def test_the_checks_of_a_clause_stand_together(material: Material) -> None:
    assert [each.clause for each in answering(material.run)] == ["Clause 4.2", "Clause 4.2", "Clause 1"]


def test_a_check_and_a_server_without_findings_are_there_all_the_same(golden: Run) -> None:
    silent = Host(name="silent", status=golden.hosts[0].status, reason="never asked")
    run = replace(golden, findings=(), hosts=(silent,))

    found = rows(run)
    assert {row["result"] for row in found} == {"not_judged"}
    assert {row["check"] for row in found} - {""} == {check.id for policy in run.policies for check in policy.checks}
    assert found[-1]["server"] == "silent"


def test_findings_of_a_check_that_no_policy_names_are_not_lost(golden: Run) -> None:
    found = rows(replace(golden, policies=()))

    assert len([row for row in found if row["check"]]) == len(golden.findings)
    assert {row["document"] for row in found} == {""}


def test_every_row_has_every_column(golden: Run) -> None:
    lines = list(csv.reader(io.StringIO(b"".join(matrix(golden)).decode(), newline="")))

    assert {len(line) for line in lines} == {len(COLUMNS)}


@pytest.mark.parametrize("hostile", ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1"])
def test_no_cell_is_a_formula(golden: Run, hostile: str) -> None:
    run = replace(golden, findings=tuple(replace(each, actual=hostile, reason=hostile) for each in golden.findings))

    assert not [cell for row in rows(run) for cell in row.values() if cell.lstrip()[:1] in tuple("=+-@")]


def test_the_overview_counts_servers_by_clause_and_by_requirement(material: Material) -> None:
    text = b"".join(overview(material.run)).decode()

    assert "## House rules, 2026-01-01" in text
    assert "| Clause 4.2 | relay/relay-set | NIST SP 800-53 Rev. 5: SC-7 | 1 | 0 | 1 | 1 | 2 | 0 |" in text
    assert "## NIST SP 800-53 Rev. 5" in text
    assert "| SC-7 | relay/relay-set |" in text


def test_hostile_texts_break_no_table(golden: Run) -> None:
    policy = golden.policies[0]
    check = replace(policy.checks[0], reference="a | b\n<script>`x`")
    run = replace(golden, policies=(replace(policy, checks=(check,)),))

    (line,) = (line for line in b"".join(overview(run)).decode().splitlines() if "script" in line)
    assert line.startswith(r"| a \| b \<script\>\`x\` |")


def test_a_script_is_what_was_sent_and_says_to_whom(material: Material) -> None:
    scripts = scripts_of(material.evidences())

    files = dict(scripts.files())
    index = scripts.index(scripts.digests())
    (told,) = index["scripts"]
    asked = {question for each in material.evidences() for question in each.answers if question.kind != "http"}
    script = files[told["file"]]
    assert sha256(script).hexdigest() == told["sha256"]
    assert set(questions_in(script.decode())) == asked
    assert told["servers"] == [f"{name}.corp.example" for name in ("eos01", "hades", "moros", "nyx07")]
    assert index["servers_of_which_no_answer_of_a_script_is_known"] == ["styx03.corp.example"]
    assert b"-EncodedCommand" in files["scripts/bootstrap.ps1"]


def test_each_set_of_questions_has_a_script_of_its_own(a_server: Callable[..., Evidence]) -> None:
    one, other = (ask("registry_key", hive="HKLM", key=key, view="64") for key in ("A", "B"))
    yes = Observed(data={})

    servers = [a_server("a", {one: yes}), a_server("b", {one: yes, other: yes}), a_server("c", {one: yes})]
    index = scripts_of(servers).index(())

    assert sorted(tuple(each["servers"]) for each in index["scripts"]) == [("a", "c"), ("b",)]


def test_a_script_is_exact_only_when_this_version_collected_and_no_name_was_hidden(
    a_server: Callable[..., Evidence],
) -> None:
    question = ask("registry_key", hive="HKLM", key="A", view="64")
    ours = replace(a_server("a", {question: Observed(data={})}), collector=f"auditor {__version__}")

    def exact(evidence: Evidence, *, sent: bool) -> bool:
        scripts = scripts_of([evidence])
        return bool(scripts.index(scripts.digests() if sent else ())["scripts"][0]["exact"])

    assert exact(ours, sent=True)
    assert not exact(ours, sent=False)
    assert not exact(replace(ours, collector="auditor 0.0.9"), sent=True)


def test_the_bill_names_every_package_with_its_version(golden: Run) -> None:
    packages = (Package(name="auditor", version="1", uses=("requests",)), Package(name="requests", version="2"))

    bill = bill_of(golden, packages)

    assert [(each["name"], each["version"]) for each in bill["components"]][:1] == [("requests", "2")]
    assert bill["metadata"]["component"]["version"] == "1"
    assert bill["dependencies"][0]["dependsOn"] == ["pkg:pypi/requests@2", "python"]
    assert json.dumps(bill) == json.dumps(bill_of(golden, reversed(packages)))


def test_the_installed_packages_hold_what_auditor_uses() -> None:
    names = {package.name for package in installed_packages()}

    assert {"auditor", "cryptography", "pywinrm", "requests", "pyyaml", "urllib3"} <= names
