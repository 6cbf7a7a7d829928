"""A sealed bundle: valid as it is, and exactly what is wrong with any other."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditor.errors import UsageError
from auditor.export.bundle import ENVELOPE, BundleError, Seal
from auditor.export.envelope import sign
from auditor.export.layout import DEFLATED, STORED
from auditor.export.pack import Archive
from auditor.export.sealed import Sealing
from auditor.export.taken_out import unpacked
from auditor.export.unpack import opened
from auditor.export.verify import Asked, envelope_digest, verify
from auditor.model.run import Run
from auditor.runs import read_run

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
ASKED = Asked(key=KEY.public_key())
FILES = {"run.json": b'{"a": 1}', "policies/p.yaml": b"id: p\n" * 30, "README.txt": b"hello"}
SEAL = Seal(run="r1", chained=True)

Make = Callable[..., Path]


@pytest.fixture
def run(repository: Path) -> Run:
    golden = read_run(repository / "tests" / "unit" / "formats" / "every-verdict")
    return replace(golden, policies=(), findings=golden.findings[:2])


@pytest.fixture
def make(tmp_path: Path, run: Run) -> Make:
    """Return a maker of bundles."""

    def made(name: str = "b.zip", seal: Seal = SEAL, key: Ed25519PrivateKey | None = KEY) -> Path:
        folder = tmp_path / f"{name}-files"
        for file, content in FILES.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        with (tmp_path / name).open("w+b") as archive:
            sealing = Sealing(archive)
            sealing.fill(folder)
            sealing.seal(run, seal, key)
        return tmp_path / name

    return made


def repacked(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Pack the files of a bundle anew after a change, as somebody would who knows how."""
    with path.open("rb") as file:
        contents = opened(file)
        files = {name: b"".join(contents.pieces(name)) for name in contents.names}
    change(files)
    with path.open("w+b") as file:
        archive = Archive(file)
        for name, content in files.items():
            archive.add(name, [content], STORED if name == ENVELOPE else DEFLATED)
        archive.close()
    return path


def test_what_was_sealed_is_valid(make: Make) -> None:
    checked = verify(make(), ASKED)

    assert checked.problems == ()
    assert checked.is_valid
    assert checked.stated is not None
    assert set(checked.stated.files) == {*FILES, "SHA256SUMS"}


def test_the_same_files_key_and_link_are_the_same_bytes(make: Make) -> None:
    assert make("one.zip").read_bytes() == make("two.zip").read_bytes()


@pytest.mark.parametrize("change", [0x01, 0x40])
def test_no_byte_can_be_changed_anywhere(make: Make, change: int) -> None:
    path = make()
    data = path.read_bytes()

    missed = []
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= change
        path.write_bytes(changed)
        if verify(path, ASKED).is_valid:
            missed.append(place)

    assert missed == []


def test_a_file_with_another_content_is_named(make: Make) -> None:
    path = repacked(make(), lambda files: files.update({"README.txt": b"goodbye"}))

    (problem,) = verify(path, ASKED).problems
    assert problem.startswith("README.txt: its content is not what was signed")


def test_a_file_that_was_added_is_named(make: Make) -> None:
    path = repacked(make(), lambda files: files.update({"extra.txt": b"psst"}))

    problems = verify(path, ASKED).problems
    assert "extra.txt: it is in the bundle, but was not signed" in problems


def test_a_file_that_was_left_out_is_named(make: Make) -> None:
    path = repacked(make(), lambda files: files.pop("policies/p.yaml"))

    assert verify(path, ASKED).problems == ("policies/p.yaml: it was signed, but is missing",)


def test_files_in_another_order_are_told(make: Make) -> None:
    def turn(files: dict[str, bytes]) -> None:
        turned = dict(reversed(files.items()))
        files.clear()
        files.update(turned)

    assert verify(repacked(make(), turn), ASKED).problems == (
        "the archive: its files stand in another order than in an export",
    )


def test_another_key_is_told(make: Make) -> None:
    (problem,) = verify(make(key=OTHER), ASKED).problems

    assert problem.startswith(f"{ENVELOPE}: the signature is not one of this key")


