"""How a reader of TAP 13 takes `report.tap`: what a test is about stands in its YAML block."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

_TEST = re.compile(r"(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO) .*)?")
_ENDINGS = {
    ("ok", "SKIP"): "not_applicable",
    ("not ok", "TODO"): "waived",
    ("ok", None): "pass",
    ("not ok", None): "fail",
}


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    return Counter(_standing(test) for test, block in _tests(files) if block["about"] == "finding")


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    return {block["host"] for _, block in _tests(files) if block.get("status") == "unreachable"}


def _tests(files: Mapping[str, bytes]) -> Iterator[tuple[re.Match[str], dict[str, str]]]:
    version, plan, *lines = files["report.tap"].decode().splitlines()
    assert version == "TAP version 13"
    tests = "\n".join(lines).split("\n  ...")
    assert plan == f"1..{len(tests) - 1}"
    for each in tests[:-1]:
        test, _, *block = each.strip().split("\n")
        found = _TEST.fullmatch(test)
        assert found
        pairs = [line.strip().split(": ", 1) for line in block]
        yield found, {name: said.strip("'").replace("''", "'") for name, said in pairs}


def _standing(test: re.Match[str]) -> str:
    if test[2].startswith("WARNING "):
        return "warn"
    return "error" if test[2].startswith("NOT KNOWN ") else _ENDINGS[test[1], test[3]]
