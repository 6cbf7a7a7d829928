"""`auditor site`: the history as pages."""

import importlib.util
import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from auditor.history.store import open_store
from auditor.model.finding import Standing, order, standing
from auditor.site.names import page_name

_spec = importlib.util.spec_from_file_location("site_history", Path(__file__).parents[1] / "site_history.py")
assert _spec is not None
assert _spec.loader is not None
_history = importlib.util.module_from_spec(_spec)
sys.modules["site_history"] = _history
_spec.loader.exec_module(_history)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    """Return a history, and the folder of its runs."""
    return _history.make(tmp_path_factory.mktemp("history"), hostile=True)


@pytest.fixture
def site(auditor, made) -> Path:
    assert auditor("site", "--runs", str(made.folder), "--out", "site").code == 0
    return Path("site")


def text(page: Path) -> str:
    """Return what stands on a page, without its style and its markup."""
    shown = re.sub(r"<style>.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", shown).split())


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_says_what_it_wrote(auditor, made) -> None:
    ended = auditor("site", "--runs", str(made.folder), "--out", "site")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"42 runs, 22 servers and 6 checks: {Path('site').resolve() / 'index.html'}\n"


def test_there_is_a_page_for_each_server_each_check_and_each_run(site: Path, made) -> None:
    findings = [finding for run in made.runs for finding in run.findings]

    assert files(site / "servers").keys() == {page_name(finding.host) for finding in findings}
    assert files(site / "checks").keys() == {page_name(finding.policy, finding.check) for finding in findings}
    assert files(site / "runs").keys() == {page_name(run.id) for run in made.runs}


def test_the_front_page_counts_how_the_checks_stood_when_they_were_judged_last(site: Path, made) -> None:
    last = {order(finding): standing(finding) for run in made.runs for finding in run.findings}
    counted = Counter(last.values())

    shown = text(site / "index.html")

    words = {"error": "not known", "not_applicable": "not applicable"}
    for stands in Standing:
        assert f" {counted[stands]} {words.get(stands, stands)} " in shown
    assert "1 flapping" in shown
    assert "1 server was not part of the newest run and is counted as it was judged last: cas08.corp.example" in shown


def test_the_page_of_a_server_tells_since_when_and_how_often_it_flipped(site: Path) -> None:
    shown = text(site / "servers" / page_name("cas04.corp.example"))

    assert "ssl-not-required exchange-2007-owa-ssl-offloading fail flapping 2026-11-11 02:30 1 run" in shown
    assert "41 in 42 runs" in shown
    assert "ssl-offloaded-set exchange-2007-owa-ssl-offloading pass 2026-10-13 02:30 30 runs" in shown


def test_the_page_of_a_check_tells_what_it_demands_and_all_its_servers(site: Path) -> None:
    shown = text(site / "checks" / page_name("windows-baseline", "smb1-disabled"))

    for said in (
        "SMB version 1 is off severity critical", "How to Configure SSL Offloading, 2008-03-18, step 1",
        "NIST SP 800-53 Rev. 5 CM-6", "cas02.corp.example fail 2026-10-05 02:30", "cas03.corp.example waived",
        "cas07.corp.example not known", "cas08.corp.example pass",
    ):  # fmt: skip
        assert said in shown


def test_the_page_of_a_run_tells_what_changed_in_it(site: Path, made) -> None:
    edited, resolved = (text(site / "runs" / page_name(made.runs[night].id)) for night in (15, 24))

    assert "was edited before this run: version 1.0, then 1.1." in edited
    assert "Resolved: " in resolved
    assert "All servers together servers-agree fail 1: some; 0: others 2 different values pass 1" in resolved


def test_a_server_that_was_not_reached_is_told_as_not_known_and_not_as_changed(site: Path, made) -> None:
    shown = text(site / "runs" / page_name(made.runs[5].id))

    assert "Not known any more: 5" in shown
    assert "server not reached: connection refused" in shown


def test_the_register_tells_who_accepted_what_until_when(site: Path) -> None:
    shown = text(site / "waivers.html")

    assert (
        "smb1-cas03 who Jane Doe &lt;jane@corp.example&gt; until 2026-12-31 why The scanner goes in December." in shown
    )
    assert "covers now 1 finding: smb1-disabled on cas03.corp.example" in shown
    assert "used since 2026-10-21 02:30" in shown
    assert "No longer in use: 1 waiver from to findings smb1-cas02 2026-10-06 02:30 2026-10-12 02:30 1" in shown


def test_the_reports_of_runs_are_linked_to_where_they_are(site: Path, made) -> None:
    newest = made.runs[-1].id

    page = (site / "runs.html").read_text(encoding="utf-8")

    (link,) = re.findall(r'href="([^"]*report\.html)"', page)
    assert (site / link).resolve() == (made.folder / newest / "report.html").resolve()
    assert "report.html" in (site / "runs" / page_name(newest)).read_text(encoding="utf-8")


