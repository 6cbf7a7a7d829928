"""Findings by check: how many, how many of them new, and the few that stand for all; never all of them at once."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from auditor.formats.changed import changes_of, counts_as_new
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Standing, in_order, standing
from auditor.model.policy import Severity
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark

SHOWN = 5
"""How many servers stand for all of a check."""

_SEVERITIES = tuple(Severity)


@dataclass(slots=True)
class Group:
    """What one check came to on the servers where it stands alike; `new` and `others` hold at most `SHOWN`."""

    first: Finding
    number: int = 0
    number_new: int = 0
    new: list[Finding] = field(default_factory=list)
    others: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding, *, is_new: bool) -> None:
        """Count a finding, and keep it while there is room."""
        self.number += 1
        self.number_new += is_new
        kept = self.new if is_new else self.others
        if len(kept) < SHOWN:
            kept.append(finding)

    def order(self) -> tuple[int, bool, int, str, str]:
        """Return the sort key: the worst first, then what is new, then what most servers share."""
        finding = self.first
        return _SEVERITIES.index(finding.severity), not self.number_new, -self.number, finding.policy, finding.check


@dataclass(slots=True)
class Counted:
    """A run's findings, counted; `silent` are those not known because their server was not reached."""

    standings: Counter[Standing] = field(default_factory=Counter)
    new: Counter[Standing] = field(default_factory=Counter)
    silent: int = 0
    groups: dict[tuple[Standing, str, str], Group] = field(default_factory=dict)
    waivers: Counter[WaiverMark] = field(default_factory=Counter)

    def of(self, stands: Standing) -> list[Group]:
        """Return the checks that stand so somewhere, the worst first."""
        found = (group for (each, _, _), group in self.groups.items() if each is stands)
        return sorted(found, key=Group.order)


def count(run: Run) -> Counted:
    """Return what the findings of a run come to; goes through them once."""
    counted = Counted()
    changes = changes_of(run)
    silent = {host.name for host in run.hosts if host.status is Status.UNREACHABLE}
    for finding in in_order(run.findings):
        _add(counted, finding, lambda each: counts_as_new(each, changes), is_silent=finding.host in silent)
    return counted


def _add(counted: Counted, finding: Finding, is_new: Callable[[Finding], bool], *, is_silent: bool) -> None:
    stands = standing(finding)
    counted.standings[stands] += 1
    if finding.waiver is not None:
        counted.waivers[finding.waiver] += 1
    if stands not in (Standing.FAIL, Standing.ERROR, Standing.WARN):
        return
    new = is_new(finding)
    counted.new[stands] += new
    if stands is Standing.ERROR and is_silent:
        counted.silent += 1
        return
    key = (stands, finding.policy, finding.check)
    counted.groups.setdefault(key, Group(finding)).add(finding, is_new=new)
