"""`auditor export`, `verify` and `keys`: a run of the whole simulated fleet, sealed, shared and judged again."""

import io
import json
import shutil
import stat
import sys
import zipfile
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.cli import run as run_command
from auditor.cli.wishes import wishes_of

OFFLOADING = "exchange-2007-owa-ssl-offloading"
WAIVERS = """\
waivers:
  - id: accepted
    policy: {policy}
    checks: [ssloffloaded-set, "activesync-*"]
    hosts: ["cas-*"]
    owner: Jane Doe
    reason: The accelerator behind CAS-COMPLIANT is replaced.
    ticket: CHG-4711
    expires: "{expires}"
"""
SMALL = ("--format", "text", "--format", "junit")
"""Formats that need nothing further."""


def findings_of(run: bytes) -> bytes:
    """Return the findings as they stand in a `run.json`, byte for byte."""
    return run.partition(b'"findings": ')[2].partition(b',\n  "waivers": ')[0]


def files_of(bundle: str) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def waived(audited, auditor) -> Path:
    """Return the folder of a run with waived findings; `reports` and keys are in the current folder."""
    shutil.copytree(audited.out, "reports", symlinks=True)
    expires = datetime.now(UTC).date() + timedelta(days=30)
    Path("waivers.yaml").write_text(WAIVERS.format(policy=OFFLOADING, expires=expires))
    auditor("run", "--evidence", "last", "--waivers", "waivers.yaml")
    auditor("keys", "new", "--out", "key.pem")
    return Path("reports/latest").resolve()


@pytest.fixture
def export(auditor, waived) -> Callable[..., str]:
    """Return what exports the run and returns the bundle's name."""

    def make(name: str, *words: str) -> str:
        ended = auditor("export", "last", "--out", name, "--key", "key.pem", *(words or SMALL))
        assert (ended.code, ended.err) == (0, "")
        return name

    return make


def test_a_run_keeps_the_waivers_it_was_judged_by(waived: Path) -> None:
    assert (waived / "waivers" / "waivers.yaml").read_bytes() == Path("waivers.yaml").read_bytes()


def test_an_export_is_valid_and_says_what_it_is(auditor, export, waived: Path) -> None:
    ended = auditor("verify", export("e.zip"), "--key", "key.pub.pem")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("valid: e.zip\n")
    assert f"run     {waived.name}, which came to FAILED" in ended.out
    assert "hidden  nothing" in ended.out
    assert "link    it is the first export of its store" in ended.out


def test_an_export_holds_everything_as_it_was(export, waived: Path) -> None:
    files = files_of(export("e.zip"))

    for name in ("run.json", "evidence.jsonl", f"policies/{OFFLOADING}.yaml", "waivers/waivers.yaml"):
        assert files[name] == (waived / name).read_bytes()
    assert {"reports/report.txt", "reports/junit.xml", "sbom.cdx.json", "README.txt"} < files.keys()
    index = json.loads(files["scripts/index.json"])
    assert {each["exact"] for each in index["scripts"]} == {True}


def test_the_script_in_it_is_the_one_that_auditor_script_prints(auditor, export) -> None:
    files = files_of(export("e.zip"))

    printed = auditor("script", "--policy", OFFLOADING).out
    (told,) = json.loads(files["scripts/index.json"])["scripts"]
    assert files[told["file"]].decode("ascii") == printed


def test_a_changed_byte_ends_with_1_and_names_the_file(auditor, export) -> None:
    data = bytearray(Path(export("e.zip")).read_bytes())
    data[data.index(b"evidence.jsonl") + 2_000] ^= 1
    Path("e.zip").write_bytes(data)

    ended = auditor("verify", "e.zip", "--key", "key.pub.pem")

    assert ended.code == 1
    assert ended.out.startswith("NOT VALID: e.zip\n  evidence.jsonl: ")


def test_the_exports_of_a_store_are_a_chain(auditor, export) -> None:
    first, second = export("first.zip"), export("second.zip")

    follows = auditor("verify", second, "--key", "key.pub.pem", "--previous", first)
    strange = auditor("verify", first, "--key", "key.pub.pem", "--previous", second)

    assert follows.code == 0
    assert "link    it follows first.zip" in follows.out
    assert strange.code == 1
    assert "the link: this export names no previous one" in strange.out


def test_the_same_run_key_and_options_give_the_same_bytes(export) -> None:
    one, two = (export(name, *SMALL, "--store", "none") for name in ("one.zip", "two.zip"))

    assert Path(one).read_bytes() == Path(two).read_bytes()


@pytest.mark.parametrize("hiding", [(), ("--redact", "hosts,addresses,users")])
def test_judging_the_export_alone_gives_the_same_findings(auditor, export, hiding: tuple[str, ...]) -> None:
    bundle = export("e.zip", *SMALL, *hiding)
    shutil.rmtree("reports")
    Path("waivers.yaml").unlink()

    ended = auditor("run", "--evidence", bundle, "--out", "again")

    findings = findings_of(files_of(bundle)["run.json"])
    assert ended.code == 3
    assert findings_of(Path("again/latest/run.json").read_bytes()) == findings
    assert b'"owner": ' in findings
    assert Path("again/latest/waivers/waivers.yaml").read_bytes() == files_of(bundle)["waivers/waivers.yaml"]


