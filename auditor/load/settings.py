"""What groups and hosts set, and how it adds up: the nearer one wins, and those equally near must not disagree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from auditor.load.node import Node
from auditor.load.problem import Problem

Key: TypeAlias = tuple[str, str]
"""Which setting: `connection` or `inputs`, and the name in it; or `zone`, and nothing."""

ZONE: Key = ("zone", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One value that was set, and by whom in words (`group 'web'`)."""

    node: Node
    owner: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """What one group, one host or the top of the file sets; `outranks` names the owners farther from the host."""

    owner: str
    settings: Mapping[Key, Setting] = field(default_factory=dict)
    policies: tuple[str, ...] = ()
    outranks: frozenset[str] = frozenset()


def read_layer(node: Node, owner: str) -> Layer:
    """Return what the mapping sets under `connection`, `inputs` and `policies`, and its zone."""
    settings = {
        (part, name): Setting(node=value, owner=owner)
        for part in ("connection", "inputs")
        for name, value in node[part].fields()
    }
    if "zone" in node:
        settings[ZONE] = Setting(node=node["zone"], owner=owner)
    return Layer(owner=owner, settings=settings, policies=node["policies"].texts())


def settle(layers: Sequence[Layer], problems: list[Problem], host: str) -> Mapping[Key, Setting]:
    """Return the settings of a host; two values that differ, and neither outranks the other, are a problem."""
    settled = {}
    for key in {key: None for layer in layers for key in layer.settings}:
        rivals = [layer for layer in layers if key in layer.settings]
        winners = [one.settings[key] for one in rivals if not any(one.owner in other.outranks for other in rivals)]
        settled[key] = winners[0]
        others = [other for other in winners if not _same(other, winners[0])]
        problems.extend(_conflict(key, winners[0], other, host) for other in others[:1])
    return settled


def policies_of(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Return the policies of all layers, each once."""
    return tuple(dict.fromkeys(_policies(layers)))


def _policies(layers: Sequence[Layer]) -> Iterator[str]:
    for layer in layers:
        yield from layer.policies


def _same(one: Setting, other: Setting) -> bool:
    return type(one.node.value) is type(other.node.value) and bool(one.node.value == other.node.value)


def _conflict(key: Key, one: Setting, other: Setting, host: str) -> Problem:
    setting = "/".join(filter(None, key))
    return other.node.problem(
        f"host {host!r} gets {setting} from {one.owner} (line {one.node.line}) and another value from "
        f"{other.owner}; make them the same, or set it at the host"
    )
