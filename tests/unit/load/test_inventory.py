import json
from collections.abc import Sized
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DocumentError, UsageError
from auditor.load.inventory import load_inventory, server_of
from auditor.model.inventory import Authentication, Connection, Scheme, SecretReference, SecretSource, Server

SHIPPED = "exchange-2007-owa-ssl-offloading"


def inventory(folder: Path, text: str, name: str = "inventory.yaml") -> dict[str, Server]:
    path = folder / name
    path.write_text(text)
    return {server.name: server for server in load_inventory(path)}


def policies(folder: Path, *names: str) -> tuple[str, ...]:
    """Return the paths of policy files; an inventory only sees that they are there."""
    for name in names:
        (folder / f"{name}.yaml").touch()
    return tuple(str(folder / f"{name}.yaml") for name in names)


def ansible(folder: Path, value: dict[str, Any]) -> dict[str, Server]:
    return inventory(folder, json.dumps(value), "hosts.json")


def test_the_nearer_setting_wins(tmp_path: Path) -> None:
    servers = inventory(
        tmp_path,
        "connection: {username: top, proxy: top}\n"
        "inputs: {a: top, b: top, c: top, d: top}\n"
        "groups:\n"
        "  outer:\n"
        "    children: [inner]\n"
        "    inputs: {b: outer, c: outer, d: outer}\n"
        "  inner:\n"
        "    connection: {username: inner}\n"
        "    inputs: {c: inner, d: inner}\n"
        "    hosts: {one: {inputs: {d: one}}}\n",
    )

    assert servers["one"].inputs == {"a": "top", "b": "outer", "c": "inner", "d": "one"}
    assert servers["one"].connection.username == "inner"
    assert servers["one"].connection.proxy == "top"
    assert servers["one"].groups == ("inner", "outer")


def test_a_host_of_several_groups_gets_what_all_of_them_say(tmp_path: Path) -> None:
    paths = policies(tmp_path, "p0", "p1", "p2", "p3", "p4")
    servers = inventory(
        tmp_path,
        "policies: [p0.yaml]\n"
        "groups:\n"
        "  left: {policies: [p1.yaml, p2.yaml], inputs: {a: 1, same: x}, hosts: {one: }}\n"
        "  right: {policies: [p2.yaml, p3.yaml], inputs: {b: 2, same: x}, hosts: {one: {policies: [p4.yaml]}}}\n"
        "hosts:\n"
        "  one: {inputs: {c: [x, z]}}\n"
        "  two:\n",
    )

    assert servers["one"].policies == paths
    assert servers["one"].inputs == {"a": 1, "b": 2, "c": ("x", "z"), "same": "x"}
    assert servers["two"].policies == paths[:1]
    assert servers["two"].groups == ()


def test_a_group_limits_its_servers_and_those_of_its_children(tmp_path: Path) -> None:
    servers = inventory(
        tmp_path,
        "groups:\n"
        "  region: {jobs: 8, children: [branch, town]}\n"
        "  branch: {jobs: 2, hosts: {one: , two: }}\n"
        "  town: {hosts: {two: , three: }}\n"
        "hosts: {four: }\n",
    )

    assert {name: dict(server.limits) for name, server in servers.items()} == {
        "one": {"region": 8, "branch": 2},
        "two": {"region": 8, "branch": 2},
        "three": {"region": 8},
        "four": {},
    }


def test_servers_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    assert list(inventory(tmp_path, "hosts: {c: , a: , b: }\n")) == ["a", "b", "c"]


def test_the_port_follows_the_scheme_unless_it_is_given(tmp_path: Path) -> None:
    servers = inventory(
        tmp_path,
        "hosts:\n"
        "  plain:\n"
        "  tls: {connection: {scheme: https}}\n"
        "  odd: {connection: {scheme: https, port: 443, address: 'fe80::1'}}\n",
    )

    assert {name: (server.connection.scheme, server.connection.port) for name, server in servers.items()} == {
        "odd": (Scheme.HTTPS, 443),
        "plain": (Scheme.HTTP, 5985),
        "tls": (Scheme.HTTPS, 5986),
    }
    assert servers["plain"].connection.address == "plain"
    assert servers["odd"].connection.address == "fe80::1"


