"""What every report format promises: deterministic, every verdict visible, hostile strings shown and harmless.

How a format is read back stands in `readback/<format>.py`: `standings(files)` counts findings by how they count,
`unreachable(files)` names the servers not reached, `text(files)` is all the text in it, where the bytes are not.
"""

import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib.util import module_from_spec, spec_from_file_location
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from auditor.formats import FORMATS
from auditor.formats.format import Format, no_answers
from auditor.model.drift import ALL_NEW, BEGINNING
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict, standing
from auditor.model.run import Host, Run
from auditor.model.waiver import WaiverMark, WaiverNotes
from auditor.runs import read_run

HOSTILE: Mapping[str, str] = {
    "every C0 and C1 control": "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])),
    "lone surrogates": "\ud800 \udfff \udc00\ud83d",
    "noncharacters": "\ufdd0\ufffe\uffff\U0001fffe\U0010ffff",
    "end of CDATA": "]]>",
    "markup": "<script>alert('x')</script>&lt;&#0;<!-- --><![CDATA[<?x?>",
    "ANSI escapes": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b2J",
    "right-to-left marks": "\u202egpj.exe\u2066\u200f\u061c",
    "line separators": "one\ntwo\r\nthree\u2028four\u2029five\x85six\x0bseven",
    "quotes and braces": "\"'`{}%s${x}\\\\u0041",
    "more than any terminal shows": "x" * 10_000,
    "nothing": "",
}
MARK = "marked"
REPORTS = [found for found in FORMATS.values() if found.has_findings]
WHOLE = [found for found in REPORTS if found.has_notes]
READBACK = Path(__file__).parent / "readback"


@pytest.fixture
def run(repository: Path) -> Run:
    return read_run(repository / "tests" / "unit" / "formats" / "every-verdict")


@pytest.fixture(params=list(FORMATS.values()), ids=list(FORMATS))
def any_format(request: pytest.FixtureRequest) -> Format:
    found: Format = request.param
    return found


@pytest.fixture(params=REPORTS, ids=[found.name for found in REPORTS])
def report(request: pytest.FixtureRequest) -> Format:
    """Return a format that tells findings, and not their numbers alone."""
    found: Format = request.param
    return found


@pytest.fixture(params=WHOLE, ids=[found.name for found in WHOLE])
def whole(request: pytest.FixtureRequest) -> Format:
    """Return a format that has room for what is said of the run as a whole, too."""
    found: Format = request.param
    return found


def texts(item: Any) -> dict[str, str]:
    return {field.name: getattr(item, field.name) for field in fields(item) if type(getattr(item, field.name)) is str}


def infected(run: Run, poison: str) -> Run:
    """Return the run with the poison in every text that comes from a server, a policy or an inventory."""
    findings = tuple(
        replace(each, **spoiled(texts(each), poison), questions=(poison,), waiver=ill(each.waiver, poison))
        for each in run.findings
    )
    hosts = tuple(replace(each, **spoiled(texts(each), poison), platform={poison: poison}) for each in run.hosts)
    policies = tuple(replace(each, **spoiled(texts(each), poison)) for each in run.policies)
    assert run.drift is not None
    changes = tuple(
        replace(each, host=f"{each.host} {poison}", text=poison, after=ill(each.after, poison))
        for each in run.drift.changes
    )
    return replace(
        run,
        findings=findings,
        hosts=hosts,
        policies=policies,
        waivers=WaiverNotes(**{field.name: (poison,) for field in fields(WaiverNotes)}),
        drift=replace(run.drift, against=poison, changes=changes, notes=(poison,)),
        exit_reason=f"{MARK} {poison}",
    )


def ill(item: Any, poison: str) -> Any:
    """Return the item with the poison in its texts, None for none."""
    return item and replace(item, **spoiled(texts(item), poison))


def spoiled(values: Mapping[str, str], poison: str) -> dict[str, Any]:
    return {name: f"{value} {MARK} {poison} {MARK}-end" for name, value in values.items()}


def rendered(report: Format, run: Run) -> str:
    files = written(report, run)
    if report.has_findings and hasattr(read := readback(report), "text"):
        return str(read.text(files))
    return "\n".join(content.decode("utf-8") for content in files.values())


def written(report: Format, run: Run) -> dict[str, bytes]:
    files = [(file.name, b"".join(file.content)) for file in report.files(run, no_answers)]
    assert len(dict(files)) == len(files)
    return dict(files)


def readback(report: Format) -> ModuleType:
    """Return how other people's programs read the format; see the head of this file."""
    found = spec_from_file_location(f"readback_{report.name}", READBACK / f"{report.name}.py")
    assert found
    assert found.loader
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


