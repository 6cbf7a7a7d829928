"""`report.html`: one file that runs nothing but its own script, says everything without it, and hides nothing."""

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from auditor.errors import ExitCode
from auditor.formats.format import no_answers, pieces
from auditor.formats.html import FORMAT, MOST_CARDS
from auditor.formats.html_page import SCRIPTS, asset
from auditor.model.answer import Absent, Answer, Denied, Failed, NotAsked, Observed
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Verdict, identity
from auditor.model.policy import Source
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark

REGISTRY = r"registry_value|hive=HKLM|key=SYSTEM\CurrentControlSet\Services\MSExchange OWA|name=SSLOffloaded|view=64"
MARK = WaiverMark(id="w", owner="Jane Doe", reason="Moves.", ticket="", expires="2026-12-31")


class Page(HTMLParser):
    """What stands in the page: its tags, its visible text, its style, its scripts by their type."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.style = ""
        self.scripts: dict[str, str] = {}
        self._inside = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        self._inside = f"script {found.get('type', '')}".strip() if tag == "script" else tag

    def handle_endtag(self, _tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside.startswith("script"):
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data
        elif self._inside == "style":
            self.style += data
        else:
            self.text += " " + data

    @property
    def policy(self) -> str:
        return next(found["content"] for _, found in self.tags if found.get("http-equiv"))


def written(run: Run, answers: Mapping[str, Mapping[str, Answer]] | None = None) -> str:
    known = answers or {}
    return b"".join(pieces(FORMAT, run, lambda server: known.get(server, {}))).decode("utf-8")


def page(run: Run, answers: Mapping[str, Mapping[str, Answer]] | None = None) -> Page:
    return Page(written(run, answers))


def seen(run: Run) -> str:
    return " ".join(page(run).text.split())


def headline(run: Run) -> str:
    found = re.search(r'<h1 id="headline">([^<]*)</h1>', written(run))
    assert found
    return found[1]


def hashed(text: str) -> str:
    return "'sha256-" + b64encode(sha256(text.encode()).digest()).decode() + "'"


def test_the_policy_of_the_page_allows_its_own_script_and_style_and_no_other(run: Run) -> None:
    found = page(run)

    directives = dict(each.split(" ", 1) for each in found.policy.split("; "))

    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == hashed(found.scripts["script"])
    assert directives["style-src"] == hashed(found.style)
    assert directives["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in found.policy


def test_nothing_in_the_page_is_loaded_from_elsewhere_or_runs_beside_the_script(run: Run) -> None:
    found = page(run)

    assert len([tag for tag, _ in found.tags if tag == "script"]) == 2
    for tag, attributes in found.tags:
        assert "src" not in attributes
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag == "link" or attributes.get("href", "#").startswith("#")
    assert "url(" not in found.style
    assert "@import" not in found.style


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize(
    "word",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch(", "import("],
)
def test_the_script_makes_no_markup_of_texts_and_asks_nobody(name: str, word: str) -> None:
    assert word not in asset(name)


def test_markup_from_a_server_stays_text(run: Run) -> None:
    evil = "</script><img src=x onerror=alert(1)><!--<script>"
    poisoned = replace(run, findings=tuple(replace(each, actual=evil, reason=evil) for each in run.findings))

    found = page(poisoned)

    assert "img" not in [tag for tag, _ in found.tags]
    assert evil in found.text
    assert evil in json.loads(found.scripts["script application/json"])["parts"][0]["texts"]


def test_only_a_link_into_the_web_becomes_a_link(run: Run) -> None:
    def linked(link: str) -> list[str]:
        source = Source(document="The procedure", link=link)
        found = page(replace(run, policies=(replace(run.policies[0], source=source),)))
        assert link in found.text
        return [attributes["href"] for tag, attributes in found.tags if tag == "a" and attributes["href"][:1] != "#"]

    assert linked("https://example.com/a?b&c") == ["https://example.com/a?b&c"]
    assert linked("javascript:alert(1)") == []


def test_without_the_script_everything_open_or_waived_is_there_whole(run: Run) -> None:
    found = page(run)

    ids = {attributes.get("id") for _, attributes in found.tags}
    shown = " ".join(found.text.split())
    for finding in run.findings:
        is_quiet = finding.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
        assert (f"finding-{identity(finding)}" in ids) is not is_quiet
        if not is_quiet:
            assert finding.reason in shown
            assert finding.expected in shown


def test_what_the_page_without_the_script_leaves_out_is_said(run: Run) -> None:
    many = tuple(replace(run.findings[0], host=f"cas{number:04}") for number in range(MOST_CARDS + 5))

    assert f"the {MOST_CARDS} worst of {MOST_CARDS + 5}" in seen(replace(run, findings=many))
    assert "worst of" not in seen(run)


def test_the_worst_stand_first(run: Run) -> None:
    order = re.findall(r'<article class="card" data-standing="(\w+)" id=', written(run))

    assert order == ["fail", "fail", "warn", "error", "error", "error", "error", "waived", "waived"]


@pytest.mark.parametrize(
    ("code", "kept", "said"),
    [
        (ExitCode.COMPLIANT, ["pass"], "Compliant"),
        (ExitCode.COMPLIANT, ["pass", "waived"], "Compliant but for what is waived"),
        (ExitCode.COMPLIANT, ["pass", "warn"], "The gate is met, with deviations it lets pass"),
        (ExitCode.COMPLIANT, ["pass", "error"], "The gate is met, but not all is known"),
        (ExitCode.FINDINGS, ["pass", "fail"], "Not compliant"),
        (ExitCode.FINDINGS, ["pass"], "The gate is not met"),
        (ExitCode.NOT_KNOWN, ["pass", "error"], "Not known to be compliant"),
        (ExitCode.NOT_KNOWN, ["fail", "error"], "Not compliant, and not all is known"),
        (ExitCode.INTERRUPTED, ["pass"], "Interrupted before every server was read"),
        (ExitCode.BUG, ["pass"], "The run ended with exit code 70"),
    ],
)
def test_the_headline_says_whether_we_are_compliant(run: Run, code: ExitCode, kept: list[str], said: str) -> None:
    marked = [replace(each, waiver=None) for each in run.findings] + [replace(run.findings[0], waiver=MARK)]
    findings = tuple(each for each in marked if ("waived" if each.waiver else each.verdict) in kept)

    assert headline(replace(run, exit_code=int(code), findings=findings)) == said


def test_a_run_that_judged_nothing_says_so(run: Run) -> None:
    nothing = replace(run, findings=(), coverage=replace(run.coverage, checks_judged=0))

    assert headline(nothing) == "Nothing was judged"
    assert "Nothing deviates, nothing is unknown, nothing is waived." in seen(nothing)


def test_a_run_that_was_compared_with_no_other_does_not_say_that_nothing_is_new(run: Run) -> None:
    shown = seen(replace(run, drift=None))

    assert "This run was compared with no other." in shown
    assert "new deviation" not in shown
    assert "Not told: this run was compared with no other." in shown


def test_a_waived_finding_does_not_count_as_new(run: Run) -> None:
    waived = replace(run, findings=tuple(replace(each, waiver=MARK) for each in run.findings))

    assert "0 new deviations" in seen(waived)
    assert "1 new deviation" in seen(run)


def test_since_when_a_deviation_is_there_is_told(run: Run) -> None:
    assert "Still deviating, since 2026-11-20T02:00:00Z." in seen(run)


def test_all_states_of_an_answer_are_told_apart(run: Run) -> None:
    states: list[tuple[Answer, str, str]] = [
        (Observed(data={"data": "<1>"}), "observed", '{"data": "<1>"}'),
        (Absent(what="key"), "absent", "key"),
        (Denied(reason="no right"), "denied", "no right"),
        (Failed(reason="torn"), "failed", "torn"),
        (NotAsked(), "not asked", ""),
    ]
    for answer, state, said in states:
        answers = {host.name: {REGISTRY: answer, "iis_sites": answer} for host in run.hosts}

        found = page(run, answers)

        cells = re.findall(r'<tr data-state="([a-z ]*)">', written(run, answers))
        assert set(cells) - {"not asked"} == {state} - {"not asked"}
        assert said in found.text
        data = json.loads(found.scripts["script application/json"])
        texts = [text for part in data["parts"] for text in part["texts"]]
        told = {
            (data["states"][number], texts[text])
            for part in data["parts"]
            for _, number, text in part["answers"]
            if part["host"]["name"] == "cas01.corp.example"
        }
        assert told == {(state, said)}


def test_a_finding_about_the_fleet_brings_the_answers_of_every_server(run: Run) -> None:
    only = replace(run, findings=tuple(each for each in run.findings if each.host == FLEET))

    found = page(only, {host.name: {REGISTRY: Absent(what="value")} for host in run.hosts})

    parts = json.loads(found.scripts["script application/json"])["parts"]
    assert {part["host"]["name"]: len(part["answers"]) for part in parts} == {
        "All servers together": 0,
        **{host.name: 1 for host in run.hosts},
    }


def test_more_texts_than_are_remembered_are_all_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.formats.html_data._REMEMBERED", 3)

    data = json.loads(page(run).scripts["script application/json"])

    texts = [text for part in data["parts"] for text in part["texts"]]
    forms = [form for part in data["parts"] for form in part["forms"]]
    told = [(texts[forms[row[0]][2]], texts[row[5]]) for part in data["parts"] for row in part["rows"]]
    assert told == [(finding.check, finding.actual) for finding in run.findings]


def test_every_server_not_reached_is_named_with_the_reason_without_the_script(run: Run) -> None:
    silent = [
        replace(run.hosts[0], name=f"silent{number:03}", status=Status.UNREACHABLE, reason=f"reason {number}")
        for number in range(30)
    ]

    shown = seen(replace(run, hosts=tuple(silent), findings=()))

    for host in silent:
        assert f"{host.name} not reached {host.reason}" in shown


def test_a_page_without_answers_says_that_none_is_kept(run: Run) -> None:
    data = json.loads(Page(b"".join(pieces(FORMAT, run, no_answers)).decode()).scripts["script application/json"])

    assert [part["answers"] for part in data["parts"]] == [[]] * len(data["parts"])
