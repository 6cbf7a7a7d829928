"""What each reader takes from the wire as it is documented, and what it refuses."""

import pytest

from auditor.errors import ReplyError
from auditor.model.value import Json
from auditor.readers import http, iis_effective, iis_settings, iis_sites, metabase_property, registry_key, wmi
from auditor.readers import registry_value as value


@pytest.mark.parametrize(
    ("kind", "wire", "read"),
    [
        ("REG_DWORD", 0, 0),
        ("REG_DWORD", 2**32 - 1, 2**32 - 1),
        ("REG_DWORD_BIG_ENDIAN", 1, 1),
        ("REG_QWORD", "18446744073709551615", 2**64 - 1),
        ("REG_SZ", "1", "1"),
        ("REG_SZ", "", ""),
        ("REG_EXPAND_SZ", "%windir%", "%windir%"),
        ("REG_LINK", "\\REGISTRY", "\\REGISTRY"),
        ("REG_MULTI_SZ", [], []),
        ("REG_MULTI_SZ", ["one"], ["one"]),
        ("REG_MULTI_SZ", ["a", "", "b"], ["a", "", "b"]),
        ("REG_BINARY", "", ""),
        ("REG_BINARY", "00ff", "00ff"),
        ("REG_NONE", "", ""),
        ("REG_RESOURCE_LIST", "01", "01"),
        ("REG_131072", "01", "01"),
    ],
)
def test_every_registry_type_is_read_exactly(kind: str, wire: Json, read: Json) -> None:
    assert value.check({"type": kind, "data": wire}) == {"type": kind, "data": read}


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        ("REG_DWORD", -1),
        ("REG_DWORD", 2**32),
        ("REG_DWORD", "1"),
        ("REG_DWORD", True),
        ("REG_DWORD", 1.0),
        ("REG_QWORD", 1),
        ("REG_QWORD", "18446744073709551616"),
        ("REG_QWORD", "-1"),
        ("REG_QWORD", "01"),
        ("REG_QWORD", "\u0661"),
        ("REG_SZ", 1),
        ("REG_SZ", None),
        ("REG_MULTI_SZ", "one"),
        ("REG_MULTI_SZ", None),
        ("REG_BINARY", "0"),
        ("REG_BINARY", "FF"),
        ("REG_NONE", None),
        ("DWord", 1),
        ("", 1),
    ],
)
def test_data_that_does_not_fit_its_registry_type_is_refused(kind: str, wire: Json) -> None:
    with pytest.raises(ReplyError):
        value.check({"type": kind, "data": wire})


def test_what_stood_in_a_reply_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ReplyError) as caught:
        value.check({"type": "REG_DWORD", "data": "a confidential text"})

    assert "confidential" not in str(caught.value)
    assert "registry_value.data is a string" in str(caught.value)


def test_a_write_time_that_could_not_be_read_is_null_with_its_reason() -> None:
    wire: Json = {"last_write": None, "last_write_error": "no compiler", "values": [], "subkeys": []}

    assert registry_key.check(wire) == wire


@pytest.mark.parametrize(("time", "error"), [(None, ""), (1, ""), ("", ""), ("-1", "")])
def test_a_write_time_is_there_unless_there_is_a_reason(time: Json, error: str) -> None:
    with pytest.raises(ReplyError):
        registry_key.check({"last_write": time, "last_write_error": error, "values": [], "subkeys": []})


def test_override_modes_are_read_in_any_case_and_the_dot_is_the_root() -> None:
    wire: Json = {"override_default": "deny", "settings": [{"path": ".", "override": "ALLOW", "attributes": {}}]}

    assert iis_settings.check(wire) == {
        "override_default": "Deny",
        "settings": [{"path": "", "override": "Allow", "attributes": {}}],
    }


@pytest.mark.parametrize(("default", "override"), [("Inherit", ""), ("Maybe", ""), ("Deny", "Maybe"), ("", None)])
def test_an_unknown_override_mode_is_refused(default: str, override: Json) -> None:
    with pytest.raises(ReplyError):
        iis_settings.check(
            {"override_default": default, "settings": [{"path": "", "override": override, "attributes": {}}]}
        )


@pytest.mark.parametrize("wire", [{"value": None, "set_at": []}, {"value": "https://a/owa", "set_at": ["W3SVC"]}])
def test_a_metabase_property_has_a_value_where_it_is_set(wire: Json) -> None:
    assert metabase_property.check(wire) == wire


@pytest.mark.parametrize(
    "wire",
    [
        {"value": 8, "set_at": []},
        {"value": None, "set_at": ["W3SVC"]},
        {"value": True, "set_at": ["W3SVC"]},
        {"value": [8, 8], "set_at": ["W3SVC"]},
    ],
)
def test_a_metabase_property_that_contradicts_itself_is_refused(wire: Json) -> None:
    with pytest.raises(ReplyError):
        metabase_property.check(wire)


@pytest.mark.parametrize("data", [None, 1.5, ["a"]])
def test_an_effective_attribute_is_a_boolean_an_integer_or_a_string(data: Json) -> None:
    with pytest.raises(ReplyError):
        iis_effective.check({"attributes": {"sslFlags": data}})


def test_a_reader_of_sites_that_is_not_known_is_refused() -> None:
    with pytest.raises(ReplyError, match="appcmd"):
        iis_sites.check({"major": 7, "minor": 5, "reader": "appcmd", "sites": []})


def test_rows_of_one_query_have_the_same_properties() -> None:
    with pytest.raises(ReplyError, match="different properties"):
        wmi.check({"rows": [{"Name": "a"}, {"Name": "b", "ProcessId": 1}]})


def test_properties_and_attributes_are_asked_for_once_and_in_one_order() -> None:
    first = wmi.wmi(namespace="n", class_name="c", properties=["B", "A", "B"])
    second = wmi.wmi(namespace="n", class_name="c", properties=["A", "B"])

    assert first == second
    assert first["properties"] == "A,B"


@pytest.mark.parametrize("status", [0, 99, 600, "200", True])
def test_a_status_is_one_of_http(status: Json) -> None:
    with pytest.raises(ReplyError):
        http.check({"status": status, "headers": {}})


def test_header_names_come_in_lower_case() -> None:
    with pytest.raises(ReplyError, match="lower case"):
        http.check({"status": 200, "headers": {"Location": ["/"]}})
