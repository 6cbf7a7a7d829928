"""What every reader keeps: it asks for what it declares, and a strange reply is an error, never something plainer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Node

import auditor.readers
from auditor.errors import ReplyError
from auditor.model.question import Question, parse, spell
from auditor.model.reader import Reader, Side
from auditor.model.value import Json
from auditor.readers import READERS
from auditor.readers.http import http
from auditor.readers.iis_effective import iis_effective
from auditor.readers.iis_settings import iis_settings
from auditor.readers.iis_sites import iis_sites
from auditor.readers.metabase_property import metabase_property
from auditor.readers.registry_key import registry_key
from auditor.readers.registry_value import registry_value
from auditor.readers.wmi import wmi


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One question of a kind, and what a server sends when it has the answer."""

    question: Question
    wire: Json


SAMPLES: Mapping[str, Sample] = {
    "http": Sample(
        question=http(scheme="https", port=443, method="OPTIONS", path="/Microsoft-Server-ActiveSync"),
        wire={"status": 401, "headers": {"www-authenticate": ["Basic", "Negotiate"]}},
    ),
    "iis_effective": Sample(
        question=iis_effective(section="system.webServer/a", attributes=["b"], site="Default Web Site", path="/owa"),
        wire={"attributes": {"sslFlags": 264, "enabled": True, "destination": ""}},
    ),
    "iis_settings": Sample(
        question=iis_settings(section="system.webServer/security/access"),
        wire={
            "override_default": "Deny",
            "settings": [{"path": "A/owa", "override": "Allow", "attributes": {"sslFlags": "Ssl, Ssl128"}}],
        },
    ),
    "iis_sites": Sample(
        question=iis_sites(),
        wire={
            "major": 7,
            "minor": 5,
            "reader": "Microsoft.Web.Administration",
            "sites": [{"name": "Default Web Site", "id": 1, "paths": ["/", "/owa"]}],
        },
    ),
    "metabase_property": Sample(
        question=metabase_property(property="AccessSSLFlags", site="Default Web Site", path="/owa"),
        wire={"value": 8, "set_at": ["W3SVC/1/ROOT"]},
    ),
    "registry_key": Sample(
        question=registry_key(hive="HKLM", key=r"SYSTEM\A"),
        wire={"last_write": "128000000000000000", "last_write_error": "", "values": ["a", ""], "subkeys": []},
    ),
    "registry_value": Sample(
        question=registry_value(hive="HKLM", key=r"SYSTEM\A", name="b"), wire={"type": "REG_DWORD", "data": 4294967295}
    ),
    "wmi": Sample(
        question=wmi(namespace=r"root\cimv2", class_name="Win32_Service", properties=["Name", "ProcessId"]),
        wire={"rows": [{"Name": "W3SVC", "ProcessId": 1234}, {"Name": None, "ProcessId": [1, 2]}]},
    ),
}
EVERY_READER = pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
EVERY_SERVER_READER = pytest.mark.parametrize(
    "reader", [reader for reader in READERS.values() if reader.side is Side.SERVER], ids=lambda reader: reader.kind
)
FOLDER = Path(auditor.readers.__file__).parent

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8)
json = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Json) -> Iterator[tuple[str | int, ...]]:
    yield ()
    match value:
        case dict():
            members: list[tuple[str | int, Json]] = list(value.items())
        case list():
            members = list(enumerate(value))
        case _:
            members = []
    for name, member in members:
        yield from ((name, *rest) for rest in places(member))


def replaced(value: Json, place: tuple[str | int, ...], other: Json) -> Json:
    match value, place:
        case dict(), [name, *rest]:
            return {
                key: replaced(member, tuple(rest), other) if key == name else member for key, member in value.items()
            }
        case list(), [name, *rest]:
            return [replaced(item, tuple(rest), other) if at == name else item for at, item in enumerate(value)]
        case _:
            return other


@EVERY_READER
def test_a_reader_is_named_as_its_file_and_has_a_sample_here(reader: Reader) -> None:
    assert (FOLDER / f"{reader.kind}.py").is_file()
    assert reader.kind in SAMPLES


@EVERY_READER
def test_a_question_has_the_parameters_that_its_reader_declares(reader: Reader) -> None:
    question = SAMPLES[reader.kind].question

    assert question.kind == reader.kind
    assert sorted(name for name, _ in question.parameters) == sorted(reader.parameters)
    assert parse(spell(question)) == question


@EVERY_READER
def test_a_plain_reply_is_read(reader: Reader) -> None:
    assert reader.check(SAMPLES[reader.kind].wire) == SAMPLES[reader.kind].wire


@EVERY_READER
@given(data=json)
def test_anything_else_is_a_reply_error(reader: Reader, data: Json) -> None:
    with pytest.raises(ReplyError, match="look at the"):
        reader.check(data)


@EVERY_READER
@given(chooser=st.data())
def test_a_reply_that_is_strange_in_one_place_is_an_error_or_as_documented(
    reader: Reader, chooser: st.DataObject
) -> None:
    wire = SAMPLES[reader.kind].wire
    place = chooser.draw(st.sampled_from(list(places(wire))))
    strange = replaced(wire, place, chooser.draw(json))

    try:
        read = reader.check(strange)
    except ReplyError:
        return

    assert reader.check(read) == read


@EVERY_READER
def test_every_member_of_a_reply_is_needed_and_no_other_is_taken(reader: Reader) -> None:
    wire = SAMPLES[reader.kind].wire
    assert isinstance(wire, dict)

    for name in wire:
        with pytest.raises(ReplyError):
            reader.check({member: value for member, value in wire.items() if member != name})
    with pytest.raises(ReplyError):
        reader.check({**wire, "surprise": 1})


@EVERY_SERVER_READER
def test_the_powershell_of_a_reader_answers_only_what_is_declared(reader: Reader) -> None:
    said = {
        word for word in ("key", "value", "iis", "iis7", "site", "metabase", "path") if f"'{word}'" in absences(reader)
    }
    mapped = {"namespace", "class"}  # by the error numbers of WMI, for all readers

    assert f"function Read-{reader.kind}($p) {{" in reader.powershell
    assert said == set(reader.absent) - mapped


@EVERY_SERVER_READER
def test_the_powershell_of_a_reader_takes_the_parameters_that_are_declared(reader: Reader) -> None:
    shared = {"hive", "key", "view"} if "Open-RegistryKey $p" in reader.powershell else set()
    taken = {name for name in ("section", "attributes", "site", "path", "property", "hive", "key", "name", "view",
             "namespace", "class", "properties", "where") if f"$p['{name}']" in reader.powershell}  # fmt: skip

    assert taken | shared == set(reader.parameters)


@EVERY_SERVER_READER
def test_a_function_on_the_server_fits_on_a_screen(reader: Reader, walk: Callable[[str], list[Node]]) -> None:
    functions = [node for node in walk(reader.powershell) if node.type == "function_statement"]

    assert functions
    assert max(node.end_point.row - node.start_point.row + 1 for node in functions) <= 30


@EVERY_READER
def test_a_reader_on_the_auditors_side_has_no_powershell(reader: Reader) -> None:
    assert bool(reader.powershell) is (reader.side is Side.SERVER)


def absences(reader: Reader) -> str:
    return "\n".join(line for line in reader.powershell.splitlines() if "New-Absent" in line)
