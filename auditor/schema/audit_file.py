"""The schema of audit files: the options of `auditor run`."""

from auditor.model.audit_file import AuditFile
from auditor.schema.parts import DRAFT, Schema, inputs_given, object_of

_POSITIVE: Schema = {"type": "integer", "minimum": 1}

_OPTIONS = {
    "policies": "Names of shipped policies, or paths relative to this file.",
    "inventory": "The inventory's path, relative to this file.",
    "hosts": "Servers as NAME, NAME:PORT or [IPv6]:PORT.",
    "inputs": "Values for the inputs of policies.",
    "formats": "The report formats to write.",
    "out": "The folder for reports, relative to this file.",
    "fail_on": "The gate: the least that makes the exit code 1.",
    "jobs": "How many servers are audited at once.",
    "timeout": "Seconds that one server may take.",
}


def audit_file_schema() -> Schema:
    """Return the schema of an audit file."""
    shapes = {"inputs": inputs_given(), "jobs": _POSITIVE, "timeout": _POSITIVE}
    return {"$schema": DRAFT, "title": "auditor audit file", **object_of(AuditFile, _OPTIONS, shapes)}
