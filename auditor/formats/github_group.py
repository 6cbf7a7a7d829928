"""A run's findings for annotations: counted, and what needs looking at grouped by check, however long the run is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from auditor.formats.changed import changes_of, counts_as_new
from auditor.formats.escape import shortened
from auditor.formats.sources import CheckKey
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Standing, in_order, standing
from auditor.model.policy import Severity
from auditor.model.run import Run

KEPT = 5
"""Names that a group keeps."""

TOLD = (Standing.FAIL, Standing.ERROR, Standing.WARN, Standing.WAIVED)
"""What is annotated; everything else is only counted."""

_LONGEST = 200
_WORST = tuple(Severity)


@dataclass(kw_only=True, slots=True)
class Group:
    """What is found by one check on several servers and counts alike; the first finding speaks for all."""

    first: Finding
    standing: Standing
    count: int = 0
    new: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, finding: Finding, *, is_new: bool) -> None:
        """Count one more, and keep the name of its server if there is room."""
        self.count += 1
        self.new += is_new
        if len(self.names) < KEPT:
            self.names.append("all servers together" if finding.host == FLEET else shortened(finding.host, _LONGEST))

    @property
    def order(self) -> tuple[int, bool, int, str, str]:
        """The worst first: by severity, failing before not known, the most servers."""
        severity = _WORST.index(self.first.severity)
        return severity, self.standing is Standing.ERROR, -self.count, self.first.policy, self.first.check


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouped:
    """What is told of a run's findings; `unreached` are not known because their server was not reached."""

    counted: Mapping[Standing, int]
    groups: Sequence[Group]
    unreached: int


def grouped(run: Run) -> Grouped:
    """Go through the findings once; what is not known of a server that was not reached is in no group."""
    silent = frozenset(host.name for host in run.hosts if host.status is Status.UNREACHABLE)
    changes, unreached = changes_of(run), 0
    counted: Counter[Standing] = Counter()
    groups: dict[tuple[CheckKey, Standing], Group] = {}
    for finding in in_order(run.findings):
        counts_as = standing(finding)
        counted[counts_as] += 1
        if counts_as is Standing.ERROR and finding.host in silent:
            unreached += 1
        elif counts_as in TOLD:
            key = ((finding.policy, finding.check), counts_as)
            group = groups.get(key) or groups.setdefault(key, Group(first=finding, standing=counts_as))
            group.add(finding, is_new=bool(changes) and counts_as_new(finding, changes))
    worst_first = sorted(groups.values(), key=lambda group: group.order)
    return Grouped(counted=counted, groups=worst_first, unreached=unreached)
