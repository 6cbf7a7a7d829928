"""`junit.xml`: a run for CI servers and their dashboards. One suite per server and policy, one test per check."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count, groupby

from auditor.formats.escape import shortened, visible, visible_lines
from auditor.formats.format import Format
from auditor.formats.junit_case import Key, cases, message, one_line, unique, warning_text
from auditor.formats.junit_run import new_in, run_suite
from auditor.formats.junit_suite import Case, Suite, suite_xml, timestamp
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, order
from auditor.model.run import Host, JudgedPolicy, Run

_LONGEST_MESSAGE = 500
_RED = ("failure", "error")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """What suites are about: a server, or the fleet, which has no `host`; `classname` is one part, without dots."""

    shown: str
    classname: str
    host: Host | None
    findings: tuple[Finding, ...]


def _render(run: Run) -> Iterator[bytes]:
    numbers = count()
    red = False
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
    for suite in _suites(run):
        red = red or any(case.element in _RED for case in suite.cases)
        yield suite_xml(suite, next(numbers))
    about_run = run_suite(run, is_red=red)
    if about_run.cases:
        yield suite_xml(about_run, next(numbers))
    yield b"</testsuites>\n"


def _suites(run: Run) -> Iterator[Suite]:
    policies, new = {policy.id: policy for policy in run.policies}, new_in(run)
    for place in _places(run):
        if place.host is not None and place.host.status is Status.UNREACHABLE:
            yield _unreachable_suite(run, place, place.host.reason)
        for policy, findings in groupby(place.findings, lambda finding: finding.policy):
            yield _policy_suite(run, place, policies.get(policy), tuple(findings), new)


def _places(run: Run) -> Iterator[_Place]:
    hosts = {host.name: host for host in run.hosts}
    sorted_findings = sorted(run.findings, key=order)
    findings = {name: tuple(group) for name, group in groupby(sorted_findings, lambda finding: finding.host)}
    names = sorted(hosts.keys() | findings.keys())
    shown = ["fleet" if name == FLEET else name for name in names]
    classnames = unique(_without_dots(name) for name in shown)
    for name, title, classname in zip(names, shown, classnames, strict=True):
        yield _Place(shown=title, classname=classname, host=hosts.get(name), findings=findings.get(name, ()))


def _policy_suite(
    run: Run, place: _Place, policy: JudgedPolicy | None, findings: tuple[Finding, ...], new: Collection[Key]
) -> Suite:
    name = findings[0].policy
    warnings = [finding for finding in findings if finding.verdict is Verdict.WARN and finding.waiver is None]
    judged_by = {"policy.version": policy.version, "policy.digest": policy.digest} if policy else {}
    warned = {f"warning.{finding.check}": message(finding, is_new=order(finding) in new) for finding in warnings}
    return Suite(
        name=f"{place.shown} / {name}",
        package=name,
        hostname=place.shown,
        timestamp=timestamp(run.started),
        properties={"run": run.id} | judged_by | _host_properties(place.host) | warned,
        cases=cases(findings, f"{place.classname}.{_without_dots(name)}", run.fail_on, new),
        output="\n".join(warning_text(finding) for finding in warnings),
    )


def _unreachable_suite(run: Run, place: _Place, reason: str) -> Suite:
    case = Case(
        name="the server is reached",
        classname=f"{place.classname}.collect",
        element="error",
        type="unreachable",
        message=shortened(one_line(reason), _LONGEST_MESSAGE),
        text="\n".join(visible_lines(reason)),
    )
    return Suite(
        name=f"{place.shown} / collect",
        package="collect",
        hostname=place.shown,
        timestamp=timestamp(run.started),
        properties={"run": run.id} | _host_properties(place.host),
        cases=(case,),
    )


def _host_properties(host: Host | None) -> dict[str, str]:
    if host is None:
        return {}
    return {
        "server.status": host.status.value,
        "server.reason": shortened(one_line(host.reason), _LONGEST_MESSAGE),
        **{f"server.platform.{name}": value for name, value in sorted(host.platform.items())},
        **{f"server.seconds.{phase}": f"{seconds:.3f}" for phase, seconds in sorted(host.timings.items())},
    }


def _without_dots(name: str) -> str:
    """Return the name as one part of a class name: Jenkins takes what stands before the last dot as the package."""
    return re.sub(r"[.\s]", "_", visible(name))


FORMAT = Format(name="junit", filename="junit.xml", render=_render)
