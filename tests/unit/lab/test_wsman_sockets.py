"""Simulated servers on real sockets: who gets in, over what, and that nothing is left behind."""

import base64
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

import pytest
import spnego
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.lab import sealing
from auditor.lab.certificate import CertificateKind
from auditor.lab.costs import Costs
from auditor.lab.fleet import Fleet
from auditor.lab.running import RunningServer
from auditor.lab.state import Reachability, Scenario, ServerState, Web
from auditor.model.inventory import Authentication, Scheme

SHELL = "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams></rsp:Shell>"
BASIC = (Authentication.BASIC,)

MakeServer = Callable[..., ServerState]
MakeRequest = Callable[..., bytes]
StartFleet = Callable[..., Fleet]


@contextmanager
def _connected(server: RunningServer) -> Iterator[HTTPConnection]:
    if server.scheme is Scheme.HTTPS:
        context = ssl.create_default_context(cafile=str(server.ca_file))
        connection: HTTPConnection = HTTPSConnection(server.address, server.port, context=context, timeout=10)
    else:
        connection = HTTPConnection(server.address, server.port, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def _ask(
    connection: HTTPConnection, body: bytes = b"", *, method: str = "POST", path: str = "/wsman", **headers: str
) -> tuple[HTTPResponse, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    return response, response.read()


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _ntlm(
    connection: HTTPConnection, username: str, password: str, *, protocol: str = "ntlm", last: bytes = b""
) -> tuple[spnego.ContextProxy, HTTPResponse, bytes]:
    options = {"ntlm": spnego.NegotiateOptions.use_ntlm, "negotiate": spnego.NegotiateOptions.use_negotiate}[protocol]
    client = spnego.client(username, password, protocol=protocol, options=options)
    token = client.step() or b""
    response, body = _ask(connection, Authorization=f"Negotiate {base64.b64encode(token).decode()}")
    while not client.complete and response.status == 401:
        challenge = response.headers["WWW-Authenticate"].removeprefix("Negotiate ")
        token = client.step(base64.b64decode(challenge)) or b""
        response, body = _ask(connection, last, Authorization=f"Negotiate {base64.b64encode(token).decode()}")
    if response.status == 200 and not client.complete:
        client.step(base64.b64decode(response.headers["WWW-Authenticate"].removeprefix("Negotiate ")))
    return client, response, body


def _on_some_three_free_ports(scenario: Scenario) -> AbstractContextManager[tuple[Fleet, int]]:
    for first in range(20000, 30000, 7):
        try:
            fleet = Fleet.start(scenario, first_port=first)
        except OSError:
            continue
        return _stopping(fleet, first)
    pytest.skip("there are no three free ports in a row")


@contextmanager
def _stopping(fleet: Fleet, first: int) -> Iterator[tuple[Fleet, int]]:
    with fleet:
        yield fleet, first


@pytest.fixture
def http(make_server: MakeServer, start_fleet: StartFleet) -> Fleet:
    return start_fleet(make_server())


def test_a_request_without_credentials_is_told_how_to_authenticate(
    make_server: MakeServer, start_fleet: StartFleet
) -> None:
    methods = (Authentication.BASIC, Authentication.NTLM)
    fleet = start_fleet(
        make_server(name="plain", authentications=methods),
        make_server(name="tls", authentications=methods, scheme=Scheme.HTTPS),
    )
    offered = {}

    for server in fleet.servers:
        with _connected(server) as connection:
            response, _ = _ask(connection)
            offered[server.name] = (response.status, response.headers.get_all("WWW-Authenticate"))

    assert offered["plain"] == (401, ["Negotiate", "NTLM"])
    assert offered["tls"] == (401, ["Negotiate", "NTLM", 'Basic realm="WSMAN"'])


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
@pytest.mark.parametrize("username", [r"AUDITLAB\auditor", r"auditlab\AUDITOR", "auditor"])
def test_ntlm_lets_in_and_seals_both_ways(http: Fleet, make_request: MakeRequest, protocol: str, username: str) -> None:
    with _connected(http.servers[0]) as connection:
        client, response, _ = _ntlm(connection, username, http.password, protocol=protocol)
        assert response.status == 200
        body = sealing.seal(client, make_request("Create", SHELL))

        response, sealed = _ask(connection, body, Content_Type=sealing.CONTENT_TYPE)

        assert response.headers["Content-Type"] == sealing.CONTENT_TYPE
        assert b"CreateResponse" in sealing.unseal(client, sealed)


def test_a_fault_is_sealed_too(http: Fleet, make_request: MakeRequest) -> None:
    with _connected(http.servers[0]) as connection:
        client, _, _ = _ntlm(connection, http.servers[0].username, http.password)
        body = sealing.seal(client, make_request("Delete", shell="none"))

        response, sealed = _ask(connection, body, Content_Type=sealing.CONTENT_TYPE)

        assert response.status == 500
        assert b"2150858843" in sealing.unseal(client, sealed)


def test_a_plain_message_over_http_is_refused_unless_the_server_allows_it(
    make_server: MakeServer, start_fleet: StartFleet, make_request: MakeRequest
) -> None:
    fleet = start_fleet(make_server(name="strict"), make_server(name="lax", allow_unencrypted=True))
    statuses = {}

    for server in fleet.servers:
        with _connected(server) as connection:
            _ntlm(connection, server.username, fleet.password)
            statuses[server.name] = _ask(connection, make_request("Create", SHELL))[0].status

    assert statuses == {"strict": 401, "lax": 200}


def test_a_sealed_message_on_a_new_connection_is_a_bad_request(http: Fleet, make_request: MakeRequest) -> None:
    server = http.servers[0]
    with _connected(server) as first:
        client, _, _ = _ntlm(first, server.username, http.password)
    body = sealing.seal(client, make_request("Create", SHELL))

    with _connected(server) as second:
        _ntlm(second, server.username, http.password)
        assert _ask(second, body, Content_Type=sealing.CONTENT_TYPE)[0].status == 400
    with _connected(server) as third:
        assert _ask(third, body, Content_Type=sealing.CONTENT_TYPE)[0].status == 401


@pytest.mark.parametrize("damage", [b"", b"--Encrypted Boundary\r\n", b"garbage"])
def test_a_sealed_message_of_another_shape_is_a_bad_request(http: Fleet, damage: bytes) -> None:
    with _connected(http.servers[0]) as connection:
        _ntlm(connection, http.servers[0].username, http.password)

        response, _ = _ask(connection, damage + b"x", Content_Type=sealing.CONTENT_TYPE)

        assert response.status == 400


@pytest.mark.parametrize(
    ("username", "password"), [(r"AUDITLAB\auditor", "wrong"), (r"AUDITLAB\nobody", None), (r"OTHER\auditor", None)]
)
def test_wrong_credentials_are_refused_by_ntlm(http: Fleet, username: str, password: str | None) -> None:
    with _connected(http.servers[0]) as connection:
        _, response, _ = _ntlm(connection, username, password or http.password)

        assert response.status == 401


@pytest.mark.parametrize("token", ["", "AAAA", "not base64!", base64.b64encode(b"NTLMSSP\0\3\0\0\0").decode()])
def test_a_token_that_is_none_is_refused(http: Fleet, token: str) -> None:
    with _connected(http.servers[0]) as connection:
        response, _ = _ask(connection, Authorization=f"Negotiate {token}")

        assert response.status == 401


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    token=st.binary(max_size=80), prefix=st.sampled_from([b"", b"NTLMSSP\0\1\0\0\0", b"NTLMSSP\0\3\0\0\0", b"\x60\x20"])
)
def test_no_token_whatever_gets_in_or_brings_the_server_down(http: Fleet, token: bytes, prefix: bytes) -> None:
    with _connected(http.servers[0]) as connection:
        for _ in range(2):
            response, _ = _ask(connection, Authorization=f"Negotiate {base64.b64encode(prefix + token).decode()}")
            assert response.status == 401


def test_basic_is_taken_over_tls_only_with_the_right_password(
    make_server: MakeServer, start_fleet: StartFleet, make_request: MakeRequest
) -> None:
    fleet = start_fleet(make_server(scheme=Scheme.HTTPS, authentications=BASIC))
    server, message = fleet.servers[0], make_request("Create", SHELL)

    with _connected(server) as connection:
        statuses = [
            _ask(connection, message, Authorization=_basic(username, password))[0].status
            for username, password in [
                (server.username, fleet.password),
                (server.username, "wrong"),
                ("nobody", fleet.password),
            ]
        ]

    assert statuses == [200, 401, 401]
    assert server.counters.now().unauthorised == 2


def test_basic_over_plain_http_is_refused_unless_the_server_allows_it(
    make_server: MakeServer, start_fleet: StartFleet, make_request: MakeRequest
) -> None:
    fleet = start_fleet(
        make_server(name="strict", authentications=BASIC),
        make_server(name="lax", authentications=BASIC, allow_unencrypted=True),
    )
    statuses = {}

    for server in fleet.servers:
        with _connected(server) as connection:
            authorization = _basic(server.username, fleet.password)
            response, _ = _ask(connection, make_request("Create", SHELL), Authorization=authorization)
            statuses[server.name] = response.status

    assert statuses == {"strict": 401, "lax": 200}


def test_ntlm_is_refused_where_only_basic_is_offered(make_server: MakeServer, start_fleet: StartFleet) -> None:
    fleet = start_fleet(make_server(scheme=Scheme.HTTPS, authentications=BASIC))

    with _connected(fleet.servers[0]) as connection:
        response, _ = _ask(connection, Authorization="NTLM TlRMTVNTUAABAAAA")

        assert response.headers.get_all("WWW-Authenticate") == ['Basic realm="WSMAN"']


def test_only_post_to_wsman_is_served(http: Fleet) -> None:
    with _connected(http.servers[0]) as connection:
        statuses = [
            _ask(connection, path="/")[0].status,
            _ask(connection, path="/wsman-anon/identify")[0].status,
            _ask(connection, method="GET")[0].status,
            _ask(connection, path="/WSMan/")[0].status,
        ]

    assert statuses == [404, 404, 405, 401]


def test_a_body_without_length_or_beyond_all_measure_is_refused(http: Fleet) -> None:
    with _connected(http.servers[0]) as connection:
        assert _ask(connection, Transfer_Encoding="chunked")[0].status == 411
    with _connected(http.servers[0]) as connection:
        assert _ask(connection, Content_Length=str(1 << 30))[0].status == 413


def test_nobody_gets_in_where_the_password_is_wrong(make_server: MakeServer, start_fleet: StartFleet) -> None:
    state = make_server(reachability=Reachability.WRONG_PASSWORD, authentications=(*BASIC, Authentication.NTLM))
    fleet = start_fleet(state, make_server(name="tls", reachability=state.reachability, scheme=Scheme.HTTPS))

    for server in fleet.servers:
        with _connected(server) as connection:
            _, response, _ = _ntlm(connection, server.username, fleet.password)
            assert response.status == 401
            response, _ = _ask(connection, Authorization=_basic(server.username, fleet.password))
            assert response.status == 401


def test_access_denied_is_a_fault_after_the_login(
    make_server: MakeServer, start_fleet: StartFleet, make_request: MakeRequest
) -> None:
    state = make_server(reachability=Reachability.ACCESS_DENIED, scheme=Scheme.HTTPS)
    fleet = start_fleet(state)

    with _connected(fleet.servers[0]) as connection:
        _, response, body = _ntlm(connection, state.username, fleet.password, last=make_request("Create", SHELL))

    assert response.status == 500
    assert b'Code="5"' in body


def test_a_refused_server_has_ports_on_which_nothing_listens(make_server: MakeServer, start_fleet: StartFleet) -> None:
    server = start_fleet(make_server(reachability=Reachability.REFUSED)).servers[0]

    for port in (server.port, server.web_port, server.web_secure_port):
        with pytest.raises(ConnectionRefusedError), socket.create_connection((server.address, port), timeout=10):
            pass


def test_a_silent_server_accepts_and_says_nothing(make_server: MakeServer, start_fleet: StartFleet) -> None:
    server = start_fleet(make_server(reachability=Reachability.SILENT)).servers[0]

    with socket.create_connection((server.address, server.port), timeout=0.2) as client:
        client.sendall(b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        with pytest.raises(TimeoutError):
            client.recv(1)


def test_a_server_that_is_no_winrm_answers_everything_with_a_page(
    make_server: MakeServer, start_fleet: StartFleet
) -> None:
    server = start_fleet(make_server(reachability=Reachability.NOT_WINRM)).servers[0]

    with _connected(server) as connection:
        response, body = _ask(connection, b"<anything/>")

    assert (response.status, response.headers["Content-Type"]) == (200, "text/html")
    assert b"<html>" in body


def test_the_web_site_answers_on_its_own_ports(make_server: MakeServer, start_fleet: StartFleet) -> None:
    server = start_fleet(make_server()).servers[0]
    context = ssl.create_default_context(cafile=str(server.ca_file))
    plain = HTTPConnection(server.address, server.web_port, timeout=10)
    secure = HTTPSConnection("localhost", server.web_secure_port, context=context, timeout=10)

    for connection in (plain, secure):
        assert _ask(connection, method="OPTIONS", path="/owa")[0].status >= 200
        connection.close()

    assert server.counters.now().web_requests == 2
    assert server.counters.now().exchanges == 0


def test_a_web_site_that_is_off_refuses(make_server: MakeServer, start_fleet: StartFleet) -> None:
    server = start_fleet(make_server(web=Web(listening=False))).servers[0]

    with pytest.raises(ConnectionRefusedError), socket.create_connection((server.address, server.web_port), timeout=10):
        pass


def test_servers_without_a_web_share_one_port_on_which_nobody_listens(
    make_server: MakeServer, start_fleet: StartFleet
) -> None:
    states = [make_server(name=name, web=Web(listening=False)) for name in ("cas01", "cas02")]
    servers = start_fleet(*states).servers

    assert len({port for server in servers for port in (server.web_port, server.web_secure_port)}) == 1
    assert servers[0].port != servers[1].port


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (CertificateKind.EXPIRED, "expired"),
        (CertificateKind.WRONG_NAME, "IP address mismatch"),
        (CertificateKind.SELF_SIGNED, "self-signed"),
    ],
)
def test_each_kind_of_bad_certificate_is_refused_for_its_own_reason(
    make_server: MakeServer, start_fleet: StartFleet, kind: CertificateKind, words: str
) -> None:
    fleet = start_fleet(make_server(scheme=Scheme.HTTPS), certificates={"cas01": kind})

    with _connected(fleet.servers[0]) as connection, pytest.raises(ssl.SSLCertVerificationError, match=words):
        _ask(connection)


