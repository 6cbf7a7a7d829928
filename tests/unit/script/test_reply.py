import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ReplyError
from auditor.model.answer import Absent, Answer, Denied, Failed, Observed
from auditor.model.question import Question
from auditor.model.value import Json
from auditor.readers.registry_key import registry_key
from auditor.readers.registry_value import registry_value
from auditor.readers.wmi import wmi
from auditor.script.build import numbered
from auditor.script.frame import write_frame
from auditor.script.reply import read_reply, write_reply

PLATFORM = {"powershell": "2.0", "clr": "2.0.50727.8009", "bits": "64"}
ASKED = [
    *(registry_value(hive="HKLM", key=r"SYSTEM\A", name=name) for name in "abcd"),
    wmi(namespace=r"root\cimv2", class_name="Win32_Service", properties=["Name"]),
]
RAW: Mapping[int, Mapping[str, Json]] = {
    1: {"state": "observed", "data": {"type": "REG_DWORD", "data": 1}},
    2: {"state": "absent", "what": "value"},
    3: {"state": "denied", "reason": "no"},
    4: {"state": "failed", "reason": "broken"},
    5: {"state": "observed", "data": {"rows": [{"Name": "W3SVC"}, {"Name": "WAS"}]}},
}
TRUE: Mapping[int, Answer] = {
    1: Observed(data={"type": "REG_DWORD", "data": 1}),
    2: Absent(what="value"),
    3: Denied(reason="no"),
    4: Failed(reason="broken"),
    5: Observed(data={"rows": [{"Name": "W3SVC"}, {"Name": "WAS"}]}),
}
REPLY = write_reply(PLATFORM, RAW)
EVERYTHING = st.text(st.characters(), max_size=20)  # lone surrogates, control and astral characters too
scalar = EVERYTHING | st.booleans() | st.integers(-(2**63), 2**64 - 1)
rows = st.lists(st.fixed_dictionaries({"Name": scalar | st.none() | st.lists(scalar, max_size=3)}), max_size=3)
raw = st.one_of(
    st.builds(lambda found: {"state": "observed", "data": {"rows": found}}, rows),
    st.sampled_from([{"state": "absent", "what": "class"}, {"state": "absent", "what": "namespace"}]),
    st.builds(lambda reason: {"state": "denied", "reason": reason}, EVERYTHING),
    st.builds(lambda reason: {"state": "failed", "reason": reason}, EVERYTHING),
)


def answers_by_number(output: bytes, asked: list[Question]) -> dict[int, Answer]:
    answers = read_reply(output, asked).answers
    return {number: answers[question] for number, question in numbered(asked).items()}


def as_answer(answer: Mapping[str, Json]) -> Answer:
    match answer:
        case {"state": "observed"}:
            return Observed(data=answer["data"])
        case {"state": "absent"}:
            return Absent(what=str(answer["what"]))
        case {"state": "denied"}:
            return Denied(reason=str(answer["reason"]))
        case _:
            return Failed(reason=str(answer["reason"]))


def is_true_or_failed(number: int, answer: Answer) -> bool:
    return answer == TRUE[number] or isinstance(answer, Failed)


@given(answers=st.lists(raw, max_size=5), platform=st.dictionaries(EVERYTHING, EVERYTHING, max_size=3))
def test_what_was_written_is_read(answers: list[Mapping[str, Json]], platform: dict[str, str]) -> None:
    asked = [wmi(namespace="n", class_name=f"c{at}", properties=["Name"]) for at in range(len(answers))]

    reply = read_reply(write_reply(platform, dict(enumerate(answers, start=1))), asked)

    assert reply.complete
    assert reply.reason == ""
    assert reply.platform == platform
    assert [reply.answers[question] for question in asked] == [as_answer(answer) for answer in answers]


@given(
    at=st.integers(0, len(REPLY) - 1), byte=st.integers(0, 255), change=st.sampled_from(["replace", "insert", "remove"])
)
def test_one_damaged_byte_never_changes_an_answer(at: int, byte: int, change: str) -> None:
    inserted = bytes([byte]) if change != "remove" else b""
    output = REPLY[:at] + inserted + REPLY[at if change == "insert" else at + 1 :]

    try:
        reply = read_reply(output, ASKED)
    except ReplyError:
        return

    found = {number: reply.answers[question] for number, question in numbered(ASKED).items()}
    assert all(is_true_or_failed(number, answer) for number, answer in found.items())
    assert not reply.complete or found == TRUE


@pytest.mark.parametrize("length", range(len(REPLY)))
def test_a_reply_cut_off_anywhere_is_noticed(length: int) -> None:
    try:
        reply = read_reply(REPLY[:length], ASKED)
    except ReplyError:
        return

    found = {number: reply.answers[question] for number, question in numbered(ASKED).items()}
    assert all(is_true_or_failed(number, answer) for number, answer in found.items())
    assert length == len(REPLY) - 1 or not reply.complete


@given(before=st.binary(max_size=80), after=st.binary(max_size=80))
def test_noise_around_the_reply_does_not_matter(before: bytes, after: bytes) -> None:
    assert answers_by_number(before + b"\n" + REPLY + after, ASKED) == TRUE


