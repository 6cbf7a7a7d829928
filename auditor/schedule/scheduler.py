"""The contract of a scheduler: a job -> the files that start it every night. Pure: no clock, no environment."""

import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import time

NAME = "auditor-nightly"
"""What the unit, the task, the workflow are called."""

UTC = "UTC"
MOST_HOURS = 6
"""After this long a run is told to end (SIGTERM where there is one): it writes what it has."""
GRACE_SECONDS = 120
"""How long it may take for that."""
LATE_MINUTES = 10
"""Starts are spread over this long, where the scheduler can, so that many auditors do not all ask at once."""
CI_REPORTS = "audit-reports"
"""The folder of reports in a CI workspace, made anew for every build, so that no old report is published again."""
CI_DRIFT = (
    f"{CI_REPORTS} is made anew each night, so `against: last` finds no run there. For drift, give a folder",
    f"that stays instead (--out), and copy its latest/junit.xml to {CI_REPORTS}/latest to be published.",
)
"""What to do for drift in a CI workspace, as lines of a comment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One audit, every night.

    `program` are the words that start `auditor` on this machine; `config`, `inventory` (empty if there is none),
    `folder` (where the audit file stands), `out` and `environment_file` are absolute paths; `in_repository` is the
    audit file's path from the root of its repository, with slashes. `formats` are those of the audit file, `secrets`
    the environment variables its connections and notifiers take; `extras` are those of the package that it needs,
    `places` the folders besides `out` that it writes to.
    """

    program: tuple[str, ...]
    version: str
    config: str
    inventory: str
    folder: str
    in_repository: str
    out: str
    environment_file: str
    formats: tuple[str, ...]
    secrets: tuple[str, ...]
    extras: tuple[str, ...]
    places: tuple[str, ...]
    at: time
    zone: str
    user: str
    image: str

    @property
    def command(self) -> tuple[str, ...]:
        """The words that run the audit on this machine."""
        return (*self.program, "run", "--config", self.config, "--out", self.out)

    @property
    def ci_command(self) -> str:
        """The line for a POSIX shell that runs the audit in a checkout; JUnit is what CI servers read."""
        formats = [word for name in dict.fromkeys((*self.formats, "junit")) for word in ("--format", name)]
        return shlex.join(["auditor", "run", "--config", self.in_repository, "--out", CI_REPORTS, *formats])

    @property
    def package(self) -> str:
        """The package with the extras that the audit needs."""
        return f"auditor[{','.join(self.extras)}]" if self.extras else "auditor"

    @property
    def requirement(self) -> str:
        """What pip installs in CI, as a word for a shell, to which brackets are a pattern."""
        return shlex.quote(f"{self.package}=={self.version}")

    @property
    def given(self) -> str:
        """How a file of environment variables names the secrets: quoted, for the shell and for systemd alike."""
        return ", ".join(f"{name}='...'" for name in self.secrets)

    @property
    def cron(self) -> str:
        """The time as the five fields of cron."""
        return f"{self.at.minute} {self.at.hour} * * *"

    @property
    def iana_zone(self) -> str:
        """The zone by a name that every zone database has."""
        return "Etc/UTC" if self.zone == UTC else self.zone


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file to put in place: a name, with folders where they matter, and its text."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduler:
    """A way to start an audit every night.

    `name` is what `auditor schedule` takes. Without `any_zone` it knows UTC only, so that another zone is refused:
    a zone with summer time is no fixed hour of UTC.
    """

    name: str
    summary: str
    any_zone: bool
    files: Callable[[Job], tuple[File, ...]]


def lines(*parts: str | Iterable[str]) -> str:
    """Return the text of the lines, each ended by a line feed."""
    flat = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
    return "".join(f"{line}\n" for line in flat)


def comment(job: Job, *words: str) -> list[str]:
    """Return the head of a file: what it is and what to do with it, as `#` comments."""
    head = f"Audit every night at {job.at:%H:%M} {job.zone}; written by auditor {job.version}."
    return [f"# {word}".rstrip() for word in (head, *words)]
