"""The JSON Schema of `run.json`, generated from the classes that are written."""

from typing import Any

from auditor.formats.json import RunDocument
from auditor.model.run import SCHEMA
from auditor.schema.dataclasses import schema_of


def run_schema() -> dict[str, Any]:
    """Return the schema (JSON Schema Draft 2020-12) of `run.json`; what `auditor schema run` prints."""
    schema = schema_of(RunDocument)
    schema["properties"]["schema"] = {"const": SCHEMA}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:auditor:schema:{SCHEMA.replace('/', ':')}",
    } | schema
