"""How a program reads the checklists: what is open says in its comments whether it is a warning, or waived."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_STATUSES = {"not_a_finding": "pass", "not_reviewed": "error", "not_applicable": "not_applicable"}


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    return Counter(_standing(rule) for checklist in _checklists(files) for rule in _rules(checklist))


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    targets = [checklist["target_data"] for checklist in _checklists(files)]
    return {each["host_name"] for each in targets if each["comments"].startswith("NOT REACHED")}


def _checklists(files: Mapping[str, bytes]) -> Iterator[Any]:
    return map(json.loads, files.values())


def _rules(checklist: Any) -> list[Any]:
    judged = [stig for stig in checklist["stigs"] if stig["stig_id"] != "xccdf_auditor_benchmark_auditor-run"]
    return [rule for stig in judged for rule in stig["rules"]]


def _standing(rule: Any) -> str:
    if rule["status"] != "open":
        return _STATUSES[rule["status"]]
    told = rule["comments"].partition(" ")[0]
    return {"WAIVED": "waived", "WARNING:": "warn", "": "fail"}[told]
