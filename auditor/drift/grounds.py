"""What establishes causes: the same check judged again and again, with one more thing of the later run each time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from auditor.model.drift import Cause, State

Key: TypeAlias = tuple[str, str, str]
"""Host, policy, check."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What is found when one more thing of the later run takes the place of the earlier run's; `cause` is its name."""

    cause: Cause
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """One check, from the earlier run to the later, judged by this auditor at every step.

    `again` is what the earlier evidence gives with the earlier policy and inputs. The last step has everything of the
    later run. A step that makes a difference is a cause. `inputs` tells the inputs that differ, for people.
    """

    again: State
    steps: tuple[Step, ...] = ()
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Grounds:
    """What is at hand about the checks that differ; what is missing here has causes only where runs alone tell them.

    `same_inputs` has (host, policy) where the inputs of both runs are known and equal; `notes` says what is missing.
    """

    checks: Mapping[Key, Ground] = field(default_factory=dict)
    same_inputs: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()
