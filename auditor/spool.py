"""Findings put aside, server by server in any order, and gone through in the order of reports, as often as one likes.

Few are kept as they are. Many go to a file without a name, which is gone with the last who can read it; what the
findings of one check share is held once, and what is left of a finding takes about 50 bytes there.
"""

import marshal
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeAlias
from weakref import finalize

from auditor.model.finding import Finding, Findings, Verdict, order
from auditor.model.stating import SHARED, Stating, shared_by, stating
from auditor.model.waiver import WaiverMark

_KEPT = 64 << 20
"""Bytes, about, up to which findings are kept as they are: to make them anew for each pass takes longer."""

_WEIGHT = 300
"""Bytes that a finding takes beside what was found and why that is judged so."""

_ALIKE = 50_000
"""How many different lists of questions are held once; those beyond stand with each finding by itself."""

_VERDICTS = tuple(Verdict)
_NUMBERS = {verdict: number for number, verdict in enumerate(_VERDICTS)}

_host = attrgetter("host")

_Row: TypeAlias = tuple[int, int, str, str, int | tuple[str, ...], int | None]
"""Numbers of check and verdict, actual, reason, questions (or their number), number of the waiver."""


class Spool:
    """Where findings are put while there come more, and read from after that. The file lies in `folder`, if named."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._few: dict[str, list[Finding]] = {}
        self._kept: tuple[Finding, ...] | None = None
        self._file: IO[bytes] | None = None
        self._end = 0
        self._length = 0
        self._weight = 0
        self._blocks: dict[str, list[tuple[int, int]]] = {}
        self._checks: dict[tuple[Any, ...], int] = {}
        self._stating: list[Stating] = []
        self._questions: dict[tuple[str, ...], int] = {}
        self._asked: list[tuple[str, ...]] = []
        self._waivers: dict[WaiverMark, int] = {}
        self._marks: list[WaiverMark] = []

    def add(self, findings: Iterable[Finding]) -> None:
        """Put findings aside; those of one server together, or at least in few parts."""
        for host, group in groupby(findings, _host):
            found = list(group)
            self._length += len(found)
            if self._file is None:
                self._few.setdefault(host, []).extend(found)
                self._weight += sum(_WEIGHT + len(each.actual) + len(each.reason) for each in found)
            else:
                self._put(self._file, host, found)
        if self._file is None and self._weight > _KEPT:
            self._begin_file()

    def findings(self) -> Findings:
        """Return all that was put aside; nothing is to be added from now on."""
        return Findings(self._passed, self._length)

    def _begin_file(self) -> None:
        """Put what was kept so far, and all that comes, into a file."""
        self._file = TemporaryFile(dir=self._folder)  # noqa: SIM115  closed with the last reader
        finalize(self, self._file.close)
        while self._few:
            self._put(self._file, *self._few.popitem())

    def _put(self, file: IO[bytes], host: str, found: list[Finding]) -> None:
        # what is read here was written here, by this process
        content = marshal.dumps([self._row(each) for each in sorted(found, key=order)])
        file.seek(self._end)
        file.write(content)
        self._blocks.setdefault(host, []).append((self._end, len(content)))
        self._end += len(content)

    def _passed(self) -> Iterator[Finding]:
        if self._file is not None:
            return self._read(self._file)
        if self._kept is None:
            self._kept = tuple(each for host in sorted(self._few) for each in sorted(self._few[host], key=order))
        return iter(self._kept)

    def _row(self, finding: Finding) -> _Row:
        shared = shared_by(finding)
        check = self._checks.get(shared)
        if check is None:
            check = self._checks[shared] = len(self._stating)
            self._stating.append(stating(**dict(zip(SHARED, shared, strict=True))))
        questions, mark = finding.questions, finding.waiver
        return (
            check,
            _NUMBERS[finding.verdict],
            finding.actual,
            finding.reason,
            self._questions.get(questions, questions) if len(self._asked) >= _ALIKE else self._alike(questions),
            None if mark is None else self._mark(mark),
        )

    def _alike(self, questions: tuple[str, ...]) -> int:
        number = self._questions.setdefault(questions, len(self._asked))
        if number == len(self._asked):
            self._asked.append(questions)
        return number

    def _mark(self, mark: WaiverMark) -> int:
        number = self._waivers.setdefault(mark, len(self._marks))
        if number == len(self._marks):
            self._marks.append(mark)
        return number

    def _read(self, file: IO[bytes]) -> Iterator[Finding]:
        for host in sorted(self._blocks):
            blocks = self._blocks[host]
            found = [finding for place, length in blocks for finding in self._block(file, host, place, length)]
            yield from sorted(found, key=order) if len(blocks) > 1 else found

    def _block(self, file: IO[bytes], host: str, place: int, length: int) -> list[Finding]:
        file.seek(place)
        rows: list[_Row] = marshal.loads(file.read(length))  # noqa: S302  written by `add` of this process
        states, asked, marks = self._stating, self._asked, self._marks
        return [
            states[check](
                host,
                _VERDICTS[verdict],
                actual,
                reason,
                asked[questions] if isinstance(questions, int) else questions,
                None if mark is None else marks[mark],
            )
            for check, verdict, actual, reason, questions, mark in rows
        ]
