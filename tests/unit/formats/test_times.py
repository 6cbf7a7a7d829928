"""What reports say on time: the slowest servers, and where the time of all went."""

from collections.abc import Mapping

from auditor.formats.times import seconds_by_phase, times
from auditor.model.evidence import Status
from auditor.model.run import Host


def host(name: str, timings: Mapping[str, float]) -> Host:
    return Host(name=name, status=Status.REACHED, timings=timings)


def test_the_slowest_come_first_each_with_what_took_longest() -> None:
    hosts = [host(f"cas0{number}", {"connect": 0.1, "read": number - 0.2, "total": number}) for number in range(1, 5)]

    slowest, _ = times(hosts)

    assert slowest == ("slowest", "cas04 4.0 s (read 3.8 s), cas03 3.0 s (read 2.8 s), cas02 2.0 s (read 1.8 s)")


def test_the_time_of_all_servers_is_told_in_shares_and_what_belongs_to_no_phase_is_other() -> None:
    hosts = [
        host("a", {"connect": 1.0, "read": 6.0, "close": 0.01, "total": 8.0}),
        host("b", {"connect": 1.0, "read": 1.0, "total": 2.0}),
    ]

    _, shares = times(hosts)

    assert shares == ("time of all servers", "read 70 %, connect 20 %, other 10 %")


def test_a_server_of_which_nothing_but_the_time_is_known_shows_that_alone() -> None:
    first, _ = times([host("dead", {"total": 30.0})])

    assert first == ("slowest", "dead 30.0 s")


def test_where_nothing_took_time_nothing_is_said() -> None:
    assert list(times([host("a", {}), host("b", {"total": 0.0})])) == []


def test_a_replay_or_a_run_of_an_older_version_has_no_time_in_any_phase() -> None:
    assert seconds_by_phase([host("a", {}), host("b", {"total": 2.0, "read": 1.5})]) == {"read": 1.5, "other": 0.5}
