"""`junit.xml`: a run for CI servers and their dashboards. One suite per server and policy, one test per check."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import chain, count, groupby
from operator import itemgetter

from auditor.formats.changed import Key, changes_of, counts_as_new
from auditor.formats.escape import shortened, visible, visible_lines
from auditor.formats.format import Format, one_file
from auditor.formats.junit_case import Names, cases, message, one_line, warning_text
from auditor.formats.junit_run import run_suite
from auditor.formats.junit_suite import Case, Suite, suite_xml, timestamp
from auditor.formats.sources import mapped_text, source_text
from auditor.model.drift import Change
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, in_order
from auditor.model.run import Host, JudgedPolicy, Run

_LONGEST_MESSAGE = 500
_RED = ("failure", "error")
_NONE: Iterator[Finding] = iter(())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """What suites are about: a server, or the fleet, which has no `host`; `classname` is one part, without dots.

    `findings` are to be gone through once, before the next place is asked for.
    """

    shown: str
    classname: str
    host: Host | None
    findings: Iterable[Finding]


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
    policies, changes = {policy.id: policy for policy in run.policies}, changes_of(run)
    for place in _places(run):
        if place.host is not None and place.host.status is Status.UNREACHABLE:
            yield _unreachable_suite(run, place, place.host.reason)
        for policy, findings in groupby(place.findings, lambda finding: finding.policy):
            yield _policy_suite(run, place, policies.get(policy), tuple(findings), changes)


def _places(run: Run) -> Iterator[_Place]:
    """Yield servers and fleet by name, a server without findings too; at most one policy's findings are held."""
    hosts, classnames = {host.name: host for host in run.hosts}, Names()
    nothing = ((name, _NONE) for name in sorted(hosts))
    judged = groupby(in_order(run.findings), lambda finding: finding.host)
    for name, parts in groupby(merge(nothing, judged, key=itemgetter(0)), itemgetter(0)):
        shown = "fleet" if name == FLEET else name
        yield _Place(
            shown=shown,
            classname=classnames.unique(_without_dots(shown)),
            host=hosts.get(name),
            findings=chain.from_iterable(part for _, part in parts),
        )


def _policy_suite(
    run: Run,
    place: _Place,
    policy: JudgedPolicy | None,
    findings: tuple[Finding, ...],
    changes: Mapping[Key, Change],
) -> Suite:
    name = findings[0].policy
    new = {finding.check for finding in findings if changes and counts_as_new(finding, changes)}
    warnings = [finding for finding in findings if finding.verdict is Verdict.WARN and finding.waiver is None]
    judged_by = _judged_by(policy) if policy else {}
    warned = {f"warning.{finding.check}": message(finding, is_new=finding.check in new) for finding in warnings}
    return Suite(
        name=f"{place.shown} / {name}",
        package=name,
        hostname=place.shown,
        timestamp=timestamp(run.started),
        properties={"run": run.id} | judged_by | _host_properties(place.host) | warned,
        cases=cases(findings, f"{place.classname}.{_without_dots(name)}", run.fail_on, new),
        output="\n".join(warning_text(finding) for finding in warnings),
    )


def _judged_by(policy: JudgedPolicy) -> dict[str, str]:
    about = {
        "policy.version": policy.version,
        "policy.digest": policy.digest,
        "policy.source": source_text(policy.source),
    }
    return about | {f"answers_to.{check.id}": said for check in policy.checks if (said := mapped_text(check))}


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


FORMAT = Format(
    name="junit", reader="CI servers and their dashboards", filename="junit.xml", files=one_file("junit.xml", _render)
)
