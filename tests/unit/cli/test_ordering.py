"""Which server is judged by which policies, and what cannot be ordered."""

from pathlib import Path

import pytest

from auditor.cli.arguments import formats_named, policies_named
from auditor.cli.ordering import assign, idle_policies, notes, refuse_strange_inputs, servers_of
from auditor.errors import DocumentError, UsageError
from auditor.load.shipped import find_policy
from auditor.model.inventory import Connection, Server
from auditor.model.value import Value

OFFLOADING = "exchange-2007-owa-ssl-offloading"
REQUIRED = "exchange-2007-owa-ssl-required"
ANY = Connection(address="")


def server(name: str, *policies: str, **inputs: Value) -> Server:
    return Server(name=name, connection=ANY, policies=policies, inputs=inputs)


def test_servers_come_from_the_inventory_and_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "servers.yaml").write_text("hosts: {cas02: , cas01: }\n")

    servers = servers_of(str(tmp_path / "servers.yaml"), ["cas03:15985"], ANY)

    assert [each.name for each in servers] == ["cas01", "cas02", "cas03:15985"]
    assert servers[2].connection == Connection(address="cas03", port=15985)


@pytest.mark.parametrize(("host", "named"), [("cas01", "cas01"), ("CAS01", "CAS01, cas01")])
def test_a_server_that_is_named_twice_is_refused_whatever_its_letters(tmp_path: Path, host: str, named: str) -> None:
    (tmp_path / "servers.yaml").write_text("hosts: {cas01: }\n")

    with pytest.raises(UsageError, match=f"named twice: {named}; a server is audited once"):
        servers_of(str(tmp_path / "servers.yaml"), [host], ANY)


def test_an_audit_of_no_server_is_refused() -> None:
    with pytest.raises(UsageError, match="no server: name an inventory"):
        servers_of("", [], ANY)


def test_policies_of_the_inventory_outrank_those_of_the_command_line() -> None:
    servers = [server("cas01"), server("cas02", REQUIRED)]

    assignments = assign(servers, [OFFLOADING], {})

    assert [[policy.id for policy in each.policies] for each in assignments] == [[OFFLOADING], [REQUIRED]]


def test_servers_without_a_policy_are_named() -> None:
    with pytest.raises(UsageError, match="no policy for cas01, cas03: name one with --policy or in the inventory"):
        assign([server("cas01"), server("cas02", REQUIRED), server("cas03")], [], {})


def test_a_contradiction_names_its_servers_once_and_not_all_of_many() -> None:
    servers = [server(f"cas{number}", OFFLOADING, REQUIRED) for number in range(1, 8)]

    with pytest.raises(UsageError) as refused:
        assign([*servers, server("cas9", OFFLOADING)], [], {})

    lines = str(refused.value).splitlines()
    assert all(line.endswith("(asked of cas1, cas2, cas3, cas4, cas5 and 2 more)") for line in lines)
    assert any("site-ssl-not-required and" in line and "site-ssl-required contradict" in line for line in lines)


def test_policies_about_different_sites_do_not_contradict_each_other_by_the_inputs_of_one_server() -> None:
    with pytest.raises(UsageError, match=r"\(asked of cas01\)"):
        assign([server("cas01", OFFLOADING, REQUIRED, owa_site="Webmail"), server("cas02", OFFLOADING)], [], {})


def test_all_inputs_that_do_not_do_are_told_with_their_servers() -> None:
    servers = [
        server("cas01", http_port="eighty"),
        server("cas02", http_port=80),
        server("cas03", http_port="eighty", owa_site=5),
    ]

    with pytest.raises(UsageError) as refused:
        assign(servers, [OFFLOADING], {})

    assert str(refused.value).splitlines() == [
        f"policy {OFFLOADING}: input 'http_port' is 'eighty', but must be an integer (asked of cas01, cas03)",
        f"policy {OFFLOADING}: input 'owa_site' is 5, but must be a string (asked of cas03)",
    ]


def test_an_input_of_the_command_line_outranks_that_of_the_inventory() -> None:
    assert assign([server("cas01", http_port="eighty")], [OFFLOADING], {"http_port": "80"})


def test_what_a_probe_refuses_is_known_before_anything_is_asked() -> None:
    with pytest.raises(UsageError, match=r"parameter 'paths': 'owa' does not start with '/' \(asked of cas01\)"):
        assign([server("cas01", owa_directories=("owa",))], [OFFLOADING], {})


def test_a_policy_is_idle_only_when_every_server_has_its_own() -> None:
    own = assign([server("cas01", REQUIRED)], [OFFLOADING], {})
    some = assign([server("cas01", REQUIRED), server("cas02")], [OFFLOADING], {})

    assert [policy.id for policy in idle_policies(own, [OFFLOADING, REQUIRED])] == [OFFLOADING]
    assert idle_policies(some, [OFFLOADING]) == ()


def test_an_idle_policy_is_noted() -> None:
    assignments = assign([server("cas01", REQUIRED)], [OFFLOADING], {})

    assert list(notes(assignments, [OFFLOADING], "servers.yaml")) == [
        f"note: policy {OFFLOADING} is asked of no server: every server in servers.yaml has policies of its own"
    ]


def test_a_slip_is_noted_once_for_all_servers() -> None:
    servers = [server(f"cas{number}", htp_port=80, rack="A7") for number in range(3)]

    assert list(notes(assign(servers, [OFFLOADING], {}), [OFFLOADING], "servers.yaml")) == [
        "note: servers.yaml: input 'htp_port' of cas0 is taken by none of its policies; did you mean 'http_port'?"
    ]


def test_an_input_that_no_policy_of_the_audit_has_is_refused() -> None:
    assignments = assign([server("cas01")], [OFFLOADING], {})

    with pytest.raises(UsageError, match="--input: unknown input 'htp_port'; did you mean 'http_port'"):
        refuse_strange_inputs(assignments, [OFFLOADING], {"htp_port": "80"}, "--input")


def test_a_policy_named_twice_is_one() -> None:
    path = str(find_policy(OFFLOADING))

    assert [policy.id for policy in policies_named([OFFLOADING, OFFLOADING, path])] == [OFFLOADING]


def test_two_different_policies_of_one_id_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_bytes(find_policy(OFFLOADING).read_bytes() + b"# changed\n")

    with pytest.raises(UsageError, match=rf"two policies have the id '{OFFLOADING}': .* and .*other\.yaml"):
        policies_named([OFFLOADING, str(other)])


def test_the_problems_of_all_policies_are_told_at_once(tmp_path: Path) -> None:
    paths = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for path in paths:
        path.write_text("checks: none\n")

    with pytest.raises(DocumentError) as refused:
        policies_named([str(paths[0]), OFFLOADING, str(paths[1])])

    assert {problem.partition(":")[0] for problem in refused.value.problems} == set(map(str, paths))


def test_a_format_is_taken_once() -> None:
    assert [each.name for each in formats_named(["junit", "json", "junit"])] == ["junit", "json"]
