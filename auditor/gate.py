"""Run x gate -> exit code and why: pure. Not known outranks not compliant, and judging nothing is not known."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from auditor.errors import ExitCode, UsageError
from auditor.model.drift import ALL_NEW, Change, ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, order
from auditor.model.gate import Clause, Gate, Novelty, Outcome
from auditor.model.run import Run
from auditor.novelty import became_worse, is_new

_JUDGED = (Verdict.PASS, Verdict.WARN, Verdict.FAIL)
_WORDS = {Verdict.FAIL: "failing check", Verdict.WARN: "warning", Verdict.ERROR: "check newly not known"}
_GONE = "server no longer audited"
_PLURALS = {_WORDS[Verdict.ERROR]: "checks newly not known", _GONE: "servers no longer audited"}
_SHOWN = 5

_ChangeOf: TypeAlias = Callable[[Finding], Change | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tripped:
    """One thing that trips the gate: what it is, its name, and the alternative it trips."""

    word: str
    name: str
    clause: Clause


def refuse_unjudgeable(gate: Gate, policies: Collection[str], *, compared: bool) -> None:
    """Raise `UsageError` when the gate names other policies than these, or needs a run to compare with."""
    if strange := sorted(gate.policies.keys() - set(policies)):
        raise UsageError(f"the gate names {strange[0]!r}, but the policies judged by are {', '.join(sorted(policies))}")
    if gate.compares() and not compared:
        named = "name one with --against, or as `against` in the audit file, for example last"
        raise UsageError(f"the gate '{gate}' needs a run to compare with: {named}")


def gated(run: Run, gate: Gate) -> Run:
    """Return the run as the gate judges it: with the gate in its normal form, exit code and reason."""
    outcome = judge_gate(run, gate)
    return replace(
        run,
        fail_on=str(gate),
        min_coverage=gate.percent,
        exit_code=int(outcome.exit_code),
        exit_reason=outcome.reason,
    )


def judge_gate(run: Run, gate: Gate) -> Outcome:
    """Return the exit code of a run and why, in words; the run's own exit code and gate play no part.

    A gate says which findings count; it never hides missing evidence: a server that was not reached, a check that is
    not known, and a run without any pass, warn or fail. Only `min_coverage` lets servers be missing, and with them
    what is therefore not known. What is waived does not count, but `error` cannot be waived. Where there was no run to
    compare with yet, every deviation is new. Raises `UsageError` when the gate needs a comparison and the run was to be
    compared with none.
    """
    refuse_unjudgeable(gate, [policy.id for policy in run.policies], compared=run.drift is not None)
    missing, tolerated = _missing(run, gate)
    against = _against(tripped(run, gate), gate)
    besides = f"; besides, {against}" if against else ""
    if run.interrupted:
        told = f": {missing}" if missing else ""
        code, said = ExitCode.INTERRUPTED, f"interrupted before every server was read{told}{besides}"
    elif missing:
        code, said = ExitCode.NOT_KNOWN, f"evidence is missing: {missing}{besides}"
    elif against:
        code, said = ExitCode.FINDINGS, against
    else:
        code, said = ExitCode.COMPLIANT, _compliant(run.findings, gate)
    alone = f"; {ALL_NEW}" if gate.compares() and _is_beginning(run) else ""
    return Outcome(exit_code=code, reason=said + alone + tolerated)


def tripped(run: Run, gate: Gate) -> Iterator[Tripped]:
    """Yield everything that trips the gate, each once, findings first."""
    found = run.drift.changes if run.drift else ()
    change_of = _first_seen if _is_beginning(run) else _changes_by_finding(found)
    for finding in run.findings:
        if clause := _tripping(gate.clauses_of(finding.policy), finding, change_of):
            check = f"{finding.policy}/{finding.check}" if len(run.policies) > 1 else finding.check
            name = f"{'fleet' if finding.host == FLEET else finding.host} {check}"
            yield Tripped(word=_WORDS[finding.verdict], name=name, clause=clause)
    everything = [clause for policy in run.policies for clause in gate.clauses_of(policy.id)]
    if clause := next((each for each in everything if each.novelty is Novelty.DRIFT), None):
        for change in found:
            if change.kind is ChangeKind.MISSING_SERVER:
                yield Tripped(word=_GONE, name=change.host, clause=clause)


def _is_beginning(run: Run) -> bool:
    return run.drift is not None and run.drift.is_beginning


def _changes_by_finding(found: Iterable[Change]) -> _ChangeOf:
    changes = {(change.host, change.policy, change.check): change for change in found}
    return lambda finding: changes.get(order(finding))


def _first_seen(finding: Finding) -> Change:
    kind = ChangeKind.NEW_DEVIATION
    return Change(host=finding.host, policy=finding.policy, check=finding.check, kind=kind, causes=(), text="")


def _tripping(clauses: Iterable[Clause], finding: Finding, change_of: _ChangeOf) -> Clause | None:
    for each in clauses:
        if _trips(each, finding, change_of):
            return each
    return None


def _trips(clause: Clause, finding: Finding, change_of: _ChangeOf) -> bool:
    if finding.waiver is not None and finding.verdict is not Verdict.ERROR:
        return False
    if not clause.is_severe(finding.severity):
        return False
    if clause.novelty is None:
        return finding.verdict in clause.verdicts
    if finding.verdict not in _WORDS or not (change := change_of(finding)):
        return False
    if clause.novelty is Novelty.DRIFT:
        return became_worse(finding, change)
    return is_new(finding, change, clause.verdicts)


def _missing(run: Run, gate: Gate) -> tuple[str, str]:
    """Return what evidence is missing, and what is missing but tolerated; both empty when nothing is."""
    silent = sorted(host.name for host in run.hosts if host.status is Status.UNREACHABLE)
    told = f"{_number(len(silent), 'server')} not reached ({_some(silent, len(silent))})" if silent else ""
    share, enough = _covered(run, gate)
    # A conclusion about the fleet is not known as soon as one server is missing; what a server that was reached does
    # not tell makes its own checks not known.
    excused = {*silent, FLEET} if silent and enough else set()
    unknown = sum(each.verdict is Verdict.ERROR and each.host not in excused for each in run.findings)
    parts = [share] if share and not enough else []
    parts += [told] if told and not enough else []
    parts += [f"{_number(unknown, 'check')} not known"] if unknown else []
    if not any(finding.verdict in _JUDGED for finding in run.findings):
        parts.append(_nothing(run))
    return ", ".join(parts), f"; tolerated: {told}, {share}" if excused else ""


def _covered(run: Run, gate: Gate) -> tuple[str, bool]:
    """Return the coverage beside what is asked for, empty when every server is, and whether it is enough."""
    if gate.min_coverage is None:
        return "", False
    judged, planned = run.coverage.servers_judged, run.coverage.servers_planned
    enough = judged * 100 >= gate.min_coverage * planned
    return f"{judged} of {planned} servers judged and {gate.percent} asked for", enough


def _nothing(run: Run) -> str:
    if not run.hosts:
        return "nothing was judged: no server"
    if not run.findings:
        return "nothing was judged: no check was planned"
    if all(finding.verdict is Verdict.NOT_APPLICABLE for finding in run.findings):
        return "nothing was judged: no check applies to any server"
    return "nothing was judged"


def _against(found: Iterable[Tripped], gate: Gate) -> str:
    """Return what trips the gate; names follow where the gate chooses among the deviations, which are all shown."""
    words: Counter[str] = Counter()
    clauses: dict[Clause, None] = {}
    first: list[Tripped] = []
    for each in found:
        words[each.word] += 1
        clauses[each.clause] = None
        if len(first) < _SHOWN:
            first.append(each)
    if not words:
        return ""
    told = f"{_counted(words)} at or above the gate (fail on {gate})"
    if all(clause.novelty is None and clause.severity is None for clause in clauses):
        return told
    names = [f"{each.name} ({each.clause})" if len(clauses) > 1 else each.name for each in first]
    return f"{told}: {_some(names, words.total())}"


def _compliant(findings: Iterable[Finding], gate: Gate) -> str:
    deviating = (each for each in findings if each.verdict in (Verdict.FAIL, Verdict.WARN))
    below = Counter("" if each.waiver else _WORDS[each.verdict] for each in deviating)
    waived = below.pop("", 0)
    if below:
        more = f", {waived} more waived" if waived else ""
        return f"{_counted(below)} below the gate (fail on {gate}){more}"
    return "every check that applies passes" + (f" or is waived ({waived})" if waived else "")


def _counted(numbers: Mapping[str, int]) -> str:
    """Return `1 failing check, 2 warnings and 1 server missing`, in one order whatever was found first."""
    said = [_number(numbers[word], word) for word in (*_WORDS.values(), _GONE) if word in numbers]
    return " and ".join([", ".join(said[:-1]), said[-1]] if said[1:] else said)


def _number(number: int, words: str) -> str:
    return f"{number} {words}" if number == 1 else f"{number} {_PLURALS.get(words, words + 's')}"


def _some(names: Sequence[str], number: int) -> str:
    """Return the first of so many names."""
    shown = ", ".join(names[:_SHOWN])
    return shown if number <= _SHOWN else f"{shown} and {number - _SHOWN} more"
