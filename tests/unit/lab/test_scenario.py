"""Scenario files: what inherits from what, what is refused and how, and the scenarios that are shipped."""

from pathlib import Path
from typing import TypeAlias

import pytest

from auditor.errors import DocumentError, UsageError
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import ApplicationHost, Reachability, ServerState

SHIPPED = sorted((Path(__file__).resolve().parents[3] / "auditor" / "lab" / "scenarios").glob("*.yaml"))
OWA_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA"
Loaded: TypeAlias = dict[str, ServerState]


def load(tmp_path: Path, text: str) -> Loaded:
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return {server.name: server for server in load_scenario(path).servers}


def refused(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(DocumentError) as caught:
        load(tmp_path, text)
    return tuple(problem.replace(f"{tmp_path}/", "") for problem in caught.value.problems)


def values_of(server: ServerState, path: str) -> dict[str, object]:
    return {value.name: value.data for key in server.registry if key.path == path for value in key.values}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_loads_and_says_what_each_server_is(path: Path) -> None:
    scenario = load_scenario(path)

    assert scenario.name == path.stem
    assert scenario.description
    assert all(server.description for server in scenario.servers)


def test_the_shipped_scenario_has_a_server_for_every_situation_of_the_audit() -> None:
    names = {server.name for server in load_scenario(find_scenario("exchange-2007")).servers}

    assert names >= {
        "cas-compliant",
        "cas-ssl-still-required",
        "cas-ssloffloaded-absent",
        "cas-wrong-type",
        "cas-not-restarted",
        "cas-activesync-lost-ssl",
        "cas-iis6",
        "mbx-no-client-access",
        "cas-2007-rtm",
        "cas-2010",
        "cas-unreachable",
        "cas-access-denied",
        "cas-value-2",
        "cas-registry-denied",
        "cas-redirect-loop",
        "cas-setup-unfinished",
    }


def test_a_server_that_says_nothing_is_an_exchange_2007_client_access_server_with_offloading(tmp_path: Path) -> None:
    server = load(tmp_path, "servers: {cas01: {}}")["cas01"]

    assert server.computer == "CAS01"
    assert server.os.version == "6.0.6002"
    assert server.reachability is Reachability.REACHABLE
    assert values_of(server, OWA_KEY) == {"SSLOffloaded": 1}
    assert values_of(server, r"HKLM\SOFTWARE\Microsoft\Exchange\Setup")["MsiProductMajor"] == 8
    assert (
        values_of(server, r"HKLM\SOFTWARE\Microsoft\Exchange\v8.0\ClientAccessRole")["ConfiguredVersion"] == "8.3.83.6"
    )
    assert values_of(server, r"HKLM\SOFTWARE\Microsoft\InetStp") == {"MajorVersion": 7, "MinorVersion": 0}


def test_own_words_win_over_the_model_and_the_model_over_the_defaults(tmp_path: Path) -> None:
    servers = load(
        tmp_path,
        """
        defaults: {os: windows-2008r2, computer: DEFAULT, description: of all}
        servers:
          own: {like: model, computer: OWN}
          model: {computer: MODEL, description: of the model}
          plain: {}
        """,
    )

    assert [servers[name].computer for name in ("own", "model", "plain")] == ["OWN", "MODEL", "DEFAULT"]
    assert {server.os.version for server in servers.values()} == {"6.1.7601"}
    assert servers["own"].description == ""


def test_absent_takes_away_a_value_a_key_with_those_below_it_and_a_directory(tmp_path: Path) -> None:
    servers = load(
        tmp_path,
        r"""
        servers:
          value: {registry: {HKLM\System\CurrentControlSet\Services\msexchange owa: {values: {ssloffloaded: absent}}}}
          key: {registry: {HKLM\SOFTWARE\Microsoft\Exchange: absent}}
          directory: {iis: {sites: {default web site: {directories: {/OWA: absent}}}}}
        """,
    )

    owa = [key for key in servers["value"].registry if key.path.lower() == OWA_KEY.lower()]
    assert [key.values for key in owa] == [()]
    assert not any("Exchange\\" in key.path for key in servers["key"].registry)
    assert b"owa" not in document_of(servers["directory"]).lower()


def document_of(server: ServerState) -> bytes:
    assert server.iis is not None
    assert isinstance(server.iis.configuration, ApplicationHost)
    return server.iis.configuration.document


def test_a_setting_changed_in_other_letters_is_the_same_setting(tmp_path: Path) -> None:
    server = load(
        tmp_path,
        r"""
        servers:
          cas01:
            registry:
              HKLM\system\currentcontrolset\services\MSEXCHANGE OWA:
                values: {SSLOFFLOADED: {type: REG_SZ, data: "1"}}
        """,
    )["cas01"]

    keys = [key for key in server.registry if key.path.lower() == OWA_KEY.lower()]
    assert [[(value.name, value.type) for value in key.values] for key in keys] == [[("SSLOFFLOADED", "REG_SZ")]]


@pytest.mark.parametrize(
    ("version", "role_key", "setup_key"),
    [
        ("8.0.685.25", r"Exchange\v8.0\ClientAccessRole", r"Exchange\Setup"),
        ("14.3.123.4", r"ExchangeServer\v14\ClientAccessRole", r"ExchangeServer\v14\Setup"),
        ("15.2.1118.7", r"ExchangeServer\v15\ClientAccessRole", r"ExchangeServer\v15\Setup"),
    ],
)
def test_exchange_leaves_its_version_and_roles_where_its_setup_does(
    tmp_path: Path, version: str, role_key: str, setup_key: str
) -> None:
    text = f"servers: {{cas01: {{exchange: {{version: {version}, roles: [client_access]}}}}}}"

    server = load(tmp_path, text)["cas01"]

    setup = values_of(server, rf"HKLM\SOFTWARE\Microsoft\{setup_key}")
    names = ("MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor")
    assert ".".join(str(setup[name]) for name in names) == version
    assert values_of(server, rf"HKLM\SOFTWARE\Microsoft\{role_key}")["ConfiguredVersion"] == version


def test_exchange_2003_leaves_only_its_services_version(tmp_path: Path) -> None:
    server = load(tmp_path, "servers: {old: {exchange: {version: 6.5.7638.1}}}")["old"]

    assert values_of(server, r"HKLM\SOFTWARE\Microsoft\Exchange\Setup") == {"Services Version": 65}
    assert not any("v8.0" in key.path for key in server.registry)


def test_an_unfinished_role_keeps_what_setup_left_and_has_no_configured_version(tmp_path: Path) -> None:
    server = load(tmp_path, "servers: {cas01: {exchange: {incomplete: {client_access: watermark}}}}")["cas01"]

    values = values_of(server, r"HKLM\SOFTWARE\Microsoft\Exchange\v8.0\ClientAccessRole")
    assert set(values) == {"UnpackedVersion", "Watermark"}


def test_services_with_one_command_and_start_share_a_process_and_a_stopped_one_has_none(tmp_path: Path) -> None:
    server = load(
        tmp_path,
        """
        servers:
          cas01:
            services:
              WAS: {command: 'C:\\Windows\\system32\\svchost.exe -k iissvcs', started: "2026-11-01T02:00:01Z"}
              IISADMIN: stopped
            worker_processes: {MSExchangeOWAAppPool: ["2026-11-01T02:03:00Z", "2026-11-01T02:05:00Z"]}
            processes: [{name: System, started: "2026-10-25T01:12:00Z"}]
        """,
    )["cas01"]

    numbers = {service.name: service.process_id for service in server.services}
    assert numbers["WAS"] == numbers["W3SVC"] != 0
    assert numbers["IISADMIN"] == 0
    assert len({process.process_id for process in server.processes}) == len(server.processes)
    assert sum("MSExchangeOWAAppPool" in process.command_line for process in server.processes) == 2
    assert "inetinfo.exe" not in {process.name for process in server.processes}


def test_a_real_configuration_file_replaces_the_sites(tmp_path: Path) -> None:
    (tmp_path / "real.config").write_bytes(b"<configuration><system.applicationHost/></configuration>")

    server = load(tmp_path, "servers: {cas01: {iis: {application_host_config: real.config}}}")["cas01"]

    assert document_of(server) == b"<configuration><system.applicationHost/></configuration>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("servers: {}", "scenario.yaml:1:10: servers: a scenario needs at least one server"),
        ("description: x", "scenario.yaml:1:1: (top): the key 'servers' is missing"),
        ("[]", "scenario.yaml:1:1: (top): this is a list; write a mapping"),
        ("servers: {cas01: {oss: windows-2008}}", "(did you mean 'os'?)"),
        (
            "servers: {cas01: {os: windows-2007}}",
            "scenario.yaml:1:23: servers/cas01/os: this is 'windows-2007'; write one of",
        ),
        ("servers: {cas01: {os: windows-208}}", "(did you mean 'windows-2008'?)"),
        ("servers: {cas 01: {}}", "scenario.yaml:1:11: servers/cas 01: 'cas 01' is not understood; write a host name"),
        (
            "servers: {a: {like: b}}",
            "scenario.yaml:1:21: servers/a/like: there is no server 'b' here; the servers are a",
        ),
        ("servers: {a: {like: a}}", "this leads back to the server itself"),
        ("servers: {a: {boot: '2026-11-01T02:00:00'}}", "has no zone; end it with Z or an offset such as +01:00"),
        ("servers: {a: {boot: yesterday}}", "write a quoted time with its zone, such as '2026-11-01T02:00:00Z'"),
        ("servers: {a: {boot: 1}}", "this is 1; write a quoted time"),
        ("servers: {a: {boot: ~}}", "this is nothing; write a quoted time"),
        ("servers: {a: {web: {owa_status: true}}}", "this is true; write a whole number from 0"),
        ("servers: {a: {web: {listening: 1}}}", "this is 1; write true or false"),
        ("servers: {a: {denied: [wmi, http]}}", "scenario.yaml:1:29: servers/a/denied/1: this is 'http'; write one of"),
        ("servers: {a: {utc_offset: '1'}}", "write an offset from UTC such as '+01:00'"),
        ("servers: {a: {iis: {ssl: Sll}}}", "sslFlags must be one of None, Ssl, SslNegotiateCert"),
        ("servers: {a: {exchange: {roles: [cas]}}}", "this is 'cas'; write one of client_access"),
        (r"servers: {a: {registry: {HKEY\X: absent}}}", r"'HKEY\\X' is not understood; write a key such as HKLM"),
        (
            "servers: {a: {iis: {metabase: {W3SVC: {AccessSSLFlags: 8}}}}}",
            "iis/metabase is for IIS 6; IIS 7.0 is configured",
        ),
        ("servers: {a: {iis: {application_host_config: none.config}}}", "iis/application_host_config cannot be read"),
        (
            "servers: {a: {services: {Spooler: {started: '2026-11-01T02:00:00Z'}}}}",
            "services/Spooler/command is missing",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place_and_what_would_be_right(
    tmp_path: Path, text: str, expected: str
) -> None:
    problems = refused(tmp_path, text)

    assert len(problems) == 1
    assert expected in problems[0]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (
            "{type: REG_DWORD, data: 4294967296}",
            "a REG_DWORD cannot have the data 4294967296; write a whole number from 0 to",
        ),
        ("{type: REG_DWORD, data: '1'}", "a REG_DWORD cannot have the data '1'"),
        ("{type: REG_DWORD, data: true}", "a REG_DWORD cannot have the data True"),
        ("{type: REG_SZ, data: 1}", "a REG_SZ cannot have the data 1; write text, in quotes"),
        ("{type: REG_MULTI_SZ, data: x}", "a REG_MULTI_SZ cannot have the data 'x'; write a list"),
        ("{type: REG_BINARY, data: 0AFF}", "a REG_BINARY cannot have the data '0AFF'; write bytes as lower-case"),
        ("{type: REG_DWORD}", "the key 'data' is missing"),
        ("{type: DWORD, data: 1}", "(did you mean 'REG_DWORD'?)"),
    ],
)
def test_registry_data_must_be_of_its_type(tmp_path: Path, written: str, wanted: str) -> None:
    problems = refused(tmp_path, rf"servers: {{a: {{registry: {{HKLM\X: {{values: {{v: {written}}}}}}}}}}}")

    assert len(problems) == 1
    assert wanted in problems[0]


def test_iis_6_takes_no_application_host_config(tmp_path: Path) -> None:
    (tmp_path / "real.config").write_bytes(b"<configuration/>")

    problems = refused(tmp_path, "servers: {a: {os: windows-2003, iis: {application_host_config: real.config}}}")

    wanted = "IIS 6.0 has a metabase, no applicationHost.config; write iis/version 7 or newer"
    assert problems == (f"scenario.yaml:1:11: servers/a: {wanted}",)


def test_all_errors_of_a_file_come_at_once_in_its_order(tmp_path: Path) -> None:
    problems = refused(tmp_path, "servers:\n  a: {oss: x}\n  b: {os: z}\nextra: 1\n")

    assert [problem.split(": ")[0] for problem in problems] == [
        "scenario.yaml:2:7",
        "scenario.yaml:3:11",
        "scenario.yaml:4:1",
    ]


def test_a_scenario_is_found_by_its_name_or_its_path(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("servers: {a: {}}", encoding="utf-8")

    assert find_scenario("small").name == "small.yaml"
    assert find_scenario(str(own)) == own
    with pytest.raises(UsageError, match="shipped ones are exchange-2007, night-1, night-2, night-3, small"):
        find_scenario("smal")