def test_line_ends_of_windows_do_not_matter() -> None:
    reply = read_reply(b"Welcome!\r\n" + REPLY.replace(b"\n", b"\r\n"), ASKED)

    assert reply.complete
    assert [reply.answers[question] for question in numbered(ASKED).values()] == list(TRUE.values())


def test_noise_between_the_lines_is_noticed_and_costs_no_answer() -> None:
    reply = read_reply(REPLY.replace(b"\n2 ", b"\nWARNING: low disk\n2 "), ASKED)

    assert not reply.complete
    assert "7 lines" in reply.reason
    assert list(reply.answers.values()) == list(TRUE.values())


def test_an_answer_under_the_number_of_another_is_not_believed() -> None:
    lines = REPLY.split(b"\n")
    lines[2] = lines[2].replace(b"1 ", b"2 ", 1)
    lines[3] = lines[3].replace(b"2 ", b"1 ", 1)

    found = answers_by_number(b"\n".join(lines), ASKED)

    assert isinstance(found[1], Failed)
    assert isinstance(found[2], Failed)


def test_a_question_answered_twice_is_not_believed() -> None:
    other = write_reply(PLATFORM, {1: {"state": "absent", "what": "key"}}).split(b"\n")[2]

    found = answers_by_number(REPLY.replace(b"\n2 ", b"\n" + other + b"\n2 "), ASKED)

    assert isinstance(found[1], Failed)
    assert found[2] == TRUE[2]


def test_an_answer_that_is_missing_is_a_failure_of_its_question_only() -> None:
    reply = read_reply(write_reply(PLATFORM, {number: RAW[number] for number in (1, 2, 3, 5)}), ASKED)

    found = {number: reply.answers[question] for number, question in numbered(ASKED).items()}
    assert isinstance(found[4], Failed)
    assert {number: found[number] for number in (1, 2, 3, 5)} == {number: TRUE[number] for number in (1, 2, 3, 5)}
    assert reply.reason == "1 of 5 answers are missing or damaged"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"state": "observed"},
        {"state": "absent", "what": "nonsense"},
        {"state": "absent", "what": "class"},
        {"state": "absent"},
        {"state": "absent", "what": "key", "data": 1},
        {"state": "denied", "reason": 5},
        {"state": "lost", "reason": ""},
        {"state": "observed", "data": {"type": "REG_DWORD", "data": "1"}},
        {"state": "observed", "data": None},
    ],
)
def test_a_strange_answer_is_a_failure(answer: Json) -> None:
    asked = [ASKED[0]]
    texts = {"platform": json.dumps(PLATFORM), "1": json.dumps(answer)}

    found = answers_by_number(write_frame(texts), asked)[1]

    assert isinstance(found, Failed)
    assert "strange" in found.reason


@pytest.mark.parametrize(
    "line",
    [
        '{"state":"absent","what":"key","what":"value"}',
        '{"state":"observed","data":{"type":"REG_DWORD","data":NaN}}',
        '{"state":"observed","data":{"type":"REG_DWORD","data":1e400}}',
        '{"state":"observed","data":' + "9" * 5000 + "}",
        '{"state":"observed","data":' + "[" * 100_000 + "]" * 100_000 + "}",
        "not json",
        "",
    ],
)
def test_json_that_others_would_read_is_refused_when_it_is_ambiguous_or_endless(line: str) -> None:
    reply = read_reply(write_frame({"platform": "{}", "1": line}), [ASKED[0]])

    assert isinstance(reply.answers[ASKED[0]], Failed)


@pytest.mark.parametrize("platform", ["[]", '{"powershell":2}', "null"])
def test_a_server_that_describes_itself_strangely_is_read_and_not_complete(platform: str) -> None:
    reply = read_reply(write_frame({"platform": platform, "1": json.dumps(RAW[1])}), [ASKED[0]])

    assert reply.platform == {}
    assert not reply.complete
    assert reply.answers[ASKED[0]] == TRUE[1]


@pytest.mark.parametrize("output", [b"", b"<html>", "Zugriff verweigert: ä".encode("cp850"), b"AUDITOR-REPLY 2\n"])
def test_an_output_without_a_reply_is_an_error_that_shows_its_beginning(output: bytes) -> None:
    with pytest.raises(ReplyError, match=rf"holds no reply of the script \({len(output)} bytes"):
        read_reply(output, ASKED)


def test_a_powershell_that_may_not_run_the_script_says_so() -> None:
    with pytest.raises(ReplyError, match="ConstrainedLanguage mode"):
        read_reply(b"AUDITOR-REFUSED ConstrainedLanguage\r\n", ASKED)


def test_no_questions_are_a_complete_reply() -> None:
    assert read_reply(write_reply(PLATFORM, {}), []).complete


def test_the_reply_is_one_ascii_line_per_answer() -> None:
    asked = [registry_key(hive="HKLM", key="A")]
    data: Json = {"last_write": "1", "last_write_error": "", "values": ["ä\n\u2028\ud800\U0001f600"], "subkeys": []}

    output = write_reply(PLATFORM, {1: {"state": "observed", "data": data}})

    assert output.isascii()
    assert output.count(b"\n") == 4
    assert read_reply(output, asked).answers[asked[0]] == Observed(data=data)
