"""Nothing in the environment of the process changes who is spoken to, over what, and whom that trusts."""

import os

import pytest

from auditor.lab.state import Reachability
from auditor.model.inventory import Authentication, Scheme
from auditor.readers.http import http
from auditor.transports.http import Looks
from auditor.transports.transport import Deadline

WAYS = [
    (Scheme.HTTP, Authentication.NTLM),
    (Scheme.HTTPS, Authentication.NTLM),
    (Scheme.HTTPS, Authentication.BASIC),
]


@pytest.fixture
def nonsense(lab, monkeypatch, tmp_path):
    """Set every variable that HTTP libraries listen to; return the proxy they all name."""
    proxy = lab.silent()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nowhere.pem"))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login mallory password wrong\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    return proxy


@pytest.mark.parametrize(("scheme", "method"), WAYS)
def test_winrm_takes_nothing_from_the_environment(lab, nonsense, scheme, method):
    server = lab.one(scheme=scheme, authentications=(method,))
    before = dict(os.environ)

    delivery = lab.ask(lab.connection_to(server))

    assert delivery.complete
    assert nonsense.connections == 0
    assert dict(os.environ) == before


def test_a_proxy_of_the_inventory_is_used_whatever_no_proxy_says(lab, monkeypatch):
    proxy = lab.replying(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("NO_PROXY", "*")
    server = lab.one(reachability=Reachability.REFUSED)

    lab.refusal(lab.connection(server.port, proxy=f"http://127.0.0.1:{proxy.port}"))

    assert proxy.received[0].startswith(f"POST http://127.0.0.1:{server.port}/wsman".encode())


def test_looks_take_nothing_from_the_environment(lab, nonsense):
    server = lab.replying(b"HTTP/1.1 204 No Content\r\n\r\n")
    question = http(scheme="http", port=server.port, method="GET", path="/")

    Looks().look("127.0.0.1", question, Deadline.after(5))

    assert nonsense.connections == 0
    assert b"authorization" not in server.received[0].lower()
