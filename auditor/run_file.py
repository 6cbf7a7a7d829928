"""`run.json` -> run. The findings of a fleet are never held: they are read part by part, and put aside.

That takes the layout in which this program writes (`auditor.run_layout`). Any other layout is JSON as well and is read
whole, as are files that are damaged, to say where.
"""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any, BinaryIO, NoReturn

from auditor.formats.json import RunDocument, run_of
from auditor.model.finding import Finding, Findings
from auditor.model.run import SCHEMA, Run
from auditor.run_layout import BEGIN, END, Parts
from auditor.schema.dataclasses import value_of
from auditor.spool import Spool

_FINDINGS = "findings"
_READ = {"read": "in parts"}
_STAND_IN = b'{"read": "in parts"'
"""What stands in the list when its findings have been taken out of it; the brace at its end is left there."""


def parse_run(content: bytes) -> Run:
    """Return the run whose `run.json` this is; raise `ValueError`, saying where, for anything else."""
    return read_run_file(BytesIO(content))


def read_run_file(file: BinaryIO) -> Run:
    """Return the run whose `run.json` this is; raise `ValueError`, saying where, for anything else.

    The file is read to its end, and not needed any more.
    """
    try:
        return _run_of(*_in_parts(file))
    except ValueError:  # another layout, or no run at all: whoever reads it whole can tell
        file.seek(0)
        return _run_of(*_whole(file.read()))


def _run_of(document: Any, findings: Findings) -> Run:
    return replace(run_of(value_of(RunDocument, document)), findings=findings)


def _whole(content: bytes) -> tuple[Any, Findings]:
    """Return the document without findings, and these; raise `ValueError` for what is no run of this version."""
    document, spool = _parsed(content), Spool()
    if not isinstance(document, dict):
        return document, spool.findings()
    if (schema := document.get("schema")) != SCHEMA:
        raise ValueError(f"schema {schema!r} is not {SCHEMA}, the only one this version reads")
    found = document.get(_FINDINGS)
    if not isinstance(found, list):
        return document, spool.findings()
    spool.add(value_of(Finding, each, f"$.{_FINDINGS}[{place}]") for place, each in enumerate(found))
    return document | {_FINDINGS: []}, spool.findings()


def _in_parts(file: BinaryIO) -> tuple[Any, Findings]:
    """Return the same as `_whole`, and hold a part of the file at once; raise `ValueError` where that cannot be."""
    parts, spool = Parts(file), Spool()
    head = parts.head()
    for findings in parts.findings():
        spool.add(findings)
    document = _parsed(b"%b%b%b" % (head + BEGIN, _STAND_IN, END + parts.rest()))
    # were it not the document's own and only list that was found, the document would have another
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or document.get(_FINDINGS) != [_READ]:
        raise ValueError("another layout")
    return document | {_FINDINGS: []}, spool.findings()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply for a run") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
