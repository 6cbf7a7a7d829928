"""The JUnit suite about a run as a whole: why it is not green, what changed, what is to be said of the waivers."""

from collections import Counter
from dataclasses import fields

from auditor.formats.junit_case import one_line
from auditor.formats.junit_suite import Case, Suite, timestamp
from auditor.model.drift import ChangeKind, Drift
from auditor.model.run import Run
from auditor.model.waiver import WaiverNotes


def run_suite(run: Run, *, is_red: bool) -> Suite:
    """Return the suite about the run as a whole, without cases when there is nothing to say."""
    told: list[Case] = []
    if run.exit_code and not is_red:
        # what only the exit code says, for example that nothing was judged, must not look green
        said = one_line(run.exit_reason)
        name = f"exit code {run.exit_code}"
        told.append(Case(name=name, classname="auditor.run", element="error", type="not_known", message=said))
    notes = _waiver_notes(run.waivers)
    if notes:
        # a passed test: what an expired waiver named is red by itself
        told.append(Case(name="notes on waivers", classname="auditor.run"))
    if run.drift:
        told.append(Case(name="changes", classname="auditor.run"))
    return Suite(
        name="auditor / run",
        package="run",
        hostname="localhost",
        timestamp=timestamp(run.started),
        properties={"run": run.id} | _drift_properties(run.drift),
        cases=tuple(told),
        output="\n".join(
            [*notes, *(one_line(f"NOTE ON CHANGES {said}") for said in (run.drift.notes if run.drift else ()))]
        ),
    )


def _waiver_notes(notes: WaiverNotes) -> list[str]:
    told = [(field.name, said) for field in fields(notes) for said in getattr(notes, field.name)]
    return [one_line(f"{name.upper().replace('_', ' ')} WAIVER {said}") for name, said in told]


def _drift_properties(drift: Drift | None) -> dict[str, str]:
    if drift is None or drift.is_beginning:
        return {}
    counted = Counter(change.kind for change in drift.changes)
    return {"against": drift.against} | {f"changes.{kind}": str(counted[kind]) for kind in ChangeKind if counted[kind]}
