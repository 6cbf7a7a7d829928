"""The schema of `run.json` and its reader say the same: what one refuses, the other refuses."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from auditor.formats.format import pieces
from auditor.formats.json import FORMAT
from auditor.model.drift import Cause, Change, ChangeKind, Drift, State
from auditor.model.finding import Finding, Verdict, order
from auditor.model.run import SCHEMA, Host
from auditor.model.waiver import WaiverMark, WaiverNotes
from auditor.runs import parse_run, read_run
from auditor.schema.dataclasses import schema_of, value_of
from auditor.schema.run import run_schema

GOLDEN = Path(__file__).parents[1] / "formats" / "every-verdict"
WRONG: tuple[Any, ...] = (None, True, 7, 1.5, "text", [], {}, ["text"])
VALIDATOR = Draft202012Validator(run_schema())


TEXT = st.text(st.characters(exclude_categories=()), max_size=20).map(
    lambda text: text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
) | st.sampled_from(["\ud800", "a\udfffb", "\0", "]]>", "\u202e"])


def texts_of(kind: type) -> dict[str, st.SearchStrategy[Any]]:
    return {field.name: TEXT for field in fields(kind) if field.type is str}


TEXTS = st.lists(TEXT, max_size=2).map(tuple)
MARKS = st.none() | st.builds(WaiverMark, **texts_of(WaiverMark))
FINDINGS = st.lists(st.builds(Finding, **texts_of(Finding), questions=TEXTS, waiver=MARKS), max_size=4)
NOTES = st.builds(WaiverNotes, **{field.name: TEXTS for field in fields(WaiverNotes)})
STATES = st.none() | st.builds(State, **texts_of(State))
CHANGES = st.lists(
    st.builds(
        Change, **texts_of(Change), causes=st.lists(st.sampled_from(Cause)).map(tuple), before=STATES, after=STATES
    ),
    max_size=3,
    unique_by=lambda change: (change.host, change.policy, change.check),
).map(lambda changes: tuple(sorted(changes, key=lambda change: (change.host, change.policy, change.check))))
DRIFTS = st.none() | st.builds(Drift, against=TEXT, changes=CHANGES, notes=TEXTS)
HOSTS = st.lists(
    st.builds(
        Host,
        **texts_of(Host),
        groups=TEXTS,
        policies=TEXTS,
        platform=st.dictionaries(TEXT, TEXT, max_size=2),
        timings=st.dictionaries(TEXT, st.floats(min_value=0, max_value=1e6), max_size=2),
    ),
    max_size=3,
)


@pytest.fixture
def small() -> dict[str, Any]:
    """Return a document with one of everything, so that every place in it can be spoiled."""
    run = read_run(GOLDEN)
    assert run.drift is not None
    waived = next(finding for finding in run.findings if finding.waiver)
    (change,) = (change for change in run.drift.changes if change.kind is ChangeKind.NEW_DEVIATION)
    little = replace(run, hosts=run.hosts[:1], findings=(waived,), drift=replace(run.drift, changes=(change,)))
    document: dict[str, Any] = json.loads(b"".join(pieces(FORMAT, little)))
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


@given(FINDINGS, HOSTS, NOTES, DRIFTS, TEXT)
def test_every_run_is_valid_and_is_read_back_as_it_was(
    findings: list[Finding], hosts: list[Host], notes: WaiverNotes, drift: Drift | None, text: str
) -> None:
    run = replace(
        read_run(GOLDEN),
        findings=tuple(sorted(findings, key=order)),
        hosts=tuple(sorted(hosts, key=lambda host: host.name)),
        waivers=notes,
        drift=drift,
        exit_reason=text,
    )

    written = b"".join(pieces(FORMAT, run))

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
        if isinstance(place[-1], str) and place[-2:-1] not in (["platform"], ["timings"], ["mappings"]):
            assert not accepted(spoiled), place


def test_an_unknown_key_is_refused_by_schema_and_reader_alike(small: dict[str, Any]) -> None:
    for place in places(small):
        if isinstance(at(small, place), dict) and place[-1:] not in (["platform"], ["timings"], ["mappings"]):
            spoiled = deepcopy(small)
            at(spoiled, place)["surprise"] = 1

            assert not VALIDATOR.is_valid(spoiled), place
            assert not accepted(spoiled), place


def test_a_refusal_names_the_place(small: dict[str, Any]) -> None:
    small["findings"][0]["verdict"] = "fine"

    with pytest.raises(ValueError, match=r"^\$\.findings\[0\]\.verdict: 'fine' is none of pass, warn"):
        parse_run(json.dumps(small).encode())


@dataclass(frozen=True)
class _Twofold:
    value: int | str


def test_a_union_of_two_types_has_no_schema_and_no_reader() -> None:
    with pytest.raises(TypeError, match=r"only `X \| None` has"):
        schema_of(_Twofold)
    with pytest.raises(TypeError, match=r"only `X \| None` has"):
        value_of(_Twofold, {"value": 1})


def test_what_may_be_null_is_null_or_whole(small: dict[str, Any]) -> None:
    for place in (("findings", 0, "waiver"), ("drift",), ("drift", "changes", 0, "before")):
        emptied, halved = deepcopy(small), deepcopy(small)
        at(emptied, list(place[:-1]))[place[-1]] = None
        at(halved, list(place[:-1]))[place[-1]] = {}

        assert accepted(emptied), place
        assert not accepted(halved), place
