"""Real applicationHost.config files of Exchange servers: flags in effect, read by hand from the files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from auditor.lab import iis
from auditor.lab.state import ApplicationHost

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "iis"
REQUIRED, NEGOTIATE, OFF = 264, 32, 0
COMMON = {
    "": REQUIRED,
    "/owa": REQUIRED,
    "/owa/auth": REQUIRED,
    "/owa/auth/deep/nowhere": REQUIRED,
    "/owa/Calendar": OFF,
    "/owa/calendar/x": OFF,
    "/owa/Integrated": REQUIRED,
    "/owa/oma": REQUIRED,
    "/ecp": REQUIRED,
    "/EWS": REQUIRED,
    "/Autodiscover": REQUIRED,
    "/Microsoft-Server-ActiveSync": REQUIRED,
    "/Microsoft-Server-ActiveSync/Proxy": REQUIRED,
    "/OAB": REQUIRED,
    "/mapi": REQUIRED,
    "/PowerShell": NEGOTIATE,
    "/Rpc": OFF,
}
OWN_ACTIVESYNC = {
    "E15_NotConfigured_Cas_ApplicationHost.config": False,
    "E16-applicationHost.config": True,
    "E19_Configured_ApplicationHost.config": True,
}


def document(name: str) -> bytes:
    path = FOLDER / name
    if not path.is_file():
        pytest.skip("shared/data is not beside this checkout")
    return path.read_bytes()


def settings(name: str) -> Mapping[str, Any]:
    return iis.settings_of(document(name), iis.ACCESS)


@pytest.mark.parametrize("name", OWN_ACTIVESYNC)
def test_the_flags_in_effect_are_those_a_person_reads_in_the_file(name: str) -> None:
    host = ApplicationHost(document=document(name))

    found = {path: iis.effective(host, iis.ACCESS, f"Default Web Site{path}")["sslFlags"] for path in COMMON}

    assert found == COMMON


@pytest.mark.parametrize("name", OWN_ACTIVESYNC)
def test_a_location_without_the_section_states_nothing(name: str) -> None:
    paths = [setting["path"] for setting in settings(name)["settings"]]

    assert "Default Web Site/owa" not in paths
    assert "Default Web Site" in paths
    assert ("Default Web Site/Microsoft-Server-ActiveSync" in paths) is OWN_ACTIVESYNC[name]
    assert settings(name)["override_default"] == "Deny"


def test_the_sites_of_a_real_file_have_their_directories() -> None:
    sites = iis.sites_of(document("E16-applicationHost.config"))

    assert [(site.name, site.id) for site in sites] == [("Default Web Site", 1), ("Exchange Back End", 2)]
    assert {"/", "/owa", "/owa/Calendar", "/Microsoft-Server-ActiveSync"} <= set(sites[0].paths)
    assert "/Exchange" in sites[1].paths


def test_redirections_of_a_real_file_are_found_where_they_stand() -> None:
    host = ApplicationHost(document=document("E16-applicationHost.config"))

    back_end = iis.effective(host, iis.REDIRECT, "Exchange Back End/Exchange")

    assert (back_end["enabled"], back_end["destination"], back_end["httpResponseStatus"]) == (True, "/owa", 302)
    assert iis.effective(host, iis.REDIRECT, "Default Web Site/owa")["enabled"] is False


def test_a_malformed_file_is_an_error() -> None:
    bad = document("E19-BadApplicationHost.config")

    with pytest.raises(iis.ConfigurationError, match="not well-formed"):
        iis.settings_of(bad, iis.ACCESS)
