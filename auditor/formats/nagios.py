"""What a monitoring plugin prints for Nagios, Icinga and their like, and the exit code that goes with it.

Monitoring Plugins Development Guidelines: one status line, performance data behind a `|`, then a longer text, all
within 4 KB. The guidelines rank no states, and the plugins' own `max_state_alt` has WARNING above UNKNOWN. Here it is
CRITICAL, UNKNOWN, WARNING, OK: beside a warning that has stood for months, a server that is not reached any more must
still change the state, or nobody is told.
"""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from heapq import nsmallest
from itertools import chain

from auditor.errors import ExitCode
from auditor.formats.escape import shortened, visible_lines
from auditor.formats.format import Format, one_file
from auditor.formats.told import because, server_name
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, Verdict, order, standing
from auditor.model.policy import Severity
from auditor.model.run import Run

_LONGEST = 4_000
_LONGEST_LINE = 200
_MOST_LINES = 20
_WORST_FIRST = (Standing.FAIL, Standing.ERROR, Standing.WARN)
_SEVERITIES = tuple(Severity)
_SPELLED = str.maketrans({"|": "\\u007c", "<": "\\u003c", ">": "\\u003e"})


class _State(IntEnum):
    """The exit codes of plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Counts:
    """What a state is made of."""

    findings: Mapping[Standing, int]
    silent: int
    partial: int
    state: _State


def exit_code(run: Run) -> int:
    """Return the exit code of a plugin: 0 only when nothing deviates unwaived and everything is known."""
    return _counts(run).state.value


def _counts(run: Run) -> _Counts:
    found = Counter(standing(finding) for finding in run.findings)
    read = Counter(host.status for host in run.hosts)
    silent = read[Status.UNREACHABLE]
    is_unknown = found[Standing.ERROR] or silent or run.interrupted or run.exit_code == ExitCode.NOT_KNOWN
    if found[Standing.FAIL]:
        state = _State.CRITICAL
    elif is_unknown or not found:
        state = _State.UNKNOWN
    else:
        state = _State.WARNING if found[Standing.WARN] else _State.OK
    return _Counts(findings=found, silent=silent, partial=read[Status.PARTIAL], state=state)


def _render(run: Run) -> Iterator[bytes]:
    counts = _counts(run)
    lines = [
        f"{_line(_status(run, counts))} | {_performance(counts)}",
        _line(f"exit code {run.exit_code}: {run.exit_reason}"),
    ]
    left = _LONGEST - sum(map(_size, lines)) - _LONGEST_LINE
    told = 0
    for said in _worst(run):
        line = _line(said)
        if told == _MOST_LINES or _size(line) > left:
            break
        lines.append(line)
        left -= _size(line)
        told += 1
    if more := _worth_telling(run) - told:
        lines.append(f"... and {more} more, see run.json")
    yield from (f"{line}\n".encode() for line in lines)


def _status(run: Run, counts: _Counts) -> str:
    found = counts.findings
    named = (
        (found.get(Standing.FAIL, 0), "failing"),
        (found.get(Standing.ERROR, 0), "not known"),
        (counts.silent, "server not reached" if counts.silent == 1 else "servers not reached"),
        (counts.partial, "server read in part" if counts.partial == 1 else "servers read in part"),
        (warnings := found.get(Standing.WARN, 0), "warning" if warnings == 1 else "warnings"),
        (found.get(Standing.WAIVED, 0), "waived"),
    )
    told = ", ".join(f"{number} {name}" for number, name in named if number)
    judged = f"{run.coverage.checks_judged} of {run.coverage.checks_planned} checks judged"
    return f"AUDITOR {counts.state.name} - {told or 'nothing deviates'}; {judged}"


def _performance(counts: _Counts) -> str:
    """Return the numbers, `label=value;warning;critical;minimum`: a threshold of 0 alerts above it."""
    thresholds = {Standing.WARN: "0;", Standing.FAIL: ";0"}
    findings = [f"{each.value}={counts.findings.get(each, 0)};{thresholds.get(each, ';')};0" for each in Standing]
    return " ".join([*findings, f"servers_not_reached={counts.silent};;;0"])


def _worst(run: Run) -> Iterator[str]:
    """Yield the worst: servers not reached, then findings by how they count and how severe they are."""
    silent = _silent(run)
    findings = (finding for finding in run.findings if _is_worth_telling(finding, silent))
    return chain(
        (f"NOT REACHED {name}: {silent[name]}" for name in sorted(silent)),
        (_told(finding) for finding in nsmallest(_MOST_LINES, findings, key=_rank)),
    )


def _silent(run: Run) -> Mapping[str, str]:
    return {host.name: host.reason for host in run.hosts if host.status is Status.UNREACHABLE}


def _is_worth_telling(finding: Finding, silent: Container[str]) -> bool:
    # that a server was not reached says all of its checks that are not known
    return standing(finding) in _WORST_FIRST and not (finding.verdict is Verdict.ERROR and finding.host in silent)


def _rank(finding: Finding) -> tuple[int, int, tuple[str, str, str]]:
    return _WORST_FIRST.index(standing(finding)), _SEVERITIES.index(finding.severity), order(finding)


def _told(finding: Finding) -> str:
    word = {Standing.FAIL: "FAIL", Standing.ERROR: "NOT KNOWN"}.get(standing(finding), "WARN")
    return f"{word} {server_name(finding.host)}: {finding.check} ({finding.severity}): {because(finding)}"


def _worth_telling(run: Run) -> int:
    silent = _silent(run)
    return len(silent) + sum(_is_worth_telling(finding, silent) for finding in run.findings)


def _line(said: str) -> str:
    """Return the text on one line; `|` would begin performance data, `<` markup where pages show it."""
    return shortened(" ".join(visible_lines(said)).translate(_SPELLED), _LONGEST_LINE)


def _size(line: str) -> int:
    return len(line.encode()) + 1


FORMAT = Format(
    name="nagios",
    reader="Nagios, Icinga and others that run monitoring plugins",
    filename="report.nagios",
    files=one_file("report.nagios", _render),
    has_findings=False,
    exit_code=exit_code,
)
