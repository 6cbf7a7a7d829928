"""Futures of a cluster: what nobody can read any more is given up with a reason, and nothing ends twice."""

from collections.abc import Mapping
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field

import pytest

from auditor.ending import Ending
from auditor.errors import ClusterError
from auditor.executors.cluster import Cluster, Worker
from auditor.model.evidence import Evidence, Status
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned


@dataclass
class Held(Executor):
    """An executor whose tasks end when a test ends them."""

    tasks: list["Future[Evidence]"] = field(default_factory=list)
    told: list[Mapping[str, object]] = field(default_factory=list)

    def submit(self, fn, /, *args: object, **kwargs: object):
        self.tasks.append(Future())
        self.told.append(kwargs)
        return self.tasks[-1]


class Begun(Held):
    """An executor of one task."""

    def __init__(self, task: "Future[Evidence]") -> None:
        super().__init__([task])

    def submit(self, fn, /, *args: object, **kwargs: object):
        return self.tasks[0]


@dataclass
class Known:
    """A scheduler that a test knows all about."""

    here: dict[str, Worker] = field(default_factory=dict)
    lost: bool = False
    silent: bool = False
    executors: dict[str, Held] = field(default_factory=dict)

    def is_lost(self) -> bool:
        return self.lost

    def workers(self) -> Mapping[str, Worker]:
        if self.silent:
            raise ClusterError("it does not answer")
        return dict(self.here)

    def executor(self, resource: str) -> Held:
        return self.executors.setdefault(resource, Held())


EVIDENCE = Evidence(server="a", status=Status.PARTIAL, collected="", collector="", transport="")


@pytest.fixture
def scheduler() -> Known:
    return Known(here={"one": Worker(threads=1), "two": Worker(threads=1, resources=frozenset({"zone-dmz"}))})


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr("auditor.executors.cluster._GLANCE", 0.01)


def _cluster(scheduler: Known, *, ending: Ending | None = None, patience: float = 60.0) -> Cluster:
    return Cluster(scheduler, ending=ending or Ending(), patience=patience, workers=scheduler.workers())


def _planned(zone: str = "") -> Planned:
    return Planned(server=Server(name="a", zone=zone, connection=Connection(address="a")))


def _read(planned, left=None):
    return planned, left


def _submit(cluster: Cluster, zone: str = "") -> "Future[Evidence]":
    return cluster.executor_of(_planned(zone)).submit(_read, _planned(zone))


def test_what_a_worker_found_is_handed_on(scheduler):
    future = _submit(_cluster(scheduler))

    scheduler.executors[""].tasks[0].set_result(EVIDENCE)

    assert future.result() is EVIDENCE


def test_a_zone_needs_its_resource(scheduler):
    _submit(_cluster(scheduler), "dmz")

    assert list(scheduler.executors) == ["zone-dmz"]


def test_workers_are_told_how_long_the_audit_still_lasts(scheduler):
    _submit(_cluster(scheduler, ending=Ending(60)))
    _submit(_cluster(scheduler))

    (timed, endless) = (told["left"] for told in scheduler.executors[""].told)
    assert 0 < timed <= 60
    assert endless is None


def test_a_zone_that_no_worker_offers_takes_nothing(scheduler):
    with pytest.raises(ClusterError, match=r"no Dask worker offers the zone 'moon'; start one: .* zone-moon=1; ask it"):
        _submit(_cluster(scheduler), "moon")


def test_a_lost_scheduler_takes_nothing(scheduler):
    cluster = _cluster(scheduler)
    scheduler.lost = True

    with pytest.raises(ClusterError, match="the connection to the Dask scheduler was lost; ask it with --resume"):
        _submit(cluster)


def test_when_the_last_worker_is_gone_for_too_long_what_waits_is_given_up(scheduler):
    cluster = _cluster(scheduler, patience=0.05)

    with cluster.watched():
        future = _submit(cluster)
        scheduler.here.clear()
        with pytest.raises(ClusterError, match="the Dask cluster has no worker any more; start one"):
            future.result(timeout=30)

    assert scheduler.executors[""].tasks[0].cancelled()


def test_a_zone_without_workers_does_not_touch_the_others(scheduler):
    cluster = _cluster(scheduler, patience=0.05)

    with cluster.watched():
        inside, outside = _submit(cluster, "dmz"), _submit(cluster)
        del scheduler.here["two"]
        with pytest.raises(ClusterError, match="no Dask worker offers the zone 'dmz'"):
            inside.result(timeout=30)
        scheduler.executors[""].tasks[0].set_result(EVIDENCE)

    assert outside.result() is EVIDENCE


def test_a_worker_that_comes_back_gives_hope_again(scheduler):
    gone = scheduler.here.pop("two")
    cluster = _cluster(scheduler)
    hopeless = cluster.hopeless("dmz")

    with cluster.watched():
        scheduler.here["two"] = gone
        while cluster.hopeless("dmz"):
            pass

    assert hopeless.startswith("no Dask worker offers the zone 'dmz'")


def test_a_silent_scheduler_is_waited_for_and_then_given_up(scheduler):
    cluster = _cluster(scheduler, patience=0.1)

    with cluster.watched():
        future = _submit(cluster)
        scheduler.silent = True
        with pytest.raises(ClusterError, match="the Dask scheduler does not answer any more"):
            future.result(timeout=30)


def test_what_comes_after_it_was_given_up_is_not_evidence_twice(scheduler):
    cluster = _cluster(scheduler, patience=0.05)
    task: Future[Evidence] = Future()
    task.set_running_or_notify_cancel()  # such a task cannot be taken back any more
    scheduler.executors[""] = Begun(task)

    with cluster.watched():
        future = _submit(cluster)
        scheduler.here.clear()
        reason = future.exception(timeout=30)
    task.set_result(EVIDENCE)

    assert future.exception() is reason


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("four workers died"), "no Dask worker read it: four workers died; ask it with --resume"),
        (ClusterError("worker w has auditor 0"), "worker w has auditor 0"),
    ],
)
def test_what_went_wrong_on_a_worker_is_told(scheduler, error, told):
    future = _submit(_cluster(scheduler))

    scheduler.executors[""].tasks[0].set_exception(error)

    assert str(future.exception()) == told


def test_a_task_that_the_scheduler_drops_is_told(scheduler):
    future = _submit(_cluster(scheduler))

    scheduler.executors[""].tasks[0].cancel()

    with pytest.raises(ClusterError, match="the Dask scheduler dropped it; ask it with --resume"):
        future.result()


def test_at_the_end_what_waits_is_taken_back(scheduler):
    cluster = _cluster(scheduler)

    with cluster.watched():
        future = _submit(cluster)

    with pytest.raises(CancelledError):
        future.result()
    assert scheduler.executors[""].tasks[0].cancelled()


def test_a_server_that_the_ending_cut_short_on_its_worker_counts_as_interrupted_here(scheduler):
    ending = Ending()
    _submit(_cluster(scheduler, ending=ending))

    ending.stop("interrupted by SIGTERM")
    scheduler.executors[""].tasks[0].set_result(EVIDENCE)

    assert ending.interrupted
