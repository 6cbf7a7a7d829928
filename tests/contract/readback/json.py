"""How a program reads `run.json`."""

import json
from collections import Counter
from collections.abc import Mapping


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    findings = json.loads(files["run.json"])["findings"]
    return Counter("waived" if each["waiver"] else each["verdict"] for each in findings)


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    return {host["name"] for host in json.loads(files["run.json"])["hosts"] if host["status"] == "unreachable"}