def test_every_part_of_a_connection_is_read(tmp_path: Path) -> None:
    servers = inventory(
        tmp_path,
        "hosts:\n"
        "  one:\n"
        "    connection:\n"
        "      {address: 192.0.2.1, port: 1, scheme: https, authentication: certificate, username: u, verify: false,\n"
        "       allow_unencrypted: true, ca_file: ca.pem, certificate: /c.pem, certificate_key: ../k.pem,\n"
        "       proxy: 'http://proxy:3128', secret: {keyring: auditor}}\n",
    )

    assert servers["one"].connection == Connection(
        address="192.0.2.1",
        port=1,
        scheme=Scheme.HTTPS,
        authentication=Authentication.CERTIFICATE,
        username="u",
        secret=SecretReference(source=SecretSource.KEYRING, reference="auditor"),
        ca_file=str(tmp_path / "ca.pem"),
        verify=False,
        allow_unencrypted=True,
        certificate="/c.pem",
        certificate_key=str(tmp_path / "../k.pem"),
        proxy="http://proxy:3128",
    )


@pytest.mark.parametrize(
    ("written", "source", "reference"),
    [
        ("{environment: NAME}", SecretSource.ENVIRONMENT, "NAME"),
        ("{command: pass show x}", SecretSource.COMMAND, "pass show x"),
        ("{file: /run/x}", SecretSource.FILE, "/run/x"),
        ("{prompt: true}", SecretSource.PROMPT, ""),
    ],
)
def test_a_secret_is_a_reference(tmp_path: Path, written: str, source: SecretSource, reference: str) -> None:
    servers = inventory(tmp_path, f"connection: {{secret: {written}}}\nhosts: {{one: }}\n")

    assert servers["one"].connection.secret == SecretReference(source=source, reference=reference)


def test_paths_are_relative_to_the_inventory(tmp_path: Path) -> None:
    (own,) = policies(tmp_path, "own")
    servers = inventory(
        tmp_path, f"connection: {{secret: {{file: pw}}}}\npolicies: [{SHIPPED}, own.yaml]\nhosts: {{one: }}\n"
    )

    assert servers["one"].connection.secret == SecretReference(source=SecretSource.FILE, reference=str(tmp_path / "pw"))
    assert servers["one"].policies == (SHIPPED, own)


def test_every_policy_that_is_not_there_is_told_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as refused:
        inventory(
            tmp_path,
            f"policies: [{SHIPPED}-x]\n"
            "groups:\n"
            "  left: {policies: [nowhere.yaml], hosts: {one: {policies: [gone.yaml]}}}\n",
        )

    first, second, third = refused.value.problems
    assert f"inventory.yaml:1:12: policies/0: unknown policy '{SHIPPED}-x'; did you mean {SHIPPED!r}?" in first
    assert "inventory.yaml:3:21: groups/left/policies/0: there is no such file" in second
    assert "groups/left/hosts/one/policies/0: there is no such file" in third


def test_a_host_settles_what_its_groups_disagree_about(tmp_path: Path) -> None:
    servers = inventory(
        tmp_path,
        "groups:\n"
        "  left: {inputs: {a: 1}, hosts: {one: }}\n"
        "  right: {inputs: {a: 2}, hosts: {one: {inputs: {a: 3}}}}\n",
    )

    assert servers["one"].inputs == {"a": 3}


def test_true_and_one_are_a_disagreement(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"group 'left'.*group 'right'"):
        inventory(
            tmp_path,
            "groups:\n  left: {inputs: {a: 1}, hosts: {one: }}\n  right: {inputs: {a: true}, hosts: {one: }}\n",
        )


