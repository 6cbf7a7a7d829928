from collections.abc import Sequence
from dataclasses import replace

import pytest

from auditor.formats.format import pieces
from auditor.formats.markdown import FORMAT
from auditor.formats.markdown_page import LIMIT
from auditor.formats.markdown_text import code, prose
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Severity
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark, WaiverNotes


def rendered(run: Run) -> str:
    return b"".join(pieces(FORMAT, run)).decode()


def headings(text: str) -> list[str]:
    return [line.removeprefix("## ").partition(":")[0] for line in text.splitlines() if line.startswith("## ")]


def many(run: Run, number: int, verdict: Verdict = Verdict.FAIL) -> tuple[Finding, ...]:
    like = next(each for each in run.findings if each.verdict is verdict and each.waiver is None and each.host != "*")
    return tuple(replace(like, host=f"server-{place:06}", check=f"check-{place % 300:03}") for place in range(number))


def test_the_conclusion_comes_first_then_what_is_worst(run: Run) -> None:
    text = rendered(run)

    assert text.startswith("# Audit: not known (exit code 3)\n\nWhy: evidence is missing: 1 server not reached")
    assert headings(text) == [
        "Servers not reached", "Fail", "Not known on servers that were read", "Warn", "Waivers to look after",
        "Waived", "Servers read in part", "Changes", "About",
    ]  # fmt: skip


def test_severe_checks_come_before_others_and_new_ones_before_old(run: Run) -> None:
    medium, high, critical = (
        replace(each, check=f"check-{severity}", severity=severity)
        for each, severity in zip(many(run, 3), (Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL), strict=True)
    )
    new = next(each for each in run.findings if each.actual == "REG_SZ '1'" and each.waiver is None)

    text = rendered(replace(run, findings=(medium, high, critical, new)))

    places = [text.index(f"`{name}`") for name in ("check-critical", new.check, "check-high", "check-medium")]
    assert new.severity is Severity.HIGH
    assert places == sorted(places)
    assert f"**new** `{new.host}`" in text


def test_findings_of_servers_that_were_not_reached_are_counted_and_told_once(run: Run) -> None:
    text = rendered(run)

    assert "3 findings not known because of that." in text
    assert text.count("connection refused at 192.0.2.13:5985") == 1
    assert "| error (not known) | 4 | 1 |" in text


def test_a_server_that_was_not_reached_is_told_without_any_finding(run: Run) -> None:
    text = rendered(replace(run, findings=(), hosts=(replace(run.hosts[2], reason=""),)))

    assert "## Servers not reached: 1" in text
    assert "`cas03.corp.example`: no reason given" in text


def test_what_ends_first_stands_first_among_the_waivers(run: Run) -> None:
    text = rendered(run)

    assert text.index("`activesync-cas04` by Joe Public until 2026-11-30") < text.index("`ssloffloaded-cas04` by Jane")
    assert "1 waiver expired, 1 waiver soon to expire." in text


def test_nothing_is_called_new_where_no_run_was_compared_with(run: Run) -> None:
    text = rendered(replace(run, drift=None))

    assert "new" not in text
    assert "| fail | 2 |\n" in text


def test_a_check_names_a_few_servers_and_counts_the_others(run: Run) -> None:
    alike = [replace(each, check="one-check") for each in many(run, 40)]

    text = rendered(replace(run, findings=tuple(alike)))

    assert ": on 40 servers\n" in text
    assert sum(line.startswith("  - `server-") for line in text.splitlines()) == 5
    assert "  - and on 35 more\n" in text


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.ERROR, Verdict.WARN])
def test_a_page_that_would_be_too_long_says_how_much_is_left_out(run: Run, verdict: Verdict) -> None:
    findings = many(run, 3000, verdict)

    text = rendered(replace(run, findings=findings))

    shown = sum(line.startswith("- **") and "`check-" in line for line in text.splitlines())
    assert len(text.encode()) <= LIMIT
    assert 20 < shown < 300
    assert f"Left out: {300 - shown} of 300 " in text
    assert f"\n{300 - shown} more " in text


def test_no_section_takes_the_room_of_the_others(run: Run) -> None:
    everything = flooded(run, "word " * 40, 2000)

    text = rendered(everything)

    assert len(text.encode()) <= LIMIT
    for heading in headings(text)[:-2]:
        part = text[text.index(f"## {heading}") :].partition("\n\n## ")[0]
        assert "\n- " in part, heading


@pytest.mark.parametrize(
    "poison", ["x" * 3000, "\x1b" * 3000, "`" * 3000, "|@#<" * 700, "\U0010ffff" * 3000, "é" * 9000]
)
def test_the_limit_holds_whatever_is_said(run: Run, poison: str) -> None:
    policies = [replace(run.policies[0], id=f"{place}{poison}", version=poison) for place in range(50)]
    flood = replace(flooded(run, poison, 600), exit_reason=poison, policies=tuple(policies))

    assert len(rendered(flood).encode()) < 65_536


def flooded(run: Run, text: str, number: int) -> Run:
    """Return the run with that many of everything, each of which says the text."""
    findings = [
        replace(each, verdict=verdict, check=f"{verdict}-{place:04}", title=text, actual=text, reason=text)
        for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.WARN)
        for place, each in enumerate(many(run, number))
    ]
    findings += [replace(each, waiver=mark(place, text)) for place, each in enumerate(many(run, number))]
    hosts = [
        replace(run.hosts[0], name=f"{status}-{place:04}", status=status, reason=text)
        for status in (Status.UNREACHABLE, Status.PARTIAL)
        for place in range(number)
    ]
    assert run.drift is not None
    notes: Sequence[str] = [text] * number
    return replace(
        run,
        findings=tuple(findings),
        hosts=tuple(hosts),
        waivers=WaiverNotes(expired=tuple(notes)),
        drift=replace(run.drift, against=text, notes=tuple(notes)),
    )


def mark(place: int, text: str) -> WaiverMark:
    return WaiverMark(id=f"w{place:04}", owner=text, reason=text, ticket=text, expires="2026-12-31")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("REG_SZ '1'", r"REG\_SZ '1'"),
        ("*bold* [x](y)", r"\*bold\* \[x\](y)"),
        ("ask @octocat", "`ask @octocat`"),
        ("see #12", "`see #12`"),
        ("GH-12", "`GH-12`"),
        ("http://x.example", "`http://x.example`"),
        ("<script>", "`<script>`"),
        ("a`b``c", "```a`b``c```"),
        ("`a`", "`` `a` ``"),
        ("a|b", "`a\\u007cb`"),
        ("a\\|b", "`a\\\\u007cb`"),
        ("C:\\x", "`C:\\x`"),
        ("one\n# two\r\n\n- three", "`one / # two / - three`"),
        ("\x1b[31m", "\\u001b[31m"),
        ("", "(empty)"),
        (" \n ", "(empty)"),
    ],
)
def test_a_text_is_prose_where_that_is_safe_and_else_code(text: str, written: str) -> None:
    assert prose(text) == (f"`{written}`" if written.startswith("\\u") else written)


def test_code_is_cut_and_says_so() -> None:
    assert code("x" * 500) == f"`{'x' * 400}... (100 more characters, see run.json)`"
