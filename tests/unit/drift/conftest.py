"""Nights: runs of a house whose lights are on or off, with their evidence and policy kept in a folder as a run does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from auditor import evidence_store
from auditor.bind import bind_inputs
from auditor.compare import Stored, compare
from auditor.evaluate import Bench, judge, ready
from auditor.fleet import judge_fleet, opinions
from auditor.load.policy import load_policy
from auditor.model.answer import Answer
from auditor.model.drift import Change, Drift
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import Finding, order
from auditor.model.policy import Policy
from auditor.model.question import ask
from auditor.model.run import Coverage, Host, JudgedPolicy, Run
from auditor.model.value import Value
from auditor.model.waiver import WaiverMark
from auditor.report import EVIDENCE

POLICY = """
id: lights
version: "1"
title: Lights
source: {document: The house}
inputs:
  room: {type: string, default: hall, description: The room.}
  wanted: {type: boolean, default: true, description: Whether light is wanted.}
applies_when:
  - input: wanted
    expect: {equals: true}
    reason: No light is wanted.
checks:
  - id: light-on
    title: The light is on
    severity: high
    probe: light
    parameters: {room: "${room}"}
    expect: {on: {equals: true}}
    rationale: It is dark otherwise.
    remediation: Switch it on.
    reference: Step 1
"""
FLEET_CHECK = """
  - id: same-everywhere
    title: All lights are alike
    severity: low
    scope: fleet
    probe: light
    parameters: {room: "${room}"}
    agree_on: ["on"]
    rationale: It looks better.
    remediation: Switch them alike.
    reference: Step 2
"""


@dataclass(frozen=True, kw_only=True)
class House:
    """Makes nights and compares them."""

    folder: Path
    probes: Mapping[str, Any]
    policy: str = POLICY
    fleet_check: str = FLEET_CHECK
    made: list[Stored] = field(default_factory=list)

    def night(
        self,
        answers: Mapping[str, Answer | str],
        *,
        policy: str = POLICY,
        inputs: Mapping[str, Value] | None = None,
        probes: Mapping[str, Any] | None = None,
        waivers: Mapping[str, WaiverMark] | None = None,
        version: str = "1.0",
        rooms: tuple[str, ...] = ("hall", "attic"),
        unassigned: tuple[str, ...] = (),
    ) -> Stored:
        """Return a run: each server's answer in every room, or in words why it was not reached.

        `waivers` are by server; `unassigned` servers are not judged by the policy.
        """
        number = len(self.made) + 1
        folder = self.folder / f"night-{number}"
        (folder / "policies").mkdir(parents=True)
        file = folder / "policies" / "lights.yaml"
        file.write_text(policy, encoding="utf-8")
        loaded = load_policy(file, probes or self.probes)
        evidence = [
            replace(_evidence(host, answer, inputs or {}, rooms), policies=() if host in unassigned else ("lights",))
            for host, answer in answers.items()
        ]
        lines = "".join(f"{evidence_store.write(each)}\n" for each in reversed(evidence))
        (folder / EVIDENCE).write_text(lines, encoding="ascii")
        found = _findings(loaded, evidence, probes or self.probes)
        marks = waivers or {}
        stored = Stored(
            run=_run(
                f"night-{number}",
                f"2026-11-{number:02}T02:00:00Z",
                version,
                loaded,
                evidence,
                tuple(replace(each, waiver=marks.get(each.host)) for each in found),
            ),
            folder=folder,
        )
        self.made.append(stored)
        return stored

    def drift(self, before: Stored, after: Stored, probes: Mapping[str, Any] | None = None) -> Drift:
        return compare(before, after, probes or self.probes)

    def change(self, before: Stored, after: Stored, probes: Mapping[str, Any] | None = None) -> Change:
        """Return the only change there is."""
        (change,) = self.drift(before, after, probes).changes
        return change


def _evidence(host: str, answer: Answer | str, inputs: Mapping[str, Value], rooms: tuple[str, ...]) -> Evidence:
    reached = not isinstance(answer, str)
    return Evidence(
        server=host,
        inputs=inputs,
        status=Status.REACHED if reached else Status.UNREACHABLE,
        reason="" if reached else str(answer),
        collected="",
        collector="",
        transport="test",
        answers={} if isinstance(answer, str) else {ask("light", room=room): answer for room in rooms},
    )


def _findings(policy: Policy, evidence: list[Evidence], probes: Mapping[str, Any]) -> list[Finding]:
    benches = [Bench(evidence=each, inputs=bind_inputs(policy, each.inputs)) for each in evidence if each.policies]
    own = ready(policy, probes)
    given = [opinion for bench in benches for opinion in opinions(own, bench)]
    return sorted([*(one for bench in benches for one in judge(own, bench)), *judge_fleet(own, given)], key=order)


def _run(
    name: str, started: str, version: str, policy: Policy, evidence: list[Evidence], findings: tuple[Finding, ...]
) -> Run:
    return Run(
        id=name,
        started=started,
        finished=started,
        version=version,
        fail_on="fail",
        policies=(
            JudgedPolicy(
                id=policy.id, version=policy.version, title=policy.title, digest=policy.digest, source=policy.source
            ),
        ),
        hosts=tuple(
            Host(name=each.server, policies=each.policies, status=each.status, reason=each.reason)
            for each in sorted(evidence, key=lambda each: each.server)
        ),
        findings=findings,
        coverage=Coverage(servers_planned=0, servers_judged=0, checks_planned=0, checks_judged=0),
        summary={},
        exit_code=0,
        exit_reason="",
    )


@pytest.fixture
def house(small: Any, tmp_path: Path) -> House:
    return House(folder=tmp_path, probes=small.probes)
