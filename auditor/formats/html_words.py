"""How the HTML report says things: the sign, the word and the place of each standing, and the parts of a finding."""

from collections.abc import Mapping

from auditor.model.drift import ChangeKind
from auditor.model.finding import FLEET, Standing

WORST_FIRST = (
    Standing.FAIL,
    Standing.WARN,
    Standing.ERROR,
    Standing.WAIVED,
    Standing.NOT_APPLICABLE,
    Standing.PASS,
)
OPEN = (Standing.FAIL, Standing.WARN, Standing.ERROR)
"""What is neither as demanded nor waived: it deviates, or is not known."""

WORDS: Mapping[Standing, str] = {
    Standing.FAIL: "fail",
    Standing.WARN: "warn",
    Standing.ERROR: "not known",
    Standing.WAIVED: "waived",
    Standing.NOT_APPLICABLE: "not applicable",
    Standing.PASS: "pass",
}
SIGNS: Mapping[Standing, str] = {
    Standing.FAIL: "\N{MULTIPLICATION SIGN}",
    Standing.WARN: "!",
    Standing.ERROR: "?",
    Standing.WAIVED: "W",
    Standing.NOT_APPLICABLE: "\N{EN DASH}",
    Standing.PASS: "\N{CHECK MARK}",
}
KINDS: Mapping[ChangeKind, str] = {kind: kind.replace("_", " ") for kind in ChangeKind}

PARTS: Mapping[str, str] = {
    "expected": "Expected",
    "actual": "Found",
    "reason": "Why",
    "since": "Since when",
    "waiver": "Waiver",
    "remediation": "What to do",
    "rationale": "Why it matters",
    "source": "Demanded by",
    "clause": "Clause",
    "mappings": "Answers to",
    "place": "In the policy",
}
"""The parts of a finding that are a text of their own, in the order they are shown, with their headings."""


def server_name(host: str) -> str:
    """Return how the server of a finding is called, and the fleet as a whole."""
    return "All servers together" if host == FLEET else host


def counted(number: int, word: str, plural: str = "") -> str:
    """Return `1 server`, `2 servers`, `1,000 servers`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
