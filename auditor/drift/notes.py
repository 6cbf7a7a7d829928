"""What of two runs cannot be compared, and what differs without changing any finding: pure."""

from collections.abc import Iterator, Mapping

from auditor.drift.causes import Sides
from auditor.model.finding import Finding
from auditor.model.run import JudgedPolicy, Run

_SHOWN = 5


def notes_on(sides: Sides) -> tuple[str, ...]:
    """Return the notes, what concerns everything first."""
    before, after = sides.before, sides.after
    found = [*_about_runs(before, after), *_about_servers(sides), *_about_policies(before, after)]
    about_grounds = sides.grounds.notes if sides.grounds else ()
    return tuple(dict.fromkeys([*found, *about_grounds]))


def _about_runs(before: Run, after: Run) -> Iterator[str]:
    if before.started > after.started:
        yield f"run {before.id} began after run {after.id}: this is the way back in time"
    for run in (before, after):
        if run.interrupted:
            yield f"run {run.id} was interrupted: servers it did not come to are missing from it"
    if before.version != after.version:
        yield f"the runs were judged by different versions of the auditor: {before.version}, then {after.version}"
    if after.evidence_of and after.evidence_of in (before.id, before.evidence_of):
        yield f"both runs rest on the same evidence, that of run {after.evidence_of}"


def _about_servers(sides: Sides) -> Iterator[str]:
    gone, come = (sorted(one.keys() - other.keys()) for one, other in _ways(sides))
    if gone:
        yield f"only in the earlier run, so not compared: {_some(gone)}"
    if come:
        yield f"only in the later run, so not compared: {_some(come)}"
    if not sides.old_hosts.keys() & sides.new_hosts.keys():
        yield "the runs have no server in common: nothing can be compared"


def _about_policies(before: Run, after: Run) -> Iterator[str]:
    old = {policy.id: policy for policy in before.policies}
    new = {policy.id: policy for policy in after.policies}
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            yield f"policy {name} is judged in the earlier run only, so its checks are not compared"
        elif name not in old:
            yield f"policy {name} is judged in the later run only, so its checks are not compared"
        elif old[name].digest != new[name].digest:
            yield _about_edit(old[name], new[name])
    yield from _about_checks(_by_check(before), _by_check(after))


def _about_edit(old: JudgedPolicy, new: JudgedPolicy) -> str:
    versions = f"version {old.version}, then {new.version}" if old.version != new.version else f"version {new.version}"
    return f"policy {new.id} was edited between the runs ({versions})"


def _about_checks(old: Mapping[tuple[str, str], Finding], new: Mapping[tuple[str, str], Finding]) -> Iterator[str]:
    """Name every check that is demanded otherwise, whether or not a finding changed by that."""
    for key in sorted(old.keys() & new.keys()):
        for name in ("expected", "level", "severity"):
            then, now = str(getattr(old[key], name)), str(getattr(new[key], name))
            if then != now:
                yield f"{'/'.join(key)}: {name} was {then!r}, is {now!r}"


def _by_check(run: Run) -> Mapping[tuple[str, str], Finding]:
    return {(finding.policy, finding.check): finding for finding in run.findings}


def _ways(sides: Sides) -> tuple[tuple[Mapping[str, object], Mapping[str, object]], ...]:
    return (sides.old_hosts, sides.new_hosts), (sides.new_hosts, sides.old_hosts)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
