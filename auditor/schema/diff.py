"""The JSON Schema of what `auditor diff --format json` prints, generated from the class that is printed."""

from typing import Any

from auditor.model.diff import SCHEMA, DiffDocument
from auditor.schema.dataclasses import document_schema


def diff_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema Draft 2020-12) of a comparison; what `auditor schema diff` prints."""
    return document_schema(DiffDocument, SCHEMA)
