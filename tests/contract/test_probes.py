"""What every probe keeps: declared parameters and facts; a strange answer is never taken for knowledge or absence."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.answer import Absent, Answer, Answers, Denied, Failed, NotAsked, Observed
from auditor.model.policy import Parameters
from auditor.model.probe import Facts, NotKnown, Probe
from auditor.model.question import Question, parse, spell
from auditor.model.value import Value, ValueType, type_of
from auditor.probes import PROBES
from auditor.readers import READERS

SAMPLES: Mapping[str, Parameters] = {
    "exchange": {},
    "http_response": {"path": "/owa"},
    "iis_http_redirect": {"paths": ("/owa",)},
    "iis_ssl": {"paths": ("/", "/owa")},
    "iis_ssl_from_outside": {"path": "/owa"},
    "registry_in_effect": {"key": r"HKLM\SYSTEM\X", "application_pool": "Pool"},
    "registry_value": {"key": r"HKLM\SYSTEM\X", "name": "Y"},
}
EVERY_PROBE = pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5) | st.just("REG_DWORD") | st.just(8)
words = st.sampled_from(
    ["type", "data", "value", "values", "subkeys", "rows", "sites", "major", "name", "paths", "settings", "status",
     "headers", "attributes", "sslFlags", "enabled", "destination", "set_at", "last_write", "Name", "ProcessId",
     "CommandLine", "CreationDate", "override_default", "location", "LastBootUpTime", "LocalDateTime"]
)  # fmt: skip
json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=6), max_leaves=12
)
strange_answers = st.one_of(
    json.map(lambda data: Observed(data=data)),
    st.builds(Denied, reason=st.just("no")),
    st.builds(Failed, reason=st.just("broken")),
    st.just(NotAsked()),
)


def parameters_of(probe: Probe) -> dict[str, Value]:
    defaults = {parameter.name: parameter.default for parameter in probe.parameters if parameter.default is not None}
    return {**defaults, **SAMPLES[probe.name]}


def answered(questions: tuple[Question, ...], answer: Answer) -> Answers:
    return dict.fromkeys(questions, answer)


@EVERY_PROBE
def test_a_probe_declares_names_types_and_meanings(probe: Probe) -> None:
    assert probe.summary.endswith(".")
    assert len({fact.name for fact in probe.facts}) == len(probe.facts)
    described = [fact.description for fact in probe.facts] + [each.description for each in probe.parameters]
    assert all(text.endswith(".") for text in described)
    for parameter in probe.parameters:
        assert parameter.default is None or type_of(parameter.default) is parameter.type


@EVERY_PROBE
def test_a_probe_asks_only_questions_that_a_reader_answers(probe: Probe) -> None:
    questions = probe.questions(parameters_of(probe))

    assert questions
    for question in questions:
        assert tuple(name for name, _ in question.parameters) == tuple(sorted(READERS[question.kind].parameters))
        assert parse(spell(question)) == question


@EVERY_PROBE
@pytest.mark.parametrize("answer", [Denied(reason="no"), Failed(reason="broken"), NotAsked()], ids=type)
def test_a_probe_never_takes_silence_for_knowledge(probe: Probe, answer: Answer) -> None:
    parameters = parameters_of(probe)

    reading = probe.read(parameters, answered(probe.questions(parameters), answer))

    assert isinstance(reading, NotKnown)
    assert reading.reason


@EVERY_PROBE
@given(data=st.data())
def test_a_probe_states_declared_facts_or_says_that_it_does_not_know(probe: Probe, data: st.DataObject) -> None:
    parameters = parameters_of(probe)
    answers = {question: data.draw(strange_answers) for question in probe.questions(parameters)}

    reading = probe.read(parameters, answers)

    match reading:
        case NotKnown(reason=reason):
            assert reason
        case Facts(values=values, summary=summary):
            assert summary
            declared = {fact.name: fact for fact in probe.facts}
            for name, value in values.items():
                assert declared[name].type in (type_of(value), ValueType.ANY)
                assert not declared[name].choices or value in declared[name].choices


@EVERY_PROBE
@given(data=st.data())
def test_one_denied_answer_never_reads_as_absence(probe: Probe, data: st.DataObject) -> None:
    """All is absent, but one question was denied: the probe must not conclude the same as if all were absent."""
    parameters = parameters_of(probe)
    questions = probe.questions(parameters)
    everything_absent = {q: _absent(q) for q in questions}
    denied = data.draw(st.sampled_from(questions))

    plain = probe.read(parameters, everything_absent)
    reading = probe.read(parameters, {**everything_absent, denied: Denied(reason="no")})

    assert isinstance(reading, NotKnown) or reading == plain
    if denied == questions[0]:
        assert isinstance(reading, NotKnown)


def _absent(question: Question) -> Answer:
    kinds = READERS[question.kind].absent
    return Absent(what=kinds[0]) if kinds else Failed(reason="no answer")
