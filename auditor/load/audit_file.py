"""An audit file -> `AuditFile`, or every problem in it; all paths in it are relative to the file."""

from pathlib import Path

from auditor.load.document import read_document
from auditor.load.node import top
from auditor.load.paths import beside, policy_beside
from auditor.load.structure import structure_problems
from auditor.model.audit_file import AuditFile
from auditor.model.run import FailOn
from auditor.schema.audit_file import audit_file_schema


def load_audit_file(path: Path) -> AuditFile:
    """Read an audit file; raises `DocumentError` with all problems."""
    document = read_document(path)
    document.refuse(structure_problems(document, audit_file_schema()))
    node = top(document)
    inputs = {name: value.plain() for name, value in node["inputs"].fields()}
    return AuditFile(
        policies=tuple(policy_beside(path, policy) for policy in node["policies"].texts()),
        inventory=beside(path, node["inventory"].text()),
        hosts=node["hosts"].texts(),
        inputs={name: value for name, value in inputs.items() if value is not None},
        formats=node["formats"].texts(),
        out=beside(path, node["out"].text()),
        fail_on=FailOn(node["fail_on"].text()) if "fail_on" in node else None,
        jobs=node["jobs"].number(),
        timeout=node["timeout"].number(),
    )
