"""What a night costs: nothing that grows with the fleet when nothing changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from auditor.history.store import Store
from auditor.history.tables import ANSWERS, COVERED, INTERVALS, MANIFESTS, STATES, VISITS
from auditor.model.evidence import Evidence
from auditor.model.run import Run

COUNTED = (INTERVALS, STATES, COVERED, ANSWERS, MANIFESTS, VISITS)
HOSTS = [f"host-{number}" for number in range(30)]
ROOMS = [f"room-{number}" for number in range(20)]


@pytest.fixture
def rows(store: Store) -> Callable[[], dict[str, int]]:
    def count() -> dict[str, int]:
        with store._database.reading() as connection:
            return {
                table.name.removeprefix("auditor_"): connection.execute(
                    select(func.count()).select_from(table)
                ).scalar()
                or 0
                for table in COUNTED
            }

    return count


@contextmanager
def difference(rows: Callable[[], dict[str, int]], found: dict[str, int]) -> Iterator[None]:
    before = rows()
    yield
    found.update({name: number - before[name] for name, number in rows().items()})


def lights(**changed: str) -> dict[str, dict[str, str]]:
    return {host: dict.fromkeys(ROOMS, "on") | (changed if host == HOSTS[0] else {}) for host in HOSTS}


def test_a_night_without_changes_adds_one_row(
    store: Store, night: Callable[..., Run], evidence_of: Callable[[Run], list[Evidence]], rows
):
    first, second = night(1, lights()), night(2, lights())
    store.record(first, evidence_of(first))

    added: dict[str, int] = {}
    with difference(rows, added):
        store.record(second, evidence_of(second))

    assert {name: number for name, number in added.items() if number} == {"visits": 1}


def test_a_change_adds_the_new_interval_and_the_new_answer(
    store: Store, night: Callable[..., Run], evidence_of: Callable[[Run], list[Evidence]], rows
):
    first, second = night(1, lights()), night(2, lights(**{ROOMS[0]: "off"}))
    store.record(first, evidence_of(first))

    added: dict[str, int] = {}
    with difference(rows, added):
        store.record(second, evidence_of(second))

    expected = {"intervals": 1, "states": 1, "answers": 1, "visits": 1}
    assert {name: number for name, number in added.items() if number} == expected


def test_the_same_answer_of_many_servers_is_stored_once(
    store: Store, night: Callable[..., Run], evidence_of: Callable[[Run], list[Evidence]], rows
):
    run = night(1, lights())
    store.record(run, evidence_of(run))

    assert (rows()["answers"], rows()["states"]) == (1, 1)
