"""`report.tap` for those it is for: prove, and the parser it is made of, both Perl's own."""

import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.formats.format import pieces
from auditor.formats.tap import FORMAT
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict, standing
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
HOSTILE = (
    "# SKIP it\r\nBail out!\n1..0\nok 1\n  ...\n\x1b[31m \ud800 \u2028 \\# TODO '\" \\",
    "#todo " + "x" * 100_000 + "\\",
    "---\n- '",
)
# TAP::Parser is what prove reads with: one line of JSON for each test
PARSER = r"""
use TAP::Parser; use JSON::PP; binmode STDOUT, ':utf8';
my $parser = TAP::Parser->new({ source => $ARGV[0] }); my (@tests, $last);
while (my $result = $parser->next) {
    if ($result->is_test) {
        $last = { ok => $result->is_actual_ok ? 1 : 0, directive => $result->directive, about => {} };
        push @tests, $last;
    }
    elsif ($result->is_yaml) { $last->{about} = $result->data }
    elsif ($result->is_unknown || $result->is_bailout) { push @tests, { strange => $result->raw } }
}
print encode_json({ tests => \@tests, errors => [$parser->parse_errors], planned => $parser->tests_planned });
"""
ENDINGS = {
    (1, ""): {"pass", "warn"},
    (0, ""): {"fail", "error"},
    (0, "TODO"): {"waived"},
    (1, "SKIP"): {"not_applicable"},
}


def infected(run: Run, poison: str) -> Run:
    findings = tuple(
        replace(each, title=poison, actual=poison, reason=poison, remediation=poison, check=each.check + poison)
        for each in run.findings
    )
    hosts = tuple(replace(host, reason=poison) for host in run.hosts)
    return replace(run, findings=findings, hosts=hosts, exit_reason=poison)


@pytest.fixture(params=["every verdict", "demo", "nothing judged", *map(str, range(len(HOSTILE)))])
def run(request: pytest.FixtureRequest) -> Run:
    match request.param:
        case "every verdict":
            return read_run(GOLDEN)
        case "demo":
            return read_run(request.getfixturevalue("demo_run"))
        case "nothing judged":
            return replace(read_run(GOLDEN), findings=(), hosts=())
        case number:
            return infected(read_run(GOLDEN), HOSTILE[int(number)])


@pytest.fixture
def file(run: Run, tmp_path: Path) -> Path:
    return written(run, tmp_path)


def written(run: Run, folder: Path) -> Path:
    (folder / "report.tap").write_bytes(b"".join(pieces(FORMAT, run)))
    return folder / "report.tap"


def prove(file: Path) -> subprocess.CompletedProcess[str]:
    if not shutil.which("prove"):
        pytest.skip("prove is not installed (Debian: perl)")
    words = ["prove", "--verbose", "--exec", "cat", str(file)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)


def parsed(file: Path) -> Any:
    if not shutil.which("perl"):
        pytest.skip("perl is not installed")
    words = ["perl", "-e", PARSER, str(file)]
    # a source with another ending would be run as a Perl program
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_prove_reads_every_test_and_ends_as_the_run_does(run: Run, file: Path) -> None:
    done = prove(file)

    assert "Parse errors" not in done.stdout
    assert (done.returncode == 0) == (run.exit_code == 0)
    silent = sum(host.status is not Status.REACHED for host in run.hosts)
    assert f"Tests={len(run.findings) + silent + 1}," in done.stdout


def test_what_prove_counts_as_failed_is_what_fails_and_what_is_not_known(run: Run, file: Path) -> None:
    numbers = re.search(r"^Failed (\d+)/", prove(file).stdout, re.MULTILINE)

    red = sum(standing(each) in ("fail", "error") for each in run.findings)
    silent = sum(host.status is Status.UNREACHABLE for host in run.hosts)
    assert numbers
    assert int(numbers[1]) == red + silent + bool(run.exit_code)


def test_its_parser_finds_every_finding_as_it_counts(run: Run, file: Path) -> None:
    read = parsed(file)

    assert read["errors"] == []
    assert not [test for test in read["tests"] if "strange" in test]
    found = Counter((test["ok"], test["directive"]) for test in read["tests"] if test["about"]["about"] == "finding")
    counted = Counter(standing(finding).value for finding in run.findings)
    assert found == +Counter({end: sum(counted[each] for each in told) for end, told in ENDINGS.items()})


def test_its_parser_reads_the_diagnostics(run: Run, file: Path) -> None:
    told = [test["about"] for test in parsed(file)["tests"] if test["about"]["about"] == "finding"]

    assert Counter(each["verdict"] for each in told) == Counter(each.verdict.value for each in run.findings)
    assert {each["severity"] for each in told} == {each.severity.value for each in run.findings}


def test_prove_is_content_when_what_deviates_is_waived(tmp_path: Path) -> None:
    run = read_run(GOLDEN)
    calm: list[Finding] = [
        each for each in run.findings if each.waiver or each.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    ]
    hosts = tuple(host for host in run.hosts if host.status is Status.REACHED)

    done = prove(written(replace(run, findings=tuple(calm), hosts=hosts, exit_code=0), tmp_path))

    assert done.returncode == 0
    assert "Result: PASS" in done.stdout
    assert done.stdout.count("# TODO waived until") == len([each for each in calm if each.waiver])


def test_prove_would_notice_a_torn_file(tmp_path: Path) -> None:
    file = written(replace(read_run(GOLDEN), exit_code=0), tmp_path)
    file.write_bytes(file.read_bytes()[:2_000])

    assert "Bad plan" in prove(file).stdout
