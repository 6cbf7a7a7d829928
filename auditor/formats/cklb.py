"""Checklists of STIG Viewer 3 (CKLB), which STIG Manager and eMASS read as well: one per server, one for the fleet.

There is no published schema; the members are those that STIG Viewer 3 writes. A deviation is `open`, also when it is a
warning or waived: an accepted risk stays open, and its comment says who accepts it. What is not known is
`not_reviewed`. Findings about the fleet have a checklist of their own: repeated in each server's, they would count once
per server. `run.cklb` is about the run as a whole.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from auditor.formats.cklb_rule import rule, rule_about
from auditor.formats.escape import visible
from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.json_text import members
from auditor.formats.sources import source_text
from auditor.formats.stig import (
    RUN_BENCHMARK,
    Book,
    about_run,
    about_server,
    benchmark_id,
    book_of,
    file_stem,
    part,
    target,
)
from auditor.model.finding import FLEET, Finding, in_order
from auditor.model.run import Host, Run

Stig: TypeAlias = dict[str, Any]
"""A member of a checklist's `stigs`."""


def _files(run: Run, answers: Answers) -> Iterator[ReportFile]:
    book = book_of(run, answers)
    taken, seen = set[str](), set[str]()

    def named(name: str, content: Iterator[bytes]) -> ReportFile:
        return ReportFile(name=f"cklb/{file_stem(name, taken)}.cklb", content=content)

    yield named("run", _of_run(run))
    for name, group in groupby(in_order(run.findings), lambda finding: finding.host):
        seen.add(name)
        yield named("fleet" if name == FLEET else name, _judged(book, name, tuple(group)))
    for name in sorted(book.hosts.keys() - seen):
        yield named(name, _of_server(run, book.hosts[name]))


def _judged(book: Book, name: str, findings: Iterable[Finding]) -> Iterator[bytes]:
    """Return the checklist of one server, or of the fleet, whose findings stand in their order."""
    groups = groupby(findings, lambda finding: finding.policy)
    stigs = (_stig(book, name, policy, group) for policy, group in groups)
    return _checklist(book.run, name, about_server(book.hosts.get(name)), stigs)


def _of_run(run: Run) -> Iterator[bytes]:
    notes = list(about_run(run))
    stig = _about(run, FLEET, "run", "The audit as a whole", "\n".join(notes))
    return _checklist(run, FLEET, notes[0], iter([stig]))


def _of_server(run: Run, host: Host) -> Iterator[bytes]:
    """Return the checklist of a server of which there is no finding.

    Without a rule STIG Manager would refuse the file, and the server be missing.
    """
    said = about_server(host) or "no check was judged"
    return _checklist(run, host.name, said, iter([_about(run, host.name, "server-read", "The server is read", said)]))


def _checklist(run: Run, name: str, comments: str, stigs: Iterator[Stig]) -> Iterator[bytes]:
    document = {
        "title": part(f"{target(name)}, auditor run {run.id}"),
        "id": _uuid(run, name, comments),
        "stigs": stigs,
        "active": True,
        "mode": 2,
        "has_path": False,
        "target_data": _target_data(name, comments),
        "cklb_version": "1.0",
    }
    yield from members(document)
    yield b"\n"


def _stig(book: Book, name: str, policy: str, findings: Iterable[Finding]) -> Stig:
    identifier, known = _uuid(book.run, name, policy), book.policies.get(policy)
    known_answers = book.answers(name)
    rules = [
        rule(book, each, known_answers) | {"uuid": _uuid(book.run, name, policy, each.check), "stig_uuid": identifier}
        for each in findings
    ]
    about = {
        "release_info": part(f"{known.digest}, {source_text(known.source)}") if known else "",
        "version": part(known.version) if known else "1",
    }
    return _written(identifier, part(known.title if known else policy), benchmark_id(policy), rules) | about


def _about(run: Run, name: str, check: str, title: str, said: str) -> Stig:
    identifier = _uuid(run, name, "", check)
    about = rule_about(check, title, said) | {"uuid": _uuid(run, name, "", check, "rule"), "stig_uuid": identifier}
    return _written(identifier, title, benchmark_id(RUN_BENCHMARK), [about])


def _written(uuid: str, title: str, stig_id: str, rules: list[dict[str, Any]]) -> Stig:
    return {
        "stig_name": title,
        "display_name": title,
        "stig_id": stig_id,
        "release_info": "",
        "version": "1",
        "uuid": uuid,
        "reference_identifier": "",
        "size": len(rules),
        "rules": rules,
    }


def _uuid(run: Run, *names: str) -> str:
    return str(uuid5(NAMESPACE_URL, visible("\0".join(["urn:auditor", run.id, *names]))))


def _target_data(name: str, comments: str) -> dict[str, Any]:
    return {
        "target_type": "Non-Computing" if name == FLEET else "Computing",
        "host_name": target(name),
        "ip_address": "",
        "mac_address": "",
        "fqdn": visible(name) if "." in name else "",
        "comments": comments,
        "role": "None",
        "is_web_database": False,
        "technology_area": "",
        "web_db_site": "",
        "web_db_instance": "",
        "classification": None,
    }


FORMAT = Format(name="cklb", reader="STIG Viewer 3, STIG Manager and eMASS", filename="cklb/run.cklb", files=_files)