def one_finding(run: Run, verdict: Verdict) -> Run:
    reason = "the one reason" if verdict is not Verdict.PASS else ""
    finding = replace(run.findings[1], host=run.hosts[0].name, verdict=verdict, reason=reason)
    return replace(run, hosts=run.hosts[:1], findings=(finding,))


def test_names_and_filenames_are_all_different() -> None:
    assert {found.name for found in FORMATS.values()} == FORMATS.keys()
    assert len({found.filename for found in FORMATS.values()}) == len(FORMATS)


def test_one_format_is_had_without_importing_the_others(repository: Path) -> None:
    code = "import sys; from auditor.formats import FORMATS; print(FORMATS['csv'].name, *sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True)

    name, *imported = done.stdout.split()
    assert name == "csv"
    assert {f"auditor.formats.{other}" for other in FORMATS} & set(imported) == {"auditor.formats.csv"}


@pytest.mark.parametrize("name", ["cvs", "table", "", "format", "csv.x", "..report"])
def test_what_is_no_format_is_not_there(name: str) -> None:
    assert name not in FORMATS
    with pytest.raises(KeyError):
        FORMATS[name]


def test_the_same_run_is_the_same_bytes(any_format: Format, run: Run) -> None:
    shuffled = replace(run, findings=run.findings[::-1], hosts=run.hosts[::-1], policies=run.policies[::-1])

    assert rendered(any_format, run) == rendered(any_format, run) == rendered(any_format, shuffled)


@pytest.mark.parametrize(("one", "other"), list(combinations(Verdict, 2)))
def test_every_verdict_can_be_told_from_every_other(any_format: Format, run: Run, one: Verdict, other: Verdict) -> None:
    assert rendered(any_format, one_finding(run, one)) != rendered(any_format, one_finding(run, other))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_finding_is_named_and_gives_its_reason(report: Format, run: Run, verdict: Verdict) -> None:
    single = one_finding(run, verdict)

    shown = rendered(report, single)

    assert single.findings[0].check in shown
    assert single.findings[0].reason in shown


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.WARN])
def test_a_waived_finding_is_told_from_the_others_by_whom_and_until_when(
    report: Format, run: Run, verdict: Verdict
) -> None:
    mark = WaiverMark(id="the-waiver", owner="the-owner", reason="the-why", ticket="the-ticket", expires="2026-12-31")
    single = one_finding(run, verdict)
    waived = replace(single, findings=(replace(single.findings[0], waiver=mark),))

    shown = rendered(report, waived)

    assert shown != rendered(report, single)
    for part in (
        mark.id,
        mark.owner,
        mark.reason,
        mark.ticket,
        mark.expires,
        single.findings[0].check,
        "the one reason",
    ):
        assert part in shown


def test_every_waived_verdict_can_be_told_from_the_other(report: Format, run: Run) -> None:
    mark = WaiverMark(id="w", owner="o", reason="r", ticket="", expires="2026-12-31")
    both = [one_finding(run, verdict).findings[0] for verdict in (Verdict.FAIL, Verdict.WARN)]

    fail, warn = (rendered(report, replace(run, findings=(replace(each, waiver=mark),))) for each in both)

    assert fail != warn


def test_it_is_told_with_which_run_this_one_was_compared(whole: Format, run: Run) -> None:
    assert run.drift is not None

    assert run.drift.against in rendered(whole, run)
    assert run.drift.against not in rendered(whole, replace(run, drift=None))


def test_a_first_run_says_that_there_is_none_to_compare_with(whole: Format, run: Run) -> None:
    shown = " ".join(rendered(whole, replace(run, drift=BEGINNING)).split())

    assert ALL_NEW in shown
    assert "ompared with run " not in shown


@pytest.mark.parametrize("kind", [field.name for field in fields(WaiverNotes)])
def test_notes_on_waivers_are_told(whole: Format, run: Run, kind: str) -> None:
    noted = replace(run, waivers=WaiverNotes(**{kind: ("what-is-to-be-said",)}))

    assert "what-is-to-be-said" in rendered(whole, noted)


def test_a_server_that_was_not_reached_is_named_with_the_reason(report: Format, run: Run) -> None:
    silent = replace(run.hosts[0], name="silent-server", status=Status.UNREACHABLE, reason="nobody-answered")

    shown = rendered(report, replace(run, hosts=(silent,), findings=()))

    assert "silent-server" in shown
    assert "nobody-answered" in shown


