"""An audit file -> `AuditFile`, or every problem in it; all paths in it are relative to the file."""

from collections.abc import Iterator
from pathlib import Path

from auditor.errors import UsageError
from auditor.load.document import read_document
from auditor.load.node import Node, top
from auditor.load.paths import beside, policy_beside, store_beside
from auditor.load.problem import Problem, without
from auditor.load.structure import structure_problems
from auditor.model.audit_file import AuditFile
from auditor.model.gate import gate_texts, parse_gate
from auditor.schema.audit_file import audit_file_schema


def load_audit_file(path: Path) -> AuditFile:
    """Read an audit file; raises `DocumentError` with all problems."""
    document = read_document(path)
    node = top(document)
    problems = structure_problems(document, audit_file_schema())
    document.refuse([*problems, *without(_gate_problems(node), problems)])
    inputs = {name: value.plain() for name, value in node["inputs"].fields()}
    return AuditFile(
        policies=tuple(policy_beside(path, policy) for policy in node["policies"].texts()),
        inventory=beside(path, node["inventory"].text()),
        hosts=node["hosts"].texts(),
        inputs={name: value for name, value in inputs.items() if value is not None},
        formats=node["formats"].texts(),
        out=beside(path, node["out"].text()),
        fail_on=_gate_texts(node["fail_on"]),
        min_coverage=node["min_coverage"].text(),
        waivers=beside(path, node["waivers"].text()),
        waiver_warning=node["waiver_warning"].text(),
        against=node["against"].text(),
        store=store_beside(path, node["store"].text()),
        notify=node["notify"].texts(),
        log=beside(path, node["log"].text()),
        log_format=node["log_format"].text(),
        jobs=node["jobs"].number(),
        timeout=node["timeout"].number(),
        deadline=node["deadline"].number(),
        retries=node["retries"].number(),
        executor=node["executor"].text(),
    )


def _gate_texts(gate: Node) -> tuple[str, ...]:
    """Return the texts of the gate, none where it has not the shape of one."""
    written = {name: each.text() or each.texts() for name, each in gate.fields()} or gate.text() or gate.texts()
    return gate_texts(written) if written else ()


def _gate_problems(node: Node) -> Iterator[Problem]:
    if problem := _refusal(_gate_texts(node["fail_on"]), ""):
        yield node["fail_on"].problem(problem)
    if problem := _refusal((), node["min_coverage"].text()):
        yield node["min_coverage"].problem(problem)


def _refusal(texts: tuple[str, ...], min_coverage: str) -> str:
    try:
        parse_gate(texts, min_coverage)
    except UsageError as error:
        return str(error)
    return ""
