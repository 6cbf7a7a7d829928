"""A real Dask scheduler and real worker processes on loopback read simulated servers."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from auditor.collect import Collector
from auditor.ending import Ending
from auditor.errors import ClusterError, ExitCode
from auditor.evidence_store import write
from auditor.executors.engine import Engine, Needs
from auditor.lab.costs import Costs
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Scenario
from auditor.model.evidence import Evidence, Status
from auditor.model.inventory import Connection, SecretReference, SecretSource, Server
from auditor.model.planned import Planned
from auditor.readers.registry_value import registry_value
from auditor.turns import Turns

pytestmark = pytest.mark.interop

distributed: Any = pytest.importorskip("distributed", reason="pip install 'auditor[cluster]'")
from auditor.executors.dask import dask  # noqa: E402  it needs the package that may be missing

ROOT = Path(__file__).resolve().parents[2]
PLANTED = "Pl4nted-S3cret-0f-the-W0rkers!"
VARIABLE, DMZ_VARIABLE = "PASSWORD_ON_THE_WORKER", "PASSWORD_IN_THE_DMZ"
QUESTION = registry_value(hive="HKLM", key=r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", name="CurrentVersion")


@dataclass(kw_only=True)
class Cluster:
    """A scheduler and its workers, each a process of its own; whatever a test ended is begun again by `mend`."""

    folder: Path
    protocol: str = "tcp"
    options: Sequence[str] = ()
    address: str = ""
    workers: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    scheduler: "subprocess.Popen[bytes] | None" = None

    def mend(self, names: Sequence[str] = ("a", "b", "dmz")) -> None:
        """Have a scheduler and exactly these workers."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            self.end()
            self._begin()
        for name in [name for name in self.workers if name not in names or self.workers[name].poll() is not None]:
            self.kill(name)
        for name in names:
            if name not in self.workers:
                zone = ("--resources", "zone-dmz=1") if name == "dmz" else ()
                self.add(name, *zone, **({DMZ_VARIABLE: PLANTED} if name == "dmz" else {}))
        with self.client() as client:
            _wait_until(lambda: len(client.scheduler_info()["workers"]) == len(names))

    def add(self, name: str, *options: str, **environ: str) -> None:
        self.workers[name] = self._start(
            name,
            ["dask_worker", self.address, "--no-nanny", "--nthreads=4", "--memory-limit=0", *options],
            {VARIABLE: PLANTED, **environ},
        )

    def kill(self, name: str) -> None:
        process = self.workers.pop(name)
        process.kill()
        process.wait()

    def log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    @contextmanager
    def client(self) -> Iterator[Any]:
        with distributed.Client(self.address, set_as_default=False, timeout=20) as client:
            yield client

    def end(self) -> None:
        processes = [*self.workers.values(), *([self.scheduler] if self.scheduler else [])]
        self.workers.clear()
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()

    def _begin(self) -> None:
        place = self.folder / "scheduler.json"
        place.unlink(missing_ok=True)
        words = ["dask_scheduler", "--port=0", f"--scheduler-file={place}", f"--protocol={self.protocol}"]
        self.scheduler = self._start("scheduler", words, {})
        _wait_until(lambda: place.exists() and bool(place.read_text()))
        self.address = json.loads(place.read_text())["address"]

    def _start(self, name: str, words: Sequence[str], environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        module, *options = words
        kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        own = {"PYTHONPATH": str(ROOT), "DASK_LOGGING__DISTRIBUTED": "debug", **environ}
        if module == "dask_worker":
            options.append(f"--local-directory={self.folder}")
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    f"distributed.cli.{module}",
                    *options,
                    "--host=127.0.0.1",
                    "--no-dashboard",
                    *self.options,
                ],
                env={**kept, **own},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )


def _wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(folder=tmp_path_factory.mktemp("dask"))
    try:
        yield cluster
    finally:
        cluster.end()


