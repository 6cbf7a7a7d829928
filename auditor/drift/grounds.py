"""What establishes causes: the same check judged again and again, with one more thing of the later run each time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from auditor.model.drift import Cause
from auditor.model.finding import Verdict
from auditor.model.unfrozen import unfrozen

Key: TypeAlias = tuple[str, str, str]
"""Host, policy, check."""


class Found(Protocol):
    """What was found of a check: a finding, or what judging it again came to."""

    @property
    def verdict(self) -> Verdict:
        """What is concluded."""

    @property
    def actual(self) -> str:
        """What was observed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """One check, from the earlier run to the later, judged by this auditor at every step.

    `again` is what the earlier evidence gives with the earlier policy and inputs, `now` what is found with everything
    of the later run. `causes` are the things of the later run that made a difference when they took their place on the
    way there. `inputs` tells the inputs that differ, for people.
    """

    again: Found
    now: Found
    causes: tuple[Cause, ...]
    inputs: tuple[str, ...]


_Filling = unfrozen(Ground)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grounds:
    """What is at hand about the checks that differ; what is missing here has causes only where runs alone tell them.

    `same_inputs` has (host, policy) where the inputs of both runs are known and equal; `notes` says what is missing.
    """

    checks: Mapping[Key, Ground] = field(default_factory=dict)
    same_inputs: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()


def is_same(one: Found, other: Found) -> bool:
    """Return whether the same was found; a waiver has no part in that."""
    return one.verdict is other.verdict and one.actual == other.actual


def ground_of(found: Sequence[Found], causes: Iterable[Cause], inputs: tuple[str, ...] = ()) -> Ground:
    """Return the ground of a check from what is found before the first step and after each; `causes` are the steps."""
    steps = zip(causes, found[:-1], found[1:], strict=True)
    made: Any = _Filling()
    made.again = found[0]
    made.now = found[-1]
    made.causes = tuple([cause for cause, before, after in steps if not is_same(before, after)])
    made.inputs = inputs
    made.__class__ = Ground
    return made  # type: ignore[no-any-return]  # it is one now
