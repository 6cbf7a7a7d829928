"""XCCDF 1.2 results (NISTIR 7275 Rev. 4) for STIG Manager, OpenSCAP and their like.

One file per server and policy, as a benchmark is a policy, and STIG Manager's parser takes one benchmark and one
`TestResult` from a file; one more for the fleet, and `run.xml` for the run as a whole.

A deviation is `fail`, also when it is a warning or waived: no other result says that it deviates and reaches the people
who accept risks, and no waiver raises a score. The severity of the message tells them apart: `error`, `warning`, and
`info` for what is waived. No `override` is written: the schematron that comes with OpenSCAP 1.3 refuses
a file in which one result has one and another has none.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.sources import source_text
from auditor.formats.stig import RUN_BENCHMARK, Book, benchmark_id, book_of, file_stem, part
from auditor.formats.xccdf_result import (
    ABOUT_SYSTEM,
    RUN_RULE,
    SERVER_RULE,
    about_run_result,
    about_server_result,
    test_result,
)
from auditor.formats.xccdf_rule import child, reference, rule
from auditor.model.finding import FLEET, Finding, in_order
from auditor.model.run import JudgedPolicy, Run

_NAMESPACES = {
    "xmlns": "http://checklists.nist.gov/xccdf/1.2",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:f": "urn:auditor:finding",
}


def _files(run: Run, answers: Answers) -> Iterator[ReportFile]:
    book = book_of(run, answers)
    taken, seen = set[str](), set[str]()

    def named(name: str, content: Iterator[bytes]) -> ReportFile:
        return ReportFile(name=f"xccdf/{file_stem(name, taken)}.xml", content=content)

    yield named("run", _about(about_run_result(run), "The audit as a whole", RUN_RULE))
    for (name, policy), group in groupby(in_order(run.findings), lambda finding: (finding.host, finding.policy)):
        seen.add(name)
        content = _judged(book, name, policy, tuple(group))
        yield named(f"{'fleet' if name == FLEET else name}_{policy}", content)
    for name in sorted(book.hosts.keys() - seen):
        yield named(name, _about(about_server_result(run, book.hosts[name]), "The server is read", SERVER_RULE))


def _judged(book: Book, name: str, policy: str, findings: tuple[Finding, ...]) -> Iterator[bytes]:
    """Yield the file about one server, or the fleet, and one policy."""
    yield _opening(benchmark_id(policy))
    yield from _head(policy, book.policies.get(policy))
    for each in _one_per_check(findings):
        yield _written(rule(book, each))
    yield from test_result(book, name, findings)
    yield b"</Benchmark>\n"


def _about(result: Iterable[bytes], title: str, check: str) -> Iterator[bytes]:
    """Yield a file about no policy: about the run, or about a server of which there is no finding."""
    yield _opening(benchmark_id(RUN_BENCHMARK))
    yield from _head(RUN_BENCHMARK, None)
    only = ET.Element("Rule", id=check, severity="unknown")
    child(only, "title", title)
    child(child(only, "check", system=ABOUT_SYSTEM), "check-content", title)
    yield _written(only)
    yield from result
    yield b"</Benchmark>\n"


def _one_per_check(findings: Iterable[Finding]) -> Iterable[Finding]:
    return {finding.check: finding for finding in findings}.values()


def _opening(identifier: str) -> bytes:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in _NAMESPACES.items())
    # "resolved": nothing extends anything
    opened = f'<Benchmark{attributes} id="{identifier}" resolved="true" xml:lang="en">'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{opened}\n'.encode()


def _head(policy: str, known: JudgedPolicy | None) -> Iterator[bytes]:
    """Yield what a benchmark says of itself: for a policy, its title, version, digest and source document."""
    about = ET.Element("about")
    child(about, "status", "accepted")
    child(about, "title", part(known.title if known else policy) or "-")
    judged_by = f"policy {policy}" + (f", {known.digest}" if known else "")
    child(about, "description", part(judged_by))
    if known:
        reference(about, known.source)
    child(about, "version", part(known.version if known else "1"))
    metadata = child(about, "metadata")
    child(metadata, "dc:title", part(known.title if known else policy) or "-")
    child(metadata, "dc:publisher", "auditor")
    child(metadata, "dc:source", part(source_text(known.source) if known else judged_by))
    yield from map(_written, about)


def _written(element: ET.Element) -> bytes:
    element.tail = None
    ET.indent(element, level=1)
    return b"  " + ET.tostring(element, encoding="unicode").encode() + b"\n"


FORMAT = Format(
    name="xccdf",
    reader="STIG Manager, OpenSCAP and others that read XCCDF 1.2 results",
    filename="xccdf/run.xml",
    files=_files,
)
