"""`hdf.json`: a run for MITRE Heimdall and SAF, in the Heimdall Data Format, which is InSpec's exec-json.

A profile is a policy on a server, and a control is one finding, not one check with a result for each server: readers of
the format conclude once for each control, the worst of its results first, and a waiver (`waiver_data`) and "not
applicable" (`impact` 0) are the control's. So one server's waiver would excuse the others, and the number of failed
controls would not be the number of failing findings. Ids are the same nowhere else in the file, because readers take
controls of the same id for one.

A server that was not reached is a profile with one control more, which is in error, so that it cannot be overlooked.

Read by: github.com/mitre/heimdall2, libs/inspecjs.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, groupby
from typing import Any

from auditor.formats.changed import changes_of
from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.hdf_control import About, control, not_reached
from auditor.formats.json_text import Pieces, members
from auditor.formats.sources import checks_of, source_text
from auditor.formats.told import line, notes_of, server_name, told
from auditor.model.evidence import Status
from auditor.model.finding import Finding, in_order
from auditor.model.run import Host, JudgedPolicy, Run


def _files(run: Run, answers: Answers) -> Iterator[ReportFile]:
    yield ReportFile(name="hdf.json", content=_render(run, answers))


def _render(run: Run, answers: Answers) -> Iterator[bytes]:
    silent = sorted((host for host in run.hosts if host.status is Status.UNREACHABLE), key=lambda host: host.name)
    seconds = (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
    yield from members(
        {
            "platform": {"name": "auditor", "release": line(run.version), "target_id": f"{len(run.hosts)} servers"},
            "version": line(run.version),
            "statistics": {"duration": seconds},
            "profiles": chain((_silent(host, run) for host in silent), _judged(run, answers)),
            "passthrough": {"auxiliary_data": [{"name": "auditor", "data": _about(run)}]},
        }
    )
    yield b"\n"


def _judged(run: Run, answers: Answers) -> Iterator[Pieces]:
    hosts, policies = {host.name: host for host in run.hosts}, {policy.id: policy for policy in run.policies}
    checks, changes = checks_of(run), changes_of(run)
    for (name, policy), findings in groupby(in_order(run.findings), lambda each: (each.host, each.policy)):
        about = About(
            run=run, policy=policies.get(policy), checks=checks, changes=changes, answers=answers(name), server=name
        )
        head = _profile(f"{line(policy)} on {server_name(name)}", about.policy, name, hosts.get(name))
        yield Pieces(members(head | {"controls": _controls(findings, about)}, 2))


def _controls(findings: Iterator[Finding], about: About) -> Iterator[dict[str, Any]]:
    return (control(each, about) for each in findings)


def _silent(host: Host, run: Run) -> Pieces:
    # names of profiles must be unique: that of a policy on a server begins with a small letter or a digit
    head = _profile(f"NOT REACHED: {server_name(host.name)}", None, host.name, host)
    return Pieces(members(head | {"controls": [not_reached(host, run)]}, 2))


def _profile(name: str, policy: JudgedPolicy | None, server: str, host: Host | None) -> dict[str, Any]:
    said = told(host.reason) if host else ""
    return {
        "name": name,
        "title": f"{line(policy.title)} on {server_name(server)}" if policy else name,
        "version": line(policy.version) if policy else "",
        "sha256": told(policy.digest.removeprefix("sha256:")) if policy else "",
        "summary": told(source_text(policy.source)) if policy else "",
        "description": f"{host.status}: {said}" if host and said else "",
        "status": "failed" if host and host.status is Status.UNREACHABLE else "loaded",
        "status_message": said,
        "supports": [],
        "groups": [],
        "attributes": [{"name": name, "options": {"value": value}} for name, value in _facts(server, host).items()],
    }


def _facts(server: str, host: Host | None) -> Mapping[str, str]:
    about = {"server": server_name(server)}
    if host is None:
        return about
    platform = {f"platform {line(name)}": told(value) for name, value in sorted(host.platform.items())}
    return about | {"status": host.status.value, "groups": told(", ".join(host.groups))} | platform


def _about(run: Run) -> dict[str, Any]:
    """Return what the format has no place for: readers hand it on as it is."""
    return {
        "run": told(run.id),
        "started": run.started,
        "finished": run.finished,
        "fail_on": told(run.fail_on),
        "exit_code": run.exit_code,
        "summary": {name: run.summary[name] for name in sorted(run.summary)},
        "notes": [f"{about}: {told(said)}" for about, said in notes_of(run)],
    }


FORMAT = Format(name="hdf", reader="MITRE Heimdall and SAF, eMASS by way of them", filename="hdf.json", files=_files)