@pytest.fixture
def cluster(begun: Cluster) -> Cluster:
    """Return a cluster of the workers `a`, `b` and `dmz`, which offers the zone of that name."""
    begun.mend()
    return begun


@contextmanager
def _fleet(servers: int, script: float = 0.0) -> Iterator[Fleet]:
    """Run servers whose answers take so many seconds."""
    state = load_scenario(find_scenario("small")).servers[0]
    slow = replace(state, costs=Costs(script=script))
    states = tuple(replace(slow, name=f"s{number:02}") for number in range(servers))
    with Fleet.start(Scenario(name="test", servers=states), password=PLANTED) as running:
        yield running


def _plan(fleet: Fleet, *, zone: str = "", variable: str = VARIABLE) -> tuple[Planned, ...]:
    secret = SecretReference(source=SecretSource.ENVIRONMENT, reference=variable)
    connections = {
        each.name: Connection(address=each.address, port=each.port, username=each.username, secret=secret)
        for each in fleet.servers
    }
    return tuple(
        Planned(server=Server(name=name, connection=connection, zone=zone), questions=(QUESTION,))
        for name, connection in connections.items()
    )


@dataclass
class Audit:
    """One audit with a cluster; `told` are the notes before any server was contacted."""

    cluster: Cluster
    timeout: float = 60
    deadline: float | None = None
    jobs: int = 16
    patience: float = 30.0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ending = Ending(self.deadline)

    @contextmanager
    def engine(self, planned: Sequence[Planned]) -> Iterator[Engine]:
        needs = Needs(
            jobs=self.jobs,
            timeout=self.timeout,
            attempts=1,
            ending=self.ending,
            zones=Counter(each.server.zone for each in planned),
            tell=self.told.append,
        )
        with dask(self.cluster.address, needs, self.patience) as engine:
            yield engine

    def collect(self, planned: Sequence[Planned]) -> Iterator[Evidence]:
        with self.engine(planned) as engine:
            yield from self.collector(engine).collect(planned)

    def collector(self, engine: Engine) -> Collector:
        return Collector(
            executors=engine.executors,
            read=engine.read,
            turns=Turns(self.jobs, are_heard=False),
            most=engine.most,
            clock=lambda: datetime.now(UTC),
            break_off=engine.break_off,
            ending=self.ending,
        )


def _statuses(evidence: Sequence[Evidence]) -> dict[str, Status]:
    names = [each.server for each in evidence]
    assert sorted(names) == sorted(set(names)), "evidence came twice"
    return {each.server: each.status for each in evidence}


def _all(fleet: Fleet, status: Status) -> dict[str, Status]:
    return dict.fromkeys((each.name for each in fleet.servers), status)


def test_workers_read_the_servers_with_secrets_of_their_own(cluster: Cluster) -> None:
    with _fleet(12) as fleet:
        evidence = list(Audit(cluster).collect(_plan(fleet)))

    assert VARIABLE not in os.environ
    assert _statuses(evidence) == _all(fleet, Status.REACHED)
    assert {each.transport for each in evidence} == {"winrm"}
    assert all(each.answers.keys() == {QUESTION} for each in evidence)
    assert not any(PLANTED in write(each) for each in evidence)


def test_a_second_audit_asks_the_servers_again(cluster: Cluster) -> None:
    with _fleet(2) as fleet:
        list(Audit(cluster).collect(_plan(fleet)))
        once = [each.counters.now().exchanges for each in fleet.servers]
        list(Audit(cluster).collect(_plan(fleet)))
        twice = [each.counters.now().exchanges for each in fleet.servers]

    assert once[0] > 0
    assert twice == [2 * number for number in once]