def test_a_good_certificate_passes_the_strictest_check_under_every_name(
    make_server: MakeServer, start_fleet: StartFleet
) -> None:
    server = start_fleet(make_server(scheme=Scheme.HTTPS)).servers[0]
    context = ssl.create_default_context(cafile=str(server.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT

    for name in ("127.0.0.1", "localhost", "cas01"):
        with (
            socket.create_connection((server.address, server.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() in {"TLSv1.2", "TLSv1.3"}


def test_more_servers_than_the_scenario_has_are_named_apart(make_server: MakeServer, start_fleet: StartFleet) -> None:
    fleet = start_fleet(make_server(name="cas01"), make_server(name="cas02"), servers=5)

    assert [server.name for server in fleet.servers] == ["cas01", "cas02", "cas01-2", "cas02-2", "cas01-3"]
    assert len({server.port for server in fleet.servers}) == 5
    assert fleet.server("cas02-2").state.computer == "CAS01"


def test_a_scenario_without_servers_cannot_be_repeated() -> None:
    with pytest.raises(ValueError, match="without servers"):
        Fleet.start(Scenario(name="empty", servers=()), 3)


def test_a_password_that_the_user_file_cannot_hold_is_refused_and_leaves_nothing(make_server: MakeServer) -> None:
    before = threading.active_count()

    with pytest.raises(ValueError, match="colon"):
        Fleet.start(Scenario(name="test", servers=(make_server(),)), password="a:b")

    assert threading.active_count() == before


def test_a_server_knows_only_its_own_account(make_server: MakeServer, start_fleet: StartFleet) -> None:
    fleet = start_fleet(make_server(), make_server(name="cas02", username=r"OTHER\admin"))
    statuses = []

    for server in fleet.servers:
        with _connected(server) as connection:
            statuses.append(_ntlm(connection, r"OTHER\admin", fleet.password)[1].status)

    assert statuses == [401, 200]


def test_ports_can_be_told(make_server: MakeServer) -> None:
    scenario = Scenario(name="test", servers=(make_server(),))

    with _on_some_three_free_ports(scenario) as (fleet, first):
        server = fleet.servers[0]
        assert (server.port, server.web_port, server.web_secure_port) == (first, first + 1, first + 2)


def test_the_round_trip_of_a_server_costs_its_time(make_server: MakeServer, start_fleet: StartFleet) -> None:
    fleet = start_fleet(make_server(costs=Costs(round_trip=0.05)))
    begun = time.monotonic()

    with _connected(fleet.servers[0]) as connection:
        _ask(connection)

    assert time.monotonic() - begun >= 0.05


def test_two_fleets_in_one_process_keep_their_passwords_apart(make_server: MakeServer, start_fleet: StartFleet) -> None:
    first, second = start_fleet(make_server()), start_fleet(make_server())
    statuses = []

    for fleet, password in [(first, first.password), (second, first.password), (second, second.password)]:
        with _connected(fleet.servers[0]) as connection:
            statuses.append(_ntlm(connection, fleet.servers[0].username, password)[1].status)

    assert statuses == [200, 401, 200]


def test_stopping_ends_all_connections_threads_and_secrets(
    make_server: MakeServer, start_fleet: StartFleet, tmp_path: Path
) -> None:
    before = threading.active_count()
    fleet = start_fleet(make_server(name="tls", scheme=Scheme.HTTPS), make_server(name="quiet", reachability="silent"))
    fleet.write_inventory(tmp_path / "inventory.yaml")
    with _connected(fleet.server("tls")) as tls, _connected(fleet.server("quiet")) as quiet:
        _ask(tls)
        quiet.connect()

        fleet.stop()

        assert threading.active_count() == before
        assert [path.name for path in tmp_path.iterdir()] == ["inventory.yaml"]
        assert not fleet.servers[0].ca_file.exists()


def test_the_inventory_names_the_password_file_and_not_the_password(
    make_server: MakeServer, start_fleet: StartFleet, tmp_path: Path
) -> None:
    fleet = start_fleet(make_server(), make_server(name="cas02", scheme=Scheme.HTTPS, authentications=BASIC))
    path = tmp_path / "inventory.yaml"

    fleet.write_inventory(path)

    text, secret = path.read_text(encoding="utf-8"), tmp_path / "inventory.yaml.password"
    assert fleet.password not in text
    assert secret.read_text(encoding="utf-8") == fleet.password
    assert secret.stat().st_mode & 0o777 == 0o600
    group = yaml.safe_load(text)["groups"]["all"]
    assert group["connection"] == {"secret": {"file": str(secret)}}
    assert group["hosts"]["cas01"]["connection"]["port"] == fleet.servers[0].port
    assert group["hosts"]["cas02"]["connection"]["ca_file"] == str(fleet.servers[1].ca_file)
    assert group["hosts"]["cas02"]["inputs"]["http_port"] == fleet.servers[1].web_port


def test_a_fleet_of_a_thousand_servers_needs_no_thread_of_its_own_for_any(
    make_server: MakeServer, start_fleet: StartFleet
) -> None:
    before = threading.active_count()
    fleet = start_fleet(make_server(), servers=1000)

    assert threading.active_count() == before + 1
    with _connected(fleet.servers[-1]) as connection:
        assert _ask(connection)[0].status == 401