def test_without_the_newest_run_s_folder_it_says_what_is_missing(auditor, made) -> None:
    ended = auditor("site", "--store", str(made.store), "--runs", "elsewhere", "--out", "site")

    assert ended.code == 0
    assert f"note: run {made.runs[-1].id} is not in elsewhere" in ended.err
    assert "which was not at hand when this was written" in text(Path("site/waivers.html"))
    assert "report.html" not in Path("site/runs.html").read_text(encoding="utf-8")


def test_the_same_history_gives_the_same_site(auditor, made) -> None:
    for name in ("one", "other"):
        auditor("site", "--runs", str(made.folder), "--out", name)

    assert files(Path("one")) == files(Path("other"))


def test_a_site_is_replaced_whole(auditor, site: Path, made) -> None:
    gone = site / "servers" / page_name("gone.example")
    gone.write_text("a page of the site before")
    listed = site / "auditor-site.json"
    known = json.loads(listed.read_text())
    listed.write_text(json.dumps(known | {"files": [*known["files"], f"servers/{gone.name}"]}))

    ended = auditor("site", "--runs", str(made.folder), "--out", "site")

    assert ended.code == 0
    assert not gone.exists()
    assert [path.name for path in Path().iterdir()] == ["site"]


@pytest.mark.parametrize("name", ["CNAME", "servers/notes.txt", ".git/config"])
def test_a_folder_with_anything_else_in_it_is_left_alone(auditor, site: Path, made, name: str) -> None:
    (site / name).parent.mkdir(exist_ok=True)
    (site / name).write_text("mine")
    before = files(site)

    ended = auditor("site", "--runs", str(made.folder), "--out", "site")

    assert ended.code == 2
    assert f"is not only a site of ours: it holds {name!r}; name another folder with --out" in ended.err
    assert files(site) == before


@pytest.mark.parametrize("listed", ["", "[]", '{"schema": "another/1", "files": ["index.html"]}', '{"files": 1}'])
def test_a_folder_of_somebody_else_is_left_alone(auditor, made, listed: str) -> None:
    theirs = Path("theirs")
    theirs.mkdir()
    (theirs / "index.html").write_text("theirs")
    (theirs / "auditor-site.json").write_text(listed)

    ended = auditor("site", "--runs", str(made.folder), "--out", "theirs")

    assert ended.code == 2
    assert (theirs / "index.html").read_text() == "theirs"


def test_an_empty_folder_and_one_that_is_not_there_yet_are_taken(auditor, made) -> None:
    Path("empty").mkdir()

    assert auditor("site", "--runs", str(made.folder), "--out", "empty").code == 0
    assert auditor("site", "--runs", str(made.folder), "--out", "not/there/yet").code == 0
    assert Path("not/there/yet/index.html").is_file()


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")
def test_a_web_server_can_read_it(site: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)

    assert {path.stat().st_mode & 0o777 for path in site.rglob("*.html")} == {0o666 & ~mask}
    assert site.stat().st_mode & 0o777 == 0o777 & ~mask


def test_what_is_no_folder_is_left_alone(auditor, made) -> None:
    Path("site").write_text("a file")

    ended = auditor("site", "--runs", str(made.folder), "--out", "site")

    assert (ended.code, Path("site").read_text()) == (2, "a file")
    assert "is no folder; name another one with --out" in ended.err


def test_without_a_history_there_is_no_site(auditor) -> None:
    ended = auditor("site", "--out", "site")

    assert ended.code == 2
    assert "there is no history yet" in ended.err
    assert list(Path().iterdir()) == []


def test_without_a_run_that_ended_there_is_no_site(auditor) -> None:
    with open_store("history.db") as store, store.begin_run("20261123T020000Z-aaaa", "2026-11-23T02:00:00Z"):
        ended = auditor("site", "--store", "history.db", "--out", "site")

    assert ended.code == 2
    assert "no run is stored yet" in ended.err
    assert not Path("site").exists()


def test_a_run_folder_that_cannot_be_read_is_told_and_nothing_is_written(auditor, made) -> None:
    broken = Path("reports") / made.runs[-1].id
    broken.mkdir(parents=True)
    (broken / "run.json").write_text("{")

    ended = auditor("site", "--store", str(made.store), "--runs", "reports", "--out", "site")

    assert ended.code == 2
    assert str(broken / "run.json") in ended.err
    assert [path.name for path in Path().iterdir()] == ["reports"]


def test_hidden_characters_of_names_are_spelled_out(site: Path) -> None:
    shown = text(site / "servers.html")

    assert r"a\u202eb\u0000\u001b[31m" in shown
    assert r"\ud800" in shown
    assert "{{ 7 * 7 }}{% raw %}" in shown
    assert "&lt;script&gt;window.ran = 1&lt;/script&gt;" in shown
    assert "(a blank name)" in shown
