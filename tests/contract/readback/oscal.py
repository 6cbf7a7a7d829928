"""How a reader of OSCAL concludes from `oscal.json`: by a finding's target and its risk; the rest is observed only."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

_REACHED = "server-reached_obj"


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    result = _result(files)
    risks = {risk["uuid"]: risk["status"] for risk in result.get("risks", [])}
    found = [each for each in result.get("findings", []) if each["target"]["target-id"] != _REACHED]
    counted = Counter(_standing(each, risks) for each in found)
    concluded = {related["observation-uuid"] for each in result.get("findings", []) for related in _related(each)}
    only_seen = sum(each["uuid"] not in concluded for each in result.get("observations", []))
    return +(counted + Counter(not_applicable=only_seen))


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    result = _result(files)
    subjects = {each["uuid"]: each["subjects"][0]["title"] for each in result.get("observations", [])}
    silent = (each for each in result.get("findings", []) if each["target"]["target-id"] == _REACHED)
    return {subjects[related["observation-uuid"]] for each in silent for related in _related(each)}


def _result(files: Mapping[str, bytes]) -> dict[str, Any]:
    (result,) = json.loads(files["oscal.json"])["assessment-results"]["results"]
    assert isinstance(result, dict)
    return result


def _related(finding: Mapping[str, Any]) -> list[dict[str, str]]:
    related = finding["related-observations"]
    assert isinstance(related, list)
    return related


def _standing(finding: Mapping[str, Any], risks: Mapping[str, str]) -> str:
    status = finding["target"]["status"]
    if any(risks[each["risk-uuid"]] == "deviation-approved" for each in finding.get("related-risks", [])):
        return "waived"
    if status["reason"] != "fail":
        return {"satisfied": "pass", "not-satisfied": "error"}[status["state"]]
    (verdict,) = (each["value"] for each in finding["props"] if each["name"] == "verdict")
    return str(verdict)
