"""IIS questions: inheritance in both kinds of configuration, locking, and what is absent in which version."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from auditor.lab.answers import answer
from auditor.lab.state import ServerState
from auditor.readers.iis_effective import iis_effective
from auditor.readers.iis_settings import iis_settings
from auditor.readers.iis_sites import iis_sites
from auditor.readers.metabase_property import metabase_property

Describe: TypeAlias = Callable[..., ServerState]
ACCESS = "system.webServer/security/access"
REDIRECT = "system.webServer/httpRedirect"
SITE = "Default Web Site"


def effective(server: ServerState, path: str, *, site: str = SITE) -> Any:
    return answer(server, iis_effective(section=ACCESS, attributes=["sslFlags"], site=site, path=path))


def ssl_flags(server: ServerState, path: str) -> Any:
    return effective(server, path)["data"]["attributes"]["sslFlags"]


def metabase(server: ServerState, path: str, name: str = "AccessSSLFlags", site: str = SITE) -> Any:
    return answer(server, metabase_property(property=name, site=site, path=path))


def test_what_is_in_effect_is_what_the_nearest_ancestor_states_as_a_whole(describe: Describe) -> None:
    server = describe(
        """
        iis:
          ssl: SslNegotiateCert
          sites:
            Default Web Site:
              ssl: inherited
              directories:
                /owa: {ssl: "Ssl, Ssl128"}
                /owa/Calendar: {ssl: None}
                /EWS: {ssl: inherited}
        """
    )

    paths = ["/", "/owa", "/OWA/auth/x", "/owa/calendar", "/owa/Calendar/deep", "/EWS", "/nowhere"]
    assert [ssl_flags(server, path) for path in paths] == [32, 264, 264, 0, 0, 32, 32]


def test_a_site_that_does_not_exist_is_absent_and_a_path_that_does_not_inherits(describe: Describe) -> None:
    server = describe("iis: {sites: {Default Web Site: {ssl: Ssl}}}")

    assert effective(server, "/owa", site="Other") == {"state": "absent", "what": "site"}
    assert effective(server, "/nothing", site="DEFAULT WEB SITE")["data"] == {"attributes": {"sslFlags": 8}}


def test_flags_may_be_written_as_a_number_or_in_any_letters(describe: Describe) -> None:
    server = describe("iis: {sites: {Default Web Site: {ssl: ' ssl,SSL128 ', directories: {/owa: {ssl: '264'}}}}}")

    assert (ssl_flags(server, "/"), ssl_flags(server, "/owa")) == (264, 264)


def test_settings_are_told_as_written_and_only_where_the_section_stands(describe: Describe) -> None:
    server = describe(
        "iis: {sites: {Default Web Site: {ssl: 'ssl', access: unlocked, directories: {/owa: {access: locked}}}}}"
    )

    found: Any = answer(server, iis_settings(section=ACCESS))

    assert found["data"]["override_default"] == "Deny"
    assert found["data"]["settings"][:3] == [
        {"path": "", "override": "", "attributes": {"sslFlags": "None"}},
        {"path": SITE, "override": "Allow", "attributes": {"sslFlags": "ssl"}},
        {"path": f"{SITE}/owa", "override": "Deny", "attributes": {}},
    ]
    assert f"{SITE}/OAB" not in [setting["path"] for setting in found["data"]["settings"]]


def test_a_web_config_counts_where_the_section_is_unlocked(describe: Describe) -> None:
    server = describe(
        """
        iis:
          access: unlocked
          sites: {Default Web Site: {directories: {/owa: {ssl: None, web_config: {ssl: Ssl}}}}}
        """
    )

    assert ssl_flags(server, "/owa/auth") == 8
    found: Any = answer(server, iis_settings(section=ACCESS))
    assert {"path": f"{SITE}/owa", "override": "", "attributes": {"sslFlags": "None"}} in found["data"]["settings"]


def test_a_web_config_that_sets_a_locked_section_is_an_error_not_a_value(describe: Describe) -> None:
    server = describe("iis: {sites: {Default Web Site: {directories: {/owa: {web_config: {ssl: Ssl}}}}}}")

    assert effective(server, "/")["state"] == "observed"
    assert effective(server, "/owa/auth")["state"] == "failed"
    assert "is locked" in effective(server, "/owa")["reason"]


def test_a_location_can_unlock_the_section_for_what_is_below_it(describe: Describe) -> None:
    server = describe(
        "iis: {sites: {Default Web Site: {access: unlocked, directories: {/owa: {web_config: {ssl: Ssl}}}}}}"
    )

    assert ssl_flags(server, "/owa") == 8


def test_redirection_is_read_with_its_types(describe: Describe) -> None:
    server = describe(
        """
        iis:
          sites:
            Default Web Site:
              directories:
                /owa: {redirect: {destination: "https://x/owa", exact_destination: true, status: Permanent}}
        """
    )
    names = ["enabled", "destination", "exactDestination", "childOnly", "httpResponseStatus"]

    question = iis_effective(section=REDIRECT, attributes=names, site=SITE, path="/owa")
    found: Any = answer(server, question)

    assert found["data"]["attributes"] == {
        "enabled": True,
        "destination": "https://x/owa",
        "exactDestination": True,
        "childOnly": False,
        "httpResponseStatus": 301,
    }
    assert metabase(server, "/owa", "HttpRedirect")["data"]["value"] == "https://x/owa, EXACT_DESTINATION, PERMANENT"


def test_a_section_or_attribute_that_is_not_simulated_fails(describe: Describe) -> None:
    server = describe()

    for section, name in (("system.webServer/asp", "codePage"), (ACCESS, "other")):
        found = answer(server, iis_effective(section=section, attributes=[name], site=SITE, path="/"))
        assert found["state"] == "failed"
    assert answer(server, iis_settings(section="a[b"))["state"] == "failed"


@pytest.mark.parametrize(
    ("os", "major", "reader"), [("windows-2003", 6, "metabase"), ("windows-2008r2", 7, "Microsoft.Web.Administration")]
)
def test_sites_and_their_paths_are_listed_in_every_version(
    describe: Describe, os: str, major: int, reader: str
) -> None:
    server = describe(f"{{os: {os}, iis: {{sites: {{Default Web Site: {{id: 3}}, Other: {{id: 7}}}}}}}}")

    found: Any = answer(server, iis_sites())

    assert (found["data"]["major"], found["data"]["reader"]) == (major, reader)
    assert found["data"]["sites"][0]["id"] == 3
    assert found["data"]["sites"][0]["paths"][:3] == ["/", "/owa", "/Microsoft-Server-ActiveSync"]
    assert found["data"]["sites"][1] == {"name": "Other", "id": 7, "paths": ["/"]}


def test_each_version_lacks_what_the_other_has_and_no_iis_lacks_all(describe: Describe) -> None:
    iis6, nothing = describe("os: windows-2003"), describe("iis: absent")
    bare = describe("iis: {metabase_compatibility: false}")

    assert effective(iis6, "/owa") == {"state": "absent", "what": "iis7"}
    assert answer(iis6, iis_settings(section=ACCESS)) == {"state": "absent", "what": "iis7"}
    assert metabase(bare, "/owa") == {"state": "absent", "what": "metabase"}
    assert answer(nothing, iis_sites()) == {"state": "absent", "what": "iis"}
    assert effective(nothing, "/owa") == {"state": "absent", "what": "iis7"}
    assert metabase(nothing, "/owa") == {"state": "absent", "what": "metabase"}


def test_the_metabase_tells_the_nearest_value_and_every_place_above_that_sets_one(describe: Describe) -> None:
    server = describe(
        """
        os: windows-2003
        iis:
          ssl: inherited
          metabase: {W3SVC/1: {AccessSSLFlags: 256}, W3SVC/1/root/OWA: {AccessSSLFlags: 8}}
          sites: {Default Web Site: {ssl: inherited}}
        """
    )

    assert metabase(server, "/owa")["data"] == {"value": 8, "set_at": ["W3SVC/1", "W3SVC/1/ROOT/owa"]}
    assert metabase(server, "/OAB")["data"] == {"value": 256, "set_at": ["W3SVC/1"]}
    assert metabase(server, "/")["data"] == {"value": 256, "set_at": ["W3SVC/1"]}
    assert metabase(server, "/owa", "HttpRedirect")["data"] == {"value": None, "set_at": []}
    assert metabase(server, "/none") == {"state": "absent", "what": "path"}
    assert metabase(server, "/owa", site="None") == {"state": "absent", "what": "site"}


def test_both_kinds_of_configuration_say_the_same_of_the_same_description(describe: Describe) -> None:
    text = """
        iis:
          sites:
            Default Web Site:
              ssl: Ssl
              directories: {/owa: {ssl: None}, /EWS: {ssl: inherited}, /exchange: {ssl: "Ssl, Ssl128"}}
        """
    iis6, iis7 = describe(f"{text}\n        os: windows-2003"), describe(text)

    for path in ("/", "/owa", "/EWS", "/exchange", "/Microsoft-Server-ActiveSync"):
        assert metabase(iis6, path) == metabase(iis7, path)
        assert metabase(iis6, path)["data"]["value"] == ssl_flags(iis7, path)


def test_a_configuration_iis_would_refuse_fails(describe: Describe, tmp_path: Any) -> None:
    (tmp_path / "bad.config").write_bytes(b"<configuration><open></configuration>")
    server = describe("iis: {application_host_config: bad.config}")

    for found in (effective(server, "/owa"), answer(server, iis_sites()), metabase(server, "/owa")):
        assert found["state"] == "failed"
        assert "not well-formed" in str(found["reason"])
