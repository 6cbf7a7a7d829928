"""Each way in which a server is not reached: the kind, and a message that says where, what and what next."""

import socket
import time
import warnings

import pytest

from auditor.errors import NotReached
from auditor.lab import replies
from auditor.lab.certificate import CertificateKind
from auditor.lab.faults import Fault
from auditor.lab.replies import Frame
from auditor.lab.state import Reachability
from auditor.model.inventory import Authentication, Scheme, SecretReference, SecretSource

BASIC, NTLM = (Authentication.BASIC,), (Authentication.NTLM,)
PATIENCE = 3.0
SOAP = "Content-Type: application/soap+xml;charset=UTF-8"


def _http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def _fault(code: int) -> bytes:
    fault = Fault(code=code, subcode="w:InternalError", reason="No.")
    return replies.fault(Frame(relates_to="uuid:1", message_id="uuid:2", activity_id=""), fault, "CAS01")


def test_a_name_that_is_not_known(lab):
    error = lab.refusal(lab.connection(5985, address="cas01.invalid"))

    assert error.kind is NotReached.DNS


@pytest.mark.parametrize("address", ["a..b", "x" * 70, "bad name", "%"])
def test_an_address_that_cannot_be_one(lab, address):
    error = lab.refusal(lab.connection(5985, address=address))

    assert error.kind is NotReached.DNS


@pytest.mark.parametrize("scheme", list(Scheme))
def test_nothing_listens(lab, scheme):
    server = lab.one(reachability=Reachability.REFUSED, scheme=scheme)

    error = lab.refusal(lab.connection_to(server))

    assert error.kind is NotReached.REFUSED


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_silent_server_is_given_up_at_the_deadline(lab, scheme):
    server, started = lab.silent(), time.monotonic()

    error = lab.refusal(lab.connection(server.port, scheme=scheme), seconds=1)

    assert error.kind is NotReached.TIMED_OUT
    assert time.monotonic() - started < 1 + PATIENCE


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_server_that_drips_is_given_up_at_the_deadline(lab, scheme):
    server, started = lab.dripping(), time.monotonic()

    error = lab.refusal(lab.connection(server.port, scheme=scheme), seconds=1)

    assert error.kind in {NotReached.TIMED_OUT, NotReached.TLS}
    assert time.monotonic() - started < 1 + PATIENCE


def test_a_refusal_that_is_cut_off_says_nothing_of_the_account(lab):
    server = lab.dripping(b"401 Unauthorized")

    error = lab.refusal(lab.connection(server.port), seconds=1)

    assert error.kind is NotReached.TIMED_OUT


def test_a_proxy_that_drips_is_given_up_at_the_deadline(lab):
    proxy, started = lab.dripping(), time.monotonic()

    error = lab.refusal(lab.connection(5985, proxy=f"http://127.0.0.1:{proxy.port}"), seconds=1)

    assert error.kind is NotReached.TIMED_OUT
    assert time.monotonic() - started < 1 + PATIENCE


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_proxy_that_does_not_listen_is_not_told_as_the_server(lab, scheme):
    nobody = lab.one(reachability=Reachability.REFUSED)

    error = lab.refusal(lab.connection(5985, scheme=scheme, proxy=f"http://127.0.0.1:{nobody.port}"))

    assert error.kind is NotReached.BROKEN
    assert "proxy" in str(error)


@pytest.mark.parametrize(
    ("certificate", "kind"),
    [
        (CertificateKind.SELF_SIGNED, NotReached.TLS_UNTRUSTED),
        (CertificateKind.EXPIRED, NotReached.TLS_EXPIRED),
        (CertificateKind.WRONG_NAME, NotReached.TLS_NAME),
    ],
)
def test_a_certificate_that_is_not_to_be_trusted(lab, certificate, kind):
    server = lab.one(scheme=Scheme.HTTPS, authentications=BASIC, certificate=certificate)

    error = lab.refusal(lab.connection_to(server))

    assert error.kind is kind
    assert server.counters.now().exchanges == 0


def test_an_authority_nobody_named(lab):
    server = lab.one(scheme=Scheme.HTTPS)

    error = lab.refusal(lab.connection_to(server, ca_file=""))

    assert error.kind is NotReached.TLS_UNTRUSTED


