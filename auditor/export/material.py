"""What an export is made from: a run folder; its evidence is read one server at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from auditor import evidence_store
from auditor.errors import RunNotFoundError
from auditor.load.policy import load_policy
from auditor.load.shipped import shipped_policies
from auditor.load.waivers import load_waivers
from auditor.model.evidence import Evidence
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.model.waiver import Waiver
from auditor.probes import PROBES
from auditor.report import EVIDENCE, WAIVERS
from auditor.runs import read_run

POLICIES = "policies"


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedBy:
    """What a run was judged by, read; only an export that hides names needs to understand it."""

    policies: tuple[Policy, ...]
    waivers: tuple[Waiver, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """A run with the files it rests on; policies and waivers are copied as they are, whatever this version reads."""

    run: Run
    evidence_file: Path
    policy_files: tuple[Path, ...]
    waiver_files: tuple[Path, ...]

    def evidences(self) -> Iterator[Evidence]:
        """Yield the evidence of each server; it is never held at once."""
        with self.evidence_file.open("rb") as lines:
            yield from map(evidence_store.read, lines)

    def judged_by(self) -> JudgedBy:
        """Read policies and waivers, these as of the day the run began; raises `DocumentError`."""
        policies = tuple(load_policy(path, PROBES) for path in self.policy_files)
        if not self.waiver_files:
            return JudgedBy(policies=policies, waivers=())
        shipped = [load_policy(path, PROBES) for path in shipped_policies().values()]
        known = {policy.id: policy for policy in (*shipped, *policies)}
        began = date.fromisoformat(self.run.started[:10])
        return JudgedBy(
            policies=policies, waivers=load_waivers(self.waiver_files[0].parent, tuple(known.values()), began)
        )


def read_material(folder: Path) -> Material:
    """Read a run folder; raises `RunNotFoundError` when it is none, or has no evidence."""
    run = read_run(folder)
    evidence = folder / EVIDENCE
    if not evidence.is_file():
        raise RunNotFoundError(f"{evidence}: is not there; an export holds the evidence, so name a run that has it")
    return Material(
        run=run,
        evidence_file=evidence,
        policy_files=tuple(sorted((folder / POLICIES).glob("*.yaml"))),
        waiver_files=tuple(sorted(path for path in (folder / WAIVERS).glob("*") if path.is_file())),
    )
