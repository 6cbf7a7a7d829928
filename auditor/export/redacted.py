"""A run folder -> the same run with names hidden, everywhere and consistently, in another folder."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor import evidence_store
from auditor.audit import Judged, kept_as
from auditor.errors import DocumentError, UsageError
from auditor.evaluate import ready
from auditor.export.bundle import Hidden
from auditor.export.finding_names import Finder
from auditor.export.judged_again import as_before
from auditor.export.material import JudgedBy, Material
from auditor.export.names import Names
from auditor.export.redact import Redactor
from auditor.export.said import all_texts, find_in_evidence, find_in_policy, find_in_run, find_in_waivers, texts_about
from auditor.export.waivers_hidden import Hiding, hidden_waivers
from auditor.formats.escape import visible_lines
from auditor.load.policy import load_policy
from auditor.model.finding import Finding
from auditor.model.policy import Policy
from auditor.model.run import Run
from auditor.probes import PROBES
from auditor.report import EVIDENCE, WAIVERS
from auditor.schema.waivers import LONGEST_MAXIMUM
from auditor.spool import Spool


def redacted(material: Material, kinds: Collection[Hidden], key: bytes, folder: Path) -> tuple[Run, Names]:
    """Write evidence, policies and waivers with these kinds of names hidden; return the run, and the names.

    The findings are those that follow from the redacted evidence. Raises `UsageError` when they are not those of the
    run with names hidden.
    """
    judged_by = material.judged_by()
    names = names_in(material, judged_by, kinds, key)
    redactor = Redactor(names)
    policies = [_hidden_policy(policy, redactor, folder) for policy in judged_by.policies]
    judged = Judged(policies=tuple(ready(policy, PROBES) for policy in policies), spool=Spool(folder))
    with (folder / EVIDENCE).open("xb") as file:
        for evidence in map(redactor.value, material.evidences()):
            file.write(evidence_store.write(evidence).encode("ascii") + b"\n")
            judged.add(evidence)
    findings = as_before(judged.findings(), material.run.findings, redactor)
    if judged_by.waivers:
        hiding = Hiding(redactor=redactor, servers=Hidden.HOSTS in kinds)
        _write_waivers(hidden_waivers(judged_by.waivers, material.run, findings, hiding), folder)
    return _hidden_run(material.run, findings, policies, redactor), names


def names_in(material: Material, judged_by: JudgedBy, kinds: Collection[Hidden], key: bytes) -> Names:
    """Return every name of these kinds in a run and what it rests on."""
    names = Names(key)
    finder = Finder(names, kinds)
    for evidence in material.evidences():
        find_in_evidence(evidence, finder)
    find_in_run(material.run, finder, set(names.known))
    find_in_waivers(judged_by.waivers, finder)
    for policy in judged_by.policies:
        find_in_policy(policy.text, finder)
    finder.below_domains(lambda: _texts(material, judged_by))
    return names


def _texts(material: Material, judged_by: JudgedBy) -> Iterator[str]:
    for evidence in material.evidences():
        yield from all_texts(evidence)
    yield from texts_about(material.run)
    yield from (policy.text for policy in judged_by.policies)
    for waiver in judged_by.waivers:
        yield from (waiver.owner, waiver.reason, waiver.ticket, *waiver.hosts)


def _hidden_policy(policy: Policy, redactor: Redactor, folder: Path) -> Policy:
    """Write the policy's text with names hidden, and read it again, so that it is judged by what is in the export."""
    path = folder / kept_as(replace(policy, id=redactor.text(policy.id)))
    path.parent.mkdir(exist_ok=True)
    path.write_text(redactor.text(policy.text), encoding="utf-8", newline="")
    try:
        return load_policy(path, PROBES)
    except DocumentError as error:
        raise UsageError(
            f"policy {policy.id} cannot be read any more with names hidden: one is also a word of the policy's own; "
            f"hide less with --redact ({error.problems[0]})"
        ) from error


def _hidden_run(run: Run, findings: tuple[Finding, ...], policies: Sequence[Policy], redactor: Redactor) -> Run:
    digests: Mapping[str, str] = {policy.id: policy.digest for policy in policies}
    judged = [redactor.value(each) for each in run.policies]
    return replace(
        run,
        evidence_of=redactor.text(run.evidence_of),
        fail_on=redactor.text(run.fail_on),
        policies=tuple(replace(each, digest=digests.get(each.id, each.digest)) for each in judged),
        hosts=tuple(sorted(map(redactor.value, run.hosts), key=lambda host: host.name)),
        findings=findings,
        waivers=redactor.value(run.waivers),
        drift=redactor.value(run.drift),
        exit_reason=redactor.text(run.exit_reason),
    )


def _write_waivers(waivers: Iterable[Mapping[str, Any]], folder: Path) -> None:
    # JSON is YAML, but for letters that are two \u escapes in JSON and one \U escape in YAML
    text = json.dumps({"maximum_days": LONGEST_MAXIMUM, "waivers": list(waivers)}, indent=2, ensure_ascii=False)
    path = folder / WAIVERS / "waivers.yaml"
    path.parent.mkdir()
    path.write_text("\n".join(visible_lines(text)) + "\n", encoding="utf-8", newline="")
