"""From names and files to what is ordered: which server is judged by which policies."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from auditor.cli.arguments import policies_named
from auditor.errors import UsageError
from auditor.load.inventory import load_inventory, server_of
from auditor.model.audit_file import AuditFile
from auditor.model.inventory import Connection, Server
from auditor.model.value import Value
from auditor.plan import Assignment, contradictions
from auditor.probes import PROBES

_SHOWN = 5


def servers_of(inventory: str, hosts: Sequence[str], defaults: Connection) -> tuple[Server, ...]:
    """Return the servers of the inventory and those named directly; a name may stand for one server only."""
    servers = [*(load_inventory(Path(inventory)) if inventory else ()), *(server_of(host, defaults) for host in hosts)]
    if not servers:
        raise UsageError("no server: name an inventory with --inventory, or servers with --host")
    names = [server.name for server in servers]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"named twice: {', '.join(doubled)}; a server is audited once, remove one of the two")
    return tuple(servers)


def assign(servers: Sequence[Server], names: Sequence[str], given: Mapping[str, Value]) -> tuple[Assignment, ...]:
    """Return each server with its policies: its own from the inventory, else those of the command line.

    Raises `UsageError` when a server has none, or when two of one server's policies contradict each other.
    """
    loaded = {chosen: policies_named(chosen) for chosen in {server.policies or tuple(names) for server in servers}}
    if bare := [server.name for server in servers if not (server.policies or names)]:
        raise UsageError(f"no policy for {', '.join(bare[:_SHOWN])}: name one with --policy or in the inventory")
    assignments = tuple(
        Assignment(server=server, policies=loaded[server.policies or tuple(names)]) for server in servers
    )
    _refuse_contradictions(assignments, given)
    return assignments


def ordered_by(audit_file: AuditFile) -> tuple[Assignment, ...]:
    """Return what an audit file orders, checked as a run would check it."""
    servers = servers_of(audit_file.inventory, audit_file.hosts, Connection(address=""))
    return assign(servers, audit_file.policies, audit_file.inputs)


def _refuse_contradictions(assignments: Sequence[Assignment], given: Mapping[str, Value]) -> None:
    """Refuse what no server can satisfy; servers with the same policies and inputs are looked at once."""
    clashes: dict[str, list[str]] = {}
    looked: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for assignment in assignments:
        inputs = {**assignment.server.inputs, **given}
        same = tuple(policy.id for policy in assignment.policies), repr(sorted(inputs.items()))
        if same not in looked:
            looked[same] = contradictions(assignment.policies, inputs, PROBES)
        for clash in looked[same]:
            clashes.setdefault(clash, []).append(assignment.server.name)
    if clashes:
        raise UsageError("\n".join(f"{clash} (asked of {_some(names)})" for clash, names in clashes.items()))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
