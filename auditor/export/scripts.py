"""The scripts that were sent: one for each distinct set of questions, built again from the evidence. Pure."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from auditor import __version__
from auditor.model.evidence import Evidence
from auditor.model.question import Question
from auditor.model.reader import Side
from auditor.readers import READERS
from auditor.script.build import ARGUMENTS, BOOTSTRAP, COMMAND, script_for

_SHORT = 16


@dataclass(kw_only=True, slots=True)
class _Asked:
    servers: list[str] = field(default_factory=list)
    collectors: set[str] = field(default_factory=set)


class Scripts:
    """Gathers what was asked, one server after the other; the evidence itself is not kept."""

    def __init__(self) -> None:
        """With nothing in it."""
        self._asked: dict[tuple[Question, ...], _Asked] = {}
        self._silent: list[str] = []

    def add(self, evidence: Evidence) -> None:
        """Take note of what one server was asked."""
        questions = tuple(sorted(each for each in evidence.answers if _is_asked_there(each)))
        if not questions:
            self._silent.append(evidence.server)
            return
        asked = self._asked.setdefault(questions, _Asked())
        asked.servers.append(evidence.server)
        asked.collectors.add(evidence.collector)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of each script, and of the bootstrap that reads it from standard input."""
        yield "scripts/bootstrap.ps1", f"# {COMMAND} {' '.join(ARGUMENTS)}\n{BOOTSTRAP}".encode("ascii")
        for questions in self._asked:
            script = script_for(questions).encode("ascii")
            yield _name(script), script

    def digests(self) -> frozenset[str]:
        """Return the SHA-256 of each script."""
        return frozenset(sha256(script_for(questions).encode("ascii")).hexdigest() for questions in self._asked)

    def index(self, sent: Collection[str]) -> dict[str, Any]:
        """Return which server was sent which script.

        `sent` are the SHA-256 of those that follow from the evidence as it was collected; where this auditor collected
        it, too, the script is `exact`: no bit of it was another.
        """
        told = sorted((self._told(questions, asked, sent) for questions, asked in self._asked.items()), key=_file)
        return {
            "rebuilt_by": f"auditor {__version__}",
            "scripts": told,
            "servers_of_which_no_answer_of_a_script_is_known": sorted(self._silent),
        }

    def _told(self, questions: tuple[Question, ...], asked: _Asked, sent: Collection[str]) -> dict[str, Any]:
        script = script_for(questions).encode("ascii")
        digest = sha256(script).hexdigest()
        return {
            "file": _name(script),
            "sha256": digest,
            "questions": len(questions),
            "exact": asked.collectors == {f"auditor {__version__}"} and digest in sent,
            "collected_by": sorted(asked.collectors),
            "servers": sorted(asked.servers),
        }


def scripts_of(evidences: Iterable[Evidence]) -> Scripts:
    """Return what these servers were asked."""
    scripts = Scripts()
    for evidence in evidences:
        scripts.add(evidence)
    return scripts


def _is_asked_there(question: Question) -> bool:
    reader = READERS.get(question.kind)
    return reader is not None and reader.side is Side.SERVER


def _name(script: bytes) -> str:
    return f"scripts/{sha256(script).hexdigest()[:_SHORT]}.ps1"


def _file(told: dict[str, Any]) -> str:
    return str(told["file"])
