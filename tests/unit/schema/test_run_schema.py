"""The schema of `run.json` and its reader say the same: what one refuses, the other refuses."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from auditor.formats.json import FORMAT
from auditor.model.finding import Finding, Verdict, order
from auditor.model.run import SCHEMA, Host
from auditor.runs import parse_run, read_run
from auditor.schema.run import run_schema

GOLDEN = Path(__file__).parents[1] / "formats" / "every-verdict"
WRONG: tuple[Any, ...] = (None, True, 7, 1.5, "text", [], {}, ["text"])
VALIDATOR = Draft202012Validator(run_schema())


TEXT = st.text(st.characters(exclude_categories=()), max_size=20).map(
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
) | st.sampled_from(["\ud800", "a\udfffb", "\0", "]]>", "\u202e"])


def texts_of(kind: type) -> dict[str, st.SearchStrategy[Any]]:
    return {field.name: TEXT for field in fields(kind) if field.type is str}


FINDINGS = st.lists(
    st.builds(Finding, **texts_of(Finding), questions=st.lists(TEXT, max_size=2).map(tuple)), max_size=4
)
HOSTS = st.lists(
    st.builds(
        Host,
        **texts_of(Host),
        groups=st.lists(TEXT, max_size=2).map(tuple),
        policies=st.lists(TEXT, max_size=2).map(tuple),
        platform=st.dictionaries(TEXT, TEXT, max_size=2),
        timings=st.dictionaries(TEXT, st.floats(min_value=0, max_value=1e6), max_size=2),
    ),
    max_size=3,
)


@pytest.fixture
def small() -> dict[str, Any]:
    """Return a document with one of everything, so that every place in it can be spoiled."""
    run = read_run(GOLDEN)
    document: dict[str, Any] = json.loads(
        b"".join(FORMAT.render(replace(run, hosts=run.hosts[:1], findings=run.findings[:1])))
    )
    return document


def places(value: Any) -> Iterator[list[str | int]]:
    yield []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from ([key, *rest] for rest in places(item))


def at(document: Any, place: list[str | int]) -> Any:
    for key in place:
        document = document[key]
    return document


def accepted(document: Any) -> bool:
    try:
        parse_run(json.dumps(document).encode())
    except ValueError:
        return False
    return True


@given(FINDINGS, HOSTS, TEXT)
def test_every_run_is_valid_and_is_read_back_as_it_was(findings: list[Finding], hosts: list[Host], text: str) -> None:
    run = replace(
        read_run(GOLDEN),
        findings=tuple(sorted(findings, key=order)),
        hosts=tuple(sorted(hosts, key=lambda host: host.name)),
        exit_reason=text,
    )

    written = b"".join(FORMAT.render(run))

    VALIDATOR.validate(json.loads(written))
    assert parse_run(written) == run


def test_the_schema_is_a_schema_and_closed_everywhere() -> None:
    schema = run_schema()

    Draft202012Validator.check_schema(schema)
    objects = [schema, schema["properties"]["summary"], *schema["$defs"].values()]
    for each in objects:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def test_the_schema_knows_the_version_and_every_verdict() -> None:
    schema = run_schema()

    assert schema["properties"]["schema"] == {"const": SCHEMA}
    assert schema["$defs"]["Finding"]["properties"]["verdict"] == {"enum": [verdict.value for verdict in Verdict]}


def test_a_wrong_type_anywhere_is_refused_by_schema_and_reader_alike(small: dict[str, Any]) -> None:
    refused = 0
    for place in list(places(small))[1:]:
        for wrong in WRONG:
            spoiled = deepcopy(small)
            at(spoiled, place[:-1])[place[-1]] = wrong

            valid = VALIDATOR.is_valid(spoiled)
            assert accepted(spoiled) == valid, (place, wrong)
            refused += not valid
    assert refused > 200


def test_a_missing_key_is_refused_by_schema_and_reader_alike(small: dict[str, Any]) -> None:
    for place in list(places(small))[1:]:
        spoiled = deepcopy(small)
        del at(spoiled, place[:-1])[place[-1]]

        assert accepted(spoiled) == VALIDATOR.is_valid(spoiled), place
        if isinstance(place[-1], str) and place[-2:-1] not in (["platform"], ["timings"]):
            assert not accepted(spoiled), place


def test_an_unknown_key_is_refused_by_schema_and_reader_alike(small: dict[str, Any]) -> None:
    for place in places(small):
        if isinstance(at(small, place), dict) and place[-1:] not in (["platform"], ["timings"]):
            spoiled = deepcopy(small)
            at(spoiled, place)["surprise"] = 1

            assert not VALIDATOR.is_valid(spoiled), place
            assert not accepted(spoiled), place


def test_a_refusal_names_the_place(small: dict[str, Any]) -> None:
    small["findings"][0]["verdict"] = "fine"

    with pytest.raises(ValueError, match=r"^\$\.findings\[0\]\.verdict: 'fine' is none of pass, warn"):
        parse_run(json.dumps(small).encode())
