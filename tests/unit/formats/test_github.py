import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from auditor.formats.format import pieces
from auditor.formats.github import FORMAT
from auditor.formats.github_command import Annotation, Level, command
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.policy import Severity
from auditor.model.run import Host, Run
from auditor.model.waiver import WaiverNotes

_COMMAND = re.compile(r"::(error|warning|notice) ([^\n]*?)::([^\n]*)\n")


def read(run: Run) -> list[Annotation]:
    """Return the annotations as the runner reads them: commands to the end of the line, properties split by commas."""
    return list(_parsed(b"".join(pieces(FORMAT, run)).decode()))


def _parsed(text: str) -> Iterator[Annotation]:
    assert _COMMAND.sub("", text) == ""
    for level, properties, message in _COMMAND.findall(text):
        named = dict(part.split("=", 1) for part in properties.split(","))
        about = {name: _unescaped(value) for name, value in named.items()}
        yield Annotation(
            level=Level(level),
            title=about["title"],
            text=_unescaped(message),
            file=about.get("file", ""),
            line=int(about.get("line", "0")),
        )


def _unescaped(text: str) -> str:
    for spelled, meant in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(spelled, meant)
    return text


def alone(run: Run, *findings: Finding) -> Run:
    """Return a run of these findings, of servers that were all reached, without waivers or comparison."""
    hosts = tuple(Host(name=name, status=Status.REACHED) for name in sorted({each.host for each in findings}))
    return replace(run, findings=findings, hosts=hosts, drift=None, waivers=WaiverNotes(), exit_code=1)


def failing(run: Run) -> Finding:
    return next(each for each in run.findings if each.check == "ssl-offloaded-set" and each.verdict is Verdict.FAIL)


def of_level(annotations: list[Annotation], level: Level) -> list[Annotation]:
    return [each for each in annotations if each.level is level]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Annotation(level=Level.ERROR, title="t", text="m"), "::error title=t::m"),
        (
            Annotation(level=Level.WARNING, title="a:b,c%d", text="e:f,g%h"),
            "::warning title=a%3Ab%2Cc%25d::e:f,g%25h",
        ),
        (Annotation(level=Level.NOTICE, title="a\nb", text="c\r\nd\ne"), "::notice title=a%0Ab::c%0Ad%0Ae"),
        (
            Annotation(level=Level.ERROR, title="t", text="m", file="policies/my owa,1.yaml", line=7),
            "::error file=policies/my owa%2C1.yaml,line=7,title=t::m",
        ),
        (Annotation(level=Level.ERROR, title="t", text="m", file="f"), "::error file=f,title=t::m"),
        (Annotation(level=Level.ERROR, title="t", text="m", line=7), "::error title=t::m"),
        (
            Annotation(level=Level.ERROR, title="t", text="%0A::stop-commands::x"),
            "::error title=t::%250A::stop-commands::x",
        ),
        (Annotation(level=Level.ERROR, title="t", text="\x1b[31m\u202e\r"), r"::error title=t::\u001b[31m\u202e\u000d"),
    ],
)
def test_a_command_is_escaped(annotation: Annotation, expected: str) -> None:
    assert command(annotation) == expected


def test_there_is_one_annotation_for_a_check_however_many_servers(run: Run) -> None:
    failed = failing(run)
    findings = [replace(failed, host=f"server-{number:02}") for number in range(12)]

    (error,) = of_level(read(alone(run, *findings)), Level.ERROR)

    named = "server-00, server-01, server-02, server-03, server-04 and 7 more"
    assert error.title == "ssl-offloaded-set: The registry says that SSL is offloaded [high], fails"
    assert error.text.split("\n")[:2] == [f"12 servers: {named}", f"server-00: {failed.reason}"]
    assert (error.file, error.line) == ("policies/exchange-2007-owa-ssl-offloading.yaml", 41)


def test_an_annotation_says_what_to_do_and_what_demands_it(run: Run) -> None:
    (error,) = of_level(read(alone(run, failing(run))), Level.ERROR)

    assert "to do: Create the value SSLOffloaded as REG_DWORD 1" in error.text
    assert "see: How to Configure SSL Offloading for Outlook Web Access, 2008-03-18, step 1" in error.text
    assert "answers to: NIST SP 800-53 Rev. 5: CM-6" in error.text


def test_the_worst_comes_first(run: Run) -> None:
    failed = failing(run)
    findings = [
        replace(failed, check="low", severity=Severity.LOW),
        replace(failed, check="unknown", severity=Severity.CRITICAL, verdict=Verdict.ERROR),
        replace(failed, check="bad", severity=Severity.CRITICAL),
        *(replace(failed, check="worse", severity=Severity.CRITICAL, host=host) for host in ("a", "b")),
    ]

    errors = of_level(read(alone(run, *findings)), Level.ERROR)

    assert [each.title.partition(":")[0] for each in errors] == ["worse", "bad", "unknown", "low"]