def test_a_secret_is_nowhere_but_on_its_worker(cluster: Cluster, tmp_path: Path) -> None:
    audit = Audit(cluster)
    with _fleet(8, script=60) as fleet, ThreadPoolExecutor(1) as aside:
        planned = _plan(fleet)
        with audit.engine(planned) as engine:
            places = aside.submit(_places, audit, engine, fleet, tmp_path / "dump")
            evidence = list(audit.collector(engine).collect(planned))

    assert len(evidence) == 8
    for sign, place in places.result():
        # what shows that the tasks are in there, so that the secret would be, too
        assert sign.encode() in place
        assert PLANTED.encode() not in place
    for line in (cluster.log(), *map(write, evidence)):
        assert PLANTED not in line
    assert PLANTED.encode() in _memory_of(cluster.workers["a"])


def _places(audit: Audit, engine: Engine, fleet: Fleet, dump: Path) -> Sequence[tuple[str, bytes]]:
    """Return where a secret could have got to while servers are read, each with a sign of them; then have that end."""
    try:
        _wait_until(lambda: all(each.counters.now().commands for each in fleet.servers))
        # first of all, since what looks at the tasks brings this file with it
        memory = _memory_of(audit.cluster.scheduler)
        with audit.cluster.client() as client:
            tasks = client.run_on_scheduler(_tasks_of)
            client.dump_cluster_state(str(dump), format="yaml")
        return (VARIABLE, memory), (VARIABLE, tasks), ("read-", dump.with_suffix(".yaml").read_bytes())
    finally:
        audit.ending.stop("looked at")
        engine.break_off()


def _tasks_of(dask_scheduler: Any) -> bytes:
    import pickle  # noqa: PLC0415  runs on the scheduler

    specifications = [task.run_spec for task in dask_scheduler.tasks.values()]
    return b"".join(pickle.dumps(getattr(each, "data", each)) for each in specifications)


