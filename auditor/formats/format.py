"""The contract of a report format."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from auditor.model.run import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A way to write a run down.

    `name` is what `--format` takes, `filename` the file in the run folder. `render` sees the run and nothing
    else, yields the file piece by piece, and yields the same bytes for the same run. A format without findings tells
    their numbers only.
    """

    name: str
    filename: str
    render: Callable[[Run], Iterator[bytes]]
    has_findings: bool = True
