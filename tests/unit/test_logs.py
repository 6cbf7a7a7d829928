"""One line per event: for people as text, for collectors as JSON; nothing in it can pretend to be another event."""

import json
import stat
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.logs import NO_LOG, Log, LogForm, LogLevel, opened
from auditor.secret import Secret

MOMENT = datetime(2026, 11, 23, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
HOSTILE = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(
    ["\n", "\r\n", "\x1b[2J", '" x="', "\u2028", "\ud800", "\x7f", "\x85", "a=b", "\\", ""]
)


def log_to(lines: list[str], form: LogForm) -> Log:
    return Log(form=form, write=lines.append, clock=lambda: MOMENT)


def written(form: LogForm, event: str, *words: Any, **fields: Any) -> str:
    lines: list[str] = []
    getattr(log_to(lines, form), event)(*words, **fields)
    (line,) = lines
    return line


def test_text_is_a_time_in_utc_a_level_an_event_and_its_fields() -> None:
    line = written(
        LogForm.TEXT, "server_done", "cas01", status="unreachable", seconds=1.23456, reason="refused at 5985"
    )

    assert line == (
        "2026-11-23T02:30:00.123Z warning server_done server=cas01 status=unreachable seconds=1.235 "
        'reason="refused at 5985"\n'
    )


def test_json_is_one_object_per_line() -> None:
    line = written(LogForm.JSON, "run_finished", "r1", exit_code=1, exit_reason="1 new", seconds=61.5, place="/r/r1")

    assert json.loads(line) == {
        "time": "2026-11-23T02:30:00.123Z",
        "level": "warning",
        "event": "run_finished",
        "run": "r1",
        "exit_code": 1,
        "exit_reason": "1 new",
        "seconds": 61.5,
        "place": "/r/r1",
    }


@pytest.mark.parametrize("form", LogForm)
@pytest.mark.parametrize(
    ("event", "words", "fields"),
    [
        ("run_started", ("r1",), {"servers": 3, "policies": 1}),
        ("server_done", ("cas01",), {"status": "reached", "seconds": 2.0}),
        ("retry", ("cas01",), {"attempt": 2, "wait": 1.5, "reason": "busy"}),
        ("run_finished", ("r1",), {"exit_code": 0, "exit_reason": "ok", "seconds": 9, "place": "/r"}),
        ("run_interrupted", ("r1",), {"reason": "SIGTERM"}),
        ("notifier_failed", ("json://chat",), {"reason": "refused"}),
        ("lock_taken_over", ("/r/.lock",), {"owner": "pid 12 on audit01"}),
    ],
)
def test_every_event_is_named_and_tells_its_fields(
    form: LogForm, event: str, words: tuple[str, ...], fields: dict[str, Any]
) -> None:
    line = written(form, event, *words, **fields)

    assert event in line
    assert line.count("\n") == 1
    assert all(name in line for name in fields)
    assert words[0] in line


def test_what_went_well_is_no_warning() -> None:
    well = written(LogForm.TEXT, "run_finished", "r", exit_code=0, exit_reason="", seconds=1, place="/r")
    badly = written(LogForm.TEXT, "run_finished", "r", exit_code=3, exit_reason="", seconds=1, place="/r")

    assert (" info " in well, " warning " in badly) == (True, True)


@given(HOSTILE)
def test_hostile_text_stays_within_its_field(text: str) -> None:
    as_json = written(LogForm.JSON, "retry", text, attempt=1, wait=0, reason=text)
    as_text = written(LogForm.TEXT, "retry", text, attempt=1, wait=0, reason=text)

    assert as_json.isascii()
    assert as_json[:-1].isprintable()
    assert json.loads(as_json)["reason"] == text
    assert as_text.endswith("\n")
    assert not set(as_text[:-1]) & set("\n\r\x0b\x0c\x1b\x7f\x85\u2028\u2029\u202e")
    assert as_text.encode().count(b"\n") == 1


def test_a_value_with_blanks_or_quotes_is_quoted_so_that_no_field_is_forged() -> None:
    line = written(LogForm.TEXT, "retry", 'a" status="reached', attempt=1, wait=0, reason="x=y")

    assert 'server="a\\" status=\\"reached" attempt=1' in line
    assert 'reason="x=y"' in line


@pytest.mark.parametrize("form", LogForm)
def test_a_secret_is_not_shown(form: LogForm) -> None:
    line = written(form, "event", LogLevel.INFO, "probe", password=Secret("correct horse"))

    assert "correct horse" not in line
    assert "(secret)" in line


def test_without_a_wish_nothing_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    with opened("", "", lambda: MOMENT) as log:
        log.run_interrupted("r1", reason="SIGTERM")

    assert log is NO_LOG
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("form", LogForm)
def test_without_a_file_it_goes_to_stderr(form: LogForm, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(form, "", lambda: MOMENT) as log:
        log.run_interrupted("r1", reason="SIGTERM")

    out, err = capsys.readouterr()
    assert out == ""
    assert err == written(form, "run_interrupted", "r1", reason="SIGTERM")


def test_a_file_is_appended_to_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"

    for name in ("first", "second"):
        with opened("", str(path), lambda: datetime.now(UTC)) as log:
            log.run_interrupted(name, reason="é")

    assert [line.split()[3] for line in path.read_text(encoding="utf-8").splitlines()] == ["run=first", "run=second"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"), opened("", str(tmp_path), lambda: MOMENT):
        pytest.fail("it was opened")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux' /dev/full, a disk that is always full")
def test_a_full_disk_ends_nothing_and_the_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with opened("json", "/dev/full", lambda: MOMENT) as log:
        log.run_interrupted("r1", reason="SIGTERM")

    said = capsys.readouterr().err
    assert said.startswith("the log cannot be written (No space left on device): {")
    assert '"run_interrupted"' in said


def test_a_closed_stderr_ends_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "gone").open("w") as gone:
        monkeypatch.setattr(sys, "stderr", gone)
    with opened("text", "", lambda: MOMENT) as log:
        log.run_interrupted("r1", reason="SIGTERM")

    assert (tmp_path / "gone").read_text() == ""


def test_threads_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    with opened("json", str(path), lambda: MOMENT) as log:
        threads = [threading.Thread(target=tell_many, args=(log, f"cas{number}")) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 8 * 50


def tell_many(log: Log, server: str) -> None:
    for attempt in range(50):
        log.retry(server, attempt=attempt, wait=0.1, reason="x" * 500)
