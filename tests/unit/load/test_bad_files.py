"""Each file under `bad/` is refused with exactly the messages beside it (`.txt`).

The word before the first hyphen says what it is loaded as. `UPDATE_GOLDEN=1` writes the messages anew.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from auditor.errors import DocumentError, ExitCode
from auditor.load.audit_file import load_audit_file
from auditor.load.document import load_document
from auditor.load.examples import load_examples
from auditor.load.inventory import load_inventory
from auditor.load.policy import load_policy
from auditor.model.probe import Probe

HERE = Path(__file__).parent
BAD = sorted(path for path in (HERE / "bad").iterdir() if path.suffix != ".txt")
Probes = Mapping[str, Probe]


def _examples(path: Path, probes: Probes) -> object:
    return load_examples(path, load_policy(HERE / "house.yaml", probes), probes)


LOADERS: Mapping[str, Callable[[Path, Probes], object]] = {
    "document": lambda path, _: load_document(path),
    "policy": load_policy,
    "inventory": lambda path, _: load_inventory(path),
    "audit": lambda path, _: load_audit_file(path),
    "examples": _examples,
}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_all_problems_of_a_file_are_told_with_their_places(path: Path, probes: Probes) -> None:
    load = LOADERS[path.name.partition("-")[0]]
    golden = path.with_suffix(".txt")

    with pytest.raises(DocumentError) as caught:
        load(path, probes)

    told = str(caught.value).replace(str(path), path.name) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(told)
    assert told == golden.read_text()
    assert caught.value.exit_code is ExitCode.USAGE
    assert "hunter2" not in told


def test_every_golden_file_belongs_to_a_bad_file() -> None:
    goldens = {path.stem for path in (HERE / "bad").glob("*.txt")}

    assert goldens == {path.stem for path in BAD}
