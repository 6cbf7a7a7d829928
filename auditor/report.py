"""Run -> files: the run folder, written whole or not at all. The only writer of report files."""

import errno
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import BinaryIO, Self

from auditor.disk import Content, inside, pieces_of, replace_file, settle, settle_folder
from auditor.errors import DiskError, UsageError
from auditor.formats import FORMATS
from auditor.formats.format import Answers, Format, no_answers
from auditor.model.run import Run

EVIDENCE = "evidence.jsonl"
WAIVERS = "waivers"
"""The folder of the waivers that a run was judged by, as they were."""
LATEST = "latest"

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_RESERVED = (LATEST, "last")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""What a disk says that takes no more."""


class RunFolder:
    """The folder of one run while it is filled; a context manager.

    It is a hidden folder beside its later place, readable by its owner only (evidence tells how servers are
    set up), and takes that place in `finish`. Left without `finish`, or by an exception, it is removed.
    Evidence is appended from one thread. Entering raises `UsageError` when there is such a run already, or `out`
    cannot hold it; a disk that takes no more while it is filled becomes `DiskError`.
    """

    def __init__(self, out: Path, run_id: str) -> None:
        """Name the folder; raise `UsageError` for an id that is no plain name."""
        if not _RUN_ID.fullmatch(run_id) or run_id in _RESERVED:
            raise UsageError(f"{run_id!r} cannot name a run: use letters, digits, '.', '_' and '-', but not 'last'")
        self._out = out
        self._id = run_id
        self._partial: Path | None = None
        self._evidence: BinaryIO | None = None

    def __enter__(self) -> Self:
        _refuse_taken(self._out / self._id)
        try:
            self._out.mkdir(parents=True, exist_ok=True)
            # mkdtemp makes the folder with mode 0700, whatever the umask
            self._partial = Path(mkdtemp(prefix=f".{self._id}.partial-{os.getpid()}-", dir=self._out))
        except OSError as error:
            raise UsageError(
                f"{self._out}: cannot hold reports ({error.strerror}); name another folder with --out"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._evidence is not None:
            with suppress(OSError):  # a full disk refuses what is buffered once more; nothing of it is kept
                self._evidence.close()
        if self._partial is None:
            return
        shutil.rmtree(self._partial, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise DiskError(
                f"{self._out}: run {self._id} could not be written ({error.strerror}), and nothing of it is kept; "
                "make room, and run again"
            ) from error

    @property
    def path(self) -> Path:
        """The folder as long as it is filled, to read back what was stored."""
        if self._partial is None:
            raise RuntimeError("the run folder is not open")
        return self._partial

    def add_evidence(self, line: bytes) -> None:
        """Append one record, without its line feed, to `evidence.jsonl`; it can be read back at once."""
        if self._evidence is None:
            self._evidence = (self.path / EVIDENCE).open("xb")
        self._evidence.write(line + b"\n")
        self._evidence.flush()

    def store(self, name: str, content: Content) -> None:
        """Write a file, for example `policies/owa.yaml`; raise `UsageError` for a name that leads elsewhere."""
        target = inside(self.path, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for piece in pieces_of(content):
                file.write(piece)
            settle(file)

    def finish(self, run: Run, formats: Iterable[Format], answers: Answers = no_answers) -> Path:
        """Write the reports, `run.json` always among them, move the folder to its place, point `latest` to it.

        Returns the place, `<out>/<run id>`.
        """
        if run.id != self._id:
            raise ValueError(f"run {run.id} does not belong in the folder of {self._id}")
        wanted = {"json": FORMATS["json"]} | {report.name: report for report in formats}
        for report in wanted.values():
            for file in report.files(run, answers):
                self.store(file.name, file.content)
        self._close_evidence()
        for folder in (*(path for path in self.path.rglob("*") if path.is_dir()), self.path):
            settle_folder(folder)
        place = self._out / self._id
        try:
            self.path.rename(place)
        except OSError as error:
            raise UsageError(f"{place}: the run cannot take its place ({error.strerror}); run again") from error
        self._partial = None
        settle_folder(self._out)
        point_latest(self._out, self._id)
        return place

    def _close_evidence(self) -> None:
        if self._evidence is not None:
            settle(self._evidence)
            self._evidence.close()
            self._evidence = None


def write_run(run: Run, formats: Iterable[Format], out: Path, *, extra: Mapping[str, Content] | None = None) -> Path:
    """Write a whole run at once and return its folder; `extra` maps further file names to their content."""
    with RunFolder(out, run.id) as folder:
        for name, content in (extra or {}).items():
            folder.store(name, content)
        return folder.finish(run, formats)


def write_reports(run: Run, formats: Iterable[Format], answers: Answers, folder: Path) -> Iterator[Path]:
    """Write a run's reports into any folder and yield each file's path; what is there of the same name is replaced.

    Raises `UsageError` when the folder cannot hold them.
    """
    for report in formats:
        for file in report.files(run, answers):
            target = inside(folder, file.name)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                replace_file(target, file.content)
            except OSError as error:
                raise UsageError(f"{target}: cannot be written ({error.strerror}); name another --out") from error
            yield target


def point_latest(out: Path, run_id: str) -> None:
    """Make `<out>/latest` lead to the run: a symbolic link, or a text file with the id where links are refused."""
    latest = out / LATEST
    fresh = out / f".{LATEST}.{os.getpid()}"
    with suppress(FileNotFoundError):
        fresh.unlink()
    try:
        fresh.symlink_to(run_id, target_is_directory=True)
    except (OSError, NotImplementedError):
        fresh.write_text(f"{run_id}\n", encoding="ascii")
    try:
        fresh.replace(latest)
    except OSError as error:
        fresh.unlink()
        raise UsageError(
            f"the run is written to {out / run_id}, but {latest} is in the way ({error.strerror}): remove it"
        ) from error


def _refuse_taken(place: Path) -> None:
    if place.exists():
        raise UsageError(f"{place} exists already: a run is never overwritten; remove it, or use another --out")
