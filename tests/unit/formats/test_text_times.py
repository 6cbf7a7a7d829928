"""The text report's lines on time: the slowest servers, and where the time of all went."""

from collections.abc import Mapping

from auditor.formats.text_layout import Layout
from auditor.formats.text_times import times
from auditor.model.evidence import Status
from auditor.model.run import Host

LAYOUT = Layout(is_coloured=False, width=200)


def host(name: str, timings: Mapping[str, float]) -> Host:
    return Host(name=name, status=Status.REACHED, timings=timings)


def test_the_slowest_come_first_each_with_what_took_longest() -> None:
    hosts = [host(f"cas0{number}", {"connect": 0.1, "read": number - 0.2, "total": number}) for number in range(1, 5)]

    slowest, _ = times(hosts, LAYOUT)

    assert slowest == "slowest: cas04 4.0 s (read 3.8 s), cas03 3.0 s (read 2.8 s), cas02 2.0 s (read 1.8 s)"


def test_the_time_of_all_servers_is_told_in_shares_and_what_belongs_to_no_phase_is_other() -> None:
    hosts = [
        host("a", {"connect": 1.0, "read": 6.0, "close": 0.01, "total": 8.0}),
        host("b", {"connect": 1.0, "read": 1.0, "total": 2.0}),
    ]

    _, shares = times(hosts, LAYOUT)

    assert shares == "time of all servers: read 70 %, connect 20 %, other 10 %"


def test_a_server_of_which_nothing_but_the_time_is_known_shows_that_alone() -> None:
    first, _ = times([host("dead", {"total": 30.0})], LAYOUT)

    assert first == "slowest: dead 30.0 s"


def test_where_nothing_took_time_nothing_is_said() -> None:
    assert list(times([host("a", {}), host("b", {"total": 0.0})], LAYOUT)) == []
