"""What to judge again: each stage has one more thing of the later run in the place of the earlier run's. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.bind import bind_inputs
from auditor.errors import UsageError
from auditor.evaluate import Bench, Ready
from auditor.model.drift import Cause
from auditor.model.evidence import Evidence, Status
from auditor.model.policy import Policy
from auditor.model.value import Value, show

Inputs = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """What to judge: everything is the earlier run's but what was exchanged up to here, last of all `cause`."""

    cause: Cause | None
    policy: Ready
    evidence: Evidence
    inputs: Inputs


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One policy as it was and as it is, with the checks in question only, and one server's evidence of both runs."""

    policy: tuple[Ready, Ready]
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
        was, now = bind_inputs(old_policy.policy, old.inputs), bind_inputs(new_policy.policy, new.inputs)
        between = _bound(new_policy.policy, old.inputs)
        at = new if server_first else old
        yield Stage(cause=None, policy=old_policy, evidence=old, inputs=was)
        if server_first:
            yield Stage(cause=Cause.SERVER, policy=old_policy, evidence=new, inputs=was)
        if old_policy.policy.digest != new_policy.policy.digest:
            # inputs that the earlier run could not give, because only the new policy has them, come with that policy
            yield Stage(cause=Cause.POLICY, policy=new_policy, evidence=at, inputs=now if between is None else between)
        if between is not None and between != now:
            yield Stage(cause=Cause.INPUT, policy=new_policy, evidence=at, inputs=now)
        if not server_first:
            yield Stage(cause=Cause.SERVER, policy=new_policy, evidence=new, inputs=now)

    def changed_inputs(self) -> tuple[str, ...]:
        """Return the inputs of the policy that differ, in words."""
        old, new = (
            _bound(judge_by.policy, each.inputs) or {}
            for judge_by, each in zip(self.policy, self.evidence, strict=True)
        )
        names = [name for name in new if name in old and old[name] != new[name]]
        return tuple(f"{name} from {show(old[name])} to {show(new[name])}" for name in names)


def bench_of(stage: Stage) -> Bench:
    """Return what judging the stage needs."""
    return Bench(evidence=stage.evidence, inputs=stage.inputs)


def _bound(policy: Policy, inputs: Inputs) -> Inputs | None:
    try:
        return bind_inputs(policy, inputs)
    except UsageError:
        return None
