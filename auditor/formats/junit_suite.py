"""One JUnit test suite -> XML, through the `junit-xml` package, brought to what its readers accept.

Two schemas at once: `junit-10.xsd` of Jenkins' xUnit plugin and Ant's `JUnit.xsd` (Windy Road). `junit-xml` 1.9
satisfies neither: it writes `disabled`, drops `id` 0 and `time` 0, gives `skipped` a type, puts `system-out` before
the test cases and leaves out elements that Ant's schema demands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree as ET

import junit_xml  # type: ignore[import-untyped]  # the package has no type information

from auditor.formats.escape import visible


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A test case; `element` is the child that says how it ended, empty for a passed test.

    `text` is made of lines that `visible` has shown.
    """

    name: str
    classname: str
    element: Literal["", "failure", "error", "skipped"] = ""
    type: str = ""
    message: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """A test suite; `timestamp` is `YYYY-MM-DDTHH:MM:SS` in UTC, without a zone, as Ant's schema wants it.

    `output` is made of lines that `visible` has shown.
    """

    name: str
    package: str
    hostname: str
    timestamp: str
    properties: Mapping[str, str]
    cases: tuple[Case, ...]
    output: str = ""


def timestamp(moment: str) -> str:
    """Return a moment (ISO 8601 with a zone) as Ant's schema wants it: in UTC, whole seconds, no zone."""
    return datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def suite_xml(suite: Suite, number: int) -> bytes:
    """Return the suite's element, indented by two; `number` is its place in the report, from 0."""
    element = junit_xml.TestSuite(
        _token(suite.name),
        test_cases=[_library_case(case) for case in suite.cases],
        hostname=_token(suite.hostname),
        package=_token(suite.package),
        timestamp=suite.timestamp,
        properties={_token(name): visible(value) for name, value in suite.properties.items()},
    ).build_xml_doc()
    _accepted(element, number)
    ET.SubElement(element, "system-out").text = suite.output
    ET.SubElement(element, "system-err")
    ET.indent(element, level=1)
    return b"  " + ET.tostring(element, encoding="unicode").rstrip().encode() + b"\n"


def _library_case(case: Case) -> "junit_xml.TestCase":
    made = junit_xml.TestCase(_token(case.name), classname=_token(case.classname))
    # the library leaves out an element that says nothing, which would make a failure a pass
    message = visible(case.message) or "no reason given"
    match case.element:
        case "failure":
            made.add_failure_info(message, case.text, case.type)
        case "error":
            made.add_error_info(message, case.text, case.type)
        case "skipped":
            made.add_skipped_info(message, case.text)
        case "":
            pass
    return made


def _accepted(suite: ET.Element, number: int) -> None:
    """Change the library's element in place to what both schemas accept."""
    del suite.attrib["disabled"]
    suite.set("id", str(number))
    suite.set("time", f"{float(suite.get('time', '0')):.3f}")
    for case in suite.iter("testcase"):
        case.set("time", "0.000")
    for skipped in suite.iter("skipped"):
        del skipped.attrib["type"]


def _token(text: str) -> str:
    """Return the text as a name that is never empty, as Ant's schema demands."""
    return visible(text).strip() or "-"
