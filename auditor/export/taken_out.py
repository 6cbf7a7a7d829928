"""The run folder in an export, for as long as it is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from auditor.export.bundle import BundleError
from auditor.export.names_in_bundle import refuse_name
from auditor.export.unpack import unpack
from auditor.export.verify import opened_bundle, unsigned_check

_NEEDED = ("run.json", "evidence.jsonl", "policies/", "waivers/")
"""What evidence is judged again by; reports are not unpacked."""


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Unpack what is judged in an export into a folder that is named as its run, and remove it in the end.

    Nothing is written that is not in every detail as an export is, and as it says itself; who sealed it is not checked.
    Raises `UsageError` otherwise.
    """
    try:
        with opened_bundle(path) as contents, TemporaryDirectory(prefix="auditor-export-") as place:
            folder = Path(place) / refuse_name(unsigned_check(contents).seal.run.encode())
            folder.mkdir(parents=True)
            unpack(contents, [name for name in contents.names if name.startswith(_NEEDED)], folder)
            yield folder
    except BundleError as error:
        told = "\n  ".join(error.problems)
        raise BundleError(
            (f"{path}: this is no export that can be judged; check it with `auditor verify`\n  {told}",)
        ) from error
