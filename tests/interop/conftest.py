"""A fleet for other people's clients: NTLM over http, Basic and NTLM over https."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.cli.main import main
from auditor.lab.fleet import Fleet
from auditor.lab.state import OperatingSystem, RegistryKey, RegistryValue, Scenario, ServerState
from auditor.model.inventory import Authentication, Scheme

_POLICY = "exchange-2007-owa-ssl-offloading"
_WAIVERS = """\
waivers:
  - id: accepted-until-the-move
    policy: {policy}
    checks: [activesync-requires-ssl, activesync-not-offloaded, ssloffloaded-set]
    owner: Jane Doe
    reason: The devices move to another server.
    ticket: CHG-4711
    expires: "{expires:%Y-%m-%d}"
"""
_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA"


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Return a running fleet with the servers `ntlm` (http) and `tls` (https; Basic and NTLM)."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    both = (Authentication.BASIC, Authentication.NTLM)
    servers = (_server("ntlm", Scheme.HTTP, (Authentication.NTLM,)), _server("tls", Scheme.HTTPS, both))
    with Fleet.start(Scenario(name="interop", servers=servers)) as running:
        yield running


def _server(name: str, scheme: Scheme, methods: tuple[Authentication, ...]) -> ServerState:
    value = RegistryValue(name="SSLOffloaded", type="REG_DWORD", data=1)
    return ServerState(
        name=name,
        scheme=scheme,
        authentications=methods,
        computer=name.upper(),
        os=OperatingSystem(version="6.0.6002", caption="Microsoft Windows Server 2008 Standard", service_pack=2),
        now=133_000_000_000_000_000,
        boot=132_999_000_000_000_000,
        registry=(RegistryKey(path=_KEY, values=(value,), last_write=132_999_500_000_000_000),),
    )


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of the simulated fleet: every verdict, servers not reached, waivers, changes."""
    out = tmp_path_factory.mktemp("demo")
    waivers = out / "waivers.yaml"
    expires = datetime.now(UTC) + timedelta(days=90)
    waivers.write_text(_WAIVERS.format(policy=_POLICY, expires=expires), encoding="utf-8")

    main(["demo", "--out", str(out)])
    options = ["--out", str(out), "--store", "none", "--waivers", str(waivers)]
    main(["run", "--policy", _POLICY, "--evidence", "last", "--against", "last", *options])
    return (out / "latest").resolve()
