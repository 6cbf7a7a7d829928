"""A fleet for other people's clients: NTLM over http, Basic and NTLM over https."""

from collections.abc import Iterator

import pytest

from auditor.lab.fleet import Fleet
from auditor.lab.state import OperatingSystem, RegistryKey, RegistryValue, Scenario, ServerState
from auditor.model.inventory import Authentication, Scheme

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
