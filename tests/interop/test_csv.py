"""`findings.csv` for others: Frictionless validates it by the description beside it, SQLite counts its rows."""

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.formats.csv import FORMAT
from auditor.formats.format import no_answers
from auditor.model.finding import Verdict, standing
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
HOSTILE = "=cmd|'/C calc'!A0 \ud800 \x1b[31m ]]> <script> \u202e \r\n-1,\"',;\t|" + "x" * 200_000


def hostile(run: Run) -> Run:
    findings = [
        replace(each, actual=HOSTILE, reason=HOSTILE, title=HOSTILE, host=f"={each.host}\x00\n")
        for each in run.findings
    ]
    hosts = [replace(each, name=f"={each.name}\x00\n", reason=HOSTILE, groups=(HOSTILE,)) for each in run.hosts]
    return replace(run, findings=tuple(findings), hosts=tuple(hosts))


def silent(run: Run) -> Run:
    return replace(run, findings=())


@pytest.fixture(params=["golden", "demo"])
def run(request: pytest.FixtureRequest) -> Run:
    return read_run(GOLDEN if request.param == "golden" else request.getfixturevalue("demo_run"))


@pytest.fixture(params=[lambda run: run, hostile, silent], ids=["as it is", "hostile", "nothing judged"])
def written(request: pytest.FixtureRequest, run: Run, tmp_path: Path) -> tuple[Run, Path]:
    change: Callable[[Run], Run] = request.param
    changed = change(run)
    write(changed, tmp_path)
    return changed, tmp_path


def write(run: Run, folder: Path) -> None:
    for file in FORMAT.files(run, no_answers):
        (folder / file.name).write_bytes(b"".join(file.content))


def frictionless(folder: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("frictionless", reason="frictionless is not installed")
    words = [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


def test_frictionless_finds_nothing_wrong(written: tuple[Run, Path]) -> None:
    done = frictionless(written[1])

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("good", "bad"), [("waived", "accepted"), ("2026-12-31", "2026-13-31")])
def test_frictionless_would_refuse_other_values(tmp_path: Path, good: str, bad: str) -> None:
    write(read_run(GOLDEN), tmp_path)
    table = tmp_path / "findings.csv"
    table.write_text(table.read_text().replace(good, bad))

    assert frictionless(tmp_path).returncode == 1


def test_sqlite_counts_what_stands_in_the_run(written: tuple[Run, Path]) -> None:
    if not shutil.which("sqlite3"):
        pytest.skip("the program sqlite3 is not installed")
    run, folder = written

    query = "select standing, count(*) from t where row = 'finding' group by standing"
    done = subprocess.run(
        ["sqlite3", ":memory:", ".mode csv", ".import findings.csv t", ".separator ,", query],
        cwd=folder, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    counted = {word: int(number) for word, number in (line.split(",") for line in done.stdout.split())}
    assert counted == Counter(standing(finding).value for finding in run.findings)
    assert done.stderr == ""


def test_every_server_that_is_not_known_has_a_row(run: Run, tmp_path: Path) -> None:
    write(silent(run), tmp_path)

    frictionless(tmp_path)

    lines = (tmp_path / "findings.csv").read_text().splitlines()
    for host in run.hosts:
        assert sum(f",{host.name}," in line and ",not_judged," in line for line in lines) == 1
    assert Verdict.PASS.value not in {cell for line in lines for cell in line.split(",")}
