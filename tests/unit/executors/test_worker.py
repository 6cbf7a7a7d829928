"""What runs on a worker: secrets of that machine, one transport per audit, breaking off, forgetting."""

import pickle
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from auditor import __version__
from auditor.errors import ClusterError
from auditor.executors import worker
from auditor.executors.worker import Settings
from auditor.lab.costs import Costs
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Scenario
from auditor.model.evidence import Status
from auditor.model.inventory import Connection, SecretReference, SecretSource, Server
from auditor.model.planned import Planned
from auditor.readers.registry_value import registry_value

PLANTED = "Pl4nted-S3cret!"
QUESTION = registry_value(hive="HKLM", key="SYSTEM", name="x")


@pytest.fixture
def settings() -> Iterator[Settings]:
    made = Settings(audit="one", version=__version__, timeout=30, attempts=1)
    yield made
    worker.forget(made)


@pytest.fixture
def planned(monkeypatch) -> Iterator[Planned]:
    """Return a server that takes a minute to answer, whose password is a variable of this process."""
    monkeypatch.setenv("WORKER_PASSWORD", PLANTED)
    state = replace(load_scenario(find_scenario("small")).servers[0], name="a", costs=Costs(script=60))
    with Fleet.start(Scenario(name="test", servers=(state,)), password=PLANTED) as fleet:
        (server,) = fleet.servers
        secret = SecretReference(source=SecretSource.ENVIRONMENT, reference="WORKER_PASSWORD")
        connection = Connection(address=server.address, port=server.port, username=server.username, secret=secret)
        yield Planned(server=Server(name="a", connection=connection), questions=(QUESTION,))


def _with_secret(planned: Planned, source: SecretSource, reference: str = "") -> Planned:
    secret = SecretReference(source=source, reference=reference)
    connection = replace(planned.server.connection, secret=secret)
    return replace(planned, server=replace(planned.server, connection=connection))


def test_a_secret_is_that_of_the_worker_and_a_missing_one_is_told_with_its_name(planned, settings):
    evidence = worker.read(_with_secret(planned, SecretSource.ENVIRONMENT, "NOT_SET_HERE"), settings)

    assert evidence.status is Status.UNREACHABLE
    assert f"worker {socket.gethostname()}: the environment variable NOT_SET_HERE is not set" in evidence.reason


def test_a_worker_never_asks_anybody_for_a_password(planned, settings):
    evidence = worker.read(_with_secret(planned, SecretSource.PROMPT), settings)

    assert "there is no terminal" in evidence.reason


def test_a_worker_of_another_version_reads_nothing(planned, settings):
    with pytest.raises(ClusterError, match=r"has auditor .*, and this is 0\.0\.0; install auditor\[cluster\]==0\.0\.0"):
        worker.read(planned, replace(settings, version="0.0.0"))


def test_the_audit_s_end_is_kept_on_the_worker(planned, settings):
    evidence = worker.read(planned, settings, left=1.0)

    assert evidence.reason == "the audit's deadline passed while it was read; ask it with --resume"


def test_breaking_off_ends_what_is_read_and_all_that_comes_later(planned, settings):
    timer = threading.Timer(1.0, worker.break_off, (settings, "interrupted"))
    timer.start()
    under_way = worker.read(planned, settings)
    timer.join()
    later = worker.read(planned, settings)

    assert under_way.reason.startswith("interrupted")
    assert later.reason == "interrupted before it was read; ask it with --resume"


def test_breaking_off_one_audit_leaves_the_others(planned, settings):
    other = replace(settings, audit="two")
    worker.break_off(settings, "interrupted")

    evidence = worker.read(planned, other, left=1.0)
    worker.forget(other)

    assert "the audit's deadline passed" in evidence.reason


def test_secrets_are_forgotten_with_their_audit_and_with_those_that_read_nothing_any_more(
    planned, settings, monkeypatch
):
    worker.read(planned, settings, left=0.5)
    monkeypatch.setattr(worker, "_FORGOTTEN_AFTER", 0.0)
    other = replace(settings, audit="two")
    worker.read(planned, other, left=0.5)
    kept = set(worker._sessions)
    worker.forget(other)

    assert kept == {"two"}
    assert not worker._sessions


def test_what_travels_holds_no_secret(planned, settings):
    evidence = worker.read(planned, settings, left=0.5)

    assert not any(PLANTED.encode() in pickle.dumps(each) for each in (planned, settings, evidence))
    assert b"WORKER_PASSWORD" in pickle.dumps(planned)
