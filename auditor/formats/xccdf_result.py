"""Findings -> an XCCDF `TestResult`, piece by piece."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from auditor.errors import ExitCode
from auditor.formats.escape import visible
from auditor.formats.stig import Book, about_run, about_server, details, part, result_id, rule_id, target
from auditor.formats.told import summary
from auditor.formats.xccdf_rule import SEVERITIES, SYSTEM, child, idents
from auditor.model.answer import Answer
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Standing, Verdict, standing
from auditor.model.run import Host, Run

RUN_RULE, SERVER_RULE = "xccdf_auditor_rule_run", "xccdf_auditor_rule_server-read"
ABOUT_SYSTEM = "urn:auditor:run"
"""The checking system of the rules that are of no policy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Way:
    """How a standing is written: the result, and the severity of its message."""

    result: str
    message: str


_WAYS: Mapping[Standing, _Way] = MappingProxyType(
    {
        Standing.PASS: _Way(result="pass", message="info"),
        Standing.WARN: _Way(result="fail", message="warning"),
        Standing.FAIL: _Way(result="fail", message="error"),
        Standing.ERROR: _Way(result="error", message="error"),
        Standing.NOT_APPLICABLE: _Way(result="notapplicable", message="info"),
        Standing.WAIVED: _Way(result="fail", message="info"),
    }
)
_ENDINGS: Mapping[int, str] = MappingProxyType({ExitCode.COMPLIANT: "informational", ExitCode.FINDINGS: "fail"})
"""The result of the run as a whole by its exit code: never a pass, which would be one more than there are."""

_SCORED = ("pass", "fail", "error")
"""What is in the score: what is waived, warned of or not known is not passed."""


def test_result(book: Book, name: str, findings: Iterable[Finding]) -> Iterator[bytes]:
    """Yield the `TestResult` of one server, or of the fleet, for one policy."""
    host = book.hosts.get(name)
    yield from _opening(book.run, name, host, [about_server(host)])
    passed = scored = 0
    answers = book.answers(name)
    for finding in findings:
        result = _WAYS[standing(finding)].result
        passed += result == "pass"
        scored += result in _SCORED
        yield _written(_rule_result(book, finding, answers))
    yield _ending(passed, scored)


def about_run_result(run: Run) -> Iterator[bytes]:
    """Yield the `TestResult` about the run as a whole."""
    notes = list(about_run(run))
    yield from _opening(run, FLEET, None, notes)
    result = _ENDINGS.get(run.exit_code, "error")
    yield _about(RUN_RULE, run, result, notes)
    yield _ending(0, int(result in _SCORED))


def about_server_result(run: Run, host: Host) -> Iterator[bytes]:
    """Yield the `TestResult` of a server of which there is no finding."""
    yield from _opening(run, host.name, host, [about_server(host)])
    result = "error" if host.status is Status.UNREACHABLE else "notchecked"
    yield _about(SERVER_RULE, run, result, [about_server(host) or "no check was judged"])
    yield _ending(0, int(result in _SCORED))


def _opening(run: Run, name: str, host: Host | None, remarks: Iterable[str]) -> Iterator[bytes]:
    system = f"cpe:/a:auditor:auditor:{quote(visible(run.version), safe='')}"
    moments = f"start-time={quoteattr(visible(run.started))} end-time={quoteattr(visible(run.finished))}"
    yield f'  <TestResult id="{result_id(run)}" {moments} test-system={quoteattr(system)}>\n'.encode()
    yield f"    <title>{escape(part(f'auditor run {run.id}'))}</title>\n".encode()
    for remark in remarks:
        if remark:
            yield f"    <remark>{escape(remark)}</remark>\n".encode()
    yield f"    <target>{escape(target(name))}</target>\n".encode()
    yield _written(_facts(run, name, host))


def _facts(run: Run, name: str, host: Host | None) -> ET.Element:
    """Return what is known of the server itself; the schema wants a URI as the name of a fact."""
    made = ET.Element("target-facts")
    told = {"run": run.id, "scope": "fleet" if name == FLEET else "server"}
    if host:
        told |= {"status": host.status.value, "reason": host.reason, "groups": " ".join(host.groups)}
        told |= {f"platform:{key}": host.platform[key] for key in sorted(host.platform)}
    for key, said in told.items():
        if said:
            child(made, "fact", part(said), name=f"urn:auditor:fact:{quote(visible(key), safe=':')}", type="string")
    return made


def _rule_result(book: Book, finding: Finding, answers: Mapping[str, Answer]) -> ET.Element:
    way = _WAYS[standing(finding)]
    element = ET.Element("rule-result", idref=rule_id(finding.check), time=visible(book.run.finished))
    element.attrib |= {
        "severity": SEVERITIES[finding.severity],
        "version": visible(finding.check),
    }
    child(element, "result", way.result)
    idents(element, book.check(finding))
    told = part(summary(finding))
    if finding.verdict is not Verdict.PASS:
        child(element, "message", told, severity=way.message)
    # STIG Manager takes a review's text from elements of these names, whatever their namespace
    content = child(child(element, "check", system=SYSTEM), "check-content")
    child(content, "f:detail", details(book, finding, answers))
    if finding.waiver:
        child(content, "f:comment", told)
    return element


def _about(rule: str, run: Run, result: str, notes: Sequence[str]) -> bytes:
    element = ET.Element("rule-result", idref=rule, time=visible(run.finished))
    child(element, "result", result)
    child(element, "message", notes[0], severity="error" if result in _SCORED else "info")
    # not every reader shows the remarks of a test result
    content = child(child(element, "check", system=ABOUT_SYSTEM), "check-content")
    child(content, "f:detail", "\n".join(notes))
    return _written(element)


def _ending(passed: int, scored: int) -> bytes:
    score = f'<score system="urn:xccdf:scoring:flat" maximum="{scored}">{passed}</score>'
    return f"    {score}\n  </TestResult>\n".encode()


def _written(element: ET.Element) -> bytes:
    ET.indent(element, level=2)
    return b"    " + ET.tostring(element, encoding="unicode").encode() + b"\n"
