"""A finding -> its JUnit test case: which element says the verdict, and what its message and text hold."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count

from auditor.formats.escape import shortened, visible_lines
from auditor.formats.junit_suite import Case
from auditor.model.finding import Finding, Verdict
from auditor.model.gate import counts_warning
from auditor.model.waiver import WaiverMark

_LONGEST_NAME = 200
_LONGEST_MESSAGE = 500


def cases(findings: Sequence[Finding], classname: str, fail_on: str, new: Collection[str]) -> tuple[Case, ...]:
    """Return a test case for each finding of one suite; a warning fails only where the gate says so.

    `new` has the checks that another run did not find deviating; their messages begin with `[new]`.
    """
    names = Names()
    return tuple(
        _case(each, Case(name=names.unique(_name(each)), classname=classname), fail_on, is_new=each.check in new)
        for each in findings
    )


class Names:
    """Names of which no two are equal: Jenkins and GitLab hide results of equal name."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        """Return the name, numbered when it was given before."""
        numbered = name
        for number in count(2):
            if numbered not in self._taken:
                break
            numbered = f"{name} ({number})"
        self._taken.add(numbered)
        return numbered


def message(finding: Finding, *, is_new: bool = False) -> str:
    """Return the reason, or what was expected and found, on one line that dashboards can show."""
    said = finding.reason or f"expected {finding.expected}, found {finding.actual}"
    return shortened(one_line(f"[new] {said}" if is_new else said), _LONGEST_MESSAGE)


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
        "accepted because": finding.waiver.reason if finding.waiver else "",
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


def _name(finding: Finding) -> str:
    return shortened(one_line(f"{finding.check}: {finding.title}"), _LONGEST_NAME)


def _case(finding: Finding, passed: Case, fail_on: str, *, is_new: bool) -> Case:
    match finding.verdict:
        case Verdict.PASS:
            return passed
        case Verdict.WARN | Verdict.FAIL:
            return _deviation(finding, passed, fail_on, is_new=is_new)
        case Verdict.ERROR:
            said = message(finding, is_new=is_new)
            return replace(passed, element="error", type="not_known", message=said, text=text(finding))
        case Verdict.NOT_APPLICABLE:
            # some readers show only the message, others only the text
            why = f"not applicable: {finding.reason}"
            short = shortened(one_line(why), _LONGEST_MESSAGE)
            return replace(passed, element="skipped", message=short, text="\n".join(visible_lines(why)))


def _deviation(finding: Finding, passed: Case, fail_on: str, *, is_new: bool) -> Case:
    if finding.waiver is not None:
        return replace(passed, element="skipped", message=_waived(finding, finding.waiver), text=text(finding))
    is_warning = finding.verdict is Verdict.WARN
    if is_warning and not counts_warning(fail_on, finding):
        return passed
    kind = "warning" if is_warning else finding.severity.value
    return replace(passed, element="failure", type=kind, message=message(finding, is_new=is_new), text=text(finding))


def _waived(finding: Finding, mark: WaiverMark) -> str:
    named = f"{mark.id} {mark.ticket}".rstrip()
    by = f"WAIVED until {mark.expires} by {mark.owner} ({named})"
    return shortened(one_line(f"{by}: was {finding.verdict}: {message(finding)}"), _LONGEST_MESSAGE)