def test_the_waivers_of_an_export_hold_as_of_its_day(auditor, export) -> None:
    bundle = export("e.zip")
    parser = ArgumentParser()
    run_command.arguments(parser)
    options = parser.parse_args(["--evidence", bundle, "--out", "again"])

    run_command.perform(wishes_of(options), lambda: datetime.now(UTC) + timedelta(days=900))

    assert findings_of(Path("again/latest/run.json").read_bytes()) == findings_of(files_of(bundle)["run.json"])


@pytest.mark.parametrize("words", [("--no-waivers",), ("--policy", OFFLOADING)])
def test_the_waivers_of_an_export_can_be_left_out(auditor, export, words: tuple[str, ...]) -> None:
    auditor("run", "--evidence", export("e.zip"), "--out", "again", *words)

    assert b'"owner": ' not in findings_of(Path("again/latest/run.json").read_bytes())


def test_a_run_of_an_export_can_be_exported_again(auditor, export) -> None:
    bundle = export("e.zip")
    auditor("run", "--evidence", bundle, "--out", "again")

    ended = auditor("export", "last", "--runs", "again", "--out", "f.zip", "--key", "key.pem", *SMALL)

    assert ended.code == 0
    assert findings_of(files_of("f.zip")["run.json"]) == findings_of(files_of(bundle)["run.json"])


def test_no_name_is_left_in_any_byte_of_a_redacted_export(audited, export, waived: Path) -> None:
    files = files_of(export("e.zip", "--redact", "hosts,addresses,users", "--format", "text", "--format", "csv"))

    computers = {
        json.loads(line)["platform"].get("computer", "")
        for line in (waived / "evidence.jsonl").read_bytes().splitlines()
    }
    originals = {*audited.servers, *computers, "127.0.0.1", "Jane Doe", "AUDITLAB"} - {""}
    seen = [
        (name, original)
        for name, content in files.items()
        for original in originals
        for spelled in (original.lower().encode(), original.lower().encode("utf-16-le"))
        if spelled in content.lower() or original.lower() in name.lower()
    ]
    assert seen == []
    assert len(originals) > 20


def test_redacted_exports_line_up_with_each_other_and_with_another_key_do_not(auditor, export) -> None:
    auditor("keys", "redaction", "--out", "names.key")
    hide = (*SMALL, "--redact", "hosts")
    bundles = [export("a.zip", *hide), export("b.zip", *hide), export("c.zip", *hide, "--redaction-key", "names.key")]

    one, same, other = (
        {host["name"] for host in json.loads(files_of(bundle)["run.json"])["hosts"]} for bundle in bundles
    )
    assert one == same
    assert one.isdisjoint(other)


def test_what_is_hidden_changes_no_verdict(export, waived: Path) -> None:
    files = files_of(export("e.zip", *SMALL, "--redact", "hosts,addresses,users"))

    before, after = (json.loads(each) for each in ((waived / "run.json").read_bytes(), files["run.json"]))
    for name in ("summary", "coverage", "exit_code"):
        assert after[name] == before[name]
    counts = [
        sorted((each["check"], each["verdict"], each["waiver"] is not None) for each in run["findings"])
        for run in (before, after)
    ]
    assert counts[0] == counts[1]


