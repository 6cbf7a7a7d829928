"""What the formats write, byte by byte, and that the documentation shows exactly that.

After a wanted change, `UPDATE_GOLDEN=1 pytest tests/unit/formats/test_golden.py` writes the files anew: read the diff.
"""

import os
import re
from pathlib import Path

import pytest

from auditor.formats import FORMATS
from auditor.formats.format import Format, no_answers
from auditor.model.run import Run

_BLOCK = re.compile(r"^```(json|xml|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)


# A page holds its own script and style, a workbook is packed: both are looked at by other people's readers instead.
_TOLD_BYTE_BY_BYTE = [found for found in FORMATS.values() if found.name not in ("html", "xlsx")]


@pytest.mark.parametrize("report", _TOLD_BYTE_BY_BYTE, ids=[found.name for found in _TOLD_BYTE_BY_BYTE])
def test_a_format_writes_its_golden_files(report: Format, run: Run, golden: Path) -> None:
    written = {file.name: b"".join(file.content) for file in report.files(run, no_answers)}

    if os.environ.get("UPDATE_GOLDEN"):
        for name, content in written.items():
            (golden / name).parent.mkdir(exist_ok=True)
            (golden / name).write_bytes(content)
    assert written == {name: (golden / name).read_bytes() for name in written}


def test_every_output_in_the_documentation_is_what_a_format_writes(repository: Path, golden: Path) -> None:
    page = (repository / "docs" / "reports.md").read_text(encoding="utf-8")
    shown = {"json": "run.json", "xml": "junit.xml", "text": "report.txt"}

    blocks = _BLOCK.findall(page)

    assert {language for language, _ in blocks} == shown.keys()
    for language, block in blocks:
        assert block in (golden / shown[language]).read_text(encoding="utf-8")


@pytest.mark.parametrize("report", FORMATS.values(), ids=FORMATS.keys())
def test_every_format_is_documented(report: Format, repository: Path) -> None:
    page = (repository / "docs" / "reports.md").read_text(encoding="utf-8")

    assert f"`{report.name}`" in page
    assert f"`{report.filename}`" in page
