"""How long the HTML report takes to write, how much memory, and how soon Chromium shows it: 1,000 servers x 100 checks.

    python tests/benchmarks/bench_html.py [--quick | SERVERS [CHECKS]]

It makes a run in memory in which every tenth server was not reached and every value is a text of its own on one server
in five, with answers and changes. It renders the report in a process of its own, and prints seconds on the clock and
the most memory that process held, of which the run itself is told apart. Then it opens the file (Playwright for Python,
Debian's Chromium) and prints when the matrix and the list stood there, and how long a search, a filter and a far
scroll took.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory

from measuring import say

from auditor.formats.format import pieces
from auditor.formats.html import FORMAT
from auditor.model.answer import Answer, Observed
from auditor.model.drift import Cause, Change, ChangeKind, Drift, State
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Scope, Severity, Source
from auditor.model.run import Coverage, Host, JudgedCheck, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark
from auditor.summary import count

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
POLICIES = 4
BEGAN, BEFORE = "2026-11-24T02:00:00Z", "2026-11-20T02:00:00Z"
MARK = WaiverMark(id="until-the-move", owner="Jane Doe", reason="Moves in March.", ticket="CHG-1", expires="2027-03-31")
SEEN = """new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
const row = document.querySelector('#list a.row'), cell = document.querySelector('#matrix td[data-sign]');
done(row && cell ? performance.now() : 0) })))"""

SHOWING = """new Promise((done) => { location.hash = '%s'; addEventListener('hashchange', () =>
requestAnimationFrame(() => requestAnimationFrame(done)), { once: true }) })"""
SCROLLING = """new Promise((done) => { scrollTo({ top: document.body.scrollHeight / 2, behavior: 'instant' });
setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done))) })"""


def main() -> None:
    """Render, open, print the figures."""
    words = ["20", "10"] if sys.argv[1:] == ["--quick"] else sys.argv[1:]
    servers, checks = (int(word) for word in [*words, "1000", "100"][:2])
    with TemporaryDirectory(prefix="bench-html-") as folder:
        file = Path(folder) / "report.html"
        say(f"{servers} servers x {checks} checks")
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            if status:
                raise SystemExit("rendering failed")
        else:
            _render(servers, checks, file)
            os._exit(0)
        say(f"{'file':<26} {file.stat().st_size / 2**20:6.1f} MB")
        _open(file)


def synthetic_run(servers: int, checks: int) -> Run:
    """Return a run of so many servers and checks: every verdict, waivers, changes, servers not reached."""
    policies = tuple(_policy(number, checks) for number in range(POLICIES))
    hosts = tuple(_host(number, policies) for number in range(servers))
    findings = tuple(
        _finding(host, server, policy.id, check, policy.checks[check])
        for server, host in enumerate(hosts)
        for policy in policies
        for check in range(len(policy.checks))
    )
    changes = tuple(_change(finding) for finding in findings if finding.verdict in (Verdict.FAIL, Verdict.WARN))
    judged = sum(finding.verdict not in (Verdict.ERROR, Verdict.NOT_APPLICABLE) for finding in findings)
    silent = sum(host.status is Status.UNREACHABLE for host in hosts)
    return Run(
        id="bench",
        started=BEGAN,
        finished=BEGAN,
        version="bench",
        fail_on="fail",
        policies=policies,
        hosts=hosts,
        findings=findings,
        drift=Drift(against="the-night-before", changes=changes),
        coverage=Coverage(
            servers_planned=servers, servers_judged=servers - silent, checks_planned=len(findings), checks_judged=judged
        ),
        summary=count(findings),
        exit_code=3,
        exit_reason=f"evidence is missing: {silent} servers not reached",
    )


def answers(server: str) -> Mapping[str, Answer]:
    """Return the answers of a server, each a little other than everywhere else on one server in five."""
    own = server if int(server[3:7]) % 5 == 0 else "1"
    return {f"registry_value|name=Value{number:03}": Observed(data={"data": own}) for number in range(1000)}


def _policy(number: int, checks: int) -> JudgedPolicy:
    own = range(number, checks, POLICIES)
    return JudgedPolicy(
        id=f"policy-{number}",
        version="1",
        title=f"Policy {number}",
        digest="sha256:0",
        source=Source(document="The procedure", date="2008-03-18"),
        checks=tuple(
            JudgedCheck(
                id=f"value-{each:03}-is-as-demanded",
                title=f"Value {each} of Outlook Web Access is as the procedure demands",
                severity=list(Severity)[each % 5],
                level=Level.FAIL,
                scope=Scope.SERVER,
                probe="registry_value",
                rationale="Without it Outlook Web Access writes http into its links.",
                remediation="Back up the registry first. Then create the DWORD value, and run iisreset /noforce.",
                reference="Steps 5 to 10",
                mappings={"NIST SP 800-53 Rev. 5": ("CM-6",)},
            )
            for each in own
        ),
    )


def _host(number: int, policies: tuple[JudgedPolicy, ...]) -> Host:
    silent = number % 10 == 7
    return Host(
        name=f"cas{number:04}.corp.example",
        groups=(f"site-{number % 7}",),
        policies=tuple(policy.id for policy in policies),
        status=Status.UNREACHABLE if silent else Status.REACHED,
        reason="connection refused; check that WinRM runs there: winrm quickconfig" if silent else "",
    )


def _finding(host: Host, server: int, policy: str, number: int, check: JudgedCheck) -> Finding:
    rolled = (server * 7919 + number * 104_729) % 97
    verdict = Verdict.PASS
    if host.status is Status.UNREACHABLE:
        verdict = Verdict.ERROR
    elif rolled < 5:
        verdict = (Verdict.FAIL, Verdict.WARN, Verdict.NOT_APPLICABLE, Verdict.FAIL, Verdict.ERROR)[rolled]
    own = host.name if server % 5 == 0 else "1"
    return Finding(
        host=host.name,
        policy=policy,
        check=check.id,
        title=check.title,
        level=check.level,
        severity=check.severity,
        verdict=verdict,
        expected="type equals 'REG_DWORD'; value equals 1",
        actual=f"REG_SZ '{own}'" if verdict in (Verdict.FAIL, Verdict.WARN) else f"REG_DWORD {own}",
        reason=host.reason if verdict is Verdict.ERROR else "",
        reference=check.reference,
        remediation=check.remediation,
        questions=(f"registry_value|name=Value{number:03}",),
        waiver=MARK if rolled == 0 and server % 3 == 0 and verdict is Verdict.FAIL else None,
    )


def _change(finding: Finding) -> Change:
    fresh = finding.host.endswith("3.corp.example")
    return Change(
        host=finding.host,
        policy=finding.policy,
        check=finding.check,
        kind=ChangeKind.NEW_DEVIATION if fresh else ChangeKind.STILL_DEVIATING,
        causes=(Cause.SERVER,) if fresh else (),
        before=State(verdict=Verdict.PASS if fresh else finding.verdict, actual=""),
        after=State(verdict=finding.verdict, actual=finding.actual),
        since=BEGAN if fresh else BEFORE,
        text=f"deviates now: {finding.verdict} ({finding.actual}); the server changed" if fresh else "still deviates",
    )


def _render(servers: int, checks: int, file: Path) -> None:
    run = synthetic_run(servers, checks)
    held = getrusage(RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    with file.open("wb") as report:
        report.writelines(pieces(FORMAT, run, answers))
    used = getrusage(RUSAGE_SELF).ru_maxrss
    seconds = time.perf_counter() - began
    say(f"{'rendered':<26} {seconds:6.2f} s {used / 1024:6.0f} MB, of which the run {held / 1024:.0f} MB")


def _open(file: Path) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # rendering is measured without it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        began = time.perf_counter()
        page.goto(file.as_uri())
        shown = page.evaluate(SEEN)
        if not shown:
            raise SystemExit("the page shows no findings")
        say(f"{'opened':<26} {time.perf_counter() - began:6.2f} s, {shown / 1000:.2f} s by the page's own clock")
        for name, address in (
            ("search", "#q=reg_sz%20cas0045"),
            ("filter by verdict", "#verdict=fail"),
            ("all again", "#sort=worst"),
        ):
            began = time.perf_counter()
            page.evaluate(SHOWING % address)
            say(f"{name:<26} {time.perf_counter() - began:6.2f} s")
        began = time.perf_counter()
        page.evaluate(SCROLLING)
        say(f"{'far scroll':<26} {time.perf_counter() - began:6.2f} s")
        browser.close()


if __name__ == "__main__":
    main()