def test_an_encrypted_key_is_opened_by_its_passphrase(auditor, waived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_PASSPHRASE", "open sesame")
    source = ("--passphrase", "environment:KEY_PASSPHRASE")

    made = auditor("keys", "new", "--out", "locked.pem", *source)
    sealed = auditor("export", "last", "--out", "e.zip", "--key", "locked.pem", *source, *SMALL)
    without = auditor("export", "last", "--out", "f.zip", "--key", "locked.pem", *SMALL)

    assert (made.code, sealed.code) == (0, 0)
    assert b"ENCRYPTED" in Path("locked.pem").read_bytes()
    assert auditor("verify", "e.zip", "--key", "locked.pub.pem").code == 0
    assert without.code == 2
    assert "name its passphrase with --passphrase" in without.err


def test_keys_are_made_for_their_owner_and_never_overwritten(auditor) -> None:
    first, second = auditor("keys", "new"), auditor("keys", "new")

    assert first.code == 0
    assert stat.S_IMODE(Path("auditor-export.pem").stat().st_mode) == 0o600
    assert second.code == 2
    assert "no key is ever overwritten" in second.err


def test_an_unsigned_export_must_be_asked_for_and_is_never_valid(auditor, waived) -> None:
    silent = auditor("export", "last", "--out", "e.zip", *SMALL)
    asked = auditor("export", "last", "--out", "e.zip", "--unsigned", *SMALL)
    checked = auditor("verify", "e.zip", "--key", "key.pub.pem")

    assert silent.code == 2
    assert "name one with --key" in silent.err
    assert asked.code == 0
    assert "NOT signed" in asked.out
    assert checked.code == 1
    assert "not signed" in checked.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing", "--key", "key.pem"), "no run 'nothing'"),
        (("last", "--key", "gone.pem"), "gone.pem: the key cannot be read"),
        (("last", "--key", "key.pub.pem"), "no private key in PEM"),
        (("last", "--key", "key.pem", "--unsigned"), "leave --key and --time-stamp out"),
        (("last", "--key", "key.pem", "--format", "yxz"), "unknown format 'yxz'"),
        (("last", "--key", "key.pem", "--redact", "host"), "did you mean 'hosts'?"),
        (("last", "--unsigned", "--redact", "hosts"), "name one with --redaction-key"),
        (("last", "--key", "key.pem", "--redaction-key", "names.key"), "say which with --redact"),
        (("last", "--key", "key.pem", "--redact", "hosts", "--redaction-key", "key.pem"), "no key for redaction"),
        (("last", "--key", "key.pem", "--passphrase", "secret"), "--passphrase must be environment:NAME"),
        (("last", "--key", "key.pem", "--time-stamp", "http://127.0.0.1:1/"), "no time stamp came"),
        (("last", "--key", "key.pem", "--out", "nowhere/e.zip"), "cannot be written"),
        (("last", "--key", "key.pem", "--out", "waivers.yaml"), "never overwritten"),
    ],
)
def test_what_cannot_be_exported_ends_with_2_and_leaves_nothing(
    auditor, waived, words: tuple[str, ...], said: str
) -> None:
    before = sorted(path.name for path in Path().iterdir())

    ended = auditor("export", "--out", "e.zip", *SMALL[:2], *words)

    assert ended.code == 2
    assert said in ended.err
    assert sorted(path.name for path in Path().iterdir()) == before


def test_a_run_without_evidence_cannot_be_exported(auditor, waived: Path) -> None:
    (waived / "evidence.jsonl").unlink()

    ended = auditor("export", "last", "--out", "e.zip", "--key", "key.pem")

    assert ended.code == 2
    assert "name a run that has it" in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone.zip", "--key", "key.pub.pem"), "gone.zip: the bundle cannot be read"),
        (("e.zip", "--key", "key.pem"), "this is a private key"),
        (("e.zip", "--key", "e.zip"), "no public key in PEM"),
        (("e.zip", "--key", "key.pub.pem", "--previous", "gone.zip"), "gone.zip: the bundle cannot be read"),
        (("e.zip", "--key", "key.pub.pem", "--time-stamp-ca", "key.pem"), "no certificates in PEM"),
    ],
)
def test_what_cannot_be_read_ends_with_2(auditor, export, words: tuple[str, ...], said: str) -> None:
    export("e.zip")

    ended = auditor("verify", *words)

    assert ended.code == 2
    assert said in ended.err


def test_a_hostile_archive_is_no_evidence_and_writes_nothing(auditor) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../escaped", b"x")
    Path("e.zip").write_bytes(file.getvalue())

    ended = auditor("run", "--evidence", "e.zip")

    assert ended.code == 2
    assert "'../escaped': it leads out of where it is unpacked" in ended.err
    assert not Path("../escaped").exists()
    assert [path.name for path in Path().iterdir()] == ["e.zip"]


def test_an_export_that_was_changed_is_not_judged(auditor, export) -> None:
    data = bytearray(Path(export("e.zip")).read_bytes())
    data[data.index(b"evidence.jsonl") + 2_000] ^= 1
    Path("e.zip").write_bytes(data)

    ended = auditor("run", "--evidence", "e.zip", "--out", "again")

    assert ended.code == 2
    assert "evidence.jsonl: " in ended.err
    assert not Path("again").exists()


@pytest.mark.parametrize(
    ("words", "package"),
    [
        (("export", "last", "--out", "e.zip", "--key", "key.pem"), "securesystemslib.dsse"),
        (("verify", "e.zip", "--key", "key.pub.pem"), "securesystemslib.dsse"),
        (("verify", "e.zip", "--key", "key.pub.pem"), "rfc3161_client"),
    ],
)
def test_a_missing_package_is_named_with_what_installs_it(
    auditor, waived, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    ended = auditor(*words)

    assert ended.code == 2
    assert "pip install 'auditor[export]'" in ended.err


def test_a_file_of_waivers_is_kept_whatever_its_name(auditor, waived: Path) -> None:
    Path("a:b c.yaml").write_bytes(Path("waivers.yaml").read_bytes())

    auditor("run", "--evidence", "last", "--waivers", "a:b c.yaml")
    ended = auditor("export", "last", "--out", "e.zip", "--key", "key.pem", *SMALL)

    assert ended.code == 0
    assert {name for name in files_of("e.zip") if name.startswith("waivers/")} == {"waivers/a%253Ab%20c.yaml"}
    assert auditor("run", "--evidence", "e.zip", "--out", "again").code == 3
