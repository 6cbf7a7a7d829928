import json
from collections.abc import Sized
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DocumentError
from auditor.load.document import MAX_BYTES, load_document
from auditor.load.json_text import read_json
from auditor.load.parsed import MAX_DEPTH
from auditor.load.yaml_text import read_yaml

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)
PIECES = st.sampled_from(
    ["a", "- ", ": ", "\n", "  ", "[", "]", "{", "}", ",", "'", '"', "&x", "*x", "!!str ", "|", ">", "?", "#", "---\n",
     "%YAML 1.2\n", "...", "1.0", "no", "0o7", "é", "\t", "\\", "\x00", "\u2028", "<<", "~", "=", "@", "`"]
)  # fmt: skip


def write(folder: Path, text: str, name: str = "file.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@given(st.text() | st.lists(PIECES, max_size=25).map("".join))
def test_no_text_makes_the_yaml_reader_raise(text: str) -> None:
    parsed = read_yaml(text)

    assert parsed.is_whole or parsed.problems


@given(st.text() | st.lists(PIECES, max_size=25).map("".join))
def test_no_text_makes_the_json_reader_raise(text: str) -> None:
    parsed = read_json(text)

    assert parsed.is_whole or parsed.problems


@given(st.binary(max_size=60))
def test_no_bytes_make_loading_raise_anything_but_document_errors(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(data)

    try:
        outcome: Sized = load_document(path).data
    except DocumentError as error:
        outcome = error.problems

    assert outcome


@given(PLAIN)
def test_plain_data_written_as_yaml_with_quotes_comes_back(value: object) -> None:
    text = yaml.safe_dump(value, default_style='"', allow_unicode=False) if isinstance(value, str) else _dump(value)

    parsed = read_yaml(text)

    assert (parsed.value, parsed.problems) == (value, [])


@given(PLAIN)
def test_plain_data_written_as_json_comes_back(value: object) -> None:
    for ascii_only in (True, False):
        parsed = read_json(json.dumps(value, ensure_ascii=ascii_only, indent=1))

        assert (parsed.value, parsed.problems) == (value, [])


class _Quoting(yaml.SafeDumper):
    """Writes every text in double quotes, as a careful author would."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
_Quoting.ignore_aliases = lambda *_: True  # type: ignore[method-assign]  # PyYAML's own way to switch them off


def _dump(value: object) -> str:
    return str(yaml.dump(value, Dumper=_Quoting)).removesuffix("...\n")


def test_every_value_and_key_has_its_place(tmp_path: Path) -> None:
    document = load_document(write(tmp_path, "first: 1\nsecond:\n  - é: [x, z]\n    other: text\n"))

    assert document.value == {"first": 1, "second": [{"é": ["x", "z"], "other": "text"}]}
    assert document.position(("first",)) == (1, 8)
    assert document.position(("second", 0, "é", 1)) == (3, 12)
    assert document.key_position(("second", 0, "other")) == (4, 5)
    assert document.position(("second", 0, "other")) == (4, 12)


def test_the_place_of_what_is_not_there_is_that_of_what_would_hold_it(tmp_path: Path) -> None:
    document = load_document(write(tmp_path, "first: {a: 1}\n"))

    assert document.position(("first", "b", 3)) == (1, 8)
    assert document.key_position(("nothing",)) == (1, 1)


def test_json_has_the_same_places(tmp_path: Path) -> None:
    document = load_document(write(tmp_path, '{\n  "a": [1, {"b": -2.5}]\n}\n', "file.json"))

    assert document.value == {"a": [1, {"b": -2.5}]}
    assert document.position(("a", 1, "b")) == (2, 18)
    assert document.key_position(("a",)) == (2, 3)


def test_a_file_without_a_suffix_is_json_when_it_begins_like_json(tmp_path: Path) -> None:
    assert load_document(write(tmp_path, '\n{"a": 1.5}', "inventory")).value == {"a": 1.5}


def test_words_that_all_readers_of_yaml_agree_on_are_read(tmp_path: Path) -> None:
    text = "a: [true, false, null, ~, 0, -7, 18446744073709551615, 1.2.3, web:5985, '', x y, =]\non: {no: yes it is}\n"

    document = load_document(write(tmp_path, text))

    expected = [True, False, None, None, 0, -7, 2**64 - 1, "1.2.3", "web:5985", "", "x y", "="]
    assert document.value == {"a": expected, "on": {"no": "yes it is"}}


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: [1]\n")

    document = load_document(path)

    assert document.value == {"a": [1]}
    assert document.position(("a",)) == (1, 4)


@pytest.mark.parametrize("opening", ["[", '{"a":', "- "])
@pytest.mark.parametrize("name", ["deep.yaml", "deep.json"])
def test_very_deep_nesting_is_refused_and_does_not_end_the_process(tmp_path: Path, opening: str, name: str) -> None:
    path = write(tmp_path, opening * 100_000, name)

    with pytest.raises(DocumentError):
        load_document(path)


def test_nesting_up_to_the_limit_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "[" * MAX_DEPTH + "]" * MAX_DEPTH)

    assert load_document(path).value is not None


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    with pytest.raises(DocumentError, match=r"larger than 16 MiB; split it"):
        load_document(path)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "none.yaml", "there is no such file"), (tmp_path, "this is a folder")):
        with pytest.raises(DocumentError, match=told):
            load_document(path)


def test_very_many_problems_are_cut_short(tmp_path: Path) -> None:
    path = write(tmp_path, "[" + "no, " * 1000 + "]")

    with pytest.raises(DocumentError) as caught:
        load_document(path)

    assert len(caught.value.problems) == 201
    assert caught.value.problems[-1].endswith("and 800 more problems")
