"""What to judge again: each stage has one more thing of the later run in the place of the earlier run's. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from auditor.bind import bind_inputs
from auditor.errors import UsageError
from auditor.evaluate import Bench
from auditor.model.drift import Cause, State
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import Finding
from auditor.model.policy import Policy
from auditor.model.probe import Probe
from auditor.model.value import Value, show

Inputs = Mapping[str, Value]
Probes = Mapping[str, Probe]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """What to judge: everything is the earlier run's but what was exchanged up to here, last of all `cause`."""

    cause: Cause | None
    policy: Policy
    evidence: Evidence
    inputs: Inputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One policy as it was and as it is, reduced to the checks in question, and one server's evidence of both runs."""

    policy: tuple[Policy, Policy]
    evidence: tuple[Evidence, Evidence]

    @property
    def went_or_came(self) -> bool:
        """Whether the server was reached in one run only: then nothing else can be told of its checks."""
        old, new = self.evidence
        return (old.status is Status.UNREACHABLE) is not (new.status is Status.UNREACHABLE)

    def stages(self, *, server_first: bool = False) -> Iterator[Stage]:
        """Yield one stage more for each thing of the later run that takes the earlier's place, the server's last.

        The first stage is how it was judged then, the last how it is judged now. Raises `UsageError` for inputs that
        the policies do not take.
        """
        (old_policy, new_policy), (old, new) = self.policy, self.evidence
        was, now = bind_inputs(old_policy, old.inputs), bind_inputs(new_policy, new.inputs)
        between = _bound(new_policy, old.inputs)
        at = new if server_first else old
        yield Stage(cause=None, policy=old_policy, evidence=old, inputs=was)
        if server_first:
            yield Stage(cause=Cause.SERVER, policy=old_policy, evidence=new, inputs=was)
        if old_policy.digest != new_policy.digest:
            # inputs that the earlier run could not give, because only the new policy has them, come with that policy
            yield Stage(cause=Cause.POLICY, policy=new_policy, evidence=at, inputs=now if between is None else between)
        if between is not None and between != now:
            yield Stage(cause=Cause.INPUT, policy=new_policy, evidence=at, inputs=now)
        if not server_first:
            yield Stage(cause=Cause.SERVER, policy=new_policy, evidence=new, inputs=now)

    def changed_inputs(self) -> tuple[str, ...]:
        """Return the inputs of the policy that differ, in words."""
        old, new = (_bound(policy, each.inputs) or {} for policy, each in zip(self.policy, self.evidence, strict=True))
        names = [name for name in new if name in old and old[name] != new[name]]
        return tuple(f"{name} from {show(old[name])} to {show(new[name])}" for name in names)


def reduced(policy: Policy, checks: Iterable[str]) -> Policy:
    """Return the policy with these checks only."""
    wanted = set(checks)
    return replace(policy, checks=tuple(check for check in policy.checks if check.id in wanted))


def bench_of(stage: Stage, probes: Probes) -> Bench:
    """Return what judging the stage needs."""
    return Bench(evidence=stage.evidence, inputs=stage.inputs, probes=probes)


def state_of(finding: Finding) -> State:
    """Return what a step keeps of a finding."""
    return State(verdict=finding.verdict, actual=finding.actual)


def _bound(policy: Policy, inputs: Inputs) -> Inputs | None:
    try:
        return bind_inputs(policy, inputs)
    except UsageError:
        return None
