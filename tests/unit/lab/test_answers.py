"""Every answer of every shipped server is one that the real reader could have written."""

from collections.abc import Iterator

import pytest

from auditor.lab.answers import KINDS, answer, platform_of
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import ServerState
from auditor.model.question import Question, ask
from auditor.model.reader import Side
from auditor.readers import READERS
from auditor.readers.iis_effective import iis_effective
from auditor.readers.iis_settings import iis_settings
from auditor.readers.iis_sites import iis_sites
from auditor.readers.metabase_property import metabase_property
from auditor.readers.registry_key import registry_key
from auditor.readers.registry_value import registry_value
from auditor.readers.wmi import wmi

SERVERS = load_scenario(find_scenario("exchange-2007")).servers
SECTIONS = {
    "system.webServer/security/access": ["sslFlags"],
    "system.webServer/httpRedirect": ["enabled", "destination", "httpResponseStatus"],
}
PROPERTIES = {
    "Win32_Process": ["CommandLine", "CreationDate", "Name", "ProcessId"],
    "Win32_Service": ["Name", "ProcessId", "State"],
    "Win32_OperatingSystem": ["Caption", "LastBootUpTime", "LocalDateTime"],
    "Win32_None": ["Name"],
}


def questions() -> Iterator[Question]:
    yield iis_sites()
    for section, attributes in SECTIONS.items():
        yield iis_settings(section=section)
        for path in ("/", "/owa", "/exchange", "/none"):
            yield iis_effective(section=section, attributes=attributes, site="Default Web Site", path=path)
    for name in ("AccessSSLFlags", "HttpRedirect"):
        for path in ("/", "/owa", "/exchange", "/none"):
            yield metabase_property(property=name, site="Default Web Site", path=path)
    for key in (r"SYSTEM\CurrentControlSet\Services\MSExchange OWA", r"SOFTWARE\Microsoft\Exchange\Setup", "SOFTWARE"):
        yield registry_key(hive="HKLM", key=key)
        for name in ("SSLOffloaded", "MsiProductMajor", "MsiInstallPath", ""):
            yield registry_value(hive="HKLM", key=key, name=name, view="32")
    for class_name, properties in PROPERTIES.items():
        yield wmi(namespace=r"root\cimv2", class_name=class_name, properties=properties)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_every_answer_has_a_shape_its_reader_accepts(server: ServerState) -> None:
    for question in questions():
        found = answer(server, question)

        match found["state"]:
            case "observed":
                READERS[question.kind].check(found["data"])
            case "absent":
                assert found["what"] in READERS[question.kind].absent
            case state:
                assert (state, server.name) == ("denied", "cas-registry-denied")


def test_every_kind_of_question_that_is_answered_on_a_server_is_simulated() -> None:
    on_servers = {kind for kind, reader in READERS.items() if reader.side is Side.SERVER}

    assert set(KINDS) == on_servers


@pytest.mark.parametrize(
    "question", [ask("nothing"), ask("http", path="/"), ask("registry_key", hive="HKLM"), ask("iis_sites", x="")]
)
def test_a_question_nobody_can_answer_fails_with_a_reason(question: Question) -> None:
    found = answer(SERVERS[0], question)

    assert found["state"] == "failed"
    assert question.kind in str(found["reason"])


def test_the_platform_is_what_the_scenario_says() -> None:
    by_name = {server.name: platform_of(server) for server in SERVERS}

    assert by_name["cas-iis6"]["os"] == "5.2.3790"
    assert by_name["cas-compliant"]["computer"] == "CAS-COMPLIANT"
    assert all(isinstance(value, str) for platform in by_name.values() for value in platform.values())