def _memory_of(process: "subprocess.Popen[bytes] | None") -> bytes:
    """Return all that a process of ours has written to its memory."""
    assert process is not None
    found = []
    with Path(f"/proc/{process.pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines():
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if place:
                begin, end = int(place[1], 16), int(place[2], 16)
                with contextlib.suppress(OSError, OverflowError):  # a page of the kernel's
                    memory.seek(begin)
                    found.append(memory.read(end - begin))
    return b"".join(found)


def test_a_zone_is_read_by_its_own_workers_alone(cluster: Cluster) -> None:
    with _fleet(8) as fleet:
        evidence = list(Audit(cluster).collect(_plan(fleet, zone="dmz", variable=DMZ_VARIABLE)))

    assert _statuses(evidence) == _all(fleet, Status.REACHED)


def test_a_zone_that_nobody_offers_is_told_first_and_holds_nobody_up(cluster: Cluster) -> None:
    with _fleet(4) as fleet:
        planned = _plan(fleet)
        elsewhere = tuple(replace(each, server=replace(each.server, zone="moon")) for each in planned[:2])
        audit = Audit(cluster)
        evidence = list(audit.collect((*elsewhere, *planned[2:])))

    (told,) = audit.told
    assert told == (
        "no Dask worker offers the zone 'moon'; start one: dask worker ADDRESS --resources zone-moon=1; "
        "as long as that is so, its 2 servers are not reached"
    )
    statuses = _statuses(evidence)
    assert [statuses[f"s{number:02}"] for number in range(4)] == [Status.UNREACHABLE] * 2 + [Status.REACHED] * 2
    assert "no Dask worker offers the zone 'moon'" in next(each.reason for each in evidence if each.server == "s00")
    assert fleet.server("s00").counters.now().exchanges == 0


def test_servers_of_a_worker_that_is_killed_are_read_by_another(cluster: Cluster) -> None:
    with _fleet(24, script=1.0) as fleet:
        collecting = Audit(cluster, jobs=24).collect(_plan(fleet))
        evidence = [next(collecting)]
        cluster.kill("a")
        evidence += collecting

    assert _statuses(evidence) == _all(fleet, Status.REACHED)


def test_when_all_workers_are_gone_every_server_is_told(cluster: Cluster) -> None:
    with _fleet(16, script=1.0) as fleet:
        collecting = Audit(cluster, jobs=16, patience=1.0).collect(_plan(fleet))
        evidence = [next(collecting)]
        for name in tuple(cluster.workers):
            cluster.kill(name)
        evidence += collecting

    statuses = _statuses(evidence)
    assert statuses.keys() == _all(fleet, Status.REACHED).keys()
    reasons = {each.reason for each in evidence if each.status is Status.UNREACHABLE}
    assert reasons == {
        "the Dask cluster has no worker any more; start one: dask worker ADDRESS --nthreads 32; ask it with --resume"
    }


def test_the_deadline_of_the_audit_holds_without_any_worker(cluster: Cluster) -> None:
    with _fleet(16, script=1.0) as fleet:
        collecting = Audit(cluster, jobs=16, deadline=4.0).collect(_plan(fleet))
        evidence = [next(collecting)]
        for name in tuple(cluster.workers):
            cluster.kill(name)
        evidence += collecting

    assert _statuses(evidence).keys() == _all(fleet, Status.REACHED).keys()
    assert "the audit's deadline passed before it was read; ask it with --resume" in {each.reason for each in evidence}


def test_the_deadline_of_the_audit_holds_on_the_workers(cluster: Cluster) -> None:
    with _fleet(3, script=600) as fleet:
        evidence = list(Audit(cluster, timeout=600, deadline=3.0).collect(_plan(fleet)))
        _wait_until(lambda: not any(each.counters.now().shells_open for each in fleet.servers))

    assert _statuses(evidence) == _all(fleet, Status.UNREACHABLE)


def test_when_the_scheduler_is_lost_every_server_is_told(cluster: Cluster) -> None:
    with _fleet(16, script=1.0) as fleet:
        collecting = Audit(cluster, jobs=8).collect(_plan(fleet))
        evidence = [next(collecting)]
        assert cluster.scheduler is not None
        cluster.scheduler.kill()
        evidence += collecting

    assert _statuses(evidence).keys() == _all(fleet, Status.REACHED).keys()
    reasons = {each.reason for each in evidence if each.status is Status.UNREACHABLE}
    assert reasons == {"the connection to the Dask scheduler was lost; ask it with --resume"}


def test_what_is_interrupted_is_broken_off_on_the_workers(cluster: Cluster) -> None:
    audit = Audit(cluster)
    with _fleet(6, script=60) as fleet:
        planned = _plan(fleet)
        with audit.engine(planned) as engine:
            threading.Thread(target=_interrupt, args=(audit, engine, fleet)).start()
            evidence = list(audit.collector(engine).collect(planned))

    assert _statuses(evidence) == _all(fleet, Status.UNREACHABLE)
    assert {each.reason for each in evidence} == {"interrupted by SIGTERM while it was read; ask it with --resume"}
    assert audit.ending.interrupted


def _interrupt(audit: Audit, engine: Engine, fleet: Fleet) -> None:
    _wait_until(lambda: all(each.counters.now().commands for each in fleet.servers))
    audit.ending.stop("interrupted by SIGTERM")
    engine.break_off()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("tcp://127.0.0.1:9", []),
        (
            "tcp://192.0.2.1:9",  # nobody has an address of this network (RFC 5737)
            ["anybody who reaches the Dask scheduler can run programs on its workers; use dask+tls://"],
        ),
    ],
)
def test_a_scheduler_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, told: list[str]
) -> None:
    monkeypatch.setattr("auditor.executors.dask._CONNECT_SECONDS", 1)
    audit = Audit(Cluster(folder=tmp_path, address=address))

    with pytest.raises(ClusterError, match=rf"the Dask scheduler at {address} is not reached .*; start it, or correct"):
        list(audit.collect([]))

    assert audit.told == told


def test_a_scheduler_without_workers_is_told(cluster: Cluster) -> None:
    cluster.mend(())

    with pytest.raises(ClusterError, match="the Dask scheduler has no worker; start one: dask worker"):
        list(Audit(cluster).collect([]))


