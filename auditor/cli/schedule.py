"""`auditor schedule SCHEDULER`: print, or write, what starts an audit every night."""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from auditor import __version__
from auditor.cli.ordering import ordered_by
from auditor.cli.validate import proven_audit
from auditor.cli.wishes import PASSWORD_VARIABLE
from auditor.errors import ExitCode, UsageError
from auditor.model.inventory import SecretReference, SecretSource, Server
from auditor.notify import reference_of
from auditor.schedule import SCHEDULERS
from auditor.schedule.needs import extras_of, places_of
from auditor.schedule.scheduler import UTC, File, Job, Scheduler

_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_USER = re.compile(r"[A-Za-z0-9_.-]+(\\[A-Za-z0-9_.$-]+)?")
_IMAGE = re.compile(r"[A-Za-z0-9._/:@-]+")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    listed = "\n".join(f"  {name:<16} {scheduler.summary}" for name, scheduler in SCHEDULERS.items())
    parser.epilog = f"schedulers:\n{listed}"
    add = parser.add_argument
    add("scheduler", choices=tuple(SCHEDULERS), metavar="SCHEDULER", help="see below")
    add("--config", required=True, metavar="FILE", help="the audit file to run")
    add("--at", required=True, metavar="HH:MM", help="when, every night")
    add("--zone", default=UTC, metavar="ZONE", help="time zone of --at, for example Europe/Berlin (default: UTC)")
    add("--out", metavar="DIR", help="write the files there instead of printing them")
    add("--user", default="auditor", metavar="NAME", help="account to run as: systemd, cron, windows-task")
    add("--image", default=f"auditor:{__version__}", metavar="REF", help="container image: kubernetes")


def execute(options: argparse.Namespace) -> ExitCode:
    """Prove the audit file, then print or write what starts it."""
    scheduler = SCHEDULERS[options.scheduler]
    files = scheduler.files(job_of(options, scheduler))
    if options.out:
        _write(files, Path(options.out))
    else:
        _print(files)
    return ExitCode.COMPLIANT


def job_of(options: argparse.Namespace, scheduler: Scheduler) -> Job:
    """Return the job; raises `UsageError` or `DocumentError` for what could not run at night."""
    config = _normal(options.config)
    file = proven_audit(config)
    servers = [assignment.server for assignment in ordered_by(file)]
    secrets = _secrets(servers, file.notify)
    password = [PASSWORD_VARIABLE] if file.hosts else []  # what `auditor run` takes for servers outside an inventory
    out = _plain(str(_normal(file.out or config.parent / "reports")))
    return Job(
        program=_program(),
        version=__version__,
        config=_plain(str(config)),
        inventory=file.inventory,
        folder=str(config.parent),
        in_repository=_in_repository(config),
        out=out,
        environment_file=str(config.parent / "auditor.env"),
        formats=file.formats,
        secrets=_variables([*_taken(secrets), *password]),
        extras=extras_of(file, servers, secrets),
        places=tuple(_plain(place) for place in places_of(file, out)),
        at=_time(options.at),
        zone=_zone(options.zone, scheduler),
        user=_matching(options.user, _USER, "--user"),
        image=_matching(options.image, _IMAGE, "--image"),
    )


def _program() -> tuple[str, ...]:
    """Return what starts this very `auditor`: the program if there is one beside this Python, else its module."""
    found = shutil.which("auditor", path=str(Path(sys.executable).parent))
    return (found,) if found else (sys.executable, "-m", "auditor")


def _normal(path: str | Path) -> Path:
    # not resolve(): a link such as /srv/audit/current may lead elsewhere tomorrow, and is meant to
    return Path(os.path.abspath(path))  # noqa: PTH100  absolute() leaves `..` in, which systemd refuses


def _in_repository(config: Path) -> str:
    """Return the audit file's path from the root of its repository; its name where there is none."""
    root = next((folder for folder in config.parents if (folder / ".git").exists()), config.parent)
    return config.relative_to(root).as_posix()


def _secrets(servers: Iterable[Server], notify: Iterable[str]) -> list[SecretReference]:
    """Return where secrets come from, those of notifiers too; nobody can type one at night."""
    named = [(server.name, server.connection.secret) for server in servers]
    named += [("notify", reference_of(address)) for address in notify]
    found = [(who, secret) for who, secret in named if secret is not None]
    for who, secret in found:
        if secret.source is SecretSource.PROMPT:
            raise UsageError(f"{who}: nobody types a password at night; name another secret, e.g. environment")
    return [secret for _, secret in found]


def _taken(secrets: Iterable[SecretReference]) -> list[str]:
    return [secret.reference for secret in secrets if secret.source is SecretSource.ENVIRONMENT]


def _variables(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(_matching(name, _VARIABLE, "the environment variable of a secret,") for name in sorted(set(names)))


def _time(text: str) -> time:
    if not (found := _AT.fullmatch(text)):
        raise UsageError(f"--at {text!r} is not HH:MM, for example --at 02:30")
    return time(int(found[1]), int(found[2]))


def _zone(name: str, scheduler: Scheduler) -> str:
    if name in (UTC, "Etc/UTC"):
        return UTC
    if not scheduler.any_zone:
        raise UsageError(f"{scheduler.name} goes by UTC alone: give --at in UTC, and leave out --zone")
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise UsageError(f"--zone {name!r} is no time zone that is known here, for example Europe/Berlin") from None
    return name


def _matching(text: str, pattern: re.Pattern[str], what: str) -> str:
    if not pattern.fullmatch(text):
        raise UsageError(f"{what} {text!r} cannot stand in the file of a scheduler: rename it")
    return text


def _plain(path: str) -> str:
    if not path.isprintable():
        raise UsageError(f"{path!r} cannot stand in the file of a scheduler: rename it")
    return path


def _print(files: Sequence[File]) -> None:
    for file in files:
        if len(files) > 1:
            print(f"==> {file.name} <==")
        print(file.text, end="" if file is files[-1] else "\n")


def _write(files: Iterable[File], folder: Path) -> None:
    """Write the files; one that is there already, and says something else, is left alone."""
    for file in files:
        target = folder / file.name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists() and target.read_bytes() != file.text.encode():
                raise UsageError(f"{target} exists already and differs: remove it, or name another --out")
            target.write_bytes(file.text.encode())
        except OSError as error:
            raise UsageError(f"{target}: cannot be written ({error.strerror}); name another --out") from error
        print(f"written to {target}")
