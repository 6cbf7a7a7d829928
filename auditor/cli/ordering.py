"""From names and files to what is ordered: which server is judged by which policies."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from auditor.bind import bind_inputs, refuse_unknown_inputs, slips
from auditor.cli.arguments import policies_named
from auditor.errors import ParameterError, UsageError
from auditor.load.inventory import load_inventory, server_of
from auditor.model.audit_file import AuditFile
from auditor.model.inventory import Connection, Server
from auditor.model.policy import Policy
from auditor.model.value import Value
from auditor.plan import Assignment, contradictions, questions_of
from auditor.probes import PROBES

_SHOWN = 5


def servers_of(inventory: str, hosts: Sequence[str], defaults: Connection) -> tuple[Server, ...]:
    """Return the servers of the inventory and those named directly; a name may stand for one server only."""
    servers = [*(load_inventory(Path(inventory)) if inventory else ()), *(server_of(host, defaults) for host in hosts)]
    if not servers:
        raise UsageError("no server: name an inventory with --inventory, or servers with --host")
    numbers = Counter(server.name.casefold() for server in servers)
    if doubled := sorted({server.name for server in servers if numbers[server.name.casefold()] > 1}):
        raise UsageError(f"named twice: {', '.join(doubled)}; a server is audited once, remove one of the two")
    return tuple(servers)


def assign(servers: Sequence[Server], names: Sequence[str], given: Mapping[str, Value]) -> tuple[Assignment, ...]:
    """Return each server with its policies: its own from the inventory, else those of the command line.

    Raises `UsageError` when a server has none, when its inputs do not do for its policies, or when two of its policies
    contradict each other; `DocumentError` for policies that are wrong.
    """
    chosen = dict.fromkeys(server.policies or tuple(names) for server in servers)
    loaded = {each: policies_named(each) for each in chosen}
    if bare := [server.name for server in servers if not (server.policies or names)]:
        raise UsageError(f"no policy for {', '.join(bare[:_SHOWN])}: name one with --policy or in the inventory")
    assignments = tuple(
        Assignment(server=server, policies=loaded[server.policies or tuple(names)]) for server in servers
    )
    _refuse_impossible(assignments, given)
    return assignments


def idle_policies(assignments: Sequence[Assignment], names: Sequence[str]) -> tuple[Policy, ...]:
    """Return the policies named for the whole audit that no server is asked for, because all have their own."""
    if not all(assignment.server.policies for assignment in assignments):
        return ()
    asked = {policy.id for assignment in assignments for policy in assignment.policies}
    return tuple(policy for policy in policies_named(names) if policy.id not in asked)


def refuse_strange_inputs(
    assignments: Sequence[Assignment], names: Sequence[str], given: Mapping[str, Value], where: str
) -> None:
    """Refuse inputs that none of the policies has; unlike those of an inventory they are for this audit alone."""
    asked = {policy.id: policy for assignment in assignments for policy in assignment.policies}
    refuse_unknown_inputs((*asked.values(), *idle_policies(assignments, names)), given, where)


def notes(assignments: Sequence[Assignment], names: Sequence[str], inventory: str) -> Iterator[str]:
    """Yield a note for each policy that nobody is asked for, and for each input that looks like a slip, once a name."""
    for policy in idle_policies(assignments, names):
        yield f"note: policy {policy.id} is asked of no server: every server in {inventory} has policies of its own"
    told: set[str] = set()
    for assignment in assignments:
        for name, meant in slips(assignment.policies, assignment.server.inputs).items():
            if name not in told:
                told.add(name)
                yield (
                    f"note: {inventory}: input {name!r} of {assignment.server.name} is taken by none of its policies; "
                    f"did you mean {meant!r}?"
                )


def ordered_by(audit_file: AuditFile) -> tuple[Assignment, ...]:
    """Return what an audit file orders, checked as a run would check it."""
    servers = servers_of(audit_file.inventory, audit_file.hosts, Connection(address=""))
    assignments = assign(servers, audit_file.policies, audit_file.inputs)
    refuse_strange_inputs(assignments, audit_file.policies, audit_file.inputs, "inputs")
    return assignments


def _refuse_impossible(assignments: Sequence[Assignment], given: Mapping[str, Value]) -> None:
    """Refuse what cannot be asked, or no server can satisfy; the same policies and inputs are looked at once."""
    problems: dict[str, list[str]] = {}
    looked: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for assignment in assignments:
        inputs = {**assignment.server.inputs, **given}
        same = tuple(policy.id for policy in assignment.policies), repr(sorted(inputs.items()))
        if same not in looked:
            looked[same] = problems_of(assignment.policies, inputs)
        for problem in looked[same]:
            problems.setdefault(problem, []).append(assignment.server.name)
    if problems:
        raise UsageError("\n".join(f"{problem} (asked of {_some(names)})" for problem, names in problems.items()))


def problems_of(policies: Sequence[Policy], inputs: Mapping[str, Value]) -> list[str]:
    """Return why these policies cannot be asked of one server with these inputs, before any server is contacted."""
    found: list[str] = []
    for policy in policies:
        try:
            questions_of(policy, bind_inputs(policy, inputs), PROBES)
        except UsageError as error:
            found += str(error).splitlines()
        except ParameterError as error:
            found.append(f"policy {policy.id}: parameter {error.parameter!r}: {error}")
    return found or contradictions(policies, inputs, PROBES)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
