"""How a program reads SARIF: kind and level say the verdict, an accepted suppression the waiver."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_STANDINGS = {"pass": "pass", "open": "error", "notApplicable": "not_applicable"}
_LEVELS = {"error": "fail", "warning": "warn"}


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    results = (result for run in _runs(files) for result in run["results"])
    return Counter(_standing(result) for result in results if result.get("baselineState") != "absent")


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    told = (note for run in _runs(files) for each in run["invocations"] for note in each["toolExecutionNotifications"])
    return {
        note["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
        for note in told
        if note["descriptor"]["id"] == "server-not-reached"
    }


def _runs(files: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    for content in files.values():
        yield from json.loads(content)["runs"]


def _standing(result: Mapping[str, Any]) -> str:
    if any(each["status"] == "accepted" for each in result["suppressions"]):
        return "waived"
    return _STANDINGS.get(result["kind"]) or _LEVELS[result["level"]]
