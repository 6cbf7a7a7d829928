"""How long the formats for whole fleets take, and how much memory, for 1,000 servers x 1,000 checks.

    python tests/benchmarks/bench_formats.py [--quick | SERVERS [CHECKS [FORMAT ...]]]

The findings are a sequence that makes each finding when it is asked for, so that what is measured is what the format
holds, and not the run. Every format is written in a process of its own to a temporary folder. Printed are seconds on
the clock and of the processor, the most memory that process held, and how many files of how many megabytes there are.
One finding in twenty deviates, one server in a hundred was not reached, and the run was compared with another in which
one finding in a hundred was different.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import overload

from measuring import say

from auditor.formats import FORMATS
from auditor.formats.format import no_answers
from auditor.model.drift import Cause, Change, ChangeKind, Drift, State
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Scope, Severity, Source
from auditor.model.run import Coverage, Host, JudgedCheck, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark

WANTED = ("junit", "sarif", "csv", "json")
POLICY = "bench"
REMEDIATION = (
    "Back up the registry first. Then, in Registry Editor, create the DWORD value with the data 1, and run "
    "iisreset /noforce. Needs the Exchange Server Administrator role and local Administrators."
)
WAIVER = WaiverMark(id="until-june", owner="Jane Doe", reason="It is replaced.", ticket="CHG-1", expires="2027-06-30")


class Findings(Sequence[Finding]):
    """Every check on every server, in the order of reports, none of them kept."""

    def __init__(self, servers: int, checks: int) -> None:
        self._checks = checks
        self._length = servers * checks

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Finding]:
        return (self._made(number) for number in range(self._length))

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Finding]: ...
    def __getitem__(self, place: int | slice) -> Finding | Sequence[Finding]:
        numbers = range(self._length)[place]
        return self._made(numbers) if isinstance(numbers, int) else [self._made(number) for number in numbers]

    def _made(self, number: int) -> Finding:
        server, check = divmod(number, self._checks)
        verdict = _verdict(server, number)
        deviates = verdict is Verdict.FAIL or verdict is Verdict.WARN
        return Finding(
            host=_name(server),
            policy=POLICY,
            check=_check(check),
            title=f"Value {check} of Outlook Web Access is as the procedure demands",
            level=Level.FAIL,
            severity=Severity.HIGH,
            verdict=verdict,
            expected="present equals true; type equals 'REG_DWORD'; value equals 1",
            actual=f"REG_DWORD {number % 7}" if deviates else "REG_DWORD 1",
            reason="" if verdict is Verdict.PASS else f"the value is {number % 7}, which Exchange does not read",
            reference="Steps 5 to 10",
            remediation=REMEDIATION,
            questions=(rf"registry_value|hive=HKLM|key=SYSTEM\MSExchange OWA|name=Value{check:04}|view=64",),
            waiver=WAIVER if deviates and number % 5 == 0 else None,
        )


def main() -> None:
    """Write each format in a process of its own, print the figures."""
    if sys.argv[1:2] == ["--write"]:
        _write(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
        return
    words = ["20", "10"] if sys.argv[1:] == ["--quick"] else sys.argv[1:]
    servers, checks = (int(word) for word in [*words[:2], "1000", "1000"][:2])
    say(f"{servers} servers x {checks} checks")
    for name in words[2:] or WANTED:
        if name in FORMATS:
            say(_measured(name, servers, checks))


def _measured(name: str, servers: int, checks: int) -> str:
    with TemporaryDirectory(prefix="bench-formats-") as folder:
        started = time.perf_counter()
        child = subprocess.Popen([sys.executable, __file__, "--write", name, folder, str(servers), str(checks)])
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{name} ended with {child.returncode}")
        clock, worked = time.perf_counter() - started, used.ru_utime + used.ru_stime
        written = [file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()]
    return (
        f"{name:<8} {clock:6.1f} s {worked:6.1f} s of processor {used.ru_maxrss / 1024:6.0f} MB, "
        f"written {sum(written) / 1e6:6.0f} MB in {len(written)} files"
    )


def _write(name: str, folder: Path, servers: int, checks: int) -> None:
    for file in FORMATS[name].files(_run(servers, checks), no_answers):
        with (folder / file.name).open("xb") as target:
            for piece in file.content:
                target.write(piece)


def _run(servers: int, checks: int) -> Run:
    findings = Findings(servers, checks)
    silent = [number for number in range(servers) if _is_silent(number)]
    return Run(
        id="bench",
        started="2026-11-24T02:00:00Z",
        finished="2026-11-24T02:10:00Z",
        version="bench",
        fail_on="fail",
        policies=(_policy(checks),),
        hosts=tuple(_host(number) for number in range(servers)),
        findings=findings,
        drift=Drift(against="the-night-before", changes=tuple(_changes(servers, checks))),
        coverage=Coverage(
            servers_planned=servers,
            servers_judged=servers - len(silent),
            checks_planned=len(findings),
            checks_judged=len(findings) - len(silent) * checks,
        ),
        summary=dict.fromkeys(Verdict, 0),
        exit_code=3,
        exit_reason="evidence is missing",
    )


def _policy(checks: int) -> JudgedPolicy:
    judged = tuple(
        JudgedCheck(
            id=_check(number),
            title=f"Value {number} of Outlook Web Access is as the procedure demands",
            severity=Severity.HIGH,
            level=Level.FAIL,
            scope=Scope.SERVER,
            probe="registry_value",
            rationale="Without it Outlook Web Access writes http into its links, and users are refused.",
            remediation=REMEDIATION,
            reference="Steps 5 to 10",
            mappings={"NIST SP 800-53 Rev. 5": ("CM-6", "SC-8")},
            line=10 + 9 * number,
        )
        for number in range(checks)
    )
    source = Source(document="How to Configure SSL Offloading", date="2008-03-18")
    return JudgedPolicy(
        id=POLICY, version="1", title="Bench", digest="sha256:0", source=source, file="bench.yaml", checks=judged
    )


def _host(number: int) -> Host:
    status, reason = (Status.UNREACHABLE, "connection refused") if _is_silent(number) else (Status.REACHED, "")
    return Host(name=_name(number), groups=("cas",), policies=(POLICY,), status=status, reason=reason)


def _changes(servers: int, checks: int) -> Iterator[Change]:
    for number in range(0, servers * checks, 100):
        server, check = divmod(number, checks)
        verdict = _verdict(server, number)
        yield Change(
            host=_name(server),
            policy=POLICY,
            check=_check(check),
            kind=ChangeKind.NEW_DEVIATION if verdict is Verdict.FAIL else ChangeKind.RESOLVED,
            causes=(Cause.SERVER,),
            before=State(verdict=Verdict.PASS if verdict is Verdict.FAIL else Verdict.FAIL, actual="REG_DWORD 0"),
            after=State(verdict=verdict, actual="REG_DWORD 1"),
            since="2026-11-24T02:00:00Z",
            text="the value changed",
        )


def _verdict(server: int, number: int) -> Verdict:
    if _is_silent(server):
        return Verdict.ERROR
    return {0: Verdict.FAIL, 7: Verdict.WARN, 9: Verdict.NOT_APPLICABLE}.get(number % 40, Verdict.PASS)


def _is_silent(server: int) -> bool:
    return server % 100 == 99


def _name(server: int) -> str:
    return f"cas{server:05}.corp.example"


def _check(number: int) -> str:
    return f"value-{number:05}"


if __name__ == "__main__":
    main()