def test_any_certificate_will_do_where_the_inventory_says_so(lab):
    server = lab.one(scheme=Scheme.HTTPS, certificate=CertificateKind.SELF_SIGNED)

    delivery = lab.ask(lab.connection_to(server, verify=False))

    assert delivery.complete


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_file_of_authorities_that_holds_none_is_told_before_anything_is_sent(lab, tmp_path, text):
    server, path = lab.one(scheme=Scheme.HTTPS), tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    error = lab.refusal(lab.connection_to(server, ca_file=str(path)))

    assert error.kind is NotReached.TLS
    assert str(path) in str(error)
    assert server.counters.now().connections == 0


def test_plain_http_behind_an_https_port(lab):
    server = lab.one(scheme=Scheme.HTTP)

    error = lab.refusal(lab.connection_to(server, scheme=Scheme.HTTPS))

    assert error.kind is NotReached.TLS


def test_tls_behind_an_http_port(lab):
    server = lab.one(scheme=Scheme.HTTPS)

    error = lab.refusal(lab.connection_to(server, scheme=Scheme.HTTP))

    assert error.kind in {NotReached.BROKEN, NotReached.NOT_WINRM}


@pytest.mark.parametrize("methods", [NTLM, BASIC])
def test_a_wrong_password(lab, methods):
    server = lab.one(scheme=Scheme.HTTPS, authentications=methods, reachability=Reachability.WRONG_PASSWORD)

    error = lab.refusal(lab.connection_to(server))

    assert error.kind is NotReached.UNAUTHORISED
    assert "password" in str(error)


def test_a_method_the_server_does_not_offer(lab):
    server = lab.one(scheme=Scheme.HTTPS, authentications=NTLM)

    error = lab.refusal(lab.connection_to(server, authentication=Authentication.BASIC))

    assert error.kind is NotReached.UNAUTHORISED
    assert "does not offer basic, only Negotiate, NTLM" in str(error)


def test_a_server_that_offers_negotiate_but_speaks_no_ntlm(lab):
    server = lab.replying(_http("401 Unauthorized", b"", "WWW-Authenticate: Negotiate"))

    error = lab.refusal(lab.connection(server.port))

    assert error.kind is NotReached.UNAUTHORISED


def test_basic_over_http_is_refused_before_anything_is_sent(lab):
    server = lab.silent()

    error = lab.refusal(lab.connection(server.port, authentication=Authentication.BASIC))

    assert error.kind is NotReached.POLICY
    assert server.connections == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"username": ""},
        {"secret": SecretReference(source=SecretSource.ENVIRONMENT, reference="NOWHERE")},
        {"secret": None},
        {"authentication": Authentication.CERTIFICATE},
        {"authentication": Authentication.CERTIFICATE, "certificate": "/nowhere/a.pem"},
    ],
)
def test_no_account_or_no_secret_is_told_before_anything_is_sent(lab, fields):
    server = lab.silent()

    error = lab.refusal(lab.connection(server.port, scheme=Scheme.HTTPS, **fields))

    assert error.kind is NotReached.SECRET
    assert server.connections == 0


@pytest.mark.parametrize("method", [Authentication.KERBEROS, Authentication.CREDSSP])
def test_a_method_whose_package_is_not_installed_names_it(lab, method, monkeypatch):
    monkeypatch.setattr("winrm.transport.HAVE_KERBEROS", False)
    monkeypatch.setattr("winrm.transport.HAVE_CREDSSP", False)

    error = lab.refusal(lab.connection(5985, authentication=method))

    assert error.kind is NotReached.FAULT
    assert f"auditor[{method}]" in str(error)


def test_an_account_that_may_not_use_winrm(lab):
    server = lab.one(reachability=Reachability.ACCESS_DENIED)

    error = lab.refusal(lab.connection_to(server))

    assert error.kind is NotReached.FORBIDDEN


def test_a_web_server_instead_of_winrm(lab):
    server = lab.one(reachability=Reachability.NOT_WINRM)

    error = lab.refusal(lab.connection_to(server))

    assert error.kind is NotReached.NOT_WINRM


