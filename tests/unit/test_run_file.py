"""A run file is read part by part where it is laid out as this program does it, and whole where it is not."""

import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import run_file, run_layout, spool
from auditor.formats.format import pieces
from auditor.formats.json import FORMAT
from auditor.model.finding import Finding, Findings
from auditor.model.run import Run
from auditor.model.waiver import WaiverMark
from auditor.run_file import parse_run, read_run_file
from auditor.runs import read_run

GOLDEN = Path(__file__).parent / "formats" / "every-verdict"
WRITTEN = (GOLDEN / "run.json").read_bytes()
MARK = WaiverMark(id="w-1", owner="ann", reason='"findings": [\n', ticket="", expires="2026-12-24")


@pytest.fixture
def run() -> Run:
    return read_run(GOLDEN)


def written(run: Run) -> bytes:
    return b"".join(pieces(FORMAT, run))


def refuse_whole(_: bytes) -> Any:
    raise AssertionError("the file was read whole")


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1_000, 100_000])
def test_it_does_not_matter_where_a_part_ends(run: Run, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(run_layout, "_PART", size)
    monkeypatch.setattr(run_file, "_whole", refuse_whole)

    assert parse_run(WRITTEN) == run


def test_waived_findings_are_read_in_parts_as_well(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    waived = replace(run, findings=tuple(replace(each, waiver=MARK) for each in run.findings))
    content = written(waived)
    monkeypatch.setattr(run_file, "_whole", refuse_whole)

    assert parse_run(content) == waived


@given(
    texts=st.tuples(*[st.text(st.characters(codec=None))] * 3),
    questions=st.lists(st.text(), max_size=3),
    waiver=st.sampled_from([None, MARK]),
)
def test_any_text_is_read_in_parts_as_it_was(texts: tuple[str, str, str], questions: list[str], waiver) -> None:
    run = read_run(GOLDEN)
    host, title, actual = texts
    odd = replace(
        run.findings[0], host=host, title=title, actual=actual, reason=title, questions=tuple(questions), waiver=waiver
    )
    odd_run = replace(run, findings=(odd, replace(odd, check="z")))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_file, "_whole", refuse_whole)
        assert parse_run(written(odd_run)) == odd_run


@pytest.mark.parametrize("kept", [1, 2])
def test_lines_that_are_forgotten_meanwhile_are_read_anew(run: Run, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(run_layout, "_KEPT", kept)
    monkeypatch.setattr(run_file, "_whole", refuse_whole)

    assert parse_run(WRITTEN) == run


LINES = WRITTEN.split(b"\n")
FIRST = LINES.index(b'  "findings": [')
SPOILED = [
    lambda line: line[:0],
    lambda line: line + b"\n" + line,
    lambda line: line.removesuffix(b","),
    lambda line: line + b",",
    lambda line: line + b" ",
    lambda line: line.removesuffix(b'",') + b'\n",',
    lambda line: line.replace(b'": "', b'":"', 1),
    lambda line: line.replace(b'": "', b'": ["', 1),
    lambda line: line.replace(b'": "', b'": "", "more": "', 1),
    lambda line: line.replace(b'": "', b'": "\\ud800\\n', 1),
    lambda line: line.replace(b'"', b"", 1),
    lambda line: line.replace(b"actual", b"reason"),
    lambda line: line.replace(b"null", b"{}"),
    lambda line: line.replace(b"    }", b'    }, "x"'),
    lambda line: line + b"[" * 200_000,
    lambda line: line + "\u00e4".encode(),
]


def read_whole(content: bytes) -> Run:
    return run_file._run_of(*run_file._whole(content))


def outcome(read: Callable[[bytes], Run], content: bytes) -> object:
    try:
        run = read(content)
    except ValueError as problem:
        return str(problem)
    return run, tuple(run.findings)


@pytest.mark.parametrize("spoil", SPOILED)
def test_with_any_line_of_the_findings_spoiled_a_file_is_read_as_if_whole(spoil: Callable[[bytes], bytes]) -> None:
    for place in range(FIRST, FIRST + 45):
        content = b"\n".join([*LINES[:place], spoil(LINES[place]), *LINES[place + 1 :]])
        assert outcome(parse_run, content) == outcome(read_whole, content)


def test_a_run_without_findings_is_read(run: Run) -> None:
    empty = replace(run, findings=())

    assert parse_run(written(empty)) == empty


@pytest.mark.parametrize("indent", [None, 1, 2, 4])
def test_every_layout_gives_the_same_run(run: Run, indent: int | None) -> None:
    assert parse_run(json.dumps(json.loads(WRITTEN), indent=indent).encode()) == run


def test_findings_out_of_order_are_put_in_order(run: Run) -> None:
    document = json.loads(WRITTEN)
    document["findings"].reverse()

    assert parse_run(json.dumps(document, indent=2).encode()) == run


def test_a_list_that_only_looks_like_the_findings_is_not_taken_for_them(run: Run) -> None:
    # where the lines of the layout stand, but one level deeper
    outer = b'{\n  "findings": [\n    ],\n  "other": ' + WRITTEN.strip() + b"\n}\n"

    with pytest.raises(ValueError, match="schema None is not"):
        parse_run(outer)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b'"verdict": "pass"', b'"verdict": "fine"', r"\$\.findings\[\d+\]\.verdict: 'fine' is none of"),
        (b'"verdict": "pass",', b'"verdict": "pass"', r"Expecting ',' delimiter: line \d+"),
        (b'"exit_code": 3', b'"exit_code": NaN', "NaN is not JSON"),
        (b'"schema": "auditor-run/1"', b'"schema": "auditor-run/9"', "schema 'auditor-run/9' is not"),
    ],
)
def test_what_is_wrong_is_told_as_of_a_file_that_is_read_whole(old: bytes, new: bytes, problem: str) -> None:
    spoiled = WRITTEN.replace(old, new, 1)
    assert spoiled != WRITTEN

    with pytest.raises(ValueError, match=problem):
        parse_run(spoiled)


def test_of_two_lists_of_findings_the_last_counts_as_it_does_in_json() -> None:
    spoiled = WRITTEN.replace(b'\n  "coverage": {', b'\n  "findings": [],\n  "coverage": {', 1)

    assert tuple(parse_run(spoiled).findings) == ()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_ends_too_early_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="line"):
        parse_run(WRITTEN[: int(len(WRITTEN) * share)])


def many(finding: Finding, number: int, length: int) -> Sequence[Finding]:
    def begin() -> Iterator[Finding]:
        for place in range(number):
            text = f"{place:06} ".ljust(length, "x")
            yield replace(finding, host=f"server-{place // 100:03}", check=f"check-{place % 100:02}", actual=text)

    return Findings(begin, number)


def test_the_findings_of_a_fleet_are_not_held(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_KEPT", 1 << 20)
    number, length = 8_000, 2_000
    fleet = replace(run, findings=many(run.findings[0], number, length), drift=None)
    with (tmp_path / "run.json").open("wb") as file:
        file.writelines(pieces(FORMAT, fleet))
    tracemalloc.start()

    try:
        with (tmp_path / "run.json").open("rb") as file:
            read = read_run_file(file)
        total = sum(len(each.actual) for each in read.findings)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert total == number * length
    assert peak < total / 2


def test_a_stream_is_read_from_where_it_stands_to_its_end(run: Run) -> None:
    file = BytesIO(WRITTEN)

    read_run_file(file)

    assert file.read() == b""
