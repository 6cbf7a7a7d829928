"""The options about waivers that several commands take, and what they come to."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from auditor.errors import UsageError
from auditor.load.policy import load_policy
from auditor.load.shipped import shipped_policies
from auditor.load.waivers import load_waivers, waiver_files
from auditor.model.policy import Policy
from auditor.model.waiver import Waiver
from auditor.probes import PROBES

WARNING = "14d"

_DAYS = re.compile(r"([0-9]{1,4})d?", re.ASCII)


def add_waivers(parser: argparse.ArgumentParser) -> None:
    """Add `--waivers`, `--no-waivers` and `--waiver-warning`."""
    parser.add_argument("--waivers", metavar="PATH", help="accepted deviations: a YAML file, or a folder of them")
    parser.add_argument("--no-waivers", action="store_true", help="judge without waivers, also those of --config")
    parser.add_argument("--waiver-warning", metavar="DAYS", help=f"tell what expires so soon (default: {WARNING})")


def waivers_named(path: str, policies: Sequence[Policy], today: date) -> tuple[Waiver, ...]:
    """Return the waivers of a file or folder, none for an empty path; raises `DocumentError`.

    They may be for the policies given and for all that are shipped: one folder can serve several audits.
    """
    return load_waivers(Path(path), known_policies(policies), today) if path else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """Waivers, the files they stand in by name, and the moment by which they are judged where it is not now."""

    waivers: tuple[Waiver, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    as_of: datetime | None = None


def accepted(path: str, policies: Sequence[Policy], today: date) -> Accepted:
    """Return the waivers of a file or folder with the files as they are now; raises `DocumentError`."""
    if not path:
        return Accepted()
    waivers = waivers_named(path, policies, today)
    return Accepted(waivers=waivers, files={_kept_as(file): file.read_bytes() for file in waiver_files(Path(path))})


def _kept_as(file: Path) -> str:
    """Return the name of a file's copy: one that no system takes for a path."""
    return file.name.replace("\\", "%5C").replace(":", "%3A")


def known_policies(policies: Sequence[Policy]) -> tuple[Policy, ...]:
    """Return the policies and those shipped, by id; the former outrank the latter."""
    shipped = (load_policy(path, PROBES) for path in shipped_policies().values())
    return tuple({policy.id: policy for policy in [*shipped, *policies]}.values())


def warning_time(text: str | None) -> timedelta:
    """Return what `--waiver-warning` says, `14d` when it says nothing; raises `UsageError`."""
    written = WARNING if text is None else text
    found = _DAYS.fullmatch(written)
    if found is None:
        raise UsageError(f"--waiver-warning {written!r} is no number of days; write one like {WARNING}")
    return timedelta(days=int(found[1]))
