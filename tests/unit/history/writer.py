"""A process of its own that stores runs, to be killed: `writer.py URL stuck ID` or `... many PREFIX COUNT`."""

import sys
import time
from collections.abc import Iterator

from auditor.history.store import Store, open_store
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.question import ask
from auditor.model.run import Coverage, Host, Run

SERVERS, CHECKS = 20, 10
HOSTS = tuple(f"host-{number}" for number in range(SERVERS))


def run_of(run_id: str, number: int) -> Run:
    started = f"2026-11-{1 + number // 24:02}T{number % 24:02}:00:00Z"
    findings = tuple(finding(host, check, number) for host in HOSTS for check in range(CHECKS))
    total = SERVERS * CHECKS
    return Run(
        id=run_id,
        started=started,
        finished=started,
        version="0.1.0",
        fail_on="fail",
        policies=(),
        hosts=tuple(Host(name=host, policies=("lights",), status=Status.REACHED) for host in HOSTS),
        findings=findings,
        coverage=Coverage(servers_planned=SERVERS, servers_judged=SERVERS, checks_planned=total, checks_judged=total),
        summary={},
        exit_code=0,
        exit_reason="",
    )


def finding(host: str, check: int, number: int) -> Finding:
    return Finding(
        host=host,
        policy="lights",
        check=f"check-{check}",
        title="",
        level=Level.FAIL,
        severity=Severity.LOW,
        verdict=Verdict.PASS,
        expected="",
        actual=f"{number // (check + 1)}",
        reason="",
        reference="",
        remediation="",
    )


def evidence_of(run: Run) -> Iterator[Evidence]:
    for host in HOSTS:
        yield Evidence(
            server=host,
            status=Status.REACHED,
            collected=run.started,
            collector="0.1.0",
            transport="winrm",
            answers={ask("light", room="hall"): Observed(data=run.id)},
        )


def stuck(run: Run) -> Iterator[Evidence]:
    """Yield most of the evidence, say so, and never go on: the transaction is open, its rows are written."""
    yield from evidence_of(run)
    sys.stdout.write("inside\n")
    sys.stdout.flush()
    time.sleep(600)


def store_stuck(store: Store, run_id: str) -> None:
    run = run_of(run_id, 40)
    with store.begin_run(run.id, run.started):
        store.record(run, stuck(run))


def store_many(store: Store, prefix: str, count: int) -> None:
    for number in range(count):
        run = run_of(f"{prefix}-{number}", number)
        with store.begin_run(run.id, run.started):
            store.record(run, evidence_of(run))
        sys.stdout.write(f"{run.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    url, mode, name, *rest = sys.argv[1:]
    with open_store(url) as opened:
        if mode == "stuck":
            store_stuck(opened, name)
        else:
            store_many(opened, name, int(rest[0]))
