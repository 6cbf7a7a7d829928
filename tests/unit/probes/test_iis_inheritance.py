"""Effective access flags of the real applicationHost.config files, read by hand into this table.

`own` is what the path states itself in the file ("" when nothing), `effective` what applies to it. The files are of
Exchange 2013 to 2019 lab servers; Exchange 2007 files are not published anywhere.
"""

from pathlib import Path

import pytest

from auditor.lab.iis import settings_of
from auditor.model.value import Json
from auditor.probes.iis_inheritance import flags_of, levels, may_be_overridden, name_metabase_place, stated
from auditor.probes.unknown import UnusableError

SECTION = "system.webServer/security/access"
SITE = "Default Web Site"
BACK_END = "Exchange Back End"
BOTH = "Ssl, Ssl128"
OWN = "itself"
FRONT = f"web site {SITE!r}"
BACK = f"web site {BACK_END!r}"

# path -> effective flags, and the place that states them, as a person reads the file
FRONT_2013 = {
    "/": (BOTH, OWN),
    "/Rpc": ("None", OWN),
    "/owa": (BOTH, FRONT),
    "/owa/auth": (BOTH, FRONT),
    "/owa/Calendar": ("None", OWN),
    "/owa/Integrated": (BOTH, OWN),
    "/owa/oma": (BOTH, OWN),
    "/ecp": (BOTH, FRONT),
    "/EWS": (BOTH, FRONT),
    "/Autodiscover": (BOTH, FRONT),
    "/Microsoft-Server-ActiveSync": (BOTH, FRONT),
    "/Microsoft-Server-ActiveSync/Proxy": (BOTH, FRONT),
    "/OAB": (BOTH, OWN),
    "/PowerShell": ("SslNegotiateCert", OWN),
    "/mapi": (BOTH, OWN),
    "/a/directory/nobody/configured": (BOTH, FRONT),
}
FRONT_LATER = {
    **FRONT_2013,
    "/API": (BOTH, OWN),
    "/Microsoft-Server-ActiveSync": (BOTH, OWN),
    "/Microsoft-Server-ActiveSync/Proxy": (BOTH, "/Microsoft-Server-ActiveSync"),
}
BACK_2013 = {
    "/": (BOTH, OWN),
    "/PowerShell": ("Ssl, SslNegotiateCert, Ssl128", OWN),
    "/owa": (BOTH, BACK),
}
BACK_LATER = {
    **BACK_2013,
    "/mapi": (BOTH, BACK),
    "/mapi/emsmdb": ("Ssl", OWN),
    "/mapi/nspi": ("Ssl", OWN),
    "/API": (BOTH, OWN),
    "/owa/auth": (BOTH, BACK),
    "/owa/bin": (BOTH, BACK),
    "/owa/smime": (BOTH, BACK),
    "/owa/Calendar": ("None", OWN),
    "/Exchange": (BOTH, BACK),
    "/Exchweb": (BOTH, BACK),
    "/Public": (BOTH, BACK),
    "/OAB": (BOTH, OWN),
    "/ecp": (BOTH, BACK),
    "/ecp/App_Themes": (BOTH, BACK),
    "/Autodiscover": (BOTH, BACK),
    "/Microsoft-Server-ActiveSync": (BOTH, OWN),
    "/Microsoft-Server-ActiveSync/Proxy": (BOTH, "/Microsoft-Server-ActiveSync"),
    "/EWS": (BOTH, BACK),
    "/EWS/bin": (BOTH, BACK),
    "/Rpc": ("None", OWN),
    "/RpcWithCert": ("None", OWN),
    "/PushNotifications": (BOTH, OWN),
}
FILES = {
    "E15_NotConfigured_Cas_ApplicationHost.config": (FRONT_2013, BACK_2013),
    "E16-applicationHost.config": (
        FRONT_LATER,
        {**BACK_LATER, "/owa/15.1.2375.7": (BOTH, BACK), "/ecp/15.1.2375.7": (BOTH, BACK)},
    ),
    "E19_Configured_ApplicationHost.config": (
        FRONT_LATER,
        {**BACK_LATER, "/owa/15.2.986.5": (BOTH, BACK), "/ecp/15.2.986.5": (BOTH, BACK)},
    ),
}
REAL = [
    pytest.param(file, site, path, *expected, id=f"{file.split('_')[0].split('-')[0]} {site}{path}")
    for file, tables in FILES.items()
    for site, table in zip((SITE, BACK_END), tables, strict=True)
    for path, expected in table.items()
]


@pytest.mark.parametrize(("file", "site", "path", "flags", "place"), REAL)
def test_the_effective_flags_of_a_real_file_are_those_a_person_reads(
    shared_data: Path, file: str, site: str, path: str, flags: str, place: str
) -> None:
    data = settings_of((shared_data / "iis" / file).read_bytes(), SECTION)

    found = stated(data["settings"], "sslFlags", site, path)

    assert found is not None
    assert flags_of(found.value) == flags_of(flags)
    assert found.place == place


