"""The XCCDF files, read with the standard library."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree as ET

from auditor.formats.format import no_answers
from auditor.formats.xccdf import FORMAT
from auditor.model.answer import Answer, Denied
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Severity, Source
from auditor.model.run import Run

NS = {"x": "http://checklists.nist.gov/xccdf/1.2", "f": "urn:auditor:finding", "dc": "http://purl.org/dc/elements/1.1/"}


def files(run: Run) -> dict[str, ET.Element]:
    return {file.name: ET.fromstring(b"".join(file.content)) for file in FORMAT.files(run, no_answers)}


def alone(run: Run, *findings: Finding) -> ET.Element:
    """Return the one file with findings."""
    (made,) = [file for name, file in files(replace(run, findings=findings, hosts=())).items() if "run.xml" not in name]
    return made


def one(run: Run, verdict: Verdict) -> Finding:
    return next(each for each in run.findings if each.verdict is verdict and not each.waiver)


def texts(root: ET.Element, path: str) -> list[str]:
    return [each.text or "" for each in root.iterfind(path, NS)]


def test_there_is_one_file_for_each_server_and_policy_and_one_for_the_run(run: Run) -> None:
    pairs = {(each.host, each.policy) for each in run.findings}

    written = files(run)

    assert len(written) == len(pairs) + 1
    assert FORMAT.filename in written
    assert {len(root.findall("x:TestResult", NS)) for root in written.values()} == {1}


def test_a_server_judged_by_two_policies_has_two_files(run: Run) -> None:
    first, second = run.findings[1], replace(run.findings[1], policy="another")

    written = files(replace(run, findings=(second, first), hosts=run.hosts[:1]))

    assert sorted(written) == [
        f"xccdf/{first.host}_another.xml",
        f"xccdf/{first.host}_{first.policy}.xml",
        "xccdf/run.xml",
    ]


def test_each_verdict_has_its_result(run: Run) -> None:
    results = {verdict: texts(alone(run, one(run, verdict)), ".//x:result") for verdict in Verdict}

    assert results == {
        Verdict.PASS: ["pass"],
        Verdict.WARN: ["fail"],
        Verdict.FAIL: ["fail"],
        Verdict.ERROR: ["error"],
        Verdict.NOT_APPLICABLE: ["notapplicable"],
    }


def test_a_warning_a_failure_and_a_waiver_differ_by_the_severity_of_their_message(run: Run) -> None:
    waived = next(each for each in run.findings if each.waiver)
    told = [one(run, Verdict.FAIL), one(run, Verdict.WARN), waived]

    messages = [alone(run, each).find(".//x:message", NS) for each in told]

    assert [each.get("severity") for each in messages if each is not None] == ["error", "warning", "info"]


def test_no_result_is_overridden(run: Run) -> None:
    assert not [root for root in files(run).values() if root.find(".//x:override", NS) is not None]


def test_no_waiver_and_no_silence_raises_the_score(run: Run) -> None:
    for name, root in files(run).items():
        counted = Counter(texts(root, ".//x:result"))
        (score,) = root.iterfind(".//x:score", NS)

        assert (score.text, score.get("maximum")) == (
            str(counted["pass"]),
            str(counted["pass"] + counted["fail"] + counted["error"]),
        ), name


def test_a_rule_says_what_is_demanded_why_and_what_is_to_do(run: Run) -> None:
    judged = next(each for each in run.findings if each.check == "ssl-offloaded-set" and each.verdict is Verdict.FAIL)

    rule = alone(run, judged).find("x:Rule", NS)

    assert rule is not None
    assert rule.get("severity") == "high"
    assert rule.findtext("x:version", namespaces=NS) == judged.check
    assert rule.findtext("x:fixtext", namespaces=NS) == judged.remediation
    assert rule.findtext("x:rationale", namespaces=NS) == "Without it users are refused."
    assert judged.expected in (rule.findtext("x:check/x:check-content", namespaces=NS) or "")
    assert "registry_value" in (rule.findtext("x:check/x:check-content", namespaces=NS) or "")


def test_source_clause_and_mappings_are_references_and_identifiers(run: Run) -> None:
    root = alone(run, next(each for each in run.findings if each.check == "activesync-not-offloaded"))

    assert texts(root, "x:Rule/x:reference/dc:identifier") == ["Note below step 1", "SC-8", "SC-8(1)", "V-00001"]
    for path in ("x:Rule/x:ident", ".//x:rule-result/x:ident"):
        assert {each.text: each.get("system") for each in root.iterfind(path, NS)} == {
            "SC-8": "urn:auditor:mapping:NIST%20SP%20800-53%20Rev.%205",
            "SC-8(1)": "urn:auditor:mapping:NIST%20SP%20800-53%20Rev.%205",
            "V-00001": "http://cyber.mil/legacy",
        }


def test_only_the_address_of_a_page_becomes_a_link(run: Run) -> None:
    def linked(link: str) -> str | None:
        policies = (replace(run.policies[0], source=Source(document="D", link=link)),)
        root = alone(replace(run, policies=policies), run.findings[1])
        found = root.find("x:reference", NS)
        assert found is not None
        assert link in texts(root, "x:reference/dc:source")
        return found.get("href")

    assert linked("https://example.org/a?b=1%20") == "https://example.org/a?b=1%20"
    for other in ("javascript:alert(1)", "https://example.org/ x", "http://a%zz/", "see the book"):
        assert linked(other) is None


def test_critical_is_high_and_info_stays(run: Run) -> None:
    severities = [
        alone(run, replace(run.findings[1], severity=severity)).find("x:Rule", NS).get("severity")  # type: ignore[union-attr]  # there is a rule
        for severity in Severity
    ]

    assert severities == ["high", "high", "medium", "low", "info"]


def test_a_check_whose_policy_was_not_kept_has_a_rule_all_the_same(run: Run) -> None:
    root = alone(replace(run, policies=()), run.findings[1])

    assert texts(root, "x:Rule/x:title") == [run.findings[1].title]
    assert texts(root, "x:version") == ["1"]


def test_the_same_check_twice_has_one_rule_and_two_results(run: Run) -> None:
    root = alone(run, run.findings[1], run.findings[1])

    assert len(root.findall("x:Rule", NS)) == 1
    assert len(root.findall(".//x:rule-result", NS)) == 2


def test_a_server_without_findings_has_a_file_and_nothing_in_it_passed(run: Run) -> None:
    written = files(replace(run, findings=()))

    for host in run.hosts:
        root = written[f"xccdf/{host.name}.xml"]
        unreachable = host.status is Status.UNREACHABLE
        assert texts(root, ".//x:result") == ["error" if unreachable else "notchecked"]
        assert host.reason in " ".join(texts(root, ".//x:message"))


def test_a_server_called_run_or_fleet_does_not_replace_another_file(run: Run) -> None:
    hosts = tuple(replace(run.hosts[0], name=name) for name in ("run", "RUN", "fleet"))

    written = files(replace(run, hosts=hosts, findings=(next(each for each in run.findings if each.host == FLEET),)))

    assert len(written) == 5
    assert (
        Counter(text for root in written.values() for text in texts(root, ".//x:target"))["the fleet (all servers)"]
        == 2
    )


def test_the_run_as_a_whole_is_never_a_pass(run: Run) -> None:
    def result(code: int) -> list[str]:
        return texts(files(replace(run, exit_code=code))[FORMAT.filename], ".//x:result")

    assert [result(code) for code in (0, 1, 3)] == [["informational"], ["fail"], ["error"]]


def test_answers_stand_in_the_detail_of_a_result(run: Run) -> None:
    failed = next(each for each in run.findings if each.questions and each.host != FLEET)

    def answers(server: str) -> Mapping[str, Answer]:
        return {failed.questions[0]: Denied(reason="no right to read it")} if server == failed.host else {}

    written = FORMAT.files(replace(run, findings=(failed,), hosts=()), answers)

    shown = b"".join(b"".join(file.content) for file in written).decode()
    assert f"{failed.questions[0]}: denied no right to read it" in shown
