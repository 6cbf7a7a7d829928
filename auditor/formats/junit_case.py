"""A finding -> its JUnit test case: which element says the verdict, and what its message and text hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from auditor.formats.escape import shortened, visible_lines
from auditor.formats.junit_suite import Case
from auditor.model.finding import Finding, Verdict
from auditor.model.run import FailOn

_LONGEST_NAME = 200
_LONGEST_MESSAGE = 500


def cases(findings: Sequence[Finding], classname: str, fail_on: FailOn) -> tuple[Case, ...]:
    """Return a test case for each finding of one suite; a warning fails only where the gate says so."""
    names = unique(shortened(one_line(f"{each.check}: {each.title}"), _LONGEST_NAME) for each in findings)
    return tuple(_case(each, name, classname, fail_on) for each, name in zip(findings, names, strict=True))


def unique(names: Iterable[str]) -> list[str]:
    """Return the names in their order, later equal ones numbered: Jenkins and GitLab hide results of equal name."""
    chosen: dict[str, None] = {}  # a set that keeps its order
    for name in names:
        candidates = (name if number == 1 else f"{name} ({number})" for number in count(1))
        chosen[next(candidate for candidate in candidates if candidate not in chosen)] = None
    return list(chosen)


def message(finding: Finding) -> str:
    """Return the reason, or what was expected and found, on one line that dashboards can show."""
    said = finding.reason or f"expected {finding.expected}, found {finding.actual}"
    return shortened(one_line(said), _LONGEST_MESSAGE)


def text(finding: Finding) -> str:
    """Return the whole finding, one labelled part a line, further lines of a part indented."""
    parts: Mapping[str, str] = {
        "expected": finding.expected,
        "actual": finding.actual,
        "reason": finding.reason,
        "reference": finding.reference,
        "remediation": finding.remediation,
        "severity": finding.severity.value,
        "questions": "\n".join(finding.questions),
    }
    lines = (f"{label}: " + "\n  ".join(visible_lines(part)) for label, part in parts.items() if part)
    return "\n".join(lines)


def warning_text(finding: Finding) -> str:
    """Return a warning as it stands in its suite's output: neither schema lets a passed test say anything."""
    heading = one_line(f"WARNING {finding.check}: {finding.title}")
    return f"{heading}\n{text(finding)}\n"


def one_line(said: str) -> str:
    """Return the text with its line ends as blanks."""
    return " ".join(visible_lines(said))


def _case(finding: Finding, name: str, classname: str, fail_on: FailOn) -> Case:
    passed = Case(name=name, classname=classname)
    said, whole = message(finding), text(finding)
    match finding.verdict:
        case Verdict.PASS:
            return passed
        case Verdict.WARN if fail_on is not FailOn.WARNING:
            return passed
        case Verdict.WARN:
            return replace(passed, element="failure", type="warning", message=said, text=whole)
        case Verdict.FAIL:
            return replace(passed, element="failure", type=finding.severity.value, message=said, text=whole)
        case Verdict.ERROR:
            return replace(passed, element="error", type="not_known", message=said, text=whole)
        case Verdict.NOT_APPLICABLE:
            # some readers show only the message, others only the text
            why = f"not applicable: {finding.reason}"
            short = shortened(one_line(why), _LONGEST_MESSAGE)
            return replace(passed, element="skipped", message=short, text="\n".join(visible_lines(why)))
