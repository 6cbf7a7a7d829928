"""The archive: always the same bytes, and no byte of it is free."""

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.export import pack
from auditor.export.bundle import BundleError, Digests
from auditor.export.names_in_bundle import plain, refuse_name
from auditor.export.pack import Archive
from auditor.export.unpack import opened, unpack

FILES = {"a.txt": b"one", "b/c.json": b"{}" * 500, "empty": b""}


def packed(files: Mapping[str, bytes] = FILES) -> bytes:
    file = io.BytesIO()
    archive = Archive(file)
    for name, content in files.items():
        archive.add(name, [content[:5], content[5:]])
    archive.close()
    return file.getvalue()


def read(data: bytes) -> dict[str, tuple[bytes, Digests]]:
    contents = opened(io.BytesIO(data))
    return {name: (b"".join(contents.pieces(name)), contents.digests(name)) for name in contents.names}


def zipped(add: Callable[[zipfile.ZipFile], object]) -> bytes:
    """Return an archive that another program made."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore", UserWarning)  # names that are there twice
        add(archive)
    return file.getvalue()


def test_what_is_packed_comes_out_again() -> None:
    assert {name: content for name, (content, _) in read(packed()).items()} == FILES


def test_the_same_files_are_the_same_bytes() -> None:
    assert packed() == packed()


def test_other_programs_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {stat.S_IFREG | 0o600}


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_every_changed_byte_is_found(change: int) -> None:
    data = packed()
    right = read(data)

    missed = []
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= change
        try:
            if read(bytes(changed)) == right:
                missed.append(place)
        except BundleError:
            continue

    assert missed == []


@pytest.mark.parametrize("place", [0, 30, 200, -22, None])
@pytest.mark.parametrize("extra", [b"\0", b"PK\x05\x06" + bytes(18), b"x" * 70_000])
def test_added_bytes_are_found_wherever_they_stand(place: int | None, extra: bytes) -> None:
    data = packed()
    cut = len(data) if place is None else place

    with pytest.raises(BundleError):
        read(data[:cut] + extra + data[cut:])


def test_missing_bytes_are_found_wherever_they_stood() -> None:
    data = packed()

    for place in range(len(data)):
        with pytest.raises(BundleError):
            read(data[:place] + data[place + 1 :])
        with pytest.raises(BundleError):
            read(data[:place])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../ab", "leads out of where"),
        ("a/../", "leads out of where"),
        ("a\\..\\", "leads out of where"),
        ("/root", "an absolute path"),
        ("\\root", "an absolute path"),
        ("C:abc", "an absolute path"),
        ("a//bc", "no name that an export gives"),
        ("abcd/", "no name that an export gives"),
        ("./abc", "no name that an export gives"),
        ("ab\ncd", "no name that an export gives"),
        ("ab:cd", "no name that an export gives"),
        ("aux.x", "no name that an export gives"),
        ("abcd.", "no name that an export gives"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused_and_told(name: str, said: str) -> None:
    with pytest.raises(BundleError, match=said):
        read(zipped(lambda archive: archive.writestr(zipfile.ZipInfo(name), b"x")))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("abcde", "abcde"), "'abcde': there twice"),
        (("abcde", "abCde"), "but for upper and lower case"),
        (("abcde", "abcde/x"), "a file, and the folder of 'abcde/x'"),
        (("ABCDE/x", "abcde"), "a file, and the folder of 'ABCDE/x'"),
    ],
)
def test_names_that_would_be_one_file_are_refused(names: tuple[str, str], said: str) -> None:
    with pytest.raises(BundleError, match=said):
        read(packed_anyhow(names))


def packed_anyhow(names: tuple[str, ...]) -> bytes:
    file = io.BytesIO()
    archive = Archive(file)
    for name in names:
        archive.add(name, [b"x"])
    archive.close()
    return file.getvalue()


def test_a_symbolic_link_is_refused() -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16

    with pytest.raises(BundleError, match="link: it is a symbolic link"):
        read(zipped(lambda archive: archive.writestr(link, "/etc/passwd")))


@pytest.mark.parametrize("kind", [stat.S_IFDIR, stat.S_IFCHR, stat.S_IFIFO])
def test_what_is_no_plain_file_is_refused(kind: int) -> None:
    strange = zipfile.ZipInfo("strange")
    strange.external_attr = (kind | 0o600) << 16

    with pytest.raises(BundleError, match="strange: it is no plain file"):
        read(zipped(lambda archive: archive.writestr(strange, b"")))


def test_an_encrypted_file_is_refused() -> None:
    data = bytearray(packed({"a": b"x"}))
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1

    with pytest.raises(BundleError, match="a: it is encrypted"):
        read(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_way_of_packing_is_refused(method: int) -> None:
    entry = zipfile.ZipInfo("a")
    entry.external_attr = (stat.S_IFREG | 0o600) << 16

    with pytest.raises(BundleError, match=f"packed in a way that no export is .method {method}"):
        read(zipped(lambda archive: archive.writestr(entry, b"x" * 100, method)))


def with_size(data: bytes, size: int) -> bytes:
    """Return an archive of one file whose headers both say this size."""
    changed = bytearray(data)
    struct.pack_into("<L", changed, 22, size)
    struct.pack_into("<L", changed, data.index(b"PK\x01\x02") + 24, size)
    return bytes(changed)


def test_a_bomb_is_refused_before_a_byte_of_it_is_unpacked() -> None:
    data = with_size(packed({"bomb": bytes(2_000_000)}), 4_000_000_000)

    with pytest.raises(BundleError, match=r"bomb: .* would become 4000000000; this is a bomb"):
        opened(io.BytesIO(data))


def test_a_file_that_unpacks_to_more_than_it_says_is_stopped_there(tmp_path: Path) -> None:
    data = with_size(packed({"more": bytes(5_000_000)}), 1_000)
    contents = opened(io.BytesIO(data))

    with pytest.raises(BundleError, match="more: it is larger than its entry says"):
        unpack(contents, contents.names, tmp_path)

    assert (tmp_path / "more").stat().st_size <= 1_000


def test_files_that_are_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.export.unpack.MOST_UNPACKED", 1_000)

    with pytest.raises(BundleError, match="the archive: its files would have 1003 bytes, more than 1000"):
        opened(io.BytesIO(packed()))


def test_two_entries_cannot_share_their_bytes() -> None:
    data = bytearray(packed({"a": b"x", "b": b"x"}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    struct.pack_into("<L", data, second + 42, 0)

    with pytest.raises(BundleError, match="a: its bytes do not end where the next ones begin"):
        read(bytes(data))


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive" * 100, packed({})])
def test_what_is_no_archive_is_told_as_such(data: bytes) -> None:
    with pytest.raises(BundleError, match="the archive: "):
        read(data)


def test_a_comment_is_told_as_something_behind_the_end() -> None:
    def commented(archive: zipfile.ZipFile) -> None:
        archive.writestr("a", b"x")
        archive.comment = b"hello"

    with pytest.raises(BundleError, match="5 bytes stand behind its end"):
        read(zipped(commented))


def test_an_archive_that_needs_zip64_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "LARGEST", 100)

    with pytest.raises(UsageError, match=r"larger than 4 GB at b/c.json; choose fewer formats"):
        packed()


@pytest.mark.parametrize("name", ["a b.yaml", ".hidden", "ünder.yml", "a..", "-rf", "~x", "per%cent", "a:b"])
def test_any_name_of_a_file_becomes_one_that_an_export_can_have(name: str) -> None:
    made = plain(name)

    assert refuse_name(made.encode()) == made
    assert plain("other" + name) != made
