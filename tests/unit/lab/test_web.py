"""The simulated web site: what it answers from outside follows from what its configuration says."""

from collections.abc import Callable
from typing import TypeAlias

import pytest

from auditor.lab.state import ServerState, WebResponse
from auditor.lab.web import respond

Describe: TypeAlias = Callable[..., ServerState]
OWA = "/owa"
EAS = "/Microsoft-Server-ActiveSync"
OWA_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA"


def get(server: ServerState, path: str, *, secure: bool = False, method: str = "GET") -> WebResponse:
    return respond(server, method, path, secure, {"host": "mail.example"})


def location(server: ServerState, path: str = OWA, *, secure: bool = False) -> str:
    response = get(server, path, secure=secure)
    assert response.status == 302
    return response.headers["Location"]


@pytest.mark.parametrize("os", ["windows-2003", "windows-2008"])
def test_plain_http_is_refused_where_ssl_is_required_in_effect(describe: Describe, os: str) -> None:
    server = describe(f"{{os: {os}, iis: {{sites: {{Default Web Site: {{ssl: 'Ssl, Ssl128'}}}}}}}}")

    assert get(server, OWA).status == 403
    assert get(server, "/OWA/auth/logon.aspx").status == 403
    assert get(server, OWA, secure=True).status == 302


def test_128_bits_without_requiring_ssl_refuses_nothing(describe: Describe) -> None:
    server = describe("iis: {sites: {Default Web Site: {ssl: Ssl128}}}")

    assert get(server, OWA).status == 302


def test_owa_sends_to_its_log_on_page_by_https_when_offloading_is_in_effect(describe: Describe) -> None:
    server = describe()

    assert location(server) == "https://mail.example/owa/auth/logon.aspx?url=https://mail.example/owa&reason=0"
    assert location(server, "/owa/?a=1&b").endswith("?url=https://mail.example/owa/%3Fa%3D1%26b&reason=0")


@pytest.mark.parametrize(
    ("described", "scheme"),
    [
        ("{values: {SSLOffloaded: {type: REG_DWORD, data: 2}}}", "https"),
        ("{values: {SSLOffloaded: {type: REG_DWORD, data: 0}}}", "http"),
        ("{values: {SSLOffloaded: {type: REG_SZ, data: '1'}}}", "http"),
        ("{values: {SSLOffloaded: {type: REG_QWORD, data: 1}}}", "http"),
        ("{values: {SSLOffloaded: absent}}", "http"),
        ("absent", "http"),
        ("{denied: true}", "https"),
        ("{written: '2026-11-02T08:00:00Z'}", "http"),
    ],
)
def test_the_scheme_of_its_links_tells_whether_offloading_is_in_effect(
    describe: Describe, described: str, scheme: str
) -> None:
    server = describe(f"registry: {{{OWA_KEY}: {described}}}")

    assert location(server).startswith(f"{scheme}://")
    assert location(server, secure=True).startswith("https://")


def test_without_a_worker_process_the_next_one_reads_the_value(describe: Describe) -> None:
    changed = f"registry: {{{OWA_KEY}: {{written: '2026-11-02T08:00:00Z'}}}}"
    server = describe(f"{changed}\nworker_processes: {{MSExchangeOWAAppPool: absent}}")

    assert location(server).startswith("https://")


def test_the_log_on_page_itself_is_shown(describe: Describe) -> None:
    assert get(describe(), "/owa/auth/logon.aspx?url=x").status == 200


def test_activesync_asks_for_a_password_over_https_and_refuses_http(describe: Describe) -> None:
    server = describe()

    challenge = get(server, EAS, secure=True, method="OPTIONS")

    assert get(server, EAS, method="OPTIONS").status == 403
    assert challenge.status == 401
    assert challenge.headers["WWW-Authenticate"].startswith("Basic ")


def test_activesync_that_lost_its_ssl_answers_plain_http(describe: Describe) -> None:
    server = describe(f"iis: {{sites: {{Default Web Site: {{directories: {{{EAS}: {{ssl: inherited}}}}}}}}}}")

    assert get(server, EAS, method="OPTIONS").status == 401


@pytest.mark.parametrize("os", ["windows-2003", "windows-2008"])
@pytest.mark.parametrize(
    ("redirect", "path", "status", "destination"),
    [
        ("{destination: 'https://x/owa', exact_destination: true}", "/owa/a", 302, "https://x/owa"),
        ("{destination: 'https://x/owa'}", "/owa", 302, "https://x/owa"),
        ("{destination: 'https://x/new/', status: Permanent}", "/OWA/a/b", 301, "https://x/new/a/b"),
        ("{destination: 'https://x/owa', status: Temporary}", "/owa", 307, "https://x/owa"),
    ],
)
def test_a_redirection_is_followed_with_what_comes_after_the_directory(
    describe: Describe, os: str, redirect: str, path: str, status: int, destination: str
) -> None:
    server = describe(
        f"{{os: {os}, iis: {{sites: {{Default Web Site: {{directories: {{/owa: {{redirect: {redirect}}}}}}}}}}}}}"
    )

    response = get(server, path)

    assert (response.status, response.headers["Location"]) == (status, destination)


def test_a_redirection_that_is_switched_off_is_none(describe: Describe) -> None:
    server = describe(
        "iis: {sites: {Default Web Site: {directories: {/owa: {redirect: {enabled: false, destination: 'https://x/'}}}}}}"
    )

    assert location(server).startswith("https://mail.example/owa/auth/logon.aspx")


@pytest.mark.parametrize("os", ["windows-2003", "windows-2008"])
def test_a_redirection_of_the_site_keeps_the_directory(describe: Describe, os: str) -> None:
    server = describe(f"{{os: {os}, iis: {{sites: {{Default Web Site: {{redirect: {{destination: 'https://x'}}}}}}}}}}")

    assert location(server) == "https://x/owa"


def test_a_scenario_can_make_the_outside_disagree_with_the_configuration(describe: Describe) -> None:
    server = describe("web: {owa_status: 403, activesync_status: 200}")

    assert get(server, OWA).status == 403
    assert get(server, EAS).status == 200
    assert get(server, OWA, secure=True).status == 302


def test_what_is_not_there_is_not_found(describe: Describe) -> None:
    without = describe("iis: {sites: {Default Web Site: {directories: {/owa: absent}}}}")

    assert get(without, OWA).status == 404
    assert get(without, "/owa2").status == 404
    assert get(describe(), "/none").status == 404
    assert get(describe("iis: absent"), "/").status == 404
    assert get(describe("iis: {sites: {Default Web Site: absent}}"), "/").status == 404


def test_other_directories_ask_for_credentials_and_the_root_has_a_page(describe: Describe) -> None:
    server = describe()

    assert get(server, "/OAB/x").status == 401
    assert get(server, "/").status == 200


def test_a_configuration_iis_refuses_is_a_server_error(describe: Describe) -> None:
    server = describe("iis: {sites: {Default Web Site: {directories: {/owa: {web_config: {ssl: Ssl}}}}}}")

    assert get(server, OWA).status == 500
    assert get(server, "/").status == 200
