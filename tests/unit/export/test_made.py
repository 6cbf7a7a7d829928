"""An export as a file: whole or not at all, never overwritten, one after the other."""

import io
import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditor.errors import UsageError
from auditor.export.bundle import Hidden
from auditor.export.made import Sealer, make_export
from auditor.export.material import Material
from auditor.export.staged import Wanted
from auditor.export.unpack import Opened, opened
from auditor.export.verify import Asked, envelope_digest, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ASKED = Asked(key=KEY.public_key())

Export = Callable[..., Path]


@pytest.fixture
def export(material: Material, tmp_path: Path) -> Export:
    def made(name: str, wanted: Wanted | None = None, sealer: Sealer | None = None) -> Path:
        make_export(material, wanted or Wanted(), sealer or Sealer(key=KEY), tmp_path / name)
        return tmp_path / name

    return made


def contents(path: Path) -> Opened:
    return opened(io.BytesIO(path.read_bytes()))


def content(path: Path, name: str) -> bytes:
    return b"".join(contents(path).pieces(name))


def test_an_export_holds_the_run_and_what_it_rests_on(export: Export, run_folder: Path) -> None:
    path = export("e.zip")

    names = contents(path).names
    assert verify(path, ASKED).is_valid
    for name in ("run.json", "evidence.jsonl", "policies/relay.yaml", "waivers/waivers.yaml"):
        assert content(path, name) == (run_folder / name).read_bytes()
    assert {"README.txt", "sbom.cdx.json", "traceability.csv", "traceability.md", "scripts/index.json"} < set(names)
    assert names[-2:] == ("SHA256SUMS", "attestation.dsse.json")


def test_an_export_is_for_its_owner_only(export: Export) -> None:
    assert stat.S_IMODE(export("e.zip").stat().st_mode) == 0o600


def test_the_same_run_key_and_options_are_the_same_bytes(export: Export) -> None:
    hidden = Wanted(hidden=tuple(Hidden), redaction_key=b"k" * 32)

    assert export("one.zip").read_bytes() == export("two.zip").read_bytes()
    assert export("three.zip", hidden).read_bytes() == export("four.zip", hidden).read_bytes()


def test_an_export_is_never_overwritten(export: Export, tmp_path: Path) -> None:
    path = export("e.zip")
    before = path.read_bytes()

    with pytest.raises(UsageError, match="an export is never overwritten"):
        export("e.zip")

    assert path.read_bytes() == before


def test_what_fails_leaves_nothing_behind(export: Export, tmp_path: Path) -> None:
    def refuse(_: bytes) -> bytes:
        raise UsageError("no authority there")

    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match="no authority there"):
        export("e.zip", None, Sealer(key=KEY, stamp=refuse))

    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_is_not_there_is_told(export: Export) -> None:
    with pytest.raises(UsageError, match="name another file with --out"):
        export("nowhere/e.zip")


def test_exports_of_one_store_follow_one_another_even_at_once(export: Export, tmp_path: Path) -> None:
    sealer = Sealer(key=KEY, store=str(tmp_path / "history.db"))

    with ThreadPoolExecutor(4) as together:
        paths = list(together.map(lambda number: export(f"{number}.zip", None, sealer), range(4)))

    links = {envelope_digest(path): path for path in paths}
    stated = [checked.stated for checked in (verify(path, ASKED) for path in paths) if checked.stated is not None]
    previous = sorted(each.seal.previous for each in stated)
    assert len(links) == 4
    assert previous[0] == ""
    assert len(set(previous)) == 4
    assert set(previous[1:]) < links.keys()


def test_an_export_without_a_store_belongs_to_no_chain(export: Export) -> None:
    stated = verify(export("e.zip"), ASKED).stated

    assert stated is not None
    assert not stated.seal.chained


def test_an_unsigned_export_says_so_and_is_not_valid(export: Export, tmp_path: Path) -> None:
    path = export("e.zip", Wanted(signed=False), Sealer(key=None, store=str(tmp_path / "history.db")))

    assert not verify(path, ASKED).is_valid
    assert b"This export is NOT signed" in content(path, "README.txt")
    assert json.loads(content(path, "statement.json"))["_type"] == "https://in-toto.io/Statement/v1"
    assert not (tmp_path / "history.db").exists()


def test_the_readme_fits_a_terminal_but_for_its_commands(export: Export) -> None:
    lines = content(export("e.zip", Wanted(hidden=tuple(Hidden), redaction_key=b"k" * 32)), "README.txt").decode(
        "ascii"
    )

    assert [line for line in lines.splitlines() if len(line) > 80 and not line.startswith("    ")] == []
    assert "Result: FAILED" in lines
    assert "1 waived" in lines
