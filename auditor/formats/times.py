"""Why an audit took as long as it did: which servers took longest, and where the time of all of them went."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from operator import itemgetter

from auditor.model.run import Host

_SLOWEST = 3
_TOTAL, _OTHER = "total", "other"
_LEAST_PERCENT = 1


def times(hosts: Sequence[Host]) -> Iterator[tuple[str, str]]:
    """Yield labels and what is told; nothing where no time was taken, because nothing was read over the network."""
    timed = [host for host in hosts if host.timings.get(_TOTAL, 0) > 0]
    if not timed:
        return
    slowest = nlargest(_SLOWEST, timed, key=lambda host: host.timings[_TOTAL])
    yield "slowest", ", ".join(map(_server, slowest))
    spent = seconds_by_phase(timed)
    whole = sum(spent.values())
    most_first = sorted(spent.items(), key=itemgetter(1), reverse=True)
    shares = [(phase, round(100 * seconds / whole)) for phase, seconds in most_first]
    told = (f"{phase} {percent} %" for phase, percent in shares if percent >= _LEAST_PERCENT)
    yield "time of all servers", ", ".join(told)


def seconds_by_phase(hosts: Iterable[Host]) -> Mapping[str, float]:
    """Return the seconds of all servers together in each phase; what belongs to none is `other`."""
    spent: defaultdict[str, float] = defaultdict(float)
    for host in hosts:
        if _TOTAL in host.timings:
            for phase, seconds in _phases(host.timings).items():
                spent[phase] += seconds
    return spent


def _server(host: Host) -> str:
    """Return a server, its seconds, and the phase that took most of them."""
    phase, seconds = max(_phases(host.timings).items(), key=lambda each: each[1])
    longest = "" if phase == _OTHER else f" ({phase} {seconds:.1f} s)"
    return f"{host.name} {host.timings[_TOTAL]:.1f} s{longest}"


def _phases(timings: Mapping[str, float]) -> dict[str, float]:
    phases = {name: seconds for name, seconds in timings.items() if name != _TOTAL}
    return {**phases, _OTHER: max(0.0, timings[_TOTAL] - sum(phases.values()))}
