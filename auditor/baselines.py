"""Baselines: names for approved runs, one small file each, so that two writers cannot lose each other's names."""

import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkstemp

from auditor.errors import RunNotFoundError, UsageError
from auditor.model.moment import show_moment
from auditor.schema.dataclasses import value_of
from auditor.suggest import advice

_FOLDER = "baselines"
_SUFFIX = ".json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """An approved run: its id, its folder (relative to the reports folder when it is inside), and when it was set.

    `set` is UTC, ISO 8601 with `Z`.
    """

    name: str
    run: str
    folder: str
    set: str


def set_baseline(out: Path, name: str, folder: Path, run_id: str, now: datetime) -> Baseline:
    """Name a run; a baseline of that name leads to it from now on. Raises `UsageError`. `now` is UTC."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot name a baseline: use letters, digits, '.', '_' and '-'")
    where = folder.resolve()
    inside = where.is_relative_to(out.resolve())
    baseline = Baseline(
        name=name,
        run=run_id,
        folder=where.relative_to(out.resolve()).as_posix() if inside else str(where),
        set=show_moment(now),
    )
    try:
        _write(_file(out, name), json.dumps(asdict(baseline), indent=2) + "\n")
    except OSError as error:
        raise UsageError(f"{_file(out, name)}: cannot be written ({error.strerror}); check its permissions") from error
    return baseline


def remove_baseline(out: Path, name: str) -> None:
    """Forget a baseline; the run stays. Raises `RunNotFoundError` when there is none of that name."""
    if not _is_there(out, name):
        raise RunNotFoundError(_not_found(out, name))
    _file(out, name).unlink()


def baselines(out: Path) -> tuple[Baseline, ...]:
    """Return all baselines of a reports folder by name; raises `RunNotFoundError` for a damaged file."""
    return tuple(_read(file) for file in sorted((out / _FOLDER).glob(f"*{_SUFFIX}")))


def baseline_folder(out: Path, name: str) -> Path:
    """Return the folder of the run that a baseline names; raises `RunNotFoundError`, naming what is there."""
    if not _is_there(out, name):
        raise RunNotFoundError(_not_found(out, name))
    return out / _read(_file(out, name)).folder


def _is_there(out: Path, name: str) -> bool:
    # a name with a path in it would lead out of the folder
    return _NAME.fullmatch(name) is not None and _file(out, name).is_file()


def _file(out: Path, name: str) -> Path:
    return out / _FOLDER / f"{name}{_SUFFIX}"


def _not_found(out: Path, name: str) -> str:
    known = [file.name.removesuffix(_SUFFIX) for file in (out / _FOLDER).glob(f"*{_SUFFIX}")]
    if not known:
        return f"no baseline {name!r}: {out} has none; make one with `auditor baseline set {name} RUN`"
    return f"no baseline {name!r} in {out}{advice(name, known)}"


def _read(file: Path) -> Baseline:
    try:
        return value_of(Baseline, json.loads(file.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise RunNotFoundError(f"{file}: this is no baseline ({error}); set it again") from error


def _write(file: Path, text: str) -> None:
    """Write all of the file or nothing, whatever happens meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        Path(fresh).replace(file)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
