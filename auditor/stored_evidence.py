"""The evidence of a run folder, one server at a time: a fleet's evidence is never held at once."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor import evidence_store
from auditor.formats.format import Answers
from auditor.model.answer import Answer
from auditor.model.evidence import Evidence
from auditor.model.question import spell
from auditor.report import EVIDENCE

_NAME = b'"server":'
_SERVER = re.compile(_NAME + rb'("(?:[^"\\]|\\.)*")')


class StoredEvidence:
    """The evidence of one run; a context manager. Raises `OSError` when there is none."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / EVIDENCE).open("rb")
        self._places: dict[str, int] = {}

    def __enter__(self) -> Self:
        place = 0
        for line in self._file:
            # keys are sorted and answers stand before the name, so the last of this spelling is the server's own
            if found := _SERVER.match(line, max(line.rfind(_NAME), 0)):
                self._places[json.loads(found[1])] = place
            place += len(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def servers(self) -> frozenset[str]:
        """The servers there is evidence of."""
        return frozenset(self._places)

    def of(self, server: str) -> Evidence | None:
        """Return the evidence of a server, if it is there; raises `RunNotFoundError` when it is damaged."""
        if server not in self._places:
            return None
        self._file.seek(self._places[server])
        return evidence_store.read(self._file.readline())


@contextmanager
def answers_kept(folder: Path) -> Iterator[Answers]:
    """Give the answers of a run's servers; its evidence is opened when the first is wanted, and may not be there."""
    with ExitStack() as opened:
        stored: list[StoredEvidence] = []

        def answers(server: str) -> Mapping[str, Answer]:
            if not stored and (folder / EVIDENCE).is_file():
                stored.append(opened.enter_context(StoredEvidence(folder)))
            evidence = stored[0].of(server) if stored else None
            return {spell(question): answer for question, answer in evidence.answers.items()} if evidence else {}

        yield answers
