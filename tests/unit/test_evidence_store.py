"""Evidence <-> one line: exact both ways, and nothing else is taken for evidence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import RunNotFoundError
from auditor.evidence_store import VERSION, read, write
from auditor.model.answer import Absent, Denied, Failed, NotAsked, Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.question import Question, ask

ANY_TEXT = st.text(st.characters(), max_size=8)  # lone surrogates included: Windows stores any UTF-16
WELL_FORMED = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
ANSWERS = st.one_of(
    st.builds(Observed, data=JSON),
    st.builds(Absent, what=ANY_TEXT),
    st.builds(Denied, reason=ANY_TEXT),
    st.builds(Failed, reason=ANY_TEXT),
    st.builds(NotAsked),
)
TUPLES = st.lists(ANY_TEXT, max_size=3).map(tuple)


@st.composite
def _questions(draw: st.DrawFn) -> Question:
    return ask(draw(NAMES), **draw(st.dictionaries(NAMES.filter(lambda name: name != "kind"), WELL_FORMED, max_size=3)))


EVIDENCE = st.builds(
    Evidence,
    server=ANY_TEXT,
    groups=TUPLES,
    policies=TUPLES,
    inputs=st.dictionaries(NAMES, st.booleans() | st.integers() | ANY_TEXT | TUPLES, max_size=3),
    status=st.sampled_from(Status),
    reason=ANY_TEXT,
    collected=ANY_TEXT,
    collector=ANY_TEXT,
    transport=ANY_TEXT,
    platform=st.dictionaries(NAMES, ANY_TEXT, max_size=3),
    answers=st.dictionaries(_questions(), ANSWERS, max_size=4),
    timings=st.dictionaries(NAMES, st.floats(0, 1000), max_size=3),
    exchanges=st.integers(0, 100),
)
SMALL = Evidence(server="cas01", status=Status.REACHED, collected="", collector="", transport="winrm")


def _line(**changes: object) -> str:
    return json.dumps({**json.loads(write(SMALL)), **changes})


@given(EVIDENCE)
def test_a_line_gives_back_exactly_the_evidence(evidence):
    line = write(evidence)

    assert read(line) == evidence
    assert read(line.encode("ascii") + b"\n") == evidence
    assert write(read(line)) == line
    assert "\n" not in line


@pytest.mark.parametrize("version", [0, VERSION + 1, "1", None])
def test_another_version_is_refused_by_its_number(version):
    with pytest.raises(RunNotFoundError, match="version"):
        read(_line(version=version))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{}",
        '"text"',
        "{",
        b"\xff\xfe",
        write(SMALL)[:-5],
        "[" * 100_000,
        _line(server=5),
        _line(server=None),
        _line(groups="ab"),
        _line(policies=[1]),
        _line(inputs={"a": None}),
        _line(inputs={"a": 1.5}),
        _line(inputs=[]),
        _line(status="fine"),
        _line(platform={"os": 6}),
        _line(platform=[]),
        _line(timings={"total": "1"}),
        _line(exchanges=[]),
        _line(answers=[]),
        _line(answers={"q": {}}),
        _line(answers={"q": {"state": "observed"}}),
        _line(answers={"q": {"state": "absent", "what": 1}}),
        _line(answers={"q": None}),
    ],
)
def test_a_damaged_line_is_refused_with_a_next_step(line):
    with pytest.raises(RunNotFoundError, match=r"is damaged .*; collect it again"):
        read(line)
