"""Zones in inventories: where servers are, for clusters whose workers cannot all reach them."""

import pytest

from auditor.errors import DocumentError
from auditor.load.inventory import load_inventory


@pytest.fixture
def zones(tmp_path):
    def of(text):
        path = tmp_path / "inventory.yaml"
        path.write_text(text, encoding="utf-8")
        return {server.name: server.zone for server in load_inventory(path)}

    return of


def test_the_zone_of_a_group_is_that_of_its_servers_unless_they_say_otherwise(zones):
    text = """
        groups:
          edge:
            zone: dmz
            hosts: {web1: , web2: {zone: dmz-2}}
        hosts: {inside: }
    """

    assert zones(text) == {"inside": "", "web1": "dmz", "web2": "dmz-2"}


def test_a_server_in_two_zones_is_a_problem(zones):
    text = """
        groups:
          edge: {zone: dmz, hosts: {web1: }}
          core: {zone: lan, hosts: {web1: }}
    """

    with pytest.raises(
        DocumentError, match=r"host 'web1' gets zone from group 'edge' .* another value from group 'core'"
    ):
        zones(text)


@pytest.mark.parametrize("zone", ["a b", "a=b", "a,b", "-a", "''", "7"])
def test_a_zone_is_a_word_that_a_worker_can_be_started_with(zones, zone):
    with pytest.raises(DocumentError, match="zone"):
        zones(f"hosts: {{web1: {{zone: {zone}}}}}")


def test_a_zone_can_be_a_variable_of_ansible(zones):
    text = """{
        "_meta": {"hostvars": {"web1": {}, "web2": {"auditor_zone": "lan"}}},
        "edge": {"hosts": ["web1", "web2"], "vars": {"auditor_zone": "dmz"}}
    }"""

    assert zones(text) == {"web1": "dmz", "web2": "lan"}
