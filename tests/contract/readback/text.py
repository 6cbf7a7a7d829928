"""How a person reads `report.txt`: the counts at its end, and the servers it heads with what is wrong with them."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

_COUNTED = re.compile(r"^checks: (.*?)^coverage: ", re.DOTALL | re.MULTILINE)
_EACH = re.compile(r"(\d+) (pass|warn|fail|error|not applicable)(?: \(not known\))?(?: \((\d+) waived\))?")


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    found = _COUNTED.search(files["report.txt"].decode())
    assert found
    counted: Counter[str] = Counter()
    for number, word, waived in _EACH.findall(" ".join(found[1].split())):
        accepted = int(waived or 0)
        counted.update({word.replace(" ", "_"): int(number) - accepted, "waived": accepted})
    return +counted


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    lines = files["report.txt"].decode().splitlines()
    return {name for name, said in pairwise(lines) if said.startswith("  NOT REACHED: ")}
