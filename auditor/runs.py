"""Stored runs: found by what a RUN argument says, and read back."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from auditor.baselines import baseline_folder
from auditor.errors import RunNotFoundError
from auditor.formats.json import FORMAT
from auditor.model.run import Run
from auditor.report import LATEST
from auditor.run_file import parse_run, read_run_file

__all__ = ["LAST", "REFERENCES", "find_compared", "find_run", "parse_run", "read_run", "stored_runs"]

LAST = "last"
REFERENCES = "a run id, a run folder's path, last, last~N, baseline:NAME, or a date"
"""What a RUN argument can be, for help texts."""

_BACK = re.compile(r"last~(\d{1,6})", re.ASCII)
_BASELINE = "baseline:"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_HEAD_BYTES = 4096
_OF_HEAD = ("started", "interrupted", "evidence_of")
_SHOWN = 5


def find_run(text: str, out: Path) -> Path:
    """Return the folder of the run that `text` names.

    It is a run id in `out`, a run folder's path, `last`, `last~N` (N runs before it), `baseline:NAME`, or a date
    (`2026-11-22`: the last run that began on or before that day, UTC). Raises `RunNotFoundError`, naming what is there.
    """
    if text.startswith(_BASELINE):
        return _of_baseline(text, out)
    name = LATEST if text == LAST else text
    for place in (out / name, Path(name)):
        with suppress(OSError, ValueError):  # no name of a file at all, for example far too long
            folder = _pointed_to(place)
            if _is_run(folder):
                return folder
    if back := _BACK.fullmatch(text):
        return _before_last(int(back[1]), out)
    if _DATE.fullmatch(text):
        return _until(text, out)
    raise RunNotFoundError(_not_found(text, out))


def find_compared(text: str, out: Path) -> Path:
    """Return the folder of the run that a new one is to be compared with: the same, but `last` is the last whole night.

    A run that was interrupted, and one that judged evidence again, tell nothing of what changed on the servers since.
    """
    found = find_run(text, out)
    if text != LAST or _is_night(found):
        return found
    newest_first = (out / name for _, name in reversed(_by_start(out)))
    return next((folder for folder in newest_first if _is_night(folder)), found)


def stored_runs(out: Path) -> tuple[str, ...]:
    """Return the ids of the runs in a reports folder, oldest first as far as their ids sort by time."""
    if not out.is_dir():
        return ()
    # folders that begin with a dot are runs that are not finished, or never were
    found = (path for path in out.iterdir() if not path.name.startswith(".") and not path.is_symlink())
    return tuple(sorted(path.name for path in found if _is_run(path)))


def read_run(folder: Path) -> Run:
    """Return the run that a run folder holds; raise `RunNotFoundError` when it cannot be read."""
    file = folder / FORMAT.filename
    try:
        with file.open("rb") as opened:
            return read_run_file(opened)
    except OSError as error:
        raise RunNotFoundError(f"{file}: {error.strerror}; name another run") from error
    except ValueError as error:
        raise RunNotFoundError(f"{file}: {error}; name another run, or make this one anew") from error


def _is_run(folder: Path) -> bool:
    return (folder / FORMAT.filename).is_file()


def _pointed_to(place: Path) -> Path:
    """Return where `latest` leads, link or text file, and any other place as it is."""
    if place.name == LATEST and place.is_symlink():
        return place.parent / place.readlink()
    if place.name == LATEST and place.is_file():
        return place.parent / place.read_text(encoding="ascii", errors="replace").strip()
    return place


def _of_baseline(text: str, out: Path) -> Path:
    folder = baseline_folder(out, text.removeprefix(_BASELINE))
    if not _is_run(folder):
        raise RunNotFoundError(f"{text}: its run is no longer at {folder}; set the baseline to another run")
    return folder


def _before_last(back: int, out: Path) -> Path:
    last = find_run(LAST, out)
    ordered = [name for _, name in _by_start(out)]
    earlier = ordered[: ordered.index(last.name) + 1] if last.name in ordered else [last.name]
    if back >= len(earlier):
        there = f"there {'is' if len(earlier) == 1 else 'are'} {len(earlier)}, the oldest {earlier[0]}"
        raise RunNotFoundError(f"no run last~{back} in {out}: {there}; the farthest back is last~{len(earlier) - 1}")
    return last if back == 0 else out / earlier[-1 - back]


def _until(text: str, out: Path) -> Path:
    """Return the last run that began on or before the day; ISO 8601 times in UTC sort as text."""
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise RunNotFoundError(f"no run {text!r}: it looks like a date, but {error}; write YYYY-MM-DD") from None
    runs = _by_start(out)
    early = [name for started, name in runs if started[: len(text)] <= text]
    if early:
        return out / early[-1]
    if not runs:
        raise RunNotFoundError(_not_found(text, out))
    raise RunNotFoundError(f"no run in {out} began on or before {text}; the oldest, {runs[0][1]}, began {runs[0][0]}")


def _by_start(out: Path) -> list[tuple[str, str]]:
    """Return start and id of each run, oldest first; those of the same second in the order they were written."""
    runs = stored_runs(out)
    written = {name: (out / name / FORMAT.filename).stat().st_mtime_ns for name in runs}
    return sorted(
        ((str(_head(out / name)["started"]), name) for name in runs),
        key=lambda each: (each[0], written[each[1]], each[1]),
    )


def _is_night(folder: Path) -> bool:
    run = _head(folder)
    return not (run["interrupted"] or run["evidence_of"])


def _head(folder: Path) -> Mapping[str, Any]:
    """Return what stands at the head of a run's file, which is not read whole when it is as we write it."""
    with (folder / FORMAT.filename).open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    place = head.find('"run": ')
    with suppress(ValueError, KeyError, TypeError):
        run: dict[str, Any] = json.JSONDecoder().raw_decode(head, place + len('"run": '))[0]
        return {name: run[name] for name in _OF_HEAD}
    whole = read_run(folder)
    return {name: getattr(whole, name) for name in _OF_HEAD}


def _not_found(text: str, out: Path) -> str:
    runs = stored_runs(out)
    if not runs:
        return f"no run {text!r}: {out} holds no runs; name the folder of one, or make one with `auditor run`"
    if near := get_close_matches(text, (*runs, LAST), n=1):
        return f"no run {text!r} in {out}; did you mean {near[0]!r}?"
    there = ", ".join(runs[-_SHOWN:])
    return f"no run {text!r} in {out}; name a run's folder, or one of the newest there: {there}"
