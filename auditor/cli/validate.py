"""`auditor validate [PATH...]`: are these documents right? Nothing is contacted, no secret is read."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from auditor.cli.arguments import formats_named
from auditor.cli.ordering import assign, notes, ordered_by
from auditor.cli.waivers_option import known_policies, waivers_named, warning_time
from auditor.errors import DocumentError, ExitCode, UsageError
from auditor.gate import refuse_unjudgeable
from auditor.load.audit_file import load_audit_file
from auditor.load.document import read_document
from auditor.load.examples import load_examples
from auditor.load.inventory import load_inventory
from auditor.load.policy import load_policy
from auditor.load.shipped import EXAMPLES, shipped_policies
from auditor.load.waivers import load_waivers
from auditor.model.audit_file import AuditFile
from auditor.model.gate import parse_gate
from auditor.model.policy import Policy
from auditor.plan import contradictions
from auditor.probes import PROBES

KINDS = "policy, inventory, audit file, waivers or examples"
_POLICY = {"id", "checks"}
_AUDIT = set(AuditFile.__slots__) - {"policies", "hosts", "inputs"}  # these are keys of an inventory, too
_WAIVERS = {"waivers", "maximum_days"}
_INVENTORY = {"groups", "connection", "_meta", "all"}


def proven_audit(path: Path) -> AuditFile:
    """Return an audit file with which a run would begin; raises `DocumentError` with all that is wrong with it."""
    from auditor.notify import refuse_bad_addresses  # noqa: PLC0415  slow to import, and seldom needed

    file = load_audit_file(path)
    steps: tuple[Callable[[], object], ...] = (
        partial(formats_named, file.formats),
        partial(refuse_bad_addresses, file.notify),
        partial(warning_time, file.waiver_warning or None),
        partial(_check_store, file.store),
        partial(_check_order, file),
    )
    if problems := [problem for step in steps for problem in _refusals(path, step)]:
        raise DocumentError(problems)
    return file


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help=f"{KINDS}, or a folder (default: shipped policies)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Check every file; print all problems of all files."""
    policies: list[Policy] = []
    problems = [
        problem for path in _files(options.paths) for problem in _refusals(path, partial(_tell, path, policies))
    ]
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    for clash in contradictions(_with_defaults(policies), {}, PROBES):
        print(f"note: {clash}; give them to different servers")
    return ExitCode.USAGE if problems else ExitCode.COMPLIANT


def _files(paths: Sequence[str]) -> list[Path]:
    if not paths:
        return list(shipped_policies().values())
    return [file for path in paths for file in (_inside(Path(path)) if Path(path).is_dir() else [Path(path)])]


def _inside(folder: Path) -> list[Path]:
    files = sorted(file for pattern in ("*.yaml", "*.yml") for file in folder.glob(pattern))
    if not files:
        raise UsageError(f"{folder}: no YAML file is in this folder; name the files themselves, or another folder")
    return files


def _refusals(path: Path, step: Callable[[], object]) -> list[str]:
    try:
        step()
    except DocumentError as error:
        return list(error.problems)
    except UsageError as error:
        return [f"{path}: {line}" for line in str(error).splitlines()]
    return []


def _tell(path: Path, policies: list[Policy]) -> None:
    for line in _check(path, policies):
        print(line)


def _check(path: Path, policies: list[Policy]) -> Iterator[str]:
    """Load one file as what it is and yield what is to be said of it; raises `DocumentError` or `UsageError`."""
    if path.name.endswith(EXAMPLES):
        policy = load_policy(path.with_name(path.name.removesuffix(EXAMPLES) + ".yaml"), PROBES)
        yield f"{path}: {len(load_examples(path, policy, PROBES))} examples, all right"
        return
    document = read_document(path)
    value = document.value
    keys = set(value) if isinstance(value, dict) else set()
    hosts = value.get("hosts") if keys else None
    if keys & _POLICY:
        policies.append(load_policy(path, PROBES))
        yield f"{path}: policy {policies[-1].id} with {len(policies[-1].checks)} checks, all right"
    elif keys & _WAIVERS and not keys & (set(AuditFile.__slots__) - _WAIVERS):
        yield from _check_waivers(path, policies)
    elif keys & _AUDIT or isinstance(hosts, list):
        yield from _check_audit(path)
    elif keys & _INVENTORY or isinstance(hosts, dict):
        yield from _check_inventory(path)
    else:
        document.refuse(())
        raise UsageError(f"this is no {KINDS}: none of the keys checks, groups, hosts, inventory, waivers is there")


def _check_inventory(path: Path) -> Iterator[str]:
    servers = load_inventory(path)
    assignments = assign([server for server in servers if server.policies], (), {})
    yield f"{path}: inventory with {len(servers)} servers, all right"
    yield from notes(assignments, (), str(path))


def _check_waivers(path: Path, policies: Sequence[Policy]) -> Iterator[str]:
    waivers = load_waivers(path, known_policies(policies), _today())
    yield f"{path}: {len(waivers)} waivers, all right"


def _check_audit(path: Path) -> Iterator[str]:
    file = proven_audit(path)
    assignments = ordered_by(file)
    yield f"{path}: audit of {len(assignments)} servers, all right"
    yield from notes(assignments, file.policies, file.inventory)


def _check_store(url: str) -> None:
    from auditor.cli.surroundings import NO_STORE  # noqa: PLC0415  as above
    from auditor.history.database import database_of  # noqa: PLC0415  as above

    if url and url != NO_STORE:
        database_of(url)


def _check_order(file: AuditFile) -> None:
    """Check what can be judged only when it is known which policies are asked for."""
    assignments = ordered_by(file)
    policies = tuple({policy.id: policy for each in assignments for policy in each.policies}.values())
    gate = parse_gate(file.fail_on, file.min_coverage)
    refuse_unjudgeable(gate, [policy.id for policy in policies], compared=bool(file.against))
    waivers_named(file.waivers, policies, _today())


def _today() -> date:
    return datetime.now(UTC).date()


def _with_defaults(policies: Sequence[Policy]) -> list[Policy]:
    """Return the policies that can be compared before a site gives its inputs."""
    return [policy for policy in policies if all(each.default is not None for each in policy.inputs)]
