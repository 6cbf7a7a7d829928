"""What the formats write, byte by byte, and that the documentation shows exactly that.

After a wanted change, `UPDATE_GOLDEN=1 pytest tests/unit/formats/test_golden.py` writes the files anew: read the diff.
"""

import os
import re
from pathlib import Path

import pytest

from auditor.formats import FORMATS
from auditor.formats.format import Format
from auditor.model.run import Run

_BLOCK = re.compile(r"^```(json|xml|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("report", FORMATS.values(), ids=FORMATS.keys())
def test_a_format_writes_its_golden_file(report: Format, run: Run, golden: Path) -> None:
    written = b"".join(report.render(run))

    if os.environ.get("UPDATE_GOLDEN"):
        (golden / report.filename).write_bytes(written)
    assert written == (golden / report.filename).read_bytes()


def test_every_output_in_the_documentation_is_what_a_format_writes(repository: Path, golden: Path) -> None:
    page = (repository / "docs" / "reports.md").read_text(encoding="utf-8")
    written = {path.suffix[1:]: path.read_text(encoding="utf-8") for path in golden.iterdir()}

    blocks = _BLOCK.findall(page)

    assert {language for language, _ in blocks} == {"json", "xml", "text"}
    for language, block in blocks:
        assert block in written["txt" if language == "text" else language]


@pytest.mark.parametrize("report", FORMATS.values(), ids=FORMATS.keys())
def test_every_format_is_documented(report: Format, repository: Path) -> None:
    page = (repository / "docs" / "reports.md").read_text(encoding="utf-8")

    assert f"`{report.name}`" in page
    assert f"`{report.filename}`" in page
