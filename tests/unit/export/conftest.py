"""A small run whose evidence is full of names, made by the whole flow, but without servers."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.audit import Order, audit
from auditor.export.material import Material, read_material
from auditor.load.policy import load_policy
from auditor.load.waivers import load_waivers
from auditor.model.answer import Absent, Answer, Denied, Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.gate import parse_gate
from auditor.model.inventory import Connection, Server
from auditor.model.question import Question
from auditor.plan import Assignment
from auditor.probes import PROBES
from auditor.readers.http import http
from auditor.readers.registry_value import registry_value
from auditor.report import RunFolder

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
POLICY = r"""
id: relay
version: "1.0"
title: Mail leaves through the relay
source: {document: House rules, date: "2026-01-01"}
inputs:
  relay: {type: string, default: relay01.corp.example, description: The relay.}
checks:
  - id: relay-set
    title: The relay is mx.corp.example or relay01
    severity: high
    probe: registry_value
    parameters: {key: 'HKLM\SOFTWARE\Relay', name: Target}
    expect: {value: {equals: "relay01.corp.example;10.20.30.40"}}
    rationale: Everything else is blocked.
    remediation: Set it.
    reference: Clause 4.2
    mappings: {NIST SP 800-53 Rev. 5: [SC-7]}
  - id: front-door
    title: The front door answers
    severity: low
    level: warning
    probe: http_response
    parameters: {path: /, host: "${relay}"}
    expect: {outcome: {equals: served}}
    rationale: It is monitored.
    remediation: Start it.
    reference: Clause 1
  - id: same-relay
    title: All use the same relay
    severity: medium
    scope: fleet
    probe: registry_value
    parameters: {key: 'HKLM\SOFTWARE\Relay', name: Target}
    agree_on: [value]
    rationale: Less to look after.
    remediation: Choose one.
    reference: Clause 4.2
"""
WAIVERS = """
waivers:
  - {id: old-relay, policy: relay, checks: [relay-set], hosts: ["NYX*"], owner: Jane Doe, reason: It moves to nyx07.,
     expires: "2026-12-31"}
"""
TARGET = registry_value(hive="HKLM", key=r"SOFTWARE\Relay", name="Target")
DOOR = http(scheme="http", port=80, method="GET", path="/", host="relay01.corp.example")


def text_value(text: str) -> Answer:
    return Observed(data={"type": "REG_SZ", "data": text})


def redirect(location: str) -> Answer:
    return Observed(data={"status": 302, "headers": {"location": [location], "x-owa-version": ["8.1.240.6"]}})


def server(name: str, answers: Mapping[Question, Answer], reason: str = "") -> Evidence:
    return Evidence(
        server=name,
        policies=("relay",),
        inputs={"relay": "relay01.corp.example"},
        status=Status.REACHED if answers else Status.UNREACHABLE,
        reason=reason,
        collected="2026-11-23T02:00:00Z",
        collector="auditor 0.1.0",
        transport="winrm",
        platform={"computer": name.partition(".")[0].upper()},
        answers=answers,
    )


FLEET = (
    server(
        "eos01.corp.example",
        {
            TARGET: text_value("relay01.corp.example;10.20.30.40"),
            DOOR: redirect("https://EOS01.corp.example/?u=https%3A%2F%2Fportal.corp.example%2F"),
        },
    ),
    server("nyx07.corp.example", {TARGET: text_value("relay99"), DOOR: redirect("http://[fe80::17]:81/")}),
    server("hades.corp.example", {TARGET: Denied(reason=r"CORP\svc_audit may not read it"), DOOR: redirect("/")}),
    server("moros.corp.example", {TARGET: Absent(what="key"), DOOR: redirect("/")}),
    server("styx03.corp.example", {}, "10.20.30.43:5985: nothing listens there, said jane.doe@corp.example"),
)
ORIGINALS = (
    "eos01", "nyx07", "hades", "moros", "styx03", "relay01", "portal", "corp.example", "CORP\\", "svc_audit",
    "jane.doe",
    "10.20.30.40", "10.20.30.43", "fe80::17", "Jane Doe",
)  # fmt: skip


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """Return the folder of a run with waivers, an unreachable server and a denied answer."""
    (tmp_path / "relay.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "waivers.yaml").write_text(WAIVERS, encoding="utf-8")
    policy = load_policy(tmp_path / "relay.yaml", PROBES)
    order = Order(
        run_id="20261123T020000Z-0001",
        assignments=tuple(
            Assignment(
                server=Server(name=each.server, connection=Connection(address=""), inputs=each.inputs),
                policies=(policy,),
            )
            for each in FLEET
        ),
        inputs={},
        probes=PROBES,
        formats=(),
        gate=parse_gate(("fail",), ""),
        waivers=load_waivers(tmp_path / "waivers.yaml", (policy,), NOW.date()),
        waiver_files={"waivers.yaml": WAIVERS.encode()},
    )
    with RunFolder(tmp_path / "reports", order.run_id) as folder:
        audit(order, lambda _: iter(FLEET), folder, lambda: NOW)
    return tmp_path / "reports" / order.run_id


@pytest.fixture
def material(run_folder: Path) -> Material:
    return read_material(run_folder)


@pytest.fixture
def originals() -> tuple[str, ...]:
    """Return every name in the run that is to be hidden."""
    return ORIGINALS


@pytest.fixture
def fleet() -> tuple[Evidence, ...]:
    return FLEET


@pytest.fixture
def a_server() -> Callable[..., Evidence]:
    return server