def test_a_server_that_was_read_in_part_gives_the_reason(report: Format, run: Run) -> None:
    (partial,) = (host for host in run.hosts if host.status is Status.PARTIAL)

    assert partial.reason in rendered(report, run)


def test_a_run_with_nothing_in_it_says_so(whole: Format, run: Run) -> None:
    empty = replace(run, hosts=(), findings=(), policies=(), exit_code=3, exit_reason="nothing was judged: no server")

    assert "nothing was judged: no server" in rendered(whole, empty)


def test_findings_are_counted_as_they_stand_in_the_run(report: Format, run: Run) -> None:
    counted = Counter(standing(finding).value for finding in run.findings)

    assert readback(report).standings(written(report, run)) == counted
    assert len(counted) == len(Verdict) + 1


def test_all_formats_count_alike(run: Run) -> None:
    counted = {report.name: readback(report).standings(written(report, run)) for report in REPORTS}

    assert len(counted) > 2
    assert len(set(map(repr, map(sorted, map(Counter.items, counted.values()))))) == 1


def test_a_server_that_was_not_reached_can_be_told_from_the_others(report: Format, run: Run) -> None:
    silent = {host.name for host in run.hosts if host.status is Status.UNREACHABLE}

    assert silent
    assert readback(report).unreachable(written(report, run)) == silent


@pytest.mark.parametrize("check", ["activesync-not-offloaded", "ssl-offloaded-set"])
def test_a_deviation_says_what_demands_otherwise(report: Format, run: Run, check: str) -> None:
    """Document and clause of the source, and the ids of other documents that the check answers to."""
    (finding,) = [each for each in run.findings if each.check == check and each.waiver is None][:1]
    single = replace(run, findings=(replace(finding, host=run.hosts[0].name, verdict=Verdict.FAIL),))

    shown = " ".join(rendered(report, single).split())

    (policy,) = run.policies
    (judged,) = (each for each in policy.checks if each.id == check)
    assert policy.source.document in shown
    assert judged.reference in shown
    assert judged.mappings
    for document, ids in judged.mappings.items():
        assert document in shown
        assert all(each in shown for each in ids)


@pytest.mark.parametrize("poison", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_becomes_harmless(any_format: Format, run: Run, poison: str) -> None:
    shown = rendered(any_format, infected(run, poison))

    present = {unicodedata.category(character) for character in set(shown) - {"\n"}}
    assert not present & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("poison", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_not_lost(report: Format, run: Run, poison: str) -> None:
    shown = " ".join(rendered(report, infected(run, poison)).split())

    for finding in run.findings:
        assert f"{finding.check} {MARK}" in shown
    assert f"{MARK}-end" in shown or "more characters, see run.json" in shown


def test_what_is_waived_is_told_from_what_is_not(any_format: Format, run: Run) -> None:
    single = one_finding(run, Verdict.FAIL)
    mark = WaiverMark(id="w", owner="o", reason="r", ticket="", expires="2026-12-31")
    waived = replace(single, findings=(replace(single.findings[0], waiver=mark),))

    assert rendered(any_format, waived) != rendered(any_format, single)


@pytest.mark.parametrize("poison", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_does_not_change_how_much_is_reported(report: Format, run: Run, poison: str) -> None:
    clean, dirty = run, infected(run, poison)

    assert shape(report, clean) == shape(report, dirty)


def shape(report: Format, run: Run) -> tuple[int, Counter[str]]:
    """Return how many files there are, and how many findings of each standing a reader of them finds."""
    files = written(report, run)
    return len(files), readback(report).standings(files)


@pytest.mark.parametrize("piece", ["x", "\n", "\x1b", "word ", "]]>"])
def test_a_megabyte_is_reported_and_hides_nothing_else(report: Format, run: Run, piece: str) -> None:
    huge = replace(run.findings[1], verdict=Verdict.FAIL, actual=piece * (1_000_000 // len(piece)))
    findings = (run.findings[0], huge, *run.findings[2:])

    shown = rendered(report, replace(run, findings=findings))

    assert huge.reason in shown
    assert run.findings[-1].reason in shown
    assert len(shown) > 1_000_000 or "more characters, see run.json" in " ".join(shown.split())


def test_formats_know_the_texts_they_are_tested_with(run: Run) -> None:
    assert {"expected", "actual", "reason", "remediation"} <= texts(run.findings[0]).keys()
    assert {field.name for field in fields(Finding)} > texts(run.findings[0]).keys()
    assert {"name", "reason"} == texts(run.hosts[0]).keys()
    assert {field.name for field in fields(Host)} > {"name", "reason"}
