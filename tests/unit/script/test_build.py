import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ReplyError
from auditor.model.question import Question, ask
from auditor.readers.http import http
from auditor.readers.iis_sites import iis_sites
from auditor.readers.registry_key import registry_key
from auditor.readers.registry_value import registry_value
from auditor.readers.wmi import wmi
from auditor.script.build import ARGUMENTS, BOOTSTRAP, COMMAND, numbered, questions_in, script_for

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
questions = st.lists(
    st.builds(registry_value, hive=st.just("HKLM"), key=text, name=text)
    | st.builds(wmi, namespace=text, class_name=text, properties=st.just(("Name",)), where=text),
    max_size=8,
)
VALUE = registry_value(hive="HKLM", key=r"SYSTEM\Setup", name="OOBEInProgress")


@given(asked=questions)
def test_a_script_asks_what_it_was_built_for(asked: list[Question]) -> None:
    assert questions_in(script_for(asked)) == tuple(sorted(set(asked)))


@given(asked=questions)
def test_a_script_is_ascii_whatever_is_asked(asked: list[Question]) -> None:
    assert script_for(asked).isascii()


@given(asked=questions)
def test_the_same_questions_give_the_same_script(asked: list[Question]) -> None:
    assert script_for(asked) == script_for([*reversed(asked), *asked])


@given(asked=questions)
def test_questions_change_nothing_but_the_lines_that_hold_them(asked: list[Question]) -> None:
    script = script_for([VALUE, *asked, wmi(namespace="a", class_name="b", properties=("c",))])
    before, _, rest = script.partition("$Questions = @'\n")
    _, _, after = rest.partition("\n'@\n")

    other = script_for([VALUE, wmi(namespace="d", class_name="e", properties=("f",))])

    assert other.startswith(before)
    assert other.endswith(after)
    assert after


def test_questions_survive_line_ends_of_windows() -> None:
    assert questions_in(script_for([VALUE]).replace("\n", "\r\n")) == (VALUE,)


def test_numbers_start_at_one_and_follow_the_order_of_questions() -> None:
    assert numbered([VALUE, iis_sites(), VALUE]) == {1: iis_sites(), 2: VALUE}


def test_a_script_holds_only_the_readers_it_needs() -> None:
    script = script_for([VALUE])

    assert "function Read-registry_value(" in script
    assert "function Read-wmi(" not in script
    assert "Get-IisVersion" not in script


def test_what_several_readers_need_is_there_once() -> None:
    script = script_for([VALUE, registry_key(hive="HKLM", key="SOFTWARE"), iis_sites()])

    assert script.count("function Open-RegistryKey(") == 1
    assert script.count("public static class AuditorRegistry") == 1


def test_a_question_that_the_auditor_answers_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="'http'"):
        script_for([http(scheme="http", port=80, method="GET", path="/owa")])


def test_a_question_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'registry_valve'"):
        script_for([ask("registry_valve", hive="HKLM")])


@pytest.mark.parametrize("text", ["", "Get-Process", "$Questions = @'\n1 a|b=c\n"])
def test_another_text_holds_no_questions(text: str) -> None:
    with pytest.raises(ReplyError, match="no script of auditor's"):
        questions_in(text)


def test_the_command_line_carries_the_bootstrap_and_fits_cmd_exe() -> None:
    line = " ".join([COMMAND, *ARGUMENTS])

    assert base64.b64decode(ARGUMENTS[-1]).decode("utf-16-le") == BOOTSTRAP
    assert len(line) < 8191
    assert not set(line) & set("\"'%^&|<>()!")