def test_a_wrong_signature_does_not_hide_what_else_is_wrong(make: Make) -> None:
    path = repacked(make(key=OTHER), lambda files: files.update({"README.txt": b"goodbye"}))

    problems = verify(path, ASKED).problems
    assert [problem.partition(":")[0] for problem in problems] == [ENVELOPE, "README.txt"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"x", b'{"payload":"e30=","payloadType":"t","signatures":[]}', b"[" * 100_000],
)
def test_what_is_no_envelope_is_told(make: Make, content: bytes) -> None:
    path = repacked(make(), lambda files: files.update({ENVELOPE: content}))

    (problem,) = verify(path, ASKED).problems
    assert problem.startswith(f"{ENVELOPE}: it is no")


def test_an_envelope_around_something_else_is_told(make: Make) -> None:
    path = repacked(make(), lambda files: files.update({ENVELOPE: sign(b"{}", KEY)}))

    (problem,) = verify(path, ASKED).problems
    assert problem.startswith(f"{ENVELOPE}: the statement: it is not that of an export")


def test_a_bundle_without_an_envelope_is_not_valid(make: Make) -> None:
    path = repacked(make(), lambda files: files.pop(ENVELOPE))

    assert verify(path, ASKED).problems == (f"{ENVELOPE}: it is missing, so nothing says what the files must be",)


def test_an_unsigned_bundle_is_never_valid(make: Make) -> None:
    checked = verify(make(key=None), ASKED)

    assert not checked.is_valid
    assert "not signed" in checked.problems[0]


def test_what_cannot_be_read_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.zip: the bundle cannot be read \(No such file"):
        verify(tmp_path / "gone.zip", ASKED)


def test_a_link_is_checked_against_the_bundle_it_names(make: Make) -> None:
    first = make("first.zip")
    second = make("second.zip", Seal(run="r2", chained=True, previous=envelope_digest(first)))

    assert verify(second, replace(ASKED, previous=first)).is_valid
    assert verify(second, ASKED).is_valid
    (wrong,) = verify(second, replace(ASKED, previous=second)).problems
    assert wrong.startswith("the link: this export follows another one")
    (none,) = verify(first, replace(ASKED, previous=second)).problems
    assert none.startswith("the link: this export names no previous one")


def test_a_damaged_bundle_before_is_told_as_such(make: Make) -> None:
    first = make("first.zip")
    second = make("second.zip", Seal(run="r2", chained=True, previous=envelope_digest(first)))
    first.write_bytes(first.read_bytes() + b"x")

    (problem,) = verify(second, replace(ASKED, previous=first)).problems
    assert problem.startswith(f"the link: {first}: the archive: 1 bytes stand behind its end")


def test_a_time_stamp_that_is_missing_is_told_when_its_authority_is_named(make: Make) -> None:
    asked = replace(ASKED, authorities=(object(),))  # type: ignore[arg-type]  # never looked at

    assert verify(make(), asked).problems == ("time-stamp.tsr: the bundle has no time stamp",)


def test_what_is_no_time_stamp_is_told(make: Make) -> None:
    path = repacked(make(), lambda files: files.update({"time-stamp.tsr": b"now"}))

    problems = verify(path, ASKED).problems
    assert any(problem.startswith("time-stamp.tsr: it cannot be read") for problem in problems)


def test_files_are_taken_out_as_they_were_and_removed_again(make: Make) -> None:
    with unpacked(make()) as folder:
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    assert files == {name: content for name, content in FILES.items() if name != "README.txt"}
    assert folder.name == "r1"
    assert not folder.exists()


def test_nothing_is_taken_out_of_a_bundle_that_was_changed(make: Make) -> None:
    path = repacked(make(), lambda files: files.update({"README.txt": b"goodbye"}))

    with pytest.raises(BundleError, match=r"README\.txt: its content is not what was signed"), unpacked(path):
        pytest.fail("it was taken out")


@pytest.mark.parametrize("run_id", ["../outside", "/outside", "..", ""])
def test_a_run_whose_id_leads_elsewhere_is_not_taken_out(make: Make, run_id: str) -> None:
    with pytest.raises(BundleError), unpacked(make(seal=replace(SEAL, run=run_id))):
        pytest.fail("it was taken out")


def test_an_archive_is_read_from_memory_as_from_a_file(make: Make) -> None:
    assert ENVELOPE in opened(io.BytesIO(make().read_bytes())).names
