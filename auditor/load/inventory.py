"""An inventory file -> servers, or every problem in it; ours in YAML, or the JSON of `ansible-inventory --list`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from auditor.errors import UsageError
from auditor.load.ansible import from_ansible, is_ansible
from auditor.load.connection import connection_problems, read_connection
from auditor.load.document import read_document
from auditor.load.groups import TOP, Group, read_groups
from auditor.load.node import Node, top
from auditor.load.paths import policy_beside
from auditor.load.problem import Problem, without
from auditor.load.settings import ZONE, Layer, policies_of, read_layer, settle
from auditor.load.shipped import missing_policies
from auditor.load.structure import structure_problems
from auditor.model.inventory import Connection, Server
from auditor.model.value import Value
from auditor.schema.inventory import connection_schema, inventory_schema

_PASSWORD = re.compile(r"passw(or)?d|pwd", re.IGNORECASE)
_HOST = re.compile(r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|(?P<name>[^\[\]:\s]+))(?::(?P<port>[0-9]{1,5}))?")
_REFERENCE = (
    "refer to it: secret: {environment: NAME}, {file: PATH}, {command: ...}, {keyring: SERVICE} or {prompt: true}"
)


def load_inventory(path: Path) -> tuple[Server, ...]:
    """Read an inventory and return its servers, sorted by name; raises `DocumentError` with all problems."""
    document = read_document(path)
    problems: list[Problem] = []
    if is_ansible(document.value):
        node = from_ansible(top(document), problems)
    else:
        node = top(document)
        problems += [*_passwords(node), *_misplaced(node), *_missing(node)]
        problems += without(structure_problems(document, inventory_schema()), problems)
    servers = tuple(_servers(node, problems))
    if not servers and not problems:
        problems.append(node.problem("there is no host in this inventory; name one under 'hosts'"))
    document.refuse(problems)
    return tuple(sorted(servers, key=lambda server: server.name))


def server_of(text: str, defaults: Connection) -> Server:
    """Return the server that `--host NAME[:PORT]` means; an IPv6 address stands in brackets.

    The text is the server's name, so that two ports of one address are two servers. Raises `UsageError`.
    """
    found = _HOST.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else defaults.port
    if not found or not 0 < port <= 65535:
        advice = "write NAME, NAME:PORT or [IPv6]:PORT, with a port from 1 to 65535"
        raise UsageError(f"--host {text!r} is not a host; {advice}")
    return Server(name=text, connection=replace(defaults, address=found["ipv6"] or found["name"], port=port))


def _servers(node: Node, problems: list[Problem]) -> Iterator[Server]:
    groups = read_groups(node["groups"], problems)
    base = read_layer(node, TOP)
    alone = dict(node["hosts"].fields())
    everywhere = [alone, *(group.hosts for group in groups.values())]
    problems += _alike(everywhere)
    for name in {name: None for hosts in everywhere for name in hosts}:
        yield _server(name, alone.get(name), groups, base, problems)


def _alike(everywhere: Iterable[Mapping[str, Node]]) -> Iterator[Problem]:
    """Yield the names that differ from another one in upper and lower case alone: to DNS they are one server."""
    first: dict[str, str] = {}
    for name, node in (field for hosts in everywhere for field in hosts.items()):
        other = first.setdefault(name.casefold(), name)
        if other != name:
            yield node.key_problem(f"{name!r} is {other!r} once more, in upper and lower case; write one of the two")


def _server(name: str, alone: Node | None, groups: Mapping[str, Group], base: Layer, problems: list[Problem]) -> Server:
    within = [group for group in groups.values() if name in group.hosts]
    above = {parent for group in within for parent in group.parents} | {group.name for group in within}
    ordered = [group.layer for group in groups.values() if group.name in above]
    entries = [("hosts", alone)] if alone is not None else []
    entries += [(f"group {group.name!r}", group.hosts[name]) for group in within]
    outranks = frozenset({TOP, *(layer.owner for layer in ordered)})
    own = [replace(read_layer(entry, f"its entry in {owner}"), outranks=outranks) for owner, entry in entries]
    layers = [base, *ordered, *own]
    settled = settle(layers, problems, name)
    file = entries[0][1]
    parts = {key: setting.node for (part, key), setting in settled.items() if part == "connection"}
    connection = read_connection(parts, name, file.document.path)
    problems.extend(connection_problems(connection, file))
    return Server(
        name=name,
        groups=tuple(sorted(above)),
        connection=connection,
        inputs=_inputs({key: setting.node for (part, key), setting in settled.items() if part == "inputs"}),
        policies=tuple(policy_beside(file.document.path, policy) for policy in policies_of(layers)),
        zone=settled[ZONE].node.text() if ZONE in settled else "",
        limits={group.name: group.jobs for group in groups.values() if group.name in above and group.jobs},
    )


def _inputs(nodes: Mapping[str, Node]) -> Mapping[str, Value]:
    values = {name: node.plain() for name, node in sorted(nodes.items())}
    return {name: value for name, value in values.items() if value is not None}


def _passwords(node: Node) -> Iterator[Problem]:
    for name, child in node.fields():
        if _PASSWORD.fullmatch(name):
            yield child.key_problem(f"a password is never written in a file; {_REFERENCE}")
        yield from _passwords(child)
    for child in node.items():
        yield from _passwords(child)


def _missing(node: Node) -> Iterator[Problem]:
    """Yield the policies that are named at the top, in a group or at a host, and are not there."""
    for name, child in node.fields():
        yield from missing_policies(child) if name == "policies" else _missing(child)


def _misplaced(node: Node) -> Iterator[Problem]:
    """Yield the settings of a connection that stand beside `connection` instead of in it, and jobs of no group."""
    known = connection_schema()["properties"]
    groups = [group for _, group in node["groups"].fields()]
    hosts = [host for holder in (node, *groups) for _, host in holder["hosts"].fields()]
    for name, value in (field for holder in (node, *groups, *hosts) for field in holder.fields()):
        if name in known:
            yield value.key_problem(f"{name!r} belongs under 'connection'; write connection: {{{name}: ...}}")
    for holder in (node, *hosts):
        if "jobs" in holder:
            step = "for all servers, give it with --jobs or in the audit file"
            yield holder["jobs"].key_problem(f"'jobs' limits a group, so it stands in one; {step}")
