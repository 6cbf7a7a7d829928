"""Where the reports of the runs are."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from auditor.history.records import StoredRun

_REPORT = "report.html"


def reports_of(runs: Iterable[StoredRun], folder: Path, out: Path) -> dict[str, str]:
    """Return by run the link to its report from the front page; both folders stay where they are to each other."""
    files = {run.id: folder / run.id / _REPORT for run in runs}
    links: dict[str, str] = {}
    for name, file in files.items():
        with suppress(ValueError):  # Windows knows no way from one drive to another, and a link would be no use
            if file.is_file():
                links[name] = quote(os.fsencode(Path(os.path.relpath(file, out)).as_posix()))
    return links
