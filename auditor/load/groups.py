"""Groups of an inventory: what each sets, whose child it is, and what it says of its hosts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from auditor.load.node import Node
from auditor.load.problem import Problem
from auditor.load.settings import Layer, read_layer
from auditor.suggest import unknown

TOP = "the top of the file"


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One group; `parents` are all groups it is in, however deep; `hosts` where each of its hosts stands.

    `jobs` is how many of its servers may be read at once, those of its children counted, None for no limit of its own.
    """

    name: str
    layer: Layer
    parents: frozenset[str]
    hosts: Mapping[str, Node]
    jobs: int | None


def read_groups(node: Node, problems: list[Problem]) -> dict[str, Group]:
    """Return the groups under `groups`, in the order of the file."""
    nodes = dict(node.fields())
    for group in nodes.values():
        problems.extend(_strangers(group["children"], nodes))
    parents = _parents({name: group["children"].texts() for name, group in nodes.items()})
    groups = {}
    for name, group in nodes.items():
        if name in parents[name]:
            problems.append(
                group["children"].problem(f"the group {name!r} is its own child, by way of these; cut the circle")
            )
        above = parents[name] - {name}
        layer = read_layer(group, owner_of(name))
        outranks = frozenset({TOP, *(owner_of(parent) for parent in above)})
        hosts = dict(group["hosts"].fields())
        groups[name] = Group(
            name=name,
            layer=replace(layer, outranks=outranks),
            parents=above,
            hosts=hosts,
            jobs=group["jobs"].number(),
        )
    return groups


def owner_of(group: str) -> str:
    """Return a group as it is named in messages."""
    return f"group {group!r}"


def _strangers(children: Node, known: Mapping[str, Node]) -> list[Problem]:
    unknown_ones = (child for child in children.items() if child.text() and child.text() not in known)
    return [child.problem(unknown("group", child.text(), known)) for child in unknown_ones]


def _parents(children: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    direct: dict[str, set[str]] = {name: set() for name in children}
    for parent, names in children.items():
        for name in names:
            direct.setdefault(name, set()).add(parent)
    return {name: _above(name, direct) for name in children}


def _above(name: str, direct: Mapping[str, set[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(direct[name])
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting.extend(direct[parent])
    return frozenset(found)