@pytest.mark.parametrize("method", [Authentication.NTLM, Authentication.BASIC])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(_http("200 OK", b"<html><br></html>", "Content-Type: text/html"), NotReached.NOT_WINRM, id="page"),
        pytest.param(_http("200 OK", b"<a><b>", SOAP), NotReached.NOT_WINRM, id="garbage"),
        pytest.param(_http("200 OK", b"\xff\xfe\x00", SOAP), NotReached.NOT_WINRM, id="bytes"),
        pytest.param(_http("200 OK", b"<a Name='ShellId'/>", SOAP), NotReached.NOT_WINRM, id="other-xml"),
        pytest.param(_http("200 OK"), NotReached.NOT_WINRM, id="empty"),
        pytest.param(_http("200 OK", b"x", "Content-Encoding: gzip"), NotReached.NOT_WINRM, id="no-gzip"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", NotReached.NOT_WINRM, id="not-http"),
        pytest.param(b"", NotReached.BROKEN, id="hangs-up"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf", NotReached.BROKEN, id="half"),
        pytest.param(_http("400 Bad Request"), NotReached.BROKEN, id="400"),
        pytest.param(_http("401 Unauthorized"), NotReached.UNAUTHORISED, id="401"),
        pytest.param(_http("403 Forbidden"), NotReached.FORBIDDEN, id="403"),
        pytest.param(_http("404 Not Found"), NotReached.NOT_WINRM, id="404"),
        pytest.param(_http("405 Method Not Allowed"), NotReached.NOT_WINRM, id="405"),
        pytest.param(_http("407 Proxy Authentication Required"), NotReached.NOT_WINRM, id="407"),
        pytest.param(_http("500 Internal Server Error"), NotReached.NOT_WINRM, id="500"),
        pytest.param(_http("500 Internal Server Error", b"\xff"), NotReached.NOT_WINRM, id="500-bytes"),
        pytest.param(_http("503 Service Unavailable"), NotReached.BUSY, id="503"),
    ],
)
def test_an_answer_that_is_none_of_winrm(lab, reply, kind, method):
    server = lab.replying(reply)

    error = lab.refusal(lab.connection(server.port, authentication=method, allow_unencrypted=True))

    assert error.kind is kind


@pytest.mark.parametrize("header", ["NTLM", "NTLM !", "NTLM AAAA", "NTLM TlRMTVNTUAACAAAA", "Negotiate AAAA"])
def test_a_challenge_that_is_none(lab, header):
    server = lab.replying(_http("401 Unauthorized", b"", f"WWW-Authenticate: {header}"))

    error = lab.refusal(lab.connection(server.port))

    assert error.kind in {NotReached.UNAUTHORISED, NotReached.NOT_WINRM}


def test_a_redirect_is_not_followed(lab):
    elsewhere = lab.silent()
    server = lab.replying(_http("302 Found", b"", f"Location: http://127.0.0.1:{elsewhere.port}/wsman"))

    error = lab.refusal(lab.connection(server.port))

    assert error.kind is NotReached.NOT_WINRM
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (5, NotReached.FORBIDDEN),
        (2150859173, NotReached.QUOTA),
        (2150859180, NotReached.POLICY),
        (2150858793, NotReached.TIMED_OUT),
        (2150858752, NotReached.FAULT),
    ],
)
def test_a_fault_is_told_by_its_code(lab, code, kind):
    server = lab.replying(_http("500 Internal Server Error", _fault(code), SOAP))

    connection = lab.connection(server.port, authentication=Authentication.BASIC, allow_unencrypted=True)
    error = lab.refusal(connection)

    assert error.kind is kind


def test_a_quota_of_shells_that_is_exhausted(lab):
    server = lab.one(max_shells_per_user=0)

    error = lab.refusal(lab.connection_to(server))

    assert error.kind is NotReached.QUOTA


def test_an_address_of_ip_version_6_is_put_in_brackets(lab):
    try:
        listening = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    port = listening.getsockname()[1]
    listening.close()

    with pytest.raises(Exception, match=rf"^\[::1\]:{port}: nothing listens there"):
        lab.ask(lab.connection(port, address="::1"))


def test_the_filters_of_warnings_stay_as_strict_as_they_were(lab):
    lab.refusal(lab.connection(lab.replying(b"").port))

    with pytest.warns(ResourceWarning):
        warnings.warn("still seen", ResourceWarning, stacklevel=1)
