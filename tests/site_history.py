"""A history to make a site of: six weeks of a small fleet with everything in it that a page can show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auditor.history.store import open_store
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Level, Scope, Severity, Source
from auditor.model.run import Coverage, Host, JudgedCheck, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark, WaiverNotes
from auditor.report import write_run

NIGHTS = 42
REPORT = b'<!DOCTYPE html><html lang="en"><title>A report</title><p>A report.'
HOSTILE = (
    "<script>window.ran = 1</script>", "\"><img src=http://x.example/y onerror='window.ran = 1'>", "../../etc/passwd",
    "con", "CAS01.corp.example", "a\u202eb\x00\x1b[31m", "\ud800", "{{ 7 * 7 }}{% raw %}", "javascript:alert(1)",
    "%2e%2e", "x" * 300, "=cmd|' /C calc'!A0", " ", "späße.example",
)  # fmt: skip
"""Names of servers as nobody would give them, and one that differs from another in capitals alone."""

_BEGIN = datetime(2026, 10, 1, 2, 30, tzinfo=UTC)
_POLICY = "exchange-2007-owa-ssl-offloading"
_OTHER = "windows-baseline"
_CHECKS = {
    "ssl-offloaded-set": (_POLICY, "The registry says that SSL is offloaded", Severity.HIGH),
    "ssl-not-required": (_POLICY, "OWA does not require SSL", Severity.HIGH),
    "activesync-not-offloaded": (_POLICY, "ActiveSync is not offloaded", Severity.MEDIUM),
    "smb1-disabled": (_OTHER, "SMB version 1 is off", Severity.CRITICAL),
    "clock-in-step": (_OTHER, "The clock is in step", Severity.LOW),
}
_MARK = WaiverMark(
    id="smb1-cas03",
    owner="Jane Doe <jane@corp.example>",
    reason="The scanner goes in December.",
    ticket="CHG-4711",
    expires="2026-12-31",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Where the store and the runs' folders are, and the runs."""

    store: Path
    folder: Path
    runs: tuple[Run, ...]


def make(folder: Path, *, hostile: bool = False, nights: int = NIGHTS) -> History:
    """Store the nights, and write the folder of the newest run with a report, of the one before without run.json."""
    names = [f"cas{number:02}.corp.example" for number in range(1, 9)] + list(HOSTILE if hostile else ())
    runs = tuple(_run(night, names, poison=HOSTILE[0] if hostile else "") for night in range(nights))
    store = folder / "history.db"
    with open_store(str(store)) as opened:
        for run in runs:
            opened.record(run, ())
    write_run(runs[-1], [], folder, extra={"report.html": [REPORT]})
    return History(store=store, folder=folder, runs=runs)


def _run(night: int, names: list[str], poison: str) -> Run:
    began = _BEGIN + timedelta(days=night)
    # the last server went out of use, the seventh does not answer every ninth night
    asked = [name for name in names if not (name.startswith("cas08") and night > 20)]
    silent = {name for name in asked if name.startswith("cas07") and night % 9 == 5}
    findings = [*_findings(night, asked, silent, poison), *_of_the_fleet(night)]
    counts = {verdict.value: sum(each.verdict is verdict for each in findings) for verdict in Verdict}
    hosts = tuple(_host(name, silent) for name in sorted(asked))
    return Run(
        id=f"{began:%Y%m%dT%H%M%SZ}-{night:04x}",
        started=f"{began:%Y-%m-%dT%H:%M:%SZ}",
        finished=f"{began + timedelta(minutes=9):%Y-%m-%dT%H:%M:%SZ}",
        version="0.1.0",
        fail_on="fail",
        policies=tuple(_policy(name, night) for name in (_POLICY, _OTHER)),
        hosts=hosts,
        findings=tuple(sorted(findings, key=lambda each: (each.host, each.policy, each.check))),
        waivers=WaiverNotes(expiring=(f"{_MARK.id} ({_MARK.owner}) expires at the end of {_MARK.expires} (UTC)",)),
        coverage=Coverage(
            servers_planned=len(asked),
            servers_judged=len(asked) - len(silent),
            checks_planned=len(findings),
            checks_judged=len(findings) - counts["error"],
        ),
        summary=counts,
        exit_code=3 if silent else 1,
        exit_reason=f"{counts['fail']} failing checks at or above the gate (fail on fail){poison}",
    )


