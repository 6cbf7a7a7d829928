"""Which servers took longest, and where the time of all of them went, as two lines of the text report."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest

from auditor.formats.text_layout import Layout
from auditor.model.run import Host

_SLOWEST = 3
_TOTAL, _OTHER = "total", "other"
_LEAST_PERCENT = 1


def times(hosts: Sequence[Host], layout: Layout) -> Iterator[str]:
    """Yield the lines; none where no time was taken, because nothing was read over the network."""
    timed = [host for host in hosts if host.timings.get(_TOTAL, 0) > 0]
    if not timed:
        return
    slowest = nlargest(_SLOWEST, timed, key=lambda host: host.timings[_TOTAL])
    yield from layout.wrapped("", f"slowest: {', '.join(map(_server, slowest))}")
    spent: Counter[str] = Counter()
    for host in timed:
        spent.update(_phases(host.timings))
    whole = sum(spent.values())
    shares = [(phase, round(100 * seconds / whole)) for phase, seconds in spent.most_common()]
    told = ", ".join(f"{phase} {percent} %" for phase, percent in shares if percent >= _LEAST_PERCENT)
    yield from layout.wrapped("", f"time of all servers: {told}")


def _server(host: Host) -> str:
    """Return a server, its seconds, and the phase that took most of them."""
    phase, seconds = max(_phases(host.timings).items(), key=lambda each: each[1])
    longest = "" if phase == _OTHER else f" ({phase} {seconds:.1f} s)"
    return f"{host.name} {host.timings[_TOTAL]:.1f} s{longest}"


def _phases(timings: Mapping[str, float]) -> dict[str, float]:
    """Return the seconds of each phase; what belongs to none, such as looks from outside, is `other`."""
    phases = {name: seconds for name, seconds in timings.items() if name != _TOTAL}
    return {**phases, _OTHER: max(0.0, timings[_TOTAL] - sum(phases.values()))}