def test_a_finding_about_the_fleet_is_about_all_servers_together(run: Run) -> None:
    about_all = next(each for each in run.findings if each.host == FLEET)

    (error,) = of_level(read(alone(run, about_all)), Level.ERROR)

    assert error.text.split("\n")[0] == f"all servers together: {about_all.reason}"


def test_what_is_not_known_is_an_error_that_says_so(run: Run) -> None:
    unknown = replace(failing(run), verdict=Verdict.ERROR)

    (error,) = of_level(read(alone(run, unknown)), Level.ERROR)

    assert error.title.endswith(", not known")


def test_servers_that_were_not_reached_are_the_first_error_with_what_is_not_known_of_them(run: Run) -> None:
    (silent,) = [host for host in run.hosts if host.status is Status.UNREACHABLE]

    first = of_level(read(run), Level.ERROR)[0]

    assert first.title == "1 server not reached, 3 checks not known with that"
    assert first.text == f"{silent.name}: {silent.reason}"


@pytest.mark.parametrize(
    ("verdict", "level"), [(Verdict.FAIL, Level.ERROR), (Verdict.ERROR, Level.ERROR), (Verdict.WARN, Level.WARNING)]
)
def test_of_more_than_a_step_shows_the_last_tells_how_many_are_left_out_and_where_they_are(
    run: Run, verdict: Verdict, level: Level
) -> None:
    failed = replace(failing(run), verdict=verdict)
    findings = [replace(failed, check=f"check-{number:02}") for number in range(13)]

    shown = of_level(read(alone(run, *findings)), level)

    assert len(shown) == 10
    assert shown[-1].title == "4 more"
    assert "check-09" in shown[-1].text
    assert shown[-1].text.endswith("Everything is in run.json, and in the other reports of this run.")


def test_exactly_as_many_as_a_step_shows_are_all_shown(run: Run) -> None:
    findings = [replace(failing(run), check=f"check-{number}") for number in range(10)]

    shown = of_level(read(alone(run, *findings)), Level.ERROR)

    assert len(shown) == 10
    assert not shown[-1].title.endswith("more")


def test_what_is_waived_is_a_notice_by_whom_until_when_and_what_it_was(run: Run) -> None:
    (waived,) = [each for each in run.findings if each.waiver and each.verdict is Verdict.FAIL]

    annotations = read(alone(run, waived))

    (notice,) = [each for each in annotations if each.title.endswith(", waived")]
    assert notice.level is Level.NOTICE
    assert not of_level(annotations, Level.ERROR)
    assert (
        "waived until 2026-12-31 by Jane Doe (ssloffloaded-cas04, CHG-4711): The accelerator is replaced in December.; "
        "was fail"
    ) in notice.text


def test_a_run_that_is_not_green_for_other_reasons_has_an_error(run: Run) -> None:
    empty = replace(alone(run), exit_code=3, exit_reason="nothing was judged: no server")

    (error,) = of_level(read(empty), Level.ERROR)

    assert (error.title, error.text) == ("exit code 3", "nothing was judged: no server")


def test_a_compliant_run_has_its_summary_alone(run: Run) -> None:
    passed = replace(failing(run), verdict=Verdict.PASS)

    (notice,) = read(replace(alone(run, passed), exit_code=0, exit_reason="every check that applies passes"))

    assert (notice.level, notice.title) == (Level.NOTICE, "auditor: exit code 0")
    assert "1 pass, 0 warn, 0 fail, 0 error, 0 not applicable, 0 waived" in notice.text


def test_the_summary_counts_what_changed_and_says_against_which_run(run: Run) -> None:
    (summary,) = [each for each in read(run) if each.title.startswith("auditor: ")]

    assert run.drift is not None
    assert f"compared with {run.drift.against}: 1 new deviation, 1 new server" in summary.text
    assert run.drift.notes[0] in summary.text
    assert any("1 server, 1 new: cas02.corp.example" in each.text for each in read(run))


def test_expired_waivers_are_warned_of_and_others_noted(run: Run) -> None:
    levels = {each.title: each.level for each in read(run) if "waiver" in each.title and each.title[0].isdigit()}

    assert levels == {
        "1 waiver: expired": Level.WARNING,
        "2 waivers: not covered": Level.WARNING,
        "1 waiver: expiring": Level.NOTICE,
        "1 waiver: unused": Level.NOTICE,
    }
