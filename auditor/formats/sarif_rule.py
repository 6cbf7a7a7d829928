"""Checks as SARIF rules, and the documents that they answer to as SARIF taxonomies."""

from collections.abc import Mapping
from typing import Any

from auditor.formats.json_text import block
from auditor.formats.sarif_text import message, name, said
from auditor.formats.sources import CheckKey, checks_of, mapped_text, source_text
from auditor.model.finding import Finding
from auditor.model.policy import Level, Severity, Source
from auditor.model.run import JudgedCheck, Run

MOST_RULES = 25_000
"""What GitHub takes in one run."""

_DEPTH = 6
_LEVELS: Mapping[Level, str] = {Level.FAIL: "error", Level.WARNING: "warning"}
_SECURITY_SEVERITY: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""In the middle of what GitHub calls by the same word; what only informs has none there."""


class Taxonomies:
    """The documents that a run's checks answer to, and where each of their ids stands."""

    def __init__(self, run: Run) -> None:
        found: dict[str, set[str]] = {}
        for check in checks_of(run).values():
            for document, ids in check.mappings.items():
                found.setdefault(document, set()).update(ids)
        self._places = {document: (place, sorted(found[document])) for place, document in enumerate(sorted(found))}
        self._taxa = {
            document: {each: number for number, each in enumerate(ids)} for document, (_, ids) in self._places.items()
        }

    def components(self) -> list[dict[str, Any]]:
        """Return the tool components for `run.taxonomies`."""
        return [
            {"name": name(document), "taxa": [{"id": name(each), "name": name(each)} for each in ids]}
            for document, (_, ids) in self._places.items()
        ]

    def references(self) -> list[dict[str, Any]]:
        """Return the references for the driver's `supportedTaxonomies`."""
        return [{"name": name(document), "index": place} for document, (place, _) in self._places.items()]

    def relationships(self, check: JudgedCheck) -> list[dict[str, Any]]:
        """Return what a rule answers to."""
        return [
            {
                "target": {
                    "id": name(each),
                    "index": self._taxa[document][each],
                    "toolComponent": {"name": name(document), "index": self._places[document][0]},
                },
                "kinds": ["relevant"],
            }
            for document in sorted(check.mappings)
            for each in check.mappings[document]
        ]


class Rules:
    """The rules of one SARIF run: all checks of its policies, and what findings name besides."""

    def __init__(self, known: Mapping[CheckKey, bytes]) -> None:
        """Begin with what `known_rules` gives, if a run takes as many."""
        self._known = known
        self._places = {key: place for place, key in enumerate(known)} if len(known) <= MOST_RULES else {}
        self.written = [known[key] for key in self._places]

    def has_room_for(self, key: CheckKey) -> bool:
        """Tell whether a finding of the check can still be in this run."""
        return key in self._places or len(self.written) < MOST_RULES

    def place_of(self, key: CheckKey, finding: Finding | None) -> int:
        """Return where the rule of a check stands; one that no policy of the run has is made of its finding."""
        if key not in self._places:
            self._places[key] = len(self.written)
            self.written.append(self._known.get(key) or block(_unknown(key, finding), _DEPTH))
        return self._places[key]


def known_rules(run: Run, taxonomies: Taxonomies) -> Mapping[CheckKey, bytes]:
    """Return the rules of the checks of a run's policies as they are written, in their order."""
    sources = {policy.id: policy.source for policy in run.policies}
    checks = checks_of(run)
    return {key: block(_rule(key, checks[key], sources[key[0]], taxonomies), _DEPTH) for key in sorted(checks)}


def rule_id(key: CheckKey) -> str:
    """Return the id of a rule: two policies may have checks of one name."""
    return f"{name(key[0])}:{name(key[1])}"


def pascal(check: str) -> str:
    """Return an id as the name that SARIF's readers expect of a descriptor, for example `ServerNotReached`."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name(check)).split()
    return "".join(word[0].upper() + word[1:] for word in words) or "Check"


def _rule(key: CheckKey, check: JudgedCheck, source: Source, taxonomies: Taxonomies) -> dict[str, Any]:
    demanded = ", ".join(part for part in (source_text(source), check.reference) if part)
    related = taxonomies.relationships(check)
    return (
        {
            "id": rule_id(key),
            "name": pascal(check.id),
            "shortDescription": message(check.title),
            "fullDescription": message(check.rationale or check.title),
            "help": _help(check.remediation, demanded, mapped_text(check)),
        }
        | _link(source)
        | {"defaultConfiguration": {"level": _LEVELS[check.level]}}
        | ({"relationships": related} if related else {})
        | {
            "properties": _properties(key, check.severity, check.probe)
            | {"source": said(demanded), "rationale": said(check.rationale), "mappings": _mappings(check)}
        }
    )


def _unknown(key: CheckKey, finding: Finding | None) -> dict[str, Any]:
    about = {"id": rule_id(key), "name": pascal(key[1])}
    if finding is None:
        nothing = "This check is not in the policies of this run"
        return about | {"shortDescription": message(nothing), "fullDescription": message(nothing)}
    return about | {
        "shortDescription": message(finding.title),
        "fullDescription": message(finding.title),
        "help": _help(finding.remediation, finding.reference, ""),
        "defaultConfiguration": {"level": _LEVELS[finding.level]},
        "properties": _properties(key, finding.severity, ""),
    }


def _help(remediation: str, demanded: str, mapped: str) -> dict[str, str]:
    parts = {"To do": remediation, "Demanded by": demanded, "Answers to": mapped}
    return {"text": said("\n".join(f"{label}: {part}" for label, part in parts.items() if part)) or "-"}


def _link(source: Source) -> dict[str, str]:
    is_link = source.link.startswith(("https://", "http://")) and source.link.isascii() and source.link.isprintable()
    return {"helpUri": source.link} if is_link and not set(source.link) & set(' "<>\\^`{|}') else {}


def _properties(key: CheckKey, severity: Severity, probe: str) -> dict[str, Any]:
    scored = _SECURITY_SEVERITY.get(severity)
    tags = ["security", f"policy:{name(key[0])}", *([f"probe:{name(probe)}"] if probe else [])]
    about = {"tags": tags, "precision": "very-high", "severity": severity.value}
    return about | ({"security-severity": scored} if scored else {})


def _mappings(check: JudgedCheck) -> dict[str, list[str]]:
    return {name(document): [name(each) for each in check.mappings[document]] for document in sorted(check.mappings)}
