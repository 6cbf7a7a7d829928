"""The JSON of `ansible-inventory --list` -> the same tree as an inventory of ours.

Which variable means what is in Ansible's documentation of the winrm connection plugin; its default port is 5986,
and its default scheme http for port 5985, https for any other. Passwords are not taken over, encrypted or not.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.load.document import Document
from auditor.load.node import Node, top
from auditor.load.parsed import Parsed
from auditor.load.problem import Problem, Steps
from auditor.load.structure import structure_problems
from auditor.model.inventory import Authentication
from auditor.schema.inventory import inventory_schema
from auditor.suggest import advice

_CONNECTION = {
    "ansible_host": "address",
    "ansible_user": "username",
    "ansible_winrm_ca_trust_path": "ca_file",
    "ansible_winrm_cert_pem": "certificate",
    "ansible_winrm_cert_key_pem": "certificate_key",
    "ansible_winrm_scheme": "scheme",
    "auditor_secret": "secret",
}
_PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_winrm_pass", "ansible_winrm_password")
_TRANSPORTS = {method.value: {"authentication": method.value} for method in Authentication} | {
    "plaintext": {"authentication": "basic", "scheme": "http"},
    "ssl": {"authentication": "basic", "scheme": "https"},
}
_WINRM = ("winrm", "psrp", "ansible.builtin.winrm", "ansible.builtin.psrp")


def is_ansible(value: Any) -> bool:
    """Tell whether a document is what `ansible-inventory --list` prints."""
    meta = value.get("_meta") if isinstance(value, dict) else None
    return isinstance(meta, dict) and isinstance(meta.get("hostvars"), dict)


def from_ansible(node: Node, problems: list[Problem]) -> Node:
    """Return the inventory as a tree of ours, whose positions are those of the Ansible document."""
    tree = _Tree(node.document)
    tree.put(("connection", "scheme"), "https", node)
    tree.variables((), node["all"]["vars"], problems)
    for name, variables in node["_meta"]["hostvars"].fields():
        tree.put(("hosts", name), {}, variables)
        tree.variables(("hosts", name), variables, problems)
    for name, group in node.fields():
        if name != "_meta":
            tree.group(name, group, problems)
    problems.extend(structure_problems(tree.document(), inventory_schema()))
    return top(tree.document())


class _Tree:
    """An inventory of ours in the making; `names` keeps where in the other document each value was."""

    def __init__(self, origin: Document) -> None:
        self.origin = origin
        self.parsed = Parsed(value={}, is_whole=True, values={(): (1, 1)})

    def document(self) -> Document:
        origin = self.origin
        return Document(path=origin.path, value=self.parsed.value, data=b"", text="", parsed=self.parsed)

    def put(self, steps: Steps, value: Any, origin: Node) -> None:
        """Set a value, making the mappings on the way to it; what is already there stays."""
        around: Any = self.parsed.value
        for step in steps[:-1]:
            around = around.setdefault(step, {})
        around.setdefault(steps[-1], value)
        for length in range(1, len(steps) + 1):
            self.parsed.values.setdefault(steps[:length], self.origin.key_position(origin.steps))
            self.parsed.names.setdefault(steps[:length], origin.steps)

    def group(self, name: str, group: Node, problems: list[Problem]) -> None:
        """Take over a group: `{hosts: [...], children: [...], vars: {...}}`, or in the old form a list of hosts."""
        here: Steps = () if name in {"all", "ungrouped"} else ("groups", name)
        if here:
            self.put(here, {}, group)
            self.variables(here, group["vars"], problems)
            self.put((*here, "children"), list(group["children"].texts()), group)
        for host in (*group["hosts"].items(), *group.items()):
            if host.text():
                self.put((*here, "hosts", host.text()), {}, host)

    def variables(self, here: Steps, variables: Node, problems: list[Problem]) -> None:
        """Take over the variables of a host or a group."""
        for name, node in variables.fields():
            problems.extend(_refusals(name, node))
            for steps, value in _settings(name, node):
                self.put((*here, *steps), value, node)
        port = variables["ansible_port"]
        if "ansible_port" in variables and "ansible_winrm_scheme" not in variables:
            self.put((*here, "connection", "scheme"), "http" if str(port.value) == "5985" else "https", port)


def _refusals(name: str, node: Node) -> Iterator[Problem]:
    if name in _PASSWORDS and isinstance(node.value, str):
        yield node.key_problem(
            "a password is not read from an inventory; remove it and set auditor_secret to a reference, "
            "like {environment: NAME}, or use --secret"
        )
    if name == "ansible_connection" and node.text() not in _WINRM:
        yield node.problem("this host is not reached by WinRM; leave it out, for example with --limit")
    if name == "ansible_winrm_transport" and _transport(node) not in _TRANSPORTS:
        yield node.problem(f"unknown transport {_transport(node)!r}{advice(_transport(node), _TRANSPORTS)}")


def _settings(name: str, node: Node) -> Iterator[tuple[Steps, Any]]:
    if name in _CONNECTION:
        yield ("connection", _CONNECTION[name]), node.value
    elif name == "ansible_port":
        yield ("connection", "port"), _number(node)
    elif name == "ansible_winrm_server_cert_validation":
        yield ("connection", "verify"), node.value != "ignore"
    elif name == "ansible_winrm_transport":
        for part, value in _TRANSPORTS.get(_transport(node), {}).items():
            yield ("connection", part), value
    elif name == "auditor_inputs" and isinstance(node.value, Mapping):
        for given, value in node.value.items():
            yield ("inputs", given), value
    elif name in ("auditor_policies", "auditor_zone"):
        yield (name.removeprefix("auditor_"),), node.value


def _transport(node: Node) -> str:
    """Return the first of the transports, which Ansible takes as a list or as text with commas."""
    names = node.texts() or tuple(node.text().split(","))
    return names[0].strip()


def _number(node: Node) -> Any:
    return int(node.text()) if node.text().isdecimal() and len(node.text()) < 10 else node.value
