import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.errors import DiskError, UsageError
from auditor.formats import FORMATS
from auditor.formats.format import Format, no_answers, one_file
from auditor.model.run import Run
from auditor.report import RunFolder, point_latest, write_run
from auditor.runs import find_run, read_run, stored_runs

GOLDEN = Path(__file__).parent / "formats" / "every-verdict"
ALL = tuple(FORMATS.values())


@pytest.fixture
def run() -> Run:
    return read_run(GOLDEN)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def broken(run: Run) -> Iterator[bytes]:
    yield b"half a "
    raise RuntimeError(f"cannot render {run.id}")


def test_a_run_is_written_with_every_format_asked_for(run: Run, tmp_path: Path) -> None:
    folder = write_run(run, ALL, tmp_path / "new" / "reports")

    assert folder == tmp_path / "new" / "reports" / run.id
    assert names(folder) == sorted(
        {file.name.split("/")[0] for report in ALL for file in report.files(run, no_answers)}
    )
    for report in ALL:
        for file in report.files(run, no_answers):
            assert (folder / file.name).read_bytes() == b"".join(file.content)


def test_run_json_is_written_whatever_is_asked_for(run: Run, tmp_path: Path) -> None:
    assert names(write_run(run, (), tmp_path)) == ["run.json"]
    assert names(write_run(replace(run, id="second"), (FORMATS["junit"],), tmp_path)) == ["junit.xml", "run.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows limits no file's size")
@pytest.mark.parametrize("size", [10, 100_000])
def test_a_disk_that_takes_no_more_is_no_bug_and_leaves_nothing(tmp_path: Path, size: int) -> None:
    said = r"run full could not be written \(.+\), .*make room"
    with pytest.raises(DiskError, match=said), _no_file_above(5), RunFolder(tmp_path, "full") as folder:
        folder.add_evidence(b"x" * size)

    assert names(tmp_path) == []


@contextmanager
def _no_file_above(size: int) -> Iterator[None]:
    import resource  # noqa: PLC0415  Unix alone has it

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_further_files_are_kept_with_the_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "owa.yaml").write_bytes(b"id: owa\n")

    folder = write_run(
        run, (), tmp_path, extra={"policies/owa.yaml": tmp_path / "owa.yaml", "evidence.jsonl": [b"{}\n", b"{}\n"]}
    )

    assert (folder / "policies" / "owa.yaml").read_bytes() == b"id: owa\n"
    assert (folder / "evidence.jsonl").read_bytes() == b"{}\n{}\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has access control lists instead of modes")
def test_only_the_owner_can_open_the_folder(run: Run, tmp_path: Path) -> None:
    assert stat.S_IMODE(write_run(run, (), tmp_path).stat().st_mode) == 0o700


def test_evidence_can_be_read_back_while_it_is_collected(run: Run, tmp_path: Path) -> None:
    with RunFolder(tmp_path, run.id) as folder:
        folder.add_evidence(b"one")
        folder.add_evidence(b"two")

        assert (folder.path / "evidence.jsonl").read_bytes() == b"one\ntwo\n"
        place = folder.finish(run, ())

    assert (place / "evidence.jsonl").read_bytes() == b"one\ntwo\n"


def test_an_unfinished_run_is_seen_by_nobody_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    with RunFolder(tmp_path, run.id) as folder:
        folder.add_evidence(b"one")
        folder.store("run.json", [b"{}"])

        assert stored_runs(tmp_path) == ()

    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_is_stopped_leaves_nothing(run: Run, tmp_path: Path, error: type[BaseException]) -> None:
    def stop() -> None:
        with RunFolder(tmp_path, run.id) as folder:
            folder.add_evidence(b"one")
            raise error

    with pytest.raises(error):
        stop()

    assert names(tmp_path) == []


