"""The contract of a report format."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TypeAlias

from auditor.errors import UsageError
from auditor.model.answer import Answer
from auditor.model.run import Run

Answers: TypeAlias = Callable[[str], Mapping[str, Answer]]
"""A server's name -> the answers its findings rest on, by the text form of their questions."""


def no_answers(_server: str) -> Mapping[str, Answer]:
    """Return what is known of a server's answers where no evidence is at hand: nothing."""
    return {}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportFile:
    """A file of a report: its name, a path with `/`, and its content piece by piece."""

    name: str
    content: Iterator[bytes]


Files: TypeAlias = Callable[[Run, Answers], Iterator[ReportFile]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Needed:
    """A package that comes with an extra of ours: as it is imported, as it is installed, the extra."""

    module: str
    package: str
    extra: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A way to write a run down.

    `name` is what `--format` takes, `reader` who reads it, `filename` the file in the run folder (or the one there
    always is, where `files` gives several). `files` sees the run and the answers it rests on and nothing else, and
    gives the same bytes for the same run; the files are to be written one after the other.

    With `has_findings` each finding is in it by name; without it tells their numbers, or the worst of them. With
    `has_notes` it has room for what is said of the run as a whole: of waivers, of changes, of the exit code.
    `exit_code` is for formats whose reader wants another one than the run's.
    """

    name: str
    reader: str
    filename: str
    files: Files
    has_findings: bool = True
    has_notes: bool = True
    needs: Needed | None = None
    exit_code: Callable[[Run], int] | None = None


def one_file(name: str, render: Callable[[Run], Iterator[bytes]]) -> Files:
    """Return how a format of one file, which does not show the answers, gives it."""

    def files(run: Run, _answers: Answers) -> Iterator[ReportFile]:
        yield ReportFile(name=name, content=render(run))

    return files


def refuse_missing(report: Format) -> None:
    """Raise `UsageError` when a package it needs is not installed; better before an audit than after."""
    if report.needs is None:
        return
    try:
        import_module(report.needs.module)
    except ImportError:
        raise UsageError(
            f"the format {report.name} needs the package {report.needs.package}, which is not installed: "
            f"pip install auditor[{report.needs.extra}]"
        ) from None


def pieces(report: Format, run: Run, answers: Answers = no_answers) -> Iterator[bytes]:
    """Yield the files of a report, one after the other."""
    for file in report.files(run, answers):
        yield from file.content
