"""`report.tap` for `prove` and other readers of the Test Anything Protocol, version 13: one test per finding.

Version 14 is refused by `prove`. What is waived is `not ok` with `# TODO`, an expected failure: it fails no run and is
not counted as passed, and what it says stays what it is; `# SKIP`, which is `ok`, is for what is not applicable. Each
server that was not read, or only in part, is a test of its own, and so is the run as a whole, which fails whenever its
exit code is not 0.
"""

from collections.abc import Iterator, Mapping

from auditor.formats.changed import changes_of
from auditor.formats.escape import shortened, visible_lines
from auditor.formats.format import Format, one_file
from auditor.formats.sources import checks_of, mapped_text, source_text
from auditor.formats.told import change_text, notes_of, server_name, waiver_text
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, in_order, order, standing
from auditor.model.gate import counts_warning
from auditor.model.run import Host, Run

_LONGEST_LINE = 500
_LONGEST_PART = 4_000


def _render(run: Run) -> Iterator[bytes]:
    for line in _lines(run):
        yield f"{line}\n".encode()


def _lines(run: Run) -> Iterator[str]:
    reads = [host for host in sorted(run.hosts, key=lambda host: host.name) if host.status is not Status.REACHED]
    yield "TAP version 13"
    yield f"1..{len(run.findings) + len(reads) + 1}"
    number = 0
    for host in reads:
        number += 1
        yield from _read(number, host)
    checks, changes = checks_of(run), changes_of(run)
    sources = {policy.id: source_text(policy.source) for policy in run.policies}
    for finding in in_order(run.findings):
        number += 1
        yield _test(number, finding, run.fail_on)
        known = {
            "change": change_text(changes.get(order(finding))),
            "source": sources.get(finding.policy, ""),
            "answers_to": mapped_text(checks.get((finding.policy, finding.check))),
        }
        yield from _diagnostic(_parts(finding) | known)
    yield from _whole(number + 1, run)


def _read(number: int, host: Host) -> Iterator[str]:
    """Yield the test that a server is read; one that was read in part passes it, and says so."""
    verdict = "not ok" if host.status is Status.UNREACHABLE else "ok"
    yield f"{verdict} {number} - {_description(f'{host.name}: the server is read')}"
    yield from _diagnostic({"about": "server", "host": host.name, "status": host.status.value, "reason": host.reason})


def _whole(number: int, run: Run) -> Iterator[str]:
    yield f"{'not ok' if run.exit_code else 'ok'} {number} - {_description(f'the run: exit code {run.exit_code}')}"
    notes = {f"note_{place}": f"{about}: {said}" for place, (about, said) in enumerate(notes_of(run), 1)}
    yield from _diagnostic({"about": "run", "run": run.id} | notes)


def _test(number: int, finding: Finding, fail_on: str) -> str:
    described = _description(f"{server_name(finding.host)}: {finding.check}: {finding.title}")
    match standing(finding):
        case Standing.PASS:
            return f"ok {number} - {described}"
        case Standing.WARN:
            # JUnit's way: it fails where the gate counts it
            return f"{'not ok' if counts_warning(fail_on, finding) else 'ok'} {number} - WARNING {described}"
        case Standing.FAIL:
            return f"not ok {number} - {described}"
        case Standing.ERROR:
            return f"not ok {number} - NOT KNOWN {described}"
        case Standing.NOT_APPLICABLE:
            return f"ok {number} - {described} # SKIP not applicable: {_line(finding.reason)}"
        case Standing.WAIVED:
            mark = finding.waiver
            until = f"until {mark.expires} by {mark.owner} ({mark.id})" if mark else ""
            return f"not ok {number} - {described} # TODO waived {_line(until)}"


def _parts(finding: Finding) -> dict[str, str]:
    return {
        "about": "finding",
        "verdict": finding.verdict.value,
        "host": server_name(finding.host),
        "policy": finding.policy,
        "check": finding.check,
        "severity": finding.severity.value,
        "reason": finding.reason,
        "expected": finding.expected,
        "found": finding.actual,
        "waiver": waiver_text(finding.waiver) if finding.waiver else "",
        "reference": finding.reference,
        "to_do": finding.remediation,
    }


def _diagnostic(parts: Mapping[str, str]) -> Iterator[str]:
    """Yield a YAML block; in single quotes everything that `visible` leaves stands for itself."""
    yield "  ---"
    for name, said in parts.items():
        if said:
            quoted = shortened(" ".join(visible_lines(said)), _LONGEST_PART).replace("'", "''")
            yield f"  {name}: '{quoted}'"
    yield "  ..."


def _description(said: str) -> str:
    return _line(said) or "-"


def _line(said: str) -> str:
    r"""Return the text on one line without `#`, which begins a directive; readers disagree on how to escape it."""
    return shortened(" ".join(visible_lines(said)).replace("#", "\\u0023"), _LONGEST_LINE)


FORMAT = Format(
    name="tap",
    reader="prove and other readers of the Test Anything Protocol",
    filename="report.tap",
    files=one_file("report.tap", _render),
)
