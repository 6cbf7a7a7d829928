"""How a SIEM reads `ocsf.jsonl`: line by line, by `status_id`; only `status_code` tells a warning from a failure."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

_STATUS = {0: "error", 1: "pass", 99: "not_applicable"}
_SUPPRESSED = 3


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    return Counter(_standing(each) for each in _events(files) if each["compliance"]["status_code"] != "not_reached")


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    silent = (each for each in _events(files) if each["compliance"]["status_code"] == "not_reached")
    return {each["device"]["hostname"] for each in silent}


def _events(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files["ocsf.jsonl"].splitlines()]


def _standing(event: Mapping[str, Any]) -> str:
    if event["status_id"] == _SUPPRESSED:
        return "waived"
    compliance = event["compliance"]
    return _STATUS.get(compliance["status_id"]) or str(compliance["status_code"])