def test_what_ansible_prints_is_an_inventory(tmp_path: Path) -> None:
    servers = ansible(
        tmp_path,
        {
            "_meta": {
                "hostvars": {
                    "one": {
                        "ansible_host": "192.0.2.1",
                        "ansible_port": "5985",
                        "ansible_user": "auditor",
                        "ansible_winrm_transport": ["kerberos", "ntlm"],
                        "auditor_inputs": {"site": "Webmail"},
                        "unrelated": [1.5, {"db_password": "x"}],
                    },
                    "two": {
                        "ansible_connection": "winrm",
                        "ansible_winrm_server_cert_validation": "ignore",
                        "ansible_winrm_ca_trust_path": "/ca.pem",
                        "ansible_password": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256"},
                    },
                }
            },
            "all": {"children": ["ungrouped", "outer"], "vars": {"auditor_secret": {"environment": "PW"}}},
            "outer": {"children": ["web"]},
            "web": {"hosts": ["one", "two"], "vars": {"auditor_policies": ["p"]}},
            "ungrouped": {"hosts": ["three"]},
        },
    )

    secret = SecretReference(source=SecretSource.ENVIRONMENT, reference="PW")
    assert servers["one"] == Server(
        name="one",
        groups=("outer", "web"),
        policies=("p",),
        inputs={"site": "Webmail"},
        connection=Connection(
            address="192.0.2.1", authentication=Authentication.KERBEROS, username="auditor", secret=secret
        ),
    )
    assert servers["two"].connection == Connection(
        address="two", port=5986, scheme=Scheme.HTTPS, verify=False, ca_file="/ca.pem", secret=secret
    )
    assert (servers["three"].groups, servers["three"].connection.port) == ((), 5986)


@pytest.mark.parametrize(
    ("transport", "scheme", "method"),
    [("ssl", Scheme.HTTPS, Authentication.BASIC), ("credssp,ntlm", Scheme.HTTPS, Authentication.CREDSSP)],
)
def test_transports_of_ansible_are_methods_here(
    tmp_path: Path, transport: str, scheme: Scheme, method: Authentication
) -> None:
    servers = ansible(
        tmp_path, {"_meta": {"hostvars": {"one": {"ansible_winrm_transport": transport}}}, "web": ["one"]}
    )

    connection = servers["one"].connection
    assert (connection.scheme, connection.authentication) == (scheme, method)


def test_plaintext_of_ansible_needs_to_be_allowed(tmp_path: Path) -> None:
    variables = {"ansible_winrm_transport": "plaintext", "ansible_port": 5985}

    with pytest.raises(DocumentError, match="basic over http sends the password readable"):
        ansible(tmp_path, {"_meta": {"hostvars": {"one": variables}}, "web": {"hosts": ["one"]}})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 70000) | st.sampled_from(["web", "one", "ntlm", "winrm"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["_meta", "hostvars", "hosts", "children", "vars", "groups", "connection", "inputs", "policies",
                     "secret", "one", "web", "all", "ansible_port", "ansible_winrm_transport", "auditor_inputs"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_no_json_makes_an_inventory_raise_anything_but_document_errors(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(value))

    try:
        outcome: Sized = load_inventory(path)
    except DocumentError as error:
        outcome = error.problems

    assert outcome


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("cas01", "cas01", 5986),
        ("cas01:5985", "cas01", 5985),
        ("192.0.2.1:1", "192.0.2.1", 1),
        ("[fe80::1%eth0]:5985", "fe80::1%eth0", 5985),
        ("[::1]", "::1", 5986),
    ],
)
def test_a_host_is_a_name_with_or_without_a_port(text: str, address: str, port: int) -> None:
    defaults = Connection(address="", port=5986, username="auditor")

    server = server_of(text, defaults)

    assert server == Server(name=text, connection=Connection(address=address, port=port, username="auditor"))


@pytest.mark.parametrize("text", ["", ":5985", "cas01:", "cas01:0", "cas01:65536", "::1", "[::1", "a b", "cas01:5985x"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a host; write NAME, NAME:PORT or"):
        server_of(text, Connection(address=""))
