"""How a CI server reads `junit.xml`: a warning is a passed test that its suite's output tells of."""

from collections import Counter
from collections.abc import Mapping
from xml.etree import ElementTree as ET

_ABOUT_NO_CHECK = ("run", "collect")


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for suite in ET.fromstring(files["junit.xml"]).iter("testsuite"):
        if suite.get("package") not in _ABOUT_NO_CHECK:
            counted.update(map(_standing, suite.iter("testcase")))
            warned = sum(each.get("name", "").startswith("warning.") for each in suite.iter("property"))
            counted.subtract({"pass": warned, "warn": -warned})
    return +counted


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    suites = ET.fromstring(files["junit.xml"]).iter("testsuite")
    return {suite.get("hostname", "") for suite in suites if suite.get("package") == "collect"}


def _standing(case: ET.Element) -> str:
    if (skipped := case.find("skipped")) is not None:
        return "waived" if skipped.get("message", "").startswith("WAIVED") else "not_applicable"
    return "error" if case.find("error") is not None else "fail" if case.find("failure") is not None else "pass"
