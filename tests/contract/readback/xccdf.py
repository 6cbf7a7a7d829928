"""How a program reads the XCCDF files: one target each, warnings and waivers by the severity of their messages."""

from collections import Counter
from collections.abc import Mapping
from xml.etree import ElementTree as ET

_NS = {"x": "http://checklists.nist.gov/xccdf/1.2"}
_FINDINGS = ".//x:rule-result/x:check[@system='urn:auditor:probe']/.."
_RESULTS = {"pass": "pass", "error": "error", "notapplicable": "not_applicable"}
_FAILED = {"error": "fail", "warning": "warn", "info": "waived"}


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    roots = [ET.fromstring(content) for content in files.values()]
    return Counter(_standing(each) for root in roots for each in root.iterfind(_FINDINGS, _NS))


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    roots = [ET.fromstring(content) for content in files.values()]
    return {str(root.findtext(".//x:target", namespaces=_NS)) for root in roots if _status(root) == "unreachable"}


def _standing(result: ET.Element) -> str:
    said = str(result.findtext("x:result", namespaces=_NS))
    if said != "fail":
        return _RESULTS[said]
    message = result.find("x:message", _NS)
    assert message is not None
    return _FAILED[message.get("severity", "")]


def _status(root: ET.Element) -> str | None:
    return root.findtext(".//x:fact[@name='urn:auditor:fact:status']", namespaces=_NS)
