"""What the history does not hold, from the folder of its newest run: titles and sources of checks, waivers, servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import RunNotFoundError
from auditor.formats.sources import CheckKey, checks_of
from auditor.model.run import Host, JudgedCheck, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark, WaiverNotes
from auditor.runs import read_run


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a run's folder tells; empty when it is not at hand. `run` is the run's id."""

    run: str = ""
    checks: Mapping[CheckKey, JudgedCheck] = field(default_factory=dict)
    policies: Mapping[str, JudgedPolicy] = field(default_factory=dict)
    hosts: Mapping[str, Host] = field(default_factory=dict)
    waivers: Mapping[str, WaiverMark] = field(default_factory=dict)
    notes: WaiverNotes = field(default_factory=WaiverNotes)


def known_of(folder: Path) -> Known:
    """Return what the run folder tells; raises `RunNotFoundError` when it holds a run that cannot be read."""
    try:
        return _of_run(read_run(folder))
    except RunNotFoundError:
        if folder.is_dir():
            raise
        return Known()


def _of_run(run: Run) -> Known:
    return Known(
        run=run.id,
        checks=checks_of(run),
        policies={policy.id: policy for policy in run.policies},
        hosts={host.name: host for host in run.hosts},
        waivers={finding.waiver.id: finding.waiver for finding in run.findings if finding.waiver},
        notes=run.waivers,
    )