def test_a_report_that_cannot_be_rendered_leaves_the_last_run_as_it_was(run: Run, tmp_path: Path) -> None:
    first = write_run(run, (), tmp_path)

    with pytest.raises(RuntimeError, match="cannot render"):
        write_run(
            replace(run, id="second"),
            [Format(name="broken", reader="nobody", filename="broken", files=one_file("broken", broken))],
            tmp_path,
        )

    assert find_run("last", tmp_path).resolve() == first.resolve()
    assert names(tmp_path) == sorted([run.id, "latest"])


def test_a_run_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    write_run(run, (), tmp_path)

    with pytest.raises(UsageError, match="exists already"):
        write_run(replace(run, exit_reason="another"), (), tmp_path)

    assert read_run(tmp_path / run.id) == run


def test_a_run_that_takes_the_place_in_the_meantime_stays(run: Run, tmp_path: Path) -> None:
    with RunFolder(tmp_path, run.id) as folder:
        write_run(run, (), tmp_path)

        with pytest.raises(UsageError, match="cannot take its place"):
            folder.finish(replace(run, exit_reason="another"), ())

    assert read_run(tmp_path / run.id) == run
    assert names(tmp_path) == sorted([run.id, "latest"])


def test_latest_leads_to_the_newest_run(run: Run, tmp_path: Path) -> None:
    write_run(run, (), tmp_path)
    second = write_run(replace(run, id="second"), (), tmp_path)

    assert (tmp_path / "latest").resolve() == second.resolve()
    assert names(tmp_path) == sorted([run.id, "latest", "second"])


def test_latest_still_leads_there_when_the_folder_is_moved(run: Run, tmp_path: Path) -> None:
    write_run(run, (), tmp_path / "here")

    (tmp_path / "here").rename(tmp_path / "there")

    assert read_run(find_run("last", tmp_path / "there")) == run


def test_where_links_are_refused_latest_is_a_file_with_the_id(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, target: str, *, target_is_directory: bool = False) -> None:
        raise OSError(1314, f"{path} to {target}: a required privilege is not held by the client", target_is_directory)

    write_run(run, (), tmp_path)
    monkeypatch.setattr(Path, "symlink_to", refuse)

    write_run(replace(run, id="second"), (), tmp_path)

    assert (tmp_path / "latest").read_text() == "second\n"
    assert read_run(find_run("last", tmp_path)).id == "second"


def test_a_folder_in_the_way_of_latest_is_left_alone_and_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine").touch()

    with pytest.raises(UsageError, match="latest is in the way"):
        point_latest(tmp_path, run.id)

    assert names(tmp_path / "latest") == ["mine"]
    assert names(tmp_path) == ["latest"]


@pytest.mark.parametrize(
    "run_id", ["", ".", "..", ".hidden", "a/b", "a\\b", "/etc", "last", "latest", "a b", "x" * 101]
)
def test_a_run_id_that_is_no_plain_name_is_refused(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(UsageError, match="cannot name a run"):
        RunFolder(tmp_path, run_id)


@pytest.mark.parametrize(
    "name", ["", "..", "../evil", "a/../../evil", "/etc/evil", "..\\evil", "C:\\evil", "a/b:stream"]
)
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with RunFolder(tmp_path, "run") as folder, pytest.raises(UsageError, match="inside a run folder"):
        folder.store(name, [b"evil"])


def test_a_file_is_not_written_twice(tmp_path: Path) -> None:
    with RunFolder(tmp_path, "run") as folder:
        folder.store("policies/owa.yaml", [b"one"])

        with pytest.raises(FileExistsError):
            folder.store("policies/owa.yaml", [b"two"])


def test_another_run_does_not_belong_in_the_folder(run: Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not belong"), RunFolder(tmp_path, "another") as folder:
        folder.finish(run, ())


def test_a_file_where_the_reports_should_go_is_named_with_the_way_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "reports").touch()

    with pytest.raises(UsageError, match="--out"):
        write_run(run, (), tmp_path / "reports")
