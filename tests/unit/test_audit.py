"""The whole flow with servers that answer at once: their order does not matter, and a fleet is never held."""

import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor import spool
from auditor.audit import Collecting, Order, audit
from auditor.formats import FORMATS
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import FLEET, Verdict, order
from auditor.model.gate import parse_gate
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned
from auditor.model.policy import Policy, Scope
from auditor.model.run import Run
from auditor.model.waiver import Waiver
from auditor.plan import Assignment
from auditor.report import RunFolder
from auditor.runs import read_run

STARTED = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def policy(small: Any) -> Policy:
    on = small.expect("on", "equals", operand=True)
    lights = [small.check(on, id=f"light-{number:02}", room=f"r{number}") for number in range(20)]
    alike = small.check(id="alike", scope=Scope.FLEET, agree_on=("on",), room="r0")
    made: Policy = small.policy(*lights, alike)
    return made


@pytest.fixture
def ordered(small: Any, policy: Policy) -> Callable[..., Order]:
    def made(servers: int, **more: Any) -> Order:
        names = [f"cas{number:03}" for number in range(servers)]
        connection = Connection(address="")
        return Order(
            run_id="run",
            assignments=tuple(
                Assignment(server=Server(name=name, connection=connection), policies=(policy,)) for name in names
            ),
            inputs={},
            probes=small.probes,
            formats=(FORMATS["junit"],),
            gate=parse_gate(("fail",), ""),
            **more,
        )

    return made


def evidence(planned: Planned, told: str = "") -> Evidence:
    number = int(planned.server.name[-3:])
    return Evidence(
        server=planned.server.name,
        policies=planned.policies,
        status=Status.REACHED,
        collected="2026-11-24T02:00:00Z",
        collector="test",
        transport="test",
        answers={
            question: Observed(data={"on": (number + place) % 10 != 0, "watts": number, "told": told})
            for place, question in enumerate(planned.questions)
        },
    )


def forwards(planned: Iterable[Planned]) -> Iterator[Evidence]:
    return map(evidence, planned)


def backwards(planned: Iterable[Planned]) -> Iterator[Evidence]:
    return map(evidence, reversed(list(planned)))


def audited(ordered: Order, collecting: Collecting, out: Path) -> Run:
    with RunFolder(out, ordered.run_id) as folder:
        return audit(ordered, collecting, folder, lambda: STARTED)


def test_findings_stand_in_their_order_whichever_server_is_read_first(
    ordered: Callable[..., Order], tmp_path: Path
) -> None:
    one = audited(ordered(12), forwards, tmp_path / "one")
    other = audited(ordered(12), backwards, tmp_path / "other")

    assert [order(each) for each in one.findings] == sorted(order(each) for each in one.findings)
    assert len(one.findings) == 12 * 20 + 1
    assert one.findings[0].host == FLEET
    assert one == other
    for name in ("run.json", "junit.xml"):
        assert (tmp_path / "one" / "run" / name).read_bytes() == (tmp_path / "other" / "run" / name).read_bytes()


def test_what_is_returned_can_be_gone_through_after_the_folder_took_its_place(
    ordered: Callable[..., Order], tmp_path: Path
) -> None:
    run = audited(ordered(12), forwards, tmp_path)

    assert run == read_run(tmp_path / "run")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "run"]


def test_waived_findings_are_marked_in_the_run_and_in_every_report(
    ordered: Callable[..., Order], policy: Policy, tmp_path: Path
) -> None:
    waiver = Waiver(
        id="w-1", policy=policy.id, checks=("light-0*",), owner="ann", reason="moving", expires="2026-12-24"
    )

    run = audited(ordered(12, waivers=(waiver,)), backwards, tmp_path)

    waived = [each for each in run.findings if each.waiver]
    assert waived
    assert {each.verdict for each in waived} == {Verdict.FAIL}
    assert all(each.check.startswith("light-0") for each in waived)
    assert read_run(tmp_path / "run") == run
    assert (tmp_path / "run" / "junit.xml").read_text().count("WAIVED until 2026-12-24") == len(waived)


def test_neither_evidence_nor_findings_of_a_fleet_are_held(
    ordered: Callable[..., Order], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_KEPT", 1 << 20)
    servers, length = 400, 10_000
    order_of_fleet = ordered(servers)
    tracemalloc.start()

    try:
        run = audited(
            order_of_fleet,
            lambda planned: (evidence(each, f"{each} ".ljust(length, "x")) for each in planned),
            tmp_path,
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    said = sum(len(each.actual) for each in run.findings)
    assert said > servers * 20 * length
    assert peak < said / 4
