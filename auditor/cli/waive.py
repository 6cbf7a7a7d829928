"""`auditor waive`: accept a deviation that a stored run found, as an entry in a file of waivers."""

import argparse
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from auditor.claims import end_of
from auditor.cli.arguments import REPEATABLE, policies_named
from auditor.cli.waivers_option import known_policies
from auditor.errors import ExitCode, UsageError
from auditor.load.policy import load_policy
from auditor.load.waiver_file import add_waivers, existing_waivers
from auditor.load.waivers import read_date, zones
from auditor.model.finding import FLEET, Finding, Verdict, fingerprint
from auditor.model.policy import Policy
from auditor.model.waiver import Waiver
from auditor.probes import PROBES
from auditor.runs import find_run, read_run
from auditor.suggest import unknown

_LONGEST_VALUE = 200
_REFUSED = {
    Verdict.PASS: "passes there, so there is nothing to waive",
    Verdict.NOT_APPLICABLE: "does not apply there, so there is nothing to waive",
    Verdict.ERROR: "is not known there, and what is not known cannot be waived; see why, and audit again",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = REPEATABLE
    add = parser.add_argument
    add("--run", default="last", metavar="RUN", help="the run that found the deviation (default: last)")
    add("--check", required=True, metavar="ID", help="the check that deviates")
    add("--host", required=True, nargs="+", action="extend", metavar="NAME", help="where; '*' is the fleet (*)")
    add("--owner", required=True, help="who answers for it")
    add("--reason", required=True, help="why it is accepted")
    add("--ticket", default="", help="where it was decided")
    add("--expires", required=True, metavar="DATE", help="the last day it holds, like 2026-12-31")
    add("--zone", default="UTC", help="the time zone of that day, like Europe/Berlin (default: UTC)")
    add("--accept-value", action="store_true", help="accept only what was found, and no other value")
    add("--file", default="waivers.yaml", metavar="FILE", help="where it is written (default: waivers.yaml)")
    add(
        "--policy",
        action="append",
        default=[],
        metavar="NAME|PATH",
        help="the check's policy, or one the file needs (*)",
    )
    add("--out", default="reports", metavar="DIR", help="where runs are (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Write the entry, or say why not and write nothing."""
    _refuse_spoiled(options)
    folder, now, path = find_run(options.run, Path(options.out)), datetime.now(UTC), Path(options.file)
    stored = [load_policy(file, PROBES) for file in sorted((folder / "policies").glob("*.yaml"))]
    named = policies_named([name for name in options.policy if name not in {policy.id for policy in stored}])
    policies = known_policies([*stored, *named])
    findings = chosen(read_run(folder).findings, options.check, options.host, _wanted(options.policy, policies))
    taken = {waiver.id for waiver in existing_waivers(path, policies, now.date())}
    entries = list(_entries(findings, options, taken))
    if end_of(entries[0]) <= now:
        raise UsageError(f"--expires {options.expires} has passed; name a day to come")
    add_waivers(path, entries, policies, now.date())
    for entry in entries:
        print(f"{path}: waiver {entry.id} until the end of {entry.expires} ({entry.zone})")
    return ExitCode.COMPLIANT


def chosen(findings: Sequence[Finding], check: str, hosts: Sequence[str], policies: Collection[str]) -> list[Finding]:
    """Return the deviations named; `policies` are ids, empty for any. Raises `UsageError` for what is none."""
    about = [each for each in findings if each.check == check and (not policies or each.policy in policies)]
    if not about:
        raise UsageError(f"{unknown('check', check, {each.check for each in findings})} (of this run)")
    if len(several := sorted({each.policy for each in about})) > 1:
        raise UsageError(f"the check {check!r} is in {' and '.join(several)}; name one of them with --policy")
    places = {each.host.casefold(): each for each in about}
    for host in hosts:
        if host.casefold() not in places:
            raise UsageError(f"{unknown('server', host, {each.host for each in about})} (with {check} in this run)")
        found = places[host.casefold()]
        if found.verdict in _REFUSED:
            raise UsageError(f"{host}: {check} {_REFUSED[found.verdict]}")
    return [places[host] for host in dict.fromkeys(name.casefold() for name in hosts)]


def _refuse_spoiled(options: argparse.Namespace) -> None:
    if read_date(options.expires) is None:
        raise UsageError(f"--expires {options.expires!r} is no date; write year, month and day, like 2026-12-31")
    if options.zone not in zones():
        raise UsageError(unknown("time zone", options.zone, zones()))
    for name in ("owner", "reason"):
        if not getattr(options, name).strip():
            raise UsageError(f"--{name} is blank; write something")


def _wanted(names: Sequence[str], policies: Sequence[Policy]) -> set[str]:
    """Return the ids of the policies that `--policy` names, by id or by path."""
    return {policy.id for policy in policies if policy.id in names or policy.path in names}


def _entries(findings: Sequence[Finding], options: argparse.Namespace, taken: Collection[str]) -> Iterator[Waiver]:
    """Yield one entry, or with `--accept-value` one for each value that was found."""
    accepted = [_accepted(finding) if options.accept_value else "" for finding in findings]
    ids = set(taken)
    for value in dict.fromkeys(accepted):
        hosts = tuple(each.host for each, found in zip(findings, accepted, strict=True) if found == value)
        name = _free_id(options.check, hosts, ids)
        ids.add(name)
        yield Waiver(
            id=name,
            policy=findings[0].policy,
            checks=(options.check,),
            hosts=hosts,
            owner=options.owner,
            reason=options.reason,
            ticket=options.ticket,
            expires=options.expires,
            zone=options.zone,
            accepted=value,
        )


def _accepted(finding: Finding) -> str:
    is_plain = finding.actual.isprintable() and 0 < len(finding.actual) <= _LONGEST_VALUE
    return finding.actual if is_plain else fingerprint(finding)


def _free_id(check: str, hosts: Sequence[str], taken: Collection[str]) -> str:
    place = "fleet" if hosts[0] == FLEET else re.sub(r"[^a-z0-9]+", "-", hosts[0].partition(".")[0].lower()).strip("-")
    name = f"{check}-{place or 'server'}" + ("-and-others" if len(hosts) > 1 else "")
    numbers = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(free for free in numbers if free not in taken)
