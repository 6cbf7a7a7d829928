"""`annotations.txt` for the one who invented its spelling: `@actions/core` of GitHub's toolkit writes the same."""

import json
import subprocess
from pathlib import Path

import pytest

from auditor.formats.github_command import Annotation, Level, command

pytestmark = pytest.mark.interop

FOLDER = Path(__file__).parent
TEXTS = ("plain", "a:b,c=d;e", "100%", "%0A", "::error::", "two\nlines", "ä €", "")
ANNOTATIONS = [
    Annotation(level=level, title=text or "-", text=text, file=file, line=line)
    for level in Level
    for text in TEXTS
    for file, line in (("", 0), ("policies/owa 1,2.yaml", 7))
]
PROGRAM = """
import {error, warning, notice} from '@actions/core';
const levels = {error, warning, notice};
for (const each of JSON.parse(process.argv[1])) {
  const place = each.file ? {file: each.file, startLine: each.line} : {};
  levels[each.level](each.text, {...place, title: each.title});
}
"""


@pytest.fixture(scope="module")
def theirs() -> list[str]:
    if not (FOLDER / "node_modules" / "@actions" / "core").is_dir():
        pytest.skip("@actions/core is not installed: npm ci --prefix tests/interop")
    given = [
        {"level": each.level, "title": each.title, "text": each.text, "file": each.file, "line": each.line}
        for each in ANNOTATIONS
    ]
    words = ["node", "--input-type=module", "-e", PROGRAM, json.dumps(given)]
    done = subprocess.run(words, cwd=FOLDER, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_an_annotation_is_spelled_as_the_toolkit_spells_it(theirs: list[str]) -> None:
    ours = [command(each) for each in ANNOTATIONS]

    assert [parts(each) for each in ours] == [parts(each) for each in theirs]


def parts(line: str) -> tuple[str, set[str], str]:
    """Return level, properties in whatever order, and text of a command."""
    head, _, text = line.removeprefix("::").partition("::")
    level, _, properties = head.partition(" ")
    return level, set(properties.split(",")), text
