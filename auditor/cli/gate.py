"""`auditor gate RUN`: judge a stored run by another gate, without collecting or judging its checks again."""

import argparse
from dataclasses import replace
from pathlib import Path

from auditor.drift import drift
from auditor.errors import ExitCode, UsageError
from auditor.gate import judge_gate
from auditor.model.gate import Gate, parse_gate
from auditor.model.run import Run
from auditor.runs import REFERENCES, find_compared, find_run, read_run

GATES = (
    "GATE: fail, warning, critical, high, medium, low, info (that severity and above), new (not so in the\n"
    "run of --against), drift (anything worse than there), never. A comma means either, a colon both\n"
    "(new:high), and POLICY=GATE is for the findings of one policy."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = f"{GATES}\nRUN is {REFERENCES}.\n(*) may be repeated. What is not given is as the run was made."
    parser.add_argument("run", metavar="RUN", help="the run to judge, for example last")
    parser.add_argument("--fail-on", action="append", default=[], metavar="GATE", help="what makes the exit code 1 (*)")
    parser.add_argument("--min-coverage", default="", metavar="N%", help="servers that must be judged")
    parser.add_argument("--against", default="", metavar="RUN", help="what new and drift compare it with")
    parser.add_argument("--out", default="reports", metavar="DIR", help="where runs are (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Say what the gate makes of the run, and return its exit code; the stored run stays as it is."""
    out = Path(options.out)
    run = read_run(find_run(options.run, out))
    if options.against:
        run = replace(run, drift=drift(read_run(find_compared(options.against, out)), run))
    gate = gate_for(run, options)
    if gate.compares() and run.drift is None:
        raise UsageError(f"run {run.id} was compared with no other, which the gate '{gate}' needs; add --against RUN")
    outcome = judge_gate(run, gate)
    other = run.drift.against if run.drift and gate.compares() else ""
    against = f", against run {other}" if other else ""
    covered = run.coverage
    print(f"run {run.id} of {run.started}{against}")
    print(f"coverage: {covered.servers_judged} of {covered.servers_planned} servers judged")
    print(f"exit code {outcome.exit_code.value}: {outcome.reason}")
    return outcome.exit_code


def gate_for(run: Run, options: argparse.Namespace) -> Gate:
    """Return the gate of the options; what they leave open is as in the run's own."""
    return parse_gate(options.fail_on or [run.fail_on], options.min_coverage or run.min_coverage)
