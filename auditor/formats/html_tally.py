"""What the first screen of the HTML report counts, taken in one pass through the findings."""

from collections import Counter
from dataclasses import dataclass, field

from auditor.formats.changed import changes_of, counts_as_new
from auditor.formats.html_words import OPEN
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Standing, standing
from auditor.model.run import Host, Run
from auditor.model.waiver import WaiverMark


@dataclass(kw_only=True, slots=True)
class Tally:
    """The numbers of a run: by standing, by server and standing, by waiver; what is new among them."""

    standings: Counter[Standing] = field(default_factory=Counter)
    servers: dict[str, Counter[Standing]] = field(default_factory=dict)
    waivers: Counter[WaiverMark] = field(default_factory=Counter)
    new: Counter[Standing] = field(default_factory=Counter)

    @property
    def open(self) -> int:
        """How many findings deviate or are not known, and are not waived."""
        return sum(self.standings[each] for each in OPEN)


def tally(run: Run) -> Tally:
    """Return the numbers of a run."""
    counted = Tally(servers={host.name: Counter() for host in run.hosts})
    changes = changes_of(run)
    for finding in run.findings:
        stands = standing(finding)
        counted.standings[stands] += 1
        counted.servers.setdefault(finding.host, Counter())[stands] += 1
        if finding.waiver is not None:
            counted.waivers[finding.waiver] += 1
        elif changes and counts_as_new(finding, changes):
            counted.new[stands] += 1
    return counted


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerLine:
    """One server, and how its findings stand."""

    name: str
    status: Status | None
    reason: str
    counts: Counter[Standing]


def server_lines(run: Run, counted: Tally) -> list[ServerLine]:
    """Return the servers, those with most to do first; what is about all servers together before them."""
    hosts: dict[str, Host] = {host.name: host for host in run.hosts}
    lines = [
        ServerLine(
            name=name,
            status=hosts[name].status if name in hosts else None,
            reason=hosts[name].reason if name in hosts else "",
            counts=counts,
        )
        for name, counts in counted.servers.items()
    ]
    return sorted(lines, key=_most_to_do)


def _most_to_do(line: ServerLine) -> tuple[bool, tuple[int, ...], bool, str]:
    reached = line.status is not Status.UNREACHABLE
    return line.name != FLEET, tuple(-line.counts[each] for each in OPEN), reached, line.name
