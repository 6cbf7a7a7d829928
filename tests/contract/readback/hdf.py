"""How Heimdall reads `hdf.json`: what inspecjs concludes of a control; only its tag tells a warning from a failure."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    return Counter(_standing(each) for each in _controls(files) if each["tags"]["verdict"] != "not_reached")


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    return {each["tags"]["server"] for each in _controls(files) if each["tags"]["verdict"] == "not_reached"}


def _controls(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [each for profile in json.loads(files["hdf.json"])["profiles"] for each in profile["controls"]]


def _standing(control: Mapping[str, Any]) -> str:
    statuses = {result["status"] for result in control["results"]}
    if "error" in statuses:
        return "error"
    if control.get("waiver_data", {}).get("skipped_due_to_waiver"):
        return "waived"
    if control["impact"] == 0:
        return "not_applicable"
    return str(control["tags"]["verdict"]) if "failed" in statuses else "pass" if "passed" in statuses else "error"
