"""`auditor validate [PATH...]`: are these documents right? Nothing is contacted, no secret is read."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from auditor.cli.ordering import assign, ordered_by
from auditor.errors import DocumentError, ExitCode, UsageError
from auditor.load.audit_file import load_audit_file
from auditor.load.document import load_document
from auditor.load.examples import load_examples
from auditor.load.inventory import load_inventory
from auditor.load.policy import load_policy
from auditor.load.shipped import EXAMPLES, shipped_policies
from auditor.model.policy import Policy
from auditor.plan import contradictions
from auditor.probes import PROBES

KINDS = "policy, inventory, audit file or examples"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help=f"{KINDS}, or a folder (default: shipped policies)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Check every file; print all problems of all files."""
    policies: list[Policy] = []
    problems = list(chain.from_iterable(_problems(path, policies) for path in _files(options.paths)))
    for problem in problems:
        print(problem, file=sys.stderr)
    for clash in _alternatives(policies):
        print(f"note: {clash}; give them to different servers")
    return ExitCode.USAGE if problems else ExitCode.COMPLIANT


def _files(paths: Sequence[str]) -> list[Path]:
    if not paths:
        return list(shipped_policies().values())
    return [
        file for path in paths for file in (sorted(Path(path).glob("*.yaml")) if Path(path).is_dir() else [Path(path)])
    ]


def _problems(path: Path, policies: list[Policy]) -> Iterator[str]:
    try:
        print(f"{path}: {_check(path, policies)}")
    except DocumentError as error:
        yield from error.problems
    except UsageError as error:
        yield f"{path}: {error}"


def _check(path: Path, policies: list[Policy]) -> str:
    """Load one file as what it is and say so; raises `DocumentError` or `UsageError`."""
    if path.name.endswith(EXAMPLES):
        policy = load_policy(path.with_name(path.name.removesuffix(EXAMPLES) + ".yaml"), PROBES)
        return f"{len(load_examples(path, policy, PROBES))} examples, all right"
    keys = _keys(path)
    if "checks" in keys:
        policies.append(load_policy(path, PROBES))
        return f"policy {policies[-1].id} with {len(policies[-1].checks)} checks, all right"
    if keys & {"policies", "inventory"}:
        return _check_audit(path)
    if keys & {"groups", "hosts", "_meta", "all"}:
        servers = load_inventory(path)
        assign([server for server in servers if server.policies], (), {})
        return f"inventory with {len(servers)} servers, all right"
    raise UsageError(f"this is no {KINDS}: none of the keys checks, groups, hosts, policies, inventory is there")


def _keys(path: Path) -> set[str]:
    value = load_document(path).value
    return set(value) if isinstance(value, dict) else set()


def _check_audit(path: Path) -> str:
    return f"audit of {len(ordered_by(load_audit_file(path)))} servers, all right"


def _alternatives(policies: Sequence[Policy]) -> list[str]:
    return contradictions(policies, {}, PROBES)
