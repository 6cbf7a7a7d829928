import json
import math
from dataclasses import asdict, fields, replace
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.formats.format import pieces
from auditor.formats.json import FORMAT
from auditor.model.finding import Finding, Verdict, order
from auditor.model.policy import Level, Severity
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark
from auditor.runs import read_run

EVERY_VERDICT = read_run(Path(__file__).parent / "every-verdict")
TEXT = st.sampled_from(["", "%", "%s", "%%d", '"\\', "\x7f\u202e\ud800"]) | st.text(max_size=5)
FINDINGS = st.lists(
    st.builds(
        Finding,
        **{field.name: TEXT for field in fields(Finding) if field.type is str},
        level=st.sampled_from(Level),
        severity=st.sampled_from(Severity),
        verdict=st.sampled_from(Verdict),
        questions=st.lists(TEXT, max_size=2).map(tuple),
        waiver=st.none() | st.builds(WaiverMark, **{field.name: TEXT for field in fields(WaiverMark)}),
    ),
    max_size=4,
)


def rendered(run: Run) -> bytes:
    return b"".join(pieces(FORMAT, run))


def findings_section(document: bytes) -> bytes:
    return document[document.index(b'"findings"') : document.index(b'"waivers"')]


def test_the_keys_stand_in_the_documented_order(run: Run) -> None:
    document = json.loads(rendered(run))

    assert list(document) == [
        "schema",
        "run",
        "policies",
        "hosts",
        "findings",
        "waivers",
        "drift",
        "coverage",
        "summary",
        "exit_code",
        "exit_reason",
    ]
    assert list(document["run"]) == [
        "id",
        "started",
        "finished",
        "version",
        "evidence_of",
        "fail_on",
        "min_coverage",
        "interrupted",
    ]


def test_findings_are_sorted_by_host_policy_and_check(run: Run) -> None:
    shuffled = replace(run, findings=run.findings[::-1], hosts=run.hosts[::-1], policies=run.policies[::-1])

    assert rendered(shuffled) == rendered(run)


def test_the_same_findings_are_the_same_bytes_whenever_they_were_made(run: Run) -> None:
    later = replace(run, id="later", started="2027-01-01T00:00:00Z", finished="2027-01-01T00:00:01Z", version="9")

    assert findings_section(rendered(later)) == findings_section(rendered(run))
    assert rendered(later) != rendered(run)


def test_the_order_of_free_keys_does_not_show(run: Run) -> None:
    host = run.hosts[0]
    other = replace(host, platform=dict(reversed(list(host.platform.items()))))

    assert rendered(replace(run, hosts=(other, *run.hosts[1:]))) == rendered(run)


def test_only_ascii_without_control_characters_is_written(run: Run) -> None:
    written = rendered(replace(run, exit_reason="\ud800 \x1b \x7f \x9b \u202e \u2028 ä"))

    assert set(written) <= {0x0A, *range(0x20, 0x7F)}
    assert json.loads(written)["exit_reason"] == "\ud800 \x1b \x7f \x9b \u202e \u2028 ä"


def test_an_empty_run_is_a_document_too(run: Run) -> None:
    document = json.loads(rendered(replace(run, hosts=(), findings=(), policies=())))

    assert (document["hosts"], document["findings"], document["policies"]) == ([], [], [])


def test_a_number_that_json_does_not_have_is_refused(run: Run) -> None:
    host = replace(run.hosts[0], timings={"connect": math.nan})

    with pytest.raises(ValueError, match="not JSON compliant"):
        rendered(replace(run, hosts=(host,)))


@given(findings=FINDINGS)
def test_findings_are_written_as_the_standard_library_writes_them(findings: list[Finding]) -> None:
    written = rendered(replace(EVERY_VERDICT, findings=tuple(findings)))

    plain = json.dumps([asdict(each) for each in sorted(findings, key=order)], indent=2).replace("\x7f", "\\u007f")
    assert f'"findings": {indent(plain, "  ").lstrip()},\n'.encode("ascii") in written


def test_changes_are_sorted(run: Run) -> None:
    assert run.drift is not None
    shuffled = replace(run, drift=replace(run.drift, changes=run.drift.changes[::-1]))

    assert rendered(shuffled) == rendered(run)


def test_what_is_not_there_is_null(run: Run) -> None:
    document = json.loads(rendered(replace(run, drift=None)))

    assert document["drift"] is None
    assert document["findings"][0]["waiver"] is None
