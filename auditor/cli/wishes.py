"""What the command line and the audit file ask for, as one value; the command line outranks the file."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from auditor.cli.arguments import given_inputs
from auditor.errors import UsageError
from auditor.executors import THREADS
from auditor.load.audit_file import load_audit_file
from auditor.model.audit_file import AuditFile
from auditor.model.gate import Gate, parse_gate
from auditor.model.inventory import Authentication, Connection, Scheme, SecretReference, SecretSource
from auditor.model.value import Value

PASSWORD_VARIABLE = "AUDITOR_PASSWORD"  # noqa: S105  the name of a variable, not a password
_PORTS = {Scheme.HTTP: 5985, Scheme.HTTPS: 5986}
_JOBS, _TIMEOUT, _RETRIES = 16, 120, 2
_HOST_OPTIONS = ("username", "secret", "authentication", "scheme", "ca_file")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """Everything `auditor run` was asked for; `connection` is for `--host` alone.

    `timeout` is seconds per server, `deadline` seconds for the whole audit, if there is one.
    """

    policies: tuple[str, ...]
    inputs: Mapping[str, Value]
    inventory: str
    hosts: tuple[str, ...]
    connection: Connection
    evidence: str
    formats: tuple[str, ...]
    out: Path
    gate: Gate
    waivers: str
    without_waivers: bool
    waiver_warning: str | None
    against: str
    resume: str
    store: str
    notify: tuple[str, ...]
    log: str
    log_format: str
    jobs: int
    timeout: int
    deadline: int | None
    retries: int
    executor: str


def wishes_of(options: argparse.Namespace) -> Wishes:
    """Return the wishes; raises `UsageError` or `DocumentError`."""
    file = load_audit_file(Path(options.config)) if options.config else AuditFile()
    named = bool(options.inventory or options.host)
    hosts = tuple(options.host) or (() if named else file.hosts)
    _refuse_idle(options, hosts)
    return Wishes(
        policies=tuple(options.policy) or file.policies,
        inputs={**file.inputs, **given_inputs(options)},
        inventory=options.inventory or ("" if named else file.inventory),
        hosts=hosts,
        connection=_connection(options),
        evidence=options.evidence or "",
        formats=tuple(options.format) or file.formats,
        out=Path(options.out or file.out or "reports"),
        gate=parse_gate(options.fail_on or file.fail_on or ("fail",), options.min_coverage or file.min_coverage),
        waivers="" if options.no_waivers else options.waivers or file.waivers,
        without_waivers=options.no_waivers,
        waiver_warning=options.waiver_warning or file.waiver_warning or None,
        against=options.against or file.against,
        resume=options.resume or "",
        store=options.store or file.store,
        notify=tuple(options.notify) or file.notify,
        log=options.log or file.log,
        log_format=options.log_format or file.log_format,
        jobs=_positive("--jobs", options.jobs, file.jobs or _JOBS),
        timeout=_positive("--timeout", options.timeout, file.timeout or _TIMEOUT),
        deadline=_positive("--deadline", options.deadline, file.deadline or 0) or None,
        retries=_retries(options.retries, file.retries),
        executor=options.executor or file.executor or THREADS,
    )


def _positive(name: str, given: int | None, otherwise: int) -> int:
    if given is not None and given < 1:
        raise UsageError(f"{name} {given} makes no sense; it must be at least 1")
    return otherwise if given is None else given


def _retries(given: int | None, in_file: int | None) -> int:
    """Return how often a server is asked again; none at all is a wish, too."""
    if given is not None and given < 0:
        raise UsageError(f"--retries {given} makes no sense; it must be at least 0")
    return next((wish for wish in (given, in_file) if wish is not None), _RETRIES)


def _refuse_idle(options: argparse.Namespace, hosts: tuple[str, ...]) -> None:
    """Refuse what would have no effect: an option that is ignored can be one that somebody relies on."""
    if options.evidence and options.resume:
        raise UsageError("--evidence contacts no server, and --resume contacts those that are missing; choose one")
    if options.evidence and (options.inventory or options.host):
        raise UsageError("--evidence judges the servers of a stored run; leave --inventory and --host out")
    idle = [name for name in _HOST_OPTIONS if getattr(options, name)]
    if idle and (options.evidence or not hosts):
        spelled = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
        raise UsageError(f"{spelled}: for servers of --host only; in an inventory it stands under 'connection'")


def _connection(options: argparse.Namespace) -> Connection:
    scheme = Scheme(options.scheme or Scheme.HTTP)
    return Connection(
        address="",
        port=_PORTS[scheme],
        scheme=scheme,
        authentication=Authentication(options.authentication or Authentication.NTLM),
        username=options.username,
        secret=secret_reference(options.secret),
        ca_file=options.ca_file,
    )


def secret_reference(text: str | None, option: str = "--secret") -> SecretReference:
    """Return what the option means; without it the variable AUDITOR_PASSWORD if it is set, else a prompt."""
    if text is None:
        if PASSWORD_VARIABLE in os.environ:
            return SecretReference(source=SecretSource.ENVIRONMENT, reference=PASSWORD_VARIABLE)
        return SecretReference(source=SecretSource.PROMPT)
    source, _, reference = text.partition(":")
    if source not in tuple(SecretSource) or bool(reference) == (source == SecretSource.PROMPT):
        # The text itself is not repeated: it may be the password of someone who guessed the option's meaning.
        raise UsageError(f"{option} must be environment:NAME, file:PATH, command:WORDS, keyring:SERVICE or prompt")
    return SecretReference(source=SecretSource(source), reference=reference)
