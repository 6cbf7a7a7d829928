"""The first screen of the HTML report: are we compliant, what is new, what is not known, what is waived."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from heapq import nsmallest

from auditor.errors import ExitCode
from auditor.formats.changed import changes_of, counts_as_new
from auditor.formats.html_tally import ServerLine, Tally, server_lines, tally
from auditor.formats.html_words import KINDS, OPEN, WORST_FIRST, server_name
from auditor.formats.times import times
from auditor.model.drift import Change, ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, in_order, order, standing
from auditor.model.policy import Severity
from auditor.model.run import Host, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark

_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """What is said of the run as a whole; the lists are whole, the page cuts them."""

    tone: Standing
    headline: str
    tally: Tally
    kinds: Counter[ChangeKind]
    unreachable: Sequence[Host]
    partial: Sequence[Host]
    servers: Sequence[ServerLine]
    waivers: Sequence[tuple[WaiverMark, int]]
    notes: Mapping[str, Sequence[str]]
    other_changes: Sequence[str]
    policies: Sequence[JudgedPolicy]
    times: Sequence[tuple[str, str]]


def overview_of(run: Run) -> Overview:
    """Return what the first screen says."""
    counted = tally(run)
    tone, headline = headline_of(run, counted)
    changes = run.compared.changes if run.compared else ()
    hosts = sorted(run.hosts, key=lambda host: host.name)
    return Overview(
        tone=tone,
        headline=headline,
        tally=counted,
        kinds=Counter(change.kind for change in changes),
        unreachable=[host for host in hosts if host.status is Status.UNREACHABLE],
        partial=[host for host in hosts if host.status is Status.PARTIAL],
        servers=server_lines(run, counted),
        waivers=sorted(counted.waivers.items(), key=lambda each: (each[0].expires, each[0].id, each[0].reason)),
        notes={field.name: getattr(run.waivers, field.name) for field in fields(run.waivers)},
        other_changes=_other_changes(changes),
        policies=sorted(run.policies, key=lambda policy: (policy.id, policy.version)),
        times=tuple(times(run.hosts)),
    )


def headline_of(run: Run, counted: Tally) -> tuple[Standing, str]:
    """Return the answer to "are we compliant" in a few words, and the standing it has the colour of."""
    deviates = counted.standings[Standing.FAIL] + counted.standings[Standing.WARN]
    match run.exit_code:
        case ExitCode.COMPLIANT:
            return _gate_met(counted)
        case ExitCode.FINDINGS:
            return Standing.FAIL, "Not compliant" if deviates else "The gate is not met"
        case ExitCode.INTERRUPTED:
            return Standing.ERROR, "Interrupted before every server was read"
        case ExitCode.NOT_KNOWN:
            return _not_known(run, counted)
        case _:
            return Standing.ERROR, f"The run ended with exit code {run.exit_code}"


def worst(run: Run, most: int) -> list[Finding]:
    """Return what deviates or is not known, and what is waived behind it: at most so many, the worst first."""
    changes = changes_of(run)
    shown = (*OPEN, Standing.WAIVED)

    def badness(finding: Finding) -> tuple[int, bool, int, tuple[str, str, str]]:
        is_new = counts_as_new(finding, changes)
        return (
            WORST_FIRST.index(standing(finding)),
            not is_new,
            _SEVERITIES.index(finding.severity),
            order(finding),
        )

    return nsmallest(most, (each for each in run.findings if standing(each) in shown), key=badness)


def newest(run: Run, most: int) -> list[Finding]:
    """Return what deviates or is not known now and did not in the run compared with, at most so many."""
    changes = changes_of(run)
    if not changes:
        return []
    fresh = (each for each in in_order(run.findings) if each.waiver is None and counts_as_new(each, changes))
    return nsmallest(most, fresh, key=lambda each: (_SEVERITIES.index(each.severity), order(each)))


def _gate_met(counted: Tally) -> tuple[Standing, str]:
    if counted.standings[Standing.FAIL] or counted.standings[Standing.WARN]:
        return Standing.WARN, "The gate is met, with deviations it lets pass"
    if counted.standings[Standing.ERROR]:
        return Standing.ERROR, "The gate is met, but not all is known"
    if counted.standings[Standing.WAIVED]:
        return Standing.PASS, "Compliant but for what is waived"
    return Standing.PASS, "Compliant"


def _not_known(run: Run, counted: Tally) -> tuple[Standing, str]:
    if not run.coverage.checks_judged:
        return Standing.ERROR, "Nothing was judged"
    if counted.standings[Standing.FAIL]:
        return Standing.FAIL, "Not compliant, and not all is known"
    return Standing.ERROR, "Not known to be compliant"


def _other_changes(changes: Sequence[Change]) -> Sequence[str]:
    """Return the changes that no finding of this run tells: of whole servers, and of checks that are gone."""
    gone = [each for each in changes if not each.check or each.kind is ChangeKind.REMOVED_CHECK]
    return sorted(
        f"{KINDS[each.kind]}: {f'{each.check} on ' if each.check else ''}{server_name(each.host)}: {each.text}"
        for each in gone
    )
