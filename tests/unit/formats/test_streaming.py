"""What is written for whole fleets holds no more than a part of the run at once, however long the run is."""

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from auditor.formats import FORMATS
from auditor.formats.format import pieces
from auditor.model.evidence import Status
from auditor.model.finding import Finding
from auditor.model.run import Host, Run

SERVERS, CHECKS, LENGTH = 100, 50, 2_000


class Fleet(Sequence[Finding]):
    """Every check on every server, each with a long text of its own, made when it is asked for."""

    def __init__(self, finding: Finding) -> None:
        self._finding = finding

    def __len__(self) -> int:
        return SERVERS * CHECKS

    def __iter__(self) -> Iterator[Finding]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: Any) -> Any:
        server, check = divmod(place, CHECKS)
        text = f"{place:06} ".ljust(LENGTH, "x")
        return replace(self._finding, host=f"server-{server:03}", check=f"check-{check:02}", actual=text)


@pytest.mark.parametrize("name", ["csv", "json", "junit", "sarif"])
def test_findings_are_not_held(run: Run, name: str) -> None:
    hosts = tuple(Host(name=f"server-{number:03}", status=Status.REACHED) for number in range(SERVERS))
    fleet = replace(run, findings=Fleet(run.findings[0]), hosts=hosts, drift=None)
    tracemalloc.start()

    try:
        written = sum(len(piece) for piece in pieces(FORMATS[name], fleet))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert written > SERVERS * CHECKS * LENGTH
    assert peak < SERVERS * CHECKS * LENGTH / 1.5
