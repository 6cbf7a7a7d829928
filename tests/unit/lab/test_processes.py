"""A fleet in processes of its own: told where it is, asked what it did, gone when it is no longer wanted."""

import multiprocessing
import socket
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import TypeAlias

import pytest

from auditor.lab.counters import Counts
from auditor.lab.processes import FleetProcesses, Usage
from auditor.lab.running import Place
from auditor.lab.state import Scenario, ServerState
from auditor.load.inventory import load_inventory

Make: TypeAlias = Callable[..., ServerState]


def _asked(server: Place) -> int:
    connection = HTTPConnection(server.address, server.port, timeout=10)
    try:
        connection.request("POST", "/wsman", b"")
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_servers_of_all_processes_are_one_fleet(make_server: Make, tmp_path: Path) -> None:
    scenario = Scenario(name="test", servers=(make_server(name="cas01"),))

    with FleetProcesses.start(scenario, 3, processes=2) as fleet:
        statuses = [_asked(server) for server in fleet.servers]
        usage = fleet.usage()
        fleet.write_inventory(tmp_path / "inventory.yaml")
        known = load_inventory(tmp_path / "inventory.yaml")
        running = len(multiprocessing.active_children())

    assert sorted(server.name for server in fleet.servers) == ["cas01", "cas01-2", "cas01-3"]
    assert statuses == [401, 401, 401]
    assert (usage.counts.exchanges, usage.counts.unauthorised, usage.counts.connections) == (3, 3, 3)
    assert usage.counts.bytes_received > 0 < usage.counts.bytes_sent
    assert usage.cpu > 0 < usage.window.seconds
    assert {each.connection.port for each in known} == {server.port for server in fleet.servers}
    assert running == 2
    assert [path.name for path in tmp_path.iterdir()] == ["inventory.yaml"]
    assert not multiprocessing.active_children()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((fleet.servers[0].address, fleet.servers[0].port), timeout=5)


def test_what_was_done_since_is_the_difference(make_server: Make) -> None:
    with FleetProcesses.start(Scenario(name="test", servers=(make_server(),))) as fleet:
        _asked(fleet.servers[0])
        before = fleet.usage()
        _asked(fleet.servers[0])
        _asked(fleet.servers[0])

        used = fleet.usage() - before

    assert used.counts.exchanges == 2
    assert 0 <= used.cpu <= before.cpu + used.cpu


def test_there_are_never_more_processes_than_servers(make_server: Make) -> None:
    with FleetProcesses.start(Scenario(name="test", servers=(make_server(),)), processes=8) as fleet:
        assert len(multiprocessing.active_children()) == 1
        assert fleet.usage() != Usage(counts=Counts(exchanges=1))


def test_a_process_that_does_not_come_up_is_told_and_leaves_none_behind(
    make_server: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    colon = "a:b"
    share = (make_server(),)

    with pytest.raises(ChildProcessError, match="exit code 1"):
        FleetProcesses([share, share], colon)

    assert "must be printable and have no colon" in capfd.readouterr().err
    assert not multiprocessing.active_children()
