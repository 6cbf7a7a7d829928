"""The Jenkinsfile: no validator works without a Jenkins; a real Groovy grammar and its structure must do."""

from collections.abc import Iterator

import pytest
import tree_sitter_groovy
from tree_sitter import Language, Node, Parser

from auditor.schedule.jenkins import SCHEDULER
from auditor.schedule.scheduler import Job

QUOTED = ("string_literal", "character_literal")
PARSER = Parser(Language(tree_sitter_groovy.language()))


def text_of(job: Job) -> str:
    (file,) = SCHEDULER.files(job)
    return file.text


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


@pytest.mark.parametrize("name", ["job", "awkward"])
def test_a_real_grammar_reads_it(name: str, request: pytest.FixtureRequest) -> None:
    text = text_of(request.getfixturevalue(name))

    assert not PARSER.parse(text.encode()).root_node.has_error


def test_the_grammar_refuses_what_is_none(job: Job) -> None:
    assert PARSER.parse(text_of(job).removesuffix("}\n").encode()).root_node.has_error


def test_a_declarative_pipeline_has_its_sections_in_order(job: Job) -> None:
    text = text_of(job)
    sections = ["pipeline {", "agent {", "triggers {", "options {", "environment {", "stages {", "post {"]

    places = [text.index(section) for section in sections]

    assert places == sorted(places)
    assert text.count("{") == text.count("}")


def test_the_trigger_names_its_zone(job: Job) -> None:
    assert r"cron('TZ=Etc/UTC\n30 2 * * *')" in text_of(job)


def test_no_string_expands_anything(awkward: Job) -> None:
    strings = [node for node in nodes(PARSER.parse(text_of(awkward).encode()).root_node) if node.type in QUOTED]

    assert strings
    assert all((node.text or b"").startswith(b"'") for node in strings)