def test_workers_with_another_auditor_or_none_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    other, none = tmp_path / "other.py", tmp_path / "none.py"
    other.write_text("import auditor\nauditor.__version__ = '0.0.1'\n")
    none.write_text("import sys\nsys.modules['auditor'] = None\n")
    cluster.mend(())
    cluster.add("other", "--preload", str(other))
    cluster.add("none", "--preload", str(none))
    with cluster.client() as client:
        client.wait_for_workers(2, timeout=60)

    with pytest.raises(ClusterError) as caught:
        list(Audit(cluster).collect([]))

    assert re.search(
        r"worker tcp://\S+ has auditor 0\.0\.1, and this is \S+; install auditor\[cluster\]==", str(caught.value)
    )
    assert re.search(r"worker tcp://\S+ cannot run the auditor \(.*ModuleNotFoundError.*\); install", str(caught.value))


def test_a_run_by_the_cluster_is_like_any_other(cluster: Cluster, tmp_path: Path) -> None:
    with _fleet(6) as fleet, _run(cluster, fleet, tmp_path) as process:
        said = process.communicate(timeout=60)

    assert process.returncode == ExitCode.COMPLIANT, said
    (path,) = tmp_path.glob("out/*-*/run.json")
    hosts = json.loads(path.read_text())["hosts"]
    assert {host["name"]: host["status"] for host in hosts} == _all(fleet, Status.REACHED)


def test_a_run_by_the_cluster_that_is_told_to_end_ends_and_is_written(cluster: Cluster, tmp_path: Path) -> None:
    with _fleet(6, script=60) as fleet, _run(cluster, fleet, tmp_path) as process:
        _wait_until(lambda: all(each.counters.now().commands for each in fleet.servers))
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)
        open_shells = sum(each.counters.now().shells_open for each in fleet.servers)

    assert process.returncode == ExitCode.INTERRUPTED, said
    (path,) = tmp_path.glob("out/*-*/run.json")
    hosts = json.loads(path.read_text())["hosts"]
    assert {host["reason"] for host in hosts} == {"interrupted by SIGTERM while it was read; ask it with --resume"}
    assert open_shells == 0


@contextmanager
def _run(cluster: Cluster, fleet: Fleet, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the program with the password's reference, which leads nowhere on this side."""
    inventory = folder / "inventory.yaml"
    fleet.write_inventory(inventory)
    secret = f"secret: {{environment: {VARIABLE}}}"
    inventory.write_text(re.sub(r"secret: \{file: .*\}(?=\})", secret, inventory.read_text()))
    executor = cluster.address.replace("tcp", "dask")
    words = ["--policy", "exchange-2007-owa-ssl-offloading", "--inventory", str(inventory), "--executor", executor]
    process = subprocess.Popen(
        [sys.executable, "-m", "auditor", "run", *words, "--out", str(folder / "out"), "--store", "none"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_scheduler_that_speaks_tls_is_reached_by_who_has_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dask as dask_itself  # noqa: PLC0415  an extra

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    files = [f"--tls-ca-file={tmp_path / 'ca.pem'}", f"--tls-cert={tmp_path / 'own.pem'}"]
    settings = {"ca-file": str(tmp_path / "ca.pem"), "client.cert": str(tmp_path / "own.pem")}
    own = {f"distributed.comm.tls.{name}": value for name, value in settings.items()}
    cluster = Cluster(folder=tmp_path, protocol="tls", options=files)
    try:
        with dask_itself.config.set(own):
            cluster.mend(("a",))
            with _fleet(2) as fleet:
                evidence = list(Audit(cluster).collect(_plan(fleet)))
        with pytest.raises(ClusterError, match=r"the Dask scheduler at tls://.* is not reached"):
            list(Audit(cluster).collect([]))
    finally:
        cluster.end()

    assert cluster.address.startswith("tls://")
    assert _statuses(evidence) == _all(fleet, Status.REACHED)
