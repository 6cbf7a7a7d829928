"""How long `auditor diff` takes, and how much memory, for two runs of 1,000 servers x 100 checks.

    python tests/benchmarks/bench_drift.py [--quick | SERVERS [CHECKS]]

It makes runs in a temporary folder: a first night, a usual second one (one check in a thousand changed), and two after
the policy was edited and every server changed: all to the same value, and each to a value of its own. Then it compares
each with the first in a process of its own, the last also as JSON, and prints seconds on the clock, in brackets seconds
of the processor (what else the machine does disturbs them less), and the most memory that process held. Reading each
`run.json` is part of it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from measuring import say
from subject import evidence_of, load_bench

from auditor import evidence_store
from auditor.evaluate import Bench, judge, ready
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding
from auditor.model.policy import Policy
from auditor.model.run import Coverage, Host, JudgedPolicy, Run
from auditor.probes import PROBES
from auditor.report import RunFolder
from auditor.summary import count

COMPARE = """
import argparse, sys
from auditor.cli import diff
parser = argparse.ArgumentParser()
diff.arguments(parser)
sys.exit(diff.execute(parser.parse_args(sys.argv[1:])))
"""


NIGHTS: tuple[tuple[str, int, Callable[[int], int]], ...] = (
    ("the first night", 1, lambda _: 1),
    ("1 check in 1000 changed", 1, lambda number: int(number % 1000 != 0)),
    ("everything changed", 2, lambda _: 0),
    ("everything, each otherwise", 2, lambda number: number + 3),
)
"""What a night is, the value that its policy expects, and the value that is found by the number of server and check."""


def main() -> None:
    """Make the runs, compare them, print the figures."""
    words = ["20", "10"] if sys.argv[1:] == ["--quick"] else sys.argv[1:]
    servers, checks = (int(word) for word in [*words, "1000", "100"][:2])
    with TemporaryDirectory(prefix="bench-drift-") as folder:
        out = Path(folder)
        for night, (_, operand, value) in enumerate(NIGHTS, start=1):
            evidence = (evidence_of(server, checks, value) for server in range(servers))
            _night(out, f"night-{night}", load_bench(out, checks, operand), evidence)
        say(f"{servers} servers x {checks} checks")
        for night, (name, _, _) in enumerate(NIGHTS[1:], start=2):
            _say_compared(name, out, f"night-{night}", "text")
        _say_compared("the same as JSON", out, f"night-{len(NIGHTS)}", "json")


def _night(out: Path, name: str, policy: Policy, evidence: Iterator[Evidence]) -> None:
    findings: list[Finding] = []
    hosts: list[Host] = []
    judge_by = ready(policy, PROBES)
    with RunFolder(out, name) as folder:
        for each in evidence:
            folder.add_evidence(evidence_store.write(each).encode("ascii"))
            findings += judge(judge_by, Bench(evidence=each, inputs={}))
            hosts.append(Host(name=each.server, policies=each.policies, status=each.status))
        folder.store("policies/bench.yaml", [policy.text.encode()])
        folder.finish(_run(name, policy, hosts, findings), ())


def _run(name: str, policy: Policy, hosts: list[Host], findings: list[Finding]) -> Run:
    judged = JudgedPolicy(id=policy.id, version="1", title=policy.title, digest=policy.digest, source=policy.source)
    total = len(findings)
    return Run(
        id=name,
        started=f"2026-11-2{name[-1]}T02:00:00Z",
        finished=f"2026-11-2{name[-1]}T02:10:00Z",
        version="bench",
        fail_on="fail",
        policies=(judged,),
        hosts=tuple(hosts),
        findings=tuple(findings),
        coverage=Coverage(
            servers_planned=len(hosts), servers_judged=len(hosts), checks_planned=total, checks_judged=total
        ),
        summary=count(findings),
        exit_code=0,
        exit_reason="",
    )


def _say_compared(name: str, out: Path, after: str, printed: str) -> None:
    clock, processor, megabytes, lines = _compared(out, "night-1", after, printed)
    say(f"{name:<26} {clock:6.2f} s ({processor:.2f} s) {megabytes:6.0f} MB  {lines} lines printed")


def _compared(out: Path, before: str, after: str, printed: str) -> tuple[float, float, float, int]:
    """Return seconds on the clock and of the processor, megabytes and printed lines of one comparison."""
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", COMPARE, before, after, "--out", str(out), "--format", printed],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    lines = sum(1 for _ in child.stdout)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise SystemExit(f"the comparison ended with {child.returncode}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, lines


if __name__ == "__main__":
    main()
