"""The schema of audit files: the options of `auditor run`."""

from auditor.model.audit_file import AuditFile
from auditor.schema.parts import DRAFT, Schema, inputs_given, object_of

_POSITIVE: Schema = {"type": "integer", "minimum": 1}

_GATE: list[Schema] = [
    {"type": "string", "minLength": 1},
    {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
]
_BY_POLICY: Schema = {"type": "object", "additionalProperties": {"anyOf": _GATE}, "minProperties": 1}

_OPTIONS = {
    "policies": "Names of shipped policies, or paths relative to this file.",
    "inventory": "The inventory's path, relative to this file.",
    "hosts": "Servers as NAME, NAME:PORT or [IPv6]:PORT.",
    "inputs": "Values for the inputs of policies.",
    "formats": "The report formats to write.",
    "out": "The folder for reports, relative to this file.",
    "fail_on": "The gate: what makes the exit code 1, as on the command line; or one for each policy id and `default`.",
    "min_coverage": "The share of servers that must be judged, for example 95%.",
    "waivers": "Accepted deviations: a file or folder, relative to this file.",
    "waiver_warning": "How long before its end a waiver is told to expire, for example 14d.",
    "against": "The run to compare with: an id, last, last~3, baseline:NAME or a date.",
    "store": "The history: a path relative to this file, or a URL; history.db in the folder for reports without it.",
    "notify": "Who is told of drift and failed gates: URLs, or references such as environment:NAME.",
    "log": "The file that events are appended to, relative to this file.",
    "log_format": "How events are written: text or json.",
    "jobs": "How many servers are audited at once.",
    "timeout": "Seconds that one server may take.",
    "deadline": "Seconds that the whole audit may take.",
    "retries": "How often a server is asked again after what can pass.",
    "executor": "What reads the servers: threads, or the scheduler of a cluster as dask:// or dask+tls:// HOST:PORT.",
}


def audit_file_schema() -> Schema:
    """Return the schema of an audit file."""
    shapes = {
        "inputs": inputs_given(),
        "fail_on": {"anyOf": [*_GATE, _BY_POLICY]},
        "log_format": {"enum": ["text", "json"]},
        "jobs": _POSITIVE,
        "timeout": _POSITIVE,
        "deadline": _POSITIVE,
        "retries": {"type": "integer", "minimum": 0},
        "executor": {"type": "string", "pattern": r"^(threads|dask(\+tls)?://[^/@\s]+)$"},
    }
    return {"$schema": DRAFT, "title": "auditor audit file", **object_of(AuditFile, _OPTIONS, shapes)}
