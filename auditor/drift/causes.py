"""Whose change it is: established by judging again, or by what the runs themselves prove; never guessed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from auditor.drift.grounds import Ground, Grounds, is_same
from auditor.model.drift import Cause
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.run import Host, Run

_NONE: frozenset[Cause] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """Both runs, prepared for questions about single checks."""

    before: Run
    after: Run
    old_hosts: Mapping[str, Host]
    new_hosts: Mapping[str, Host]
    old_digests: Mapping[str, str]
    new_digests: Mapping[str, str]
    grounds: Grounds | None

    def policy_is_same(self, policy: str) -> bool:
        """Return whether both runs were judged by the same bytes."""
        return policy in self.old_digests and self.old_digests[policy] == self.new_digests.get(policy)

    def statuses(self, host: str) -> tuple[Status, Status] | None:
        """Return how far a server was read before and after; None for the fleet."""
        if host not in self.old_hosts or host not in self.new_hosts:
            return None
        return self.old_hosts[host].status, self.new_hosts[host].status


def sides_of(before: Run, after: Run, grounds: Grounds | None) -> Sides:
    """Return both runs as the questions about causes need them."""
    return Sides(
        before=before,
        after=after,
        old_hosts={host.name: host for host in before.hosts},
        new_hosts={host.name: host for host in after.hosts},
        old_digests={policy.id: policy.digest for policy in before.policies},
        new_digests={policy.id: policy.digest for policy in after.policies},
        grounds=grounds,
    )


def causes_of(old: Finding, new: Finding, ground: Ground | None, sides: Sides) -> tuple[Cause, ...]:
    """Return whose change made one finding out of the other; nobody's when nothing differs."""
    found = _NONE if is_same(old, new) else _of_states(old, new, ground, sides)
    return _ordered(found | {Cause.WAIVER} if is_waivers_doing(old, new, sides.after.started) else found)


def cause_of_presence(finding: Finding, sides: Sides) -> tuple[Cause, ...]:
    """Return why a check is in one run only, on a server that is in both (or on the fleet)."""
    name = finding.policy
    if name not in sides.old_digests or name not in sides.new_digests:
        return (Cause.POLICY,)
    assigned = [name in hosts[finding.host].policies for hosts in _both(sides) if finding.host in hosts]
    if finding.host != FLEET and not all(assigned):
        return (Cause.INVENTORY,)
    return (Cause.NOT_KNOWN,) if sides.policy_is_same(name) else (Cause.POLICY,)


def is_waivers_doing(old: Finding, new: Finding, started: str) -> bool:
    """Return whether a waiver was certainly added, changed, removed or has expired.

    When another value was found, a waiver that comes or goes may only be about that value, so it must have been
    rewritten, or be past its day.
    """
    if old.waiver == new.waiver:
        return False
    if is_same(old, new) or (old.waiver and new.waiver):
        return True
    return old.waiver is not None and has_expired(old.waiver.expires, started)


def has_expired(expires: str, started: str) -> bool:
    """Return whether the run began after the day, both ISO 8601."""
    return started[:10] > expires


def _of_states(old: Finding, new: Finding, ground: Ground | None, sides: Sides) -> frozenset[Cause]:
    return _of_ground(old, new, ground, sides) if ground else frozenset([_of_runs(old, new, sides)])


def _of_ground(old: Finding, new: Finding, ground: Ground, sides: Sides) -> frozenset[Cause]:
    found = frozenset(ground.causes)
    read_otherwise = not is_same(ground.again, old), not is_same(ground.now, new)
    if not all(read_otherwise):
        return found | {Cause.AUDITOR} if any(read_otherwise) else found
    # neither run was judged as this auditor judges; between two of the same version that is no change
    versions_differ = sides.before.version != sides.after.version
    return found or frozenset([Cause.AUDITOR if versions_differ else Cause.NOT_KNOWN])


def _of_runs(old: Finding, new: Finding, sides: Sides) -> Cause:
    """Return what can be said without evidence: only where nothing else can have changed, it was the server."""
    statuses = sides.statuses(old.host)
    if statuses and statuses[0] is not statuses[1] and Status.UNREACHABLE in statuses:
        return Cause.REACHABILITY
    same_inputs = sides.grounds is not None and (old.host, old.policy) in sides.grounds.same_inputs
    same_rest = sides.policy_is_same(old.policy) and sides.before.version == sides.after.version
    if not (same_inputs and same_rest):
        return Cause.NOT_KNOWN
    pairs = zip((old, new), statuses or (), strict=False)
    unread = any(finding.verdict is Verdict.ERROR and status is Status.PARTIAL for finding, status in pairs)
    return Cause.REACHABILITY if unread else Cause.SERVER


def _both(sides: Sides) -> tuple[Mapping[str, Host], Mapping[str, Host]]:
    return sides.old_hosts, sides.new_hosts


@cache
def _ordered(causes: frozenset[Cause]) -> tuple[Cause, ...]:
    return tuple(cause for cause in Cause if cause in causes)
