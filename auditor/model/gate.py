"""A gate: what makes a run end as not compliant. Written as `fail,new:high,owa=never`, and read back from that.

Alternatives are separated by commas, and one of them is enough. Inside an alternative, words joined by colons must all
hold: `new:high` is what is new and of high severity or above. `POLICY=ALTERNATIVE` is for the findings of that
policy, which the alternatives without a policy then leave alone.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

from auditor.errors import ExitCode, UsageError
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Severity

NEVER = "never"
DEFAULT = "fail"
EVERY_OTHER = "default"
WORDS = ("fail", "warning", *map(str, Severity), "new", "drift", NEVER)
"""Every word an alternative can be made of."""

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)%?", re.ASCII)
_SEVERITIES = tuple(Severity)


class Novelty(StrEnum):
    """What must have changed against the run compared with: the deviation is new, or anything became worse."""

    NEW = "new"
    DRIFT = "drift"


@dataclass(frozen=True, kw_only=True, slots=True)
class Clause:
    """One alternative; what it does not name, it does not ask for. Without `warnings` only failing findings count."""

    novelty: Novelty | None = None
    severity: Severity | None = None
    warnings: bool = False

    def __str__(self) -> str:
        named = (self.novelty, self.severity, "warning" if self.warnings else None)
        return ":".join(word for word in named if word) or DEFAULT

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts that count."""
        return (Verdict.FAIL, Verdict.WARN) if self.warnings else (Verdict.FAIL,)

    def is_severe(self, severity: Severity) -> bool:
        """Tell whether something of this severity is severe enough."""
        return self.severity is None or _SEVERITIES.index(severity) <= _SEVERITIES.index(self.severity)


Clauses: TypeAlias = tuple[Clause, ...]
Written: TypeAlias = str | Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """What trips it: for the policies named, and for all others; no clause at all is `never`.

    `min_coverage` is the percentage of the planned servers that must be judged; None asks for every server.
    """

    default: Clauses = (Clause(),)
    policies: Mapping[str, Clauses] = field(default_factory=dict)
    min_coverage: Decimal | None = None

    def __str__(self) -> str:
        named = [f"{policy}={word}" for policy, clauses in sorted(self.policies.items()) for word in _words(clauses)]
        return ",".join([*_words(self.default), *named])

    @property
    def percent(self) -> str:
        """The coverage asked for, as `95%`; empty for every server."""
        return "" if self.min_coverage is None else f"{self.min_coverage.normalize():f}%"

    def clauses_of(self, policy: str) -> Clauses:
        """Return the alternatives for the findings of a policy."""
        return self.policies.get(policy, self.default)

    def compares(self) -> bool:
        """Tell whether it can be judged only for a run that was compared with another."""
        everything = (self.default, *self.policies.values())
        return any(clause.novelty for clauses in everything for clause in clauses)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a gate makes of a run, and why, in words."""

    exit_code: ExitCode
    reason: str


def parse_gate(texts: Iterable[str] = (), min_coverage: str = "") -> Gate:
    """Return the gate that texts such as `new:high,owa=never` mean together; none at all means `fail`.

    Raises `UsageError`. `str(gate)` is the normal form, and `parse_gate([str(gate)], gate.percent) == gate`.
    """
    written: dict[str, list[str]] = {}
    for part in _alternatives(list(texts)):
        policy, named, words = part.rpartition("=")
        if named and not policy.strip():
            raise UsageError(f"the gate {part!r} names no policy before '='; write POLICY=GATE, for example owa=high")
        written.setdefault(policy.strip(), []).append(words.strip())
    clauses = {policy: _clauses(alternatives) for policy, alternatives in written.items()}
    default = clauses.pop("", (Clause(),))
    return Gate(default=default, policies=clauses, min_coverage=_percent(min_coverage))


def gate_texts(written: Written | Mapping[str, Written]) -> tuple[str, ...]:
    """Return what `parse_gate` takes for what an audit file says: a text, a list, or either by policy id.

    The key `default` is for all policies that are not named.
    """
    if not isinstance(written, Mapping):
        return tuple(_alternatives(written))
    return tuple(
        alternative if policy == EVERY_OTHER else f"{policy}={alternative}"
        for policy, texts in written.items()
        for alternative in _alternatives(texts)
    )


def counts_warning(fail_on: str, finding: Finding) -> bool:
    """Tell whether a gate, in its normal form, counts this warning whatever another run says of it."""
    if finding.waiver is not None:
        return False
    clauses = _parsed(fail_on).clauses_of(finding.policy)
    return any(each.warnings and not each.novelty and each.is_severe(finding.severity) for each in clauses)


@lru_cache(maxsize=8)
def _parsed(fail_on: str) -> Gate:
    return parse_gate([fail_on])


def _alternatives(written: Written) -> list[str]:
    texts = [written] if isinstance(written, str) else written
    return [part.strip() for text in texts for part in text.split(",")]


def _words(clauses: Clauses) -> list[str]:
    return [str(clause) for clause in clauses] or [NEVER]


def _clauses(alternatives: list[str]) -> Clauses:
    if NEVER in alternatives:
        if set(alternatives) != {NEVER}:
            raise UsageError(f"the gate 'never' stands alone; leave it out, or leave out {_others(alternatives)}")
        return ()
    return tuple(sorted({_clause(alternative) for alternative in alternatives}, key=str))


def _others(alternatives: list[str]) -> str:
    return ", ".join(sorted(set(alternatives) - {NEVER}))


def _clause(text: str) -> Clause:
    words = [word.strip() for word in text.split(":")]
    for word in words:
        if word not in WORDS:
            raise UsageError(f"the gate {text!r} is not known; it is made of {', '.join(WORDS)}")
    if NEVER in words:
        raise UsageError(f"the gate {text!r} makes no sense: 'never' stands alone")
    verdict = _one(text, words, ("fail", "warning"))
    novelty = _one(text, words, tuple(Novelty))
    severity = _one(text, words, tuple(Severity))
    if novelty == Novelty.DRIFT and verdict:
        raise UsageError(f"the gate {text!r} makes no sense: drift counts warnings, too; write drift, or new:{verdict}")
    return Clause(
        novelty=Novelty(novelty) if novelty else None,
        severity=Severity(severity) if severity else None,
        warnings=verdict == "warning",
    )


def _one(text: str, words: list[str], choices: tuple[str, ...]) -> str:
    found = sorted({word for word in words if word in choices})
    if len(found) > 1:
        raise UsageError(f"the gate {text!r} asks for {' and '.join(found)} at once; write {','.join(found)} instead")
    return found[0] if found else ""


def _percent(text: str) -> Decimal | None:
    if not text:
        return None
    if not (matched := _PERCENT.fullmatch(text.strip())) or Decimal(matched[1]) > 100:
        raise UsageError(f"--min-coverage {text!r} is no percentage; write one from 0% to 100%, for example 95%")
    return Decimal(matched[1])
