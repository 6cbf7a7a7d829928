"""Run x run -> what changed, from what to what, and whose change it is: pure."""

from auditor.drift.changes import drift
from auditor.drift.grounds import Ground, Grounds, Key, ground_of
from auditor.drift.kinds import differing

__all__ = ["Ground", "Grounds", "Key", "differing", "drift", "ground_of"]
