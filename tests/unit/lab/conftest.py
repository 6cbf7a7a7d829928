"""A simulated server, a running fleet, and requests as WinRM clients write them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent, indent
from typing import Any, TypeAlias

import pytest

from auditor.lab.certificate import CertificateKind
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import load_scenario
from auditor.lab.state import OperatingSystem, Scenario, ServerState

Describe: TypeAlias = Callable[..., ServerState]
MakeServer: TypeAlias = Callable[..., ServerState]
MakeRequest: TypeAlias = Callable[..., bytes]
StartFleet: TypeAlias = Callable[..., Fleet]

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
_ENVELOPE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
 xmlns:rsp="{SHELL}"><s:Header><a:To>http://cas01:5985/wsman</a:To>
<w:ResourceURI s:mustUnderstand="true">{resource}</w:ResourceURI><a:Action s:mustUnderstand="true">{action}</a:Action>
<a:MessageID>uuid:{message_id}</a:MessageID><w:MaxEnvelopeSize s:mustUnderstand="true">{size}</w:MaxEnvelopeSize>
<w:OperationTimeout>{timeout}</w:OperationTimeout>{options}{selectors}{headers}</s:Header><s:Body>{body}</s:Body></s:Envelope>
"""


@pytest.fixture
def make_server() -> MakeServer:
    """Return a function that makes a state of a server from what matters in the test."""

    def make(**fields: Any) -> ServerState:
        system = OperatingSystem(version="6.0.6002", caption="Microsoft Windows Server 2008 Standard", service_pack=2)
        return ServerState(**{"name": "cas01", "computer": "CAS01", "os": system, "now": 2, "boot": 1, **fields})

    return make


@pytest.fixture
def describe(tmp_path: Path) -> Describe:
    """Return a function that loads a scenario of one server, described in YAML, and returns that server."""

    def load(text: str = "{}") -> ServerState:
        path = tmp_path / "scenario.yaml"
        path.write_text(f"servers:\n  cas01:\n{indent(dedent(text), '    ')}", encoding="utf-8")
        return load_scenario(path).servers[0]

    return load


@pytest.fixture
def make_request() -> MakeRequest:
    """Return a function that writes an envelope; `action` without namespace is one of the shell's."""

    def make(
        action: str,
        body: str = "",
        *,
        shell: str = "",
        resource: str = f"{SHELL}/cmd",
        timeout: str = "PT1S",
        size: int = 153600,
        options: Mapping[str, str] | None = None,
        headers: str = "",
    ) -> bytes:
        named = "".join(f'<w:Option Name="{name}">{value}</w:Option>' for name, value in (options or {}).items())
        return _ENVELOPE.format(
            SHELL=SHELL,
            resource=resource,
            action=_uri(action),
            message_id="11111111-1111-1111-1111-111111111111",
            size=size,
            timeout=timeout,
            options=f"<w:OptionSet>{named}</w:OptionSet>" if named else "",
            selectors=f'<w:SelectorSet><w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet>'
            if shell
            else "",
            headers=headers,
            body=body,
        ).encode()

    return make


@pytest.fixture
def start_fleet() -> Iterator[StartFleet]:
    """Return a function that starts a fleet of these states; the fleet stops with the test."""
    with ExitStack() as fleets:

        def start(
            *states: ServerState, servers: int | None = None, certificates: Mapping[str, CertificateKind] | None = None
        ) -> Fleet:
            scenario = Scenario(name="test", servers=states)
            return fleets.enter_context(Fleet.start(scenario, servers, certificates=certificates))

        yield start


def _uri(action: str) -> str:
    if "://" in action:
        return action
    transfer = action in {"Create", "Delete", "Get"}
    return f"{'http://schemas.xmlsoap.org/ws/2004/09/transfer' if transfer else SHELL}/{action}"
