"""A check -> its XCCDF rule: what it demands, why, where that stands, and what it answers to in other documents."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote
from xml.etree import ElementTree as ET

from auditor.formats.escape import visible
from auditor.formats.stig import Book, part, rule_id
from auditor.model.finding import Finding
from auditor.model.policy import Severity, Source
from auditor.model.run import JudgedCheck

SEVERITIES: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.CRITICAL: "high",
        Severity.HIGH: "high",
        Severity.MEDIUM: "medium",
        Severity.LOW: "low",
        Severity.INFO: "info",
    }
)
SYSTEM = "urn:auditor:probe"
"""The checking system of every rule: our probes."""

# the schema wants xsd:anyURI, and readers follow it: only what is plainly the address of a page
_PAGE = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?(/([A-Za-z0-9._~/?&=+,;:@()-]|%[0-9A-Fa-f]{2})*)?", re.ASCII)
_CCI = re.compile(r"CCI-\d{6}", re.ASCII)
_LEGACY = re.compile(r"S?V-\d+\S*", re.ASCII)


def rule(book: Book, finding: Finding) -> ET.Element:
    """Return the rule of a finding's check; without what only its policy says, where that was not kept."""
    check, source = book.check(finding), book.source(finding)
    element = ET.Element("Rule", id=rule_id(finding.check), severity=SEVERITIES[finding.severity])
    # where STIGs have the STIG id, which people know a rule by
    child(element, "version", visible(finding.check))
    child(element, "title", part(finding.title))
    child(element, "description", part(f"Expected: {finding.expected}"))
    if source:
        reference(element, source, finding.reference)
    for document, each in _mapped(check):
        made = child(element, "reference")
        child(made, "dc:title", visible(document))
        child(made, "dc:identifier", visible(each))
    if check and check.rationale:
        child(element, "rationale", part(check.rationale))
    idents(element, check)
    child(element, "fixtext", part(finding.remediation))
    child(child(element, "check", system=SYSTEM), "check-content", demanded(finding, check))
    return element


def demanded(finding: Finding, check: JudgedCheck | None) -> str:
    """Return what is checked: the probe, and what is expected of its facts."""
    probe = f"probe {check.probe}: " if check else ""
    return part(f"{probe}{finding.expected}")


def reference(parent: ET.Element, source: Source, clause: str = "") -> None:
    """Add where it is demanded: the document, its date, and the clause."""
    page = {"href": source.link} if _PAGE.fullmatch(source.link) else {}
    made = child(parent, "reference", **page)
    told = {"title": source.document, "date": source.date, "source": source.link, "identifier": clause}
    for name, said in told.items():
        if said:
            child(made, f"dc:{name}", part(said))


def idents(parent: ET.Element, check: JudgedCheck | None) -> None:
    """Add the ids that the check has in other documents, each with the system it is from."""
    for document, each in _mapped(check):
        child(parent, "ident", visible(each), system=_system(document, each))


def ccis(check: JudgedCheck | None) -> list[str]:
    """Return those of the mapped ids that are control correlation identifiers of DISA."""
    return [each for _, each in _mapped(check) if _CCI.fullmatch(each)]


def legacy_ids(check: JudgedCheck | None) -> list[str]:
    """Return those of the mapped ids that are vulnerability or rule ids of a STIG."""
    return [each for _, each in _mapped(check) if _LEGACY.fullmatch(each)]


def child(parent: ET.Element, name: str, text: str = "", /, **attributes: str) -> ET.Element:
    """Add an element; text and attributes come as `visible` or `part` have shown them."""
    element = ET.SubElement(parent, name, attributes)
    element.text = text or None
    return element


def _mapped(check: JudgedCheck | None) -> Iterator[tuple[str, str]]:
    """Yield each id with its document, sorted by document."""
    mappings = check.mappings if check else {}
    yield from ((document, each) for document in sorted(mappings) for each in mappings[document])


def _system(document: str, identifier: str) -> str:
    """Return the URI of a document: DISA's own for its ids (as its STIGs have them), ours for every other."""
    if _CCI.fullmatch(identifier):
        return "http://cyber.mil/cci"
    if _LEGACY.fullmatch(identifier):
        return "http://cyber.mil/legacy"
    return f"urn:auditor:mapping:{quote(visible(document), safe='')}"
