"""Stores on both engines, and nights to put into them: lights in rooms, each on (pass) or off (fail)."""

import importlib.util
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from auditor.history.store import Store, open_store, upgrade
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity, Source
from auditor.model.question import ask
from auditor.model.run import Coverage, Host, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark

_spec = importlib.util.spec_from_file_location("postgresql_cluster", Path(__file__).with_name("cluster.py"))
assert _spec is not None
assert _spec.loader is not None
_cluster = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_cluster)

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.interop)


@pytest.fixture(scope="session")
def postgresql_socket() -> Iterator[Path]:
    if why := _cluster.missing():
        pytest.skip(why)
    with _cluster.cluster() as socket:
        yield socket


@pytest.fixture(params=["sqlite", POSTGRESQL])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty store that is ready for use, once per engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'history.db'}"
        return
    socket = request.getfixturevalue("postgresql_socket")
    with _cluster.database(socket, f"history_{uuid.uuid4().hex}") as url:
        upgrade(url)
        yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with open_store(store_url) as opened:
        yield opened


@pytest.fixture
def night() -> Callable[..., Run]:
    """Return a maker of runs: the day of November 2026, and per host the lights, `{"kitchen": "on"}`."""
    return _run


@pytest.fixture
def evidence_of() -> Callable[[Run], list[Evidence]]:
    """Return a maker of evidence: one question per finding, whose answer is what was found."""
    return _evidence


def _run(
    day: int,
    lights: Mapping[str, Mapping[str, str]],
    *,
    waived: Mapping[tuple[str, str], str] = {},
    policy: str = "lights",
    suffix: str = "aaaa",
    interrupted: bool = False,
) -> Run:
    findings = tuple(
        _finding(host, policy, room, found, waived.get((host, room), ""))
        for host, rooms in sorted(lights.items())
        for room, found in sorted(rooms.items())
    )
    counts = {verdict.value: sum(one.verdict is verdict for one in findings) for verdict in Verdict}
    return Run(
        id=f"202611{day:02}T020000Z-{suffix}",
        started=f"2026-11-{day:02}T02:00:00Z",
        finished=f"2026-11-{day:02}T02:10:00Z",
        version="0.1.0",
        fail_on="fail",
        interrupted=interrupted,
        policies=(
            JudgedPolicy(id=policy, version="1.0", title="Lights", digest="d" * 64, source=Source(document="House")),
        ),
        hosts=tuple(Host(name=host, policies=(policy,), status=Status.REACHED) for host in sorted(lights)),
        findings=findings,
        coverage=Coverage(
            servers_planned=len(lights),
            servers_judged=len(lights),
            checks_planned=len(findings),
            checks_judged=len(findings),
        ),
        summary=counts,
        exit_code=0,
        exit_reason="as it was",
    )


def _finding(host: str, policy: str, room: str, found: str, waiver: str) -> Finding:
    verdicts = {"on": Verdict.PASS, "?": Verdict.ERROR}
    mark = WaiverMark(id=waiver, owner="ann", reason="known", ticket="", expires="2027-01-01") if waiver else None
    return Finding(
        host=host,
        policy=policy,
        check=room,
        title=f"The light in the {room} is on",
        level=Level.FAIL,
        severity=Severity.LOW,
        verdict=verdicts.get(found, Verdict.FAIL),
        expected="on",
        actual=found,
        reason="",
        reference="",
        remediation="",
        waiver=mark,
    )


def _evidence(run: Run) -> list[Evidence]:
    return [
        Evidence(
            server=host.name,
            policies=host.policies,
            inputs={"rooms": ("kitchen",), "strict": True},
            status=Status.REACHED,
            collected=run.started,
            collector="0.1.0",
            transport="winrm",
            platform={"os": "6.0.6002", "now": run.id},
            answers={
                ask("light", room=one.check): Observed(data={"found": one.actual})
                for one in run.findings
                if one.host == host.name
            },
            timings={"read": 0.25},
            exchanges=7,
        )
        for host in run.hosts
    ]