@pytest.mark.parametrize("file", FILES)
def test_the_table_names_every_location_of_the_file_that_states_flags(shared_data: Path, file: str) -> None:
    data = settings_of((shared_data / "iis" / file).read_bytes(), SECTION)

    settings = data["settings"]
    assert isinstance(settings, list)
    named = {
        f"{site}{path}".rstrip("/") for site, table in zip((SITE, BACK_END), FILES[file], strict=True) for path in table
    }
    assert {entry["path"] for entry in settings} - {""} <= named


@pytest.mark.parametrize("file", FILES)
def test_the_section_is_locked_in_every_real_file(shared_data: Path, file: str) -> None:
    data = dict(settings_of((shared_data / "iis" / file).read_bytes(), SECTION))

    assert not may_be_overridden(data, SITE, "/owa")


def setting(path: str, flags: str | None = None, override: str = "Inherit") -> Json:
    return {"path": path, "override": override, "attributes": {} if flags is None else {"sslFlags": flags}}


def test_nothing_stated_anywhere_is_the_default() -> None:
    assert stated([setting(SITE)], "sslFlags", SITE, "/owa") is None


def test_the_nearest_place_gives_the_whole_value_and_nothing_is_merged() -> None:
    found = stated(
        [setting("", "Ssl128"), setting(SITE, "Ssl"), setting(f"{SITE}/owa", "None")], "sslFlags", SITE, "/owa"
    )

    assert found is not None
    assert (flags_of(found.value), found.place) == (0, "itself")


def test_an_intermediate_parent_outranks_the_site() -> None:
    found = stated([setting(SITE, "None"), setting(f"{SITE}/a", "Ssl")], "sslFlags", SITE, "/a/b/c")

    assert found is not None
    assert (found.value, found.place) == ("Ssl", "/a")


def test_places_are_compared_without_regard_to_case() -> None:
    found = stated([setting("DEFAULT WEB SITE/OWA", "Ssl")], "sslFlags", SITE, "/owa")

    assert found is not None
    assert found.place == "itself"


def test_a_site_whose_name_begins_like_another_inherits_nothing_from_it() -> None:
    assert stated([setting("Default", "Ssl")], "sslFlags", SITE, "/owa") is None


@pytest.mark.parametrize("root", ["", ".", "/"])
def test_the_server_itself_is_the_last_place(root: str) -> None:
    found = stated([setting(root, "Ssl")], "sslFlags", SITE, "/owa")

    assert found is not None
    assert found.place == "the server"


def test_a_location_can_unlock_what_the_section_definition_locks() -> None:
    data: dict[str, Json] = {"override_default": "Deny", "settings": [setting(SITE, "Ssl", override="Allow")]}

    assert may_be_overridden(data, SITE, "/owa")
    assert not may_be_overridden(data, BACK_END, "/owa")


def test_a_section_without_a_stated_lock_is_open() -> None:
    assert may_be_overridden({"override_default": "", "settings": []}, SITE, "/owa")


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("None", 0), ("", 0), ("Ssl", 8), ("ssl", 8), ("Ssl, Ssl128", 264), ("Ssl,Ssl128", 264), ("264", 264),
        (264, 264), (0, 0), ("SslNegotiateCert", 32), ("AccessSSL | AccessSSL128", 264), ("Ssl128", 256),
    ],
)  # fmt: skip
def test_flags_are_read_in_every_spelling(text: Json, bits: int) -> None:
    assert flags_of(text) == bits


@pytest.mark.parametrize("text", ["Sssl", "Ssl, Sometimes", 1, 4096, True, None, [8]])
def test_a_word_that_is_no_flag_is_never_off(text: Json) -> None:
    with pytest.raises(UnusableError):
        flags_of(text)


def test_the_levels_of_a_path_run_from_the_directory_to_the_server() -> None:
    assert levels(SITE, "/owa/auth") == [f"{SITE}/owa/auth", f"{SITE}/owa", SITE, ""]
    assert levels(SITE, "/") == [SITE, ""]


@pytest.mark.parametrize(
    ("key", "path", "words"),
    [
        ("W3SVC/1/ROOT/owa", "/owa", "itself"),
        ("W3SVC/1/ROOT", "/owa", "the web site (metabase key W3SVC/1/ROOT)"),
        ("W3SVC/1", "/owa", "the web site (metabase key W3SVC/1)"),
        ("W3SVC", "/owa", "the server"),
        ("W3SVC/1/ROOT", "/", "itself"),
        ("W3SVC/1/ROOT/a", "/a/b", "/a"),
    ],
)
def test_metabase_keys_are_named_in_words(key: str, path: str, words: str) -> None:
    assert name_metabase_place(key, path) == words