def _host(name: str, silent: set[str]) -> Host:
    status, reason = Status.REACHED, ""
    if name in silent:
        status, reason = Status.UNREACHABLE, "connection refused; check that WinRM runs there: winrm quickconfig"
    return Host(name=name, groups=("cas",), policies=(_POLICY, _OTHER), status=status, reason=reason)


def _policy(name: str, night: int) -> JudgedPolicy:
    edited = name == _POLICY and night >= 15
    checks = tuple(
        JudgedCheck(
            id=check, title=title, severity=severity, level=Level.FAIL, scope=Scope.SERVER, probe="light",
            rationale="Without it users are refused.", remediation="Set it,\nthen restart IIS.", reference="step 1",
            mappings={"NIST SP 800-53 Rev. 5": ("CM-6",)},
        )
        for check, (policy, title, severity) in _CHECKS.items()
        if policy == name
    )  # fmt: skip
    return JudgedPolicy(
        id=name, version="1.1" if edited else "1.0", title=name.replace("-", " "), digest=f"sha256:{edited}",
        source=Source(document="How to Configure SSL Offloading", date="2008-03-18"), checks=checks,
    )  # fmt: skip


def _findings(night: int, names: list[str], silent: set[str], poison: str) -> Iterator[Finding]:
    for number, name in enumerate(names, start=1):
        for check, (policy, title, severity) in _CHECKS.items():
            verdict, actual = _found(check, number, night)
            reason = "" if verdict is Verdict.PASS else f"what was found is not what is demanded{poison}"
            if name in silent:
                verdict, actual, reason = Verdict.ERROR, "", "server not reached: connection refused"
            yield Finding(
                host=name, policy=policy, check=check, title=title, level=Level.FAIL, severity=severity,
                verdict=verdict, expected="1", actual=actual + poison, reason=reason, reference="step 1",
                remediation="Set it.", waiver=_waiver(check, name, night, verdict),
            )  # fmt: skip


def _waiver(check: str, name: str, night: int, verdict: Verdict) -> WaiverMark | None:
    if verdict not in (Verdict.FAIL, Verdict.WARN):
        return None
    if check == "smb1-disabled" and name.startswith("cas03") and night >= 20:
        return _MARK
    if check == "smb1-disabled" and name.startswith("cas02") and 5 <= night < 12:
        return WaiverMark(id="smb1-cas02", owner="Joe", reason="Soon.", ticket="", expires="2026-10-12")
    return None


def _found(check: str, number: int, night: int) -> tuple[Verdict, str]:
    fail, warn, passed = Verdict.FAIL, Verdict.WARN, Verdict.PASS
    table: Mapping[str, tuple[Verdict, str]] = {
        "ssl-offloaded-set": (passed, "REG_DWORD 1") if night >= number * 3 else (fail, "REG_DWORD 0"),
        "ssl-not-required": (fail, "required: /owa") if number == 4 and night % 2 else (passed, "nothing requires SSL"),
        "activesync-not-offloaded": (warn, f"offloaded, build {night // 14}") if number % 3 == 0 else (passed, "no"),
        "smb1-disabled": (fail, "SMB1 is on") if number in (2, 3) and night >= 4 else (passed, "off"),
        "clock-in-step": (Verdict.NOT_APPLICABLE, "") if number == 5 else (passed, "0.2 s"),
    }
    return table[check]


def _of_the_fleet(night: int) -> Iterator[Finding]:
    verdict, actual = (Verdict.FAIL, "1: some; 0: others") if night < 24 else (Verdict.PASS, "1")
    yield Finding(
        host=FLEET, policy=_POLICY, check="servers-agree", title="All servers agree", level=Level.FAIL,
        severity=Severity.HIGH, verdict=verdict, expected="the same on all", actual=actual,
        reason="2 different values" if night < 24 else "", reference="", remediation="",
    )  # fmt: skip
