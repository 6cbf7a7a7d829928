"""The JSON Schema of `run.json`, generated from the classes that are written."""

from typing import Any

from auditor.formats.json import RunDocument
from auditor.model.run import SCHEMA
from auditor.schema.dataclasses import document_schema


def run_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema Draft 2020-12) of `run.json`; what `auditor schema run` prints."""
    return document_schema(RunDocument, SCHEMA)
