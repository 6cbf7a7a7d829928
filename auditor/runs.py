"""Stored runs: found by id, by folder or as `last`, and read back."""

import json
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from auditor.errors import RunNotFoundError
from auditor.formats.json import FORMAT, RunDocument, run_of
from auditor.model.run import SCHEMA, Run
from auditor.report import LATEST
from auditor.schema.dataclasses import value_of

LAST = "last"
_SHOWN = 5


def find_run(text: str, out: Path) -> Path:
    """Return the folder of the run that `text` names: a run id in `out`, a run folder's path, or `last`.

    Raises `RunNotFoundError`, naming what is there, when there is no such run.
    """
    name = LATEST if text == LAST else text
    for place in (out / name, Path(name)):
        with suppress(OSError):  # no name of a file at all, for example far too long
            folder = _pointed_to(place)
            if (folder / FORMAT.filename).is_file():
                return folder
    raise RunNotFoundError(_not_found(text, out))


def stored_runs(out: Path) -> tuple[str, ...]:
    """Return the ids of the runs in a reports folder, oldest first as far as their ids sort by time."""
    if not out.is_dir():
        return ()
    # folders that begin with a dot are runs that are not finished, or never were
    found = (path for path in out.iterdir() if not path.name.startswith(".") and not path.is_symlink())
    return tuple(sorted(path.name for path in found if (path / FORMAT.filename).is_file()))


def read_run(folder: Path) -> Run:
    """Return the run that a run folder holds; raise `RunNotFoundError` when it cannot be read."""
    file = folder / FORMAT.filename
    try:
        return parse_run(file.read_bytes())
    except OSError as error:
        raise RunNotFoundError(f"{file}: {error.strerror}; name another run") from error
    except ValueError as error:
        raise RunNotFoundError(f"{file}: {error}; name another run, or make this one anew") from error


def parse_run(content: bytes) -> Run:
    """Return the run whose `run.json` this is; raise `ValueError`, saying where, for anything else."""
    try:
        document = json.loads(content, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply for a run") from None
    if isinstance(document, dict) and (schema := document.get("schema")) != SCHEMA:
        raise ValueError(f"schema {schema!r} is not {SCHEMA}, the only one this version reads")
    return run_of(value_of(RunDocument, document))


def _pointed_to(place: Path) -> Path:
    """Return where `latest` leads, link or text file, and any other place as it is."""
    if place.name == LATEST and place.is_symlink():
        return place.parent / place.readlink()
    if place.name == LATEST and place.is_file():
        return place.parent / place.read_text(encoding="ascii", errors="replace").strip()
    return place


def _not_found(text: str, out: Path) -> str:
    runs = stored_runs(out)
    if not runs:
        return f"no run {text!r}: {out} holds no runs; name the folder of one, or make one with `auditor run`"
    if near := get_close_matches(text, runs, n=1):
        return f"no run {text!r} in {out}; did you mean {near[0]!r}?"
    there = ", ".join(runs[-_SHOWN:])
    return f"no run {text!r} in {out}; name a run's folder, or one of the newest there: {there}"


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
