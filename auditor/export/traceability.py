"""The traceability matrix: clause -> checks -> requirements of other documents -> result on each server. Pure."""

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO

from auditor.export.clauses import Answering, answering
from auditor.formats.csv import harmless
from auditor.formats.escape import visible
from auditor.formats.sources import mapped_text, source_text
from auditor.model.finding import Finding, Standing, order, standing
from auditor.model.run import Run

COLUMNS = (
    "document", "date", "link", "clause", "policy", "policy_version", "check", "title", "severity", "mappings",
    "server", "result", "verdict", "expected", "found", "reason", "waiver", "waiver_owner", "waived_until",
)  # fmt: skip
NOT_JUDGED = "not_judged"
"""The result of a check that was judged on no server, and of a server of which there is no finding."""

_RESULTS = {
    Standing.PASS: "pass",
    Standing.WARN: "warning",
    Standing.FAIL: "fail",
    Standing.WAIVED: "waived",
    Standing.ERROR: "not known",
    Standing.NOT_APPLICABLE: "not applicable",
}


def matrix(run: Run) -> Iterator[bytes]:
    """Yield `traceability.csv`: a row for each check on each server, by clause."""
    yield _line(COLUMNS)
    for each in answering(run):
        findings = sorted(each.findings, key=order)
        yield from (_line((*_head(each), *_cells(finding))) for finding in findings)
        if not findings:
            yield _line((*_head(each), "", NOT_JUDGED, *[""] * 7))
    judged = {finding.host for finding in run.findings}
    for host in sorted(run.hosts, key=lambda host: host.name):
        if host.name not in judged:
            yield _line((*[""] * 10, host.name, NOT_JUDGED, "", "", "", host.reason, "", "", ""))


def overview(run: Run) -> Iterator[bytes]:
    """Yield `traceability.md`: how many servers came to what, by clause, then by requirement of other documents."""
    checks = list(answering(run))
    yield b"# Traceability\n\nEach number is a number of servers (a check about the whole fleet counts once).\n"
    yield b"Not known and waived are never counted as pass.\n"
    document = None
    for each in checks:
        if each.source != document:
            document = each.source
            yield f"\n## {_cell(source_text(document)) or 'No document'}\n\n{_table_head('clause')}".encode()
        yield _row(each.clause, each)
    for name, ids in _other_documents(checks).items():
        yield f"\n## {_cell(name)}\n\n{_table_head('requirement')}".encode()
        for requirement in sorted(ids):
            yield from (_row(requirement, each) for each in ids[requirement])


def _head(each: Answering) -> tuple[str, ...]:
    policy, _, check = each.name.partition("/")
    title = each.check.title if each.check else next((finding.title for finding in each.findings), "")
    severity = each.check.severity if each.check else next((finding.severity for finding in each.findings), "")
    source = each.source
    version = each.policy.version if each.policy else ""
    clause = source.document, source.date, source.link, each.clause
    return *clause, policy, version, check, title, str(severity), mapped_text(each.check)


def _cells(finding: Finding) -> tuple[str, ...]:
    mark = finding.waiver
    waiver = (mark.id, mark.owner, mark.expires) if mark else ("", "", "")
    told = finding.expected, finding.actual, finding.reason
    return finding.host, standing(finding).value, finding.verdict.value, *told, *waiver


def _other_documents(checks: list[Answering]) -> dict[str, dict[str, list[Answering]]]:
    found: dict[str, dict[str, list[Answering]]] = {}
    for each in checks:
        mappings = each.check.mappings if each.check else {}
        for document, ids in mappings.items():
            for requirement in ids:
                found.setdefault(document, {}).setdefault(requirement, []).append(each)
    return dict(sorted(found.items()))


def _table_head(first: str) -> str:
    names = [first, "check", "answers to", *_RESULTS.values()]
    return f"| {' | '.join(names)} |\n| --- | --- | --- |{' ---: |' * len(_RESULTS)}\n"


def _row(first: str, each: Answering) -> bytes:
    counts: Counter[Standing] = each.counts
    cells = [_cell(first), _cell(each.name), _cell(mapped_text(each.check)), *(str(counts[kind]) for kind in _RESULTS)]
    return f"| {' | '.join(cells)} |\n".encode()


def _cell(text: str) -> str:
    marked = visible(" ".join(text.split())).replace("\\", "\\\\")
    for character in "|<>`*_[]":
        marked = marked.replace(character, f"\\{character}")
    return marked


def _line(cells: tuple[str, ...]) -> bytes:
    written = StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerow([harmless(cell) if cell else "" for cell in cells])
    return written.getvalue().encode()
