"""The auditor's own look at a web server: what it sees, what it does not do, how it fails."""

import socket
import ssl
import threading
import time
import warnings

import pytest

from auditor.lab.certificate import Authority, CertificateKind
from auditor.lab.state import Reachability
from auditor.model.answer import Failed, Observed
from auditor.readers.http import READER, http
from auditor.transports.http import Looks
from auditor.transports.transport import Deadline

PATIENCE = 3.0


def _look(port: int, *, scheme: str = "http", seconds: float = 5.0, address: str = "127.0.0.1", **fields: str):
    fields = {"method": "GET", "path": "/owa", **fields}
    return Looks().look(address, http(scheme=scheme, port=port, **fields), Deadline.after(seconds))


def test_status_and_the_headers_that_matter_are_observed(lab):
    reply = b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nWWW-Authenticate: NTLM\r\nX-Else: 1\r\n\r\n"

    answer = _look(lab.replying(reply).port)

    assert answer == Observed(data={"status": 401, "headers": {"www-authenticate": ["Basic", "NTLM"]}})


@pytest.mark.parametrize(("scheme", "port"), [("http", "web_port"), ("https", "web_secure_port")])
def test_a_simulated_web_server_is_seen(lab, scheme, port):
    server = lab.one()

    answer = _look(getattr(server, port), scheme=scheme)

    assert isinstance(answer, Observed)
    assert READER.check(answer.data) == answer.data
    assert server.counters.now().web_requests == 1


def test_the_request_is_plain_and_holds_no_credentials(lab):
    server = lab.replying(b"HTTP/1.1 200 OK\r\n\r\n")

    _look(server.port, method="OPTIONS", path="/Microsoft-Server-ActiveSync", host="mail.example.com")

    head = server.received[0].decode("ascii").lower().split("\r\n")
    assert head[0] == "options /microsoft-server-activesync http/1.1"
    assert [line for line in head if line.startswith("host:")] == ["host: mail.example.com"]
    assert not [line for line in head if line.startswith(("authorization:", "cookie:"))]


def test_a_redirect_is_seen_and_not_followed(lab):
    elsewhere = lab.silent()
    location = f"http://127.0.0.1:{elsewhere.port}/"

    answer = _look(lab.replying(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode()).port)

    assert answer == Observed(data={"status": 302, "headers": {"location": [location]}})
    assert elsewhere.connections == 0


@pytest.mark.parametrize("kind", list(CertificateKind))
def test_any_certificate_is_taken(lab, kind):
    server = lab.one(certificate=kind)

    answer = _look(server.web_secure_port, scheme="https")

    assert isinstance(answer, Observed)


def test_a_server_that_speaks_nothing_newer_than_tls_1_0_is_seen(lab, tmp_path):
    context = Authority(tmp_path).context_for("old")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1

    def serve(plain: socket.socket) -> None:
        with context.wrap_socket(plain.dup(), server_side=True) as connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    answer = _look(lab.own(serve).port, scheme="https")

    assert isinstance(answer, Observed)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 999 Odd\r\n\r\n", "the answer is not HTTP"),
        (b"", "the connection was lost"),
    ],
)
def test_an_answer_that_is_not_http(lab, reply, why):
    server = lab.replying(reply)

    answer = _look(server.port)

    assert isinstance(answer, Failed)
    assert answer.reason.startswith(f"port {server.port}: {why}")


def test_nothing_listens(lab):
    server = lab.one(reachability=Reachability.REFUSED)

    answer = _look(server.web_port)

    assert answer == Failed(reason=f"port {server.web_port}: connection refused (ConnectionRefusedError)")


@pytest.mark.parametrize("address", ["cas01.invalid", "a..b", "x" * 70, "\ud800"])
def test_a_name_that_is_not_known(address):
    assert isinstance(_look(80, address=address), Failed)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("behaviour", ["silent", "dripping"])
def test_a_server_that_takes_too_long_is_given_up_at_the_deadline(lab, scheme, behaviour):
    server, started = getattr(lab, behaviour)(), time.monotonic()

    answer = _look(server.port, scheme=scheme, seconds=0.8)

    assert isinstance(answer, Failed)
    assert time.monotonic() - started < 0.8 + PATIENCE


def test_a_handshake_that_drips_is_given_up_at_the_deadline(lab):
    stopping, started = threading.Event(), time.monotonic()
    lab.ending.callback(stopping.set)

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb")
        while not stopping.wait(0.2):
            connection.sendall(b"\x00")

    answer = _look(lab.own(serve).port, scheme="https", seconds=0.8)

    assert isinstance(answer, Failed)
    assert answer.reason.endswith("no answer in time")
    assert time.monotonic() - started < 0.8 + PATIENCE


def test_plain_http_behind_an_https_port(lab):
    answer = _look(lab.one().web_port, scheme="https")

    assert isinstance(answer, Failed)
    assert "TLS could not be agreed on" in answer.reason


def test_what_cannot_be_a_request_is_a_failure(lab):
    assert isinstance(_look(lab.silent().port, path="/with space\r\nX: y"), Failed)


def test_a_port_that_takes_no_connection_is_waited_for_once(lab):
    looks, port, started = Looks(), lab.deaf(), time.monotonic()
    questions = [http(scheme="http", port=port, method="GET", path=path) for path in ("/owa", "/exchweb", "/")]

    answers = [looks.look("127.0.0.1", question, Deadline.after(1)) for question in questions]

    assert answers == [Failed(reason=f"port {port}: no answer in time")] * 3
    assert time.monotonic() - started < 2


def test_a_port_that_only_answers_too_late_is_asked_again(lab):
    looks, server = Looks(), lab.silent()
    question = http(scheme="http", port=server.port, method="GET", path="/")

    for _ in range(2):
        looks.look("127.0.0.1", question, Deadline.after(0.3))

    assert server.connections == 2


def test_stopping_breaks_off_looks_and_later_ones(lab):
    looks, server, started = Looks(), lab.silent(), time.monotonic()
    question = http(scheme="http", port=server.port, method="GET", path="/")
    timer = threading.Timer(0.2, looks.stop)
    timer.start()

    first = looks.look("127.0.0.1", question, Deadline.after(30))
    later = looks.look("127.0.0.1", question, Deadline.after(30))
    timer.join()

    assert isinstance(first, Failed)
    assert isinstance(later, Failed)
    assert time.monotonic() - started < 10
