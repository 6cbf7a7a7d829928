"""A whole run with names hidden: none of them can be seen, and what was found is still found."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from auditor import evidence_store
from auditor.errors import UsageError
from auditor.export.bundle import Hidden
from auditor.export.material import Material, read_material
from auditor.export.redacted import names_in
from auditor.export.staged import Wanted, refuse_seen, stage
from auditor.formats import FORMATS
from auditor.model.drift import Cause, Change, ChangeKind, Drift, State
from auditor.model.evidence import Evidence
from auditor.model.finding import Finding, Standing, Verdict, fingerprint, standing
from auditor.runs import read_run

ALL = tuple(Hidden)


def fingerprint_of(actual: str) -> str:
    return "sha256:" + sha256(actual.encode()).hexdigest()[:16]


KEY = b"k" * 32


def wanted(*kinds: Hidden, key: bytes = KEY) -> Wanted:
    formats = tuple(FORMATS[name] for name in ("text", "junit", "csv"))
    return Wanted(formats=formats, hidden=kinds, redaction_key=key)


@pytest.fixture
def place(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str = "staged") -> Path:
        (tmp_path / name).mkdir()
        return tmp_path / name

    return make


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    return ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def seen_in(folder: Path, originals: tuple[str, ...]) -> list[tuple[str, str]]:
    return [
        (file, name)
        for file, content in files_in(folder)
        for name in originals
        for spelled in (name.lower().encode(), name.lower().encode("utf-16-le"))
        if spelled in content.lower() or name.lower() in file.lower()
    ]


def counted(findings: Iterator[Finding]) -> Counter[tuple[str, Standing]]:
    return Counter((finding.check, standing(finding)) for finding in findings)


def test_the_run_has_everything_that_is_looked_for(run_folder: Path, originals: tuple[str, ...]) -> None:
    assert {name for _, name in seen_in(run_folder, originals)} >= set(originals) - {"CORP\\"}


def test_no_original_is_seen_in_any_byte_of_any_file(material: Material, place, originals: tuple[str, ...]) -> None:
    folder = place()

    stage(material, wanted(*ALL), folder)

    assert seen_in(folder, originals) == []


def test_what_was_found_is_still_found(material: Material, place) -> None:
    run = stage(material, wanted(*ALL), place())

    assert counted(iter(run.findings)) == counted(iter(material.run.findings))
    assert Standing.WAIVED in {standing(finding) for finding in run.findings}
    assert run.summary == material.run.summary


def test_findings_evidence_and_servers_line_up(material: Material, place) -> None:
    folder = place()

    run = stage(material, wanted(*ALL), folder)

    servers = {host.name for host in run.hosts}
    asked = {evidence_store.read(line).server for line in (folder / "evidence.jsonl").read_bytes().splitlines()}
    assert asked == servers
    assert {finding.host for finding in run.findings} == servers | {"*"}
    assert all(name.startswith("host-") for name in servers)
    assert (folder / "traceability.csv").read_text().count("host-") > 0
    assert read_run(folder) == run


def test_the_same_key_gives_the_same_names_in_every_export(material: Material, place) -> None:
    one = stage(material, wanted(*ALL), place("one"))
    same = stage(material, wanted(*ALL), place("same"))
    other = stage(material, wanted(*ALL, key=b"o" * 32), place("other"))

    assert one == same
    assert {host.name for host in one.hosts}.isdisjoint(host.name for host in other.hosts)


def test_the_key_is_not_in_the_export(material: Material, place) -> None:
    folder = place()

    stage(material, wanted(*ALL, key=b"0123456789abcdef" * 2), folder)

    key = b"0123456789abcdef" * 2
    assert [name for name, content in files_in(folder) if key in content or key.hex().encode() in content] == []


def test_only_what_was_asked_for_is_hidden(material: Material, place) -> None:
    folder = place()

    stage(material, wanted(Hidden.ADDRESSES), folder)

    evidence = (folder / "evidence.jsonl").read_text()
    assert "10.20.30.4" not in evidence
    assert "eos01.corp.example" in evidence
    assert "svc_audit" in evidence


def test_the_number_of_a_version_is_no_address(material: Material, place) -> None:
    folder = place()

    stage(material, wanted(*ALL), folder)

    assert "8.1.240.6" in (folder / "evidence.jsonl").read_text()


def test_a_redacted_export_is_material_again(material: Material, place) -> None:
    folder = place()

    run = stage(material, wanted(*ALL), folder)

    again = read_material(folder)
    assert [policy.digest for policy in again.judged_by().policies] == [policy.digest for policy in run.policies]
    (waiver,) = again.judged_by().waivers
    (nyx,) = (finding for finding in run.findings if finding.waiver)
    assert waiver.hosts == (nyx.host,)
    assert waiver.owner.startswith("user-")
    assert waiver.expires == "2026-12-31"


def test_a_pattern_that_matched_no_server_never_becomes_every_server(run_folder: Path, place) -> None:
    file = run_folder / "waivers" / "waivers.yaml"
    file.write_text(file.read_text().replace("NYX*", "gone-*"))

    folder = place()
    run = stage(replace(read_material(run_folder), run=unwaived(run_folder)), wanted(*ALL), folder)

    (waiver,) = read_material(folder).judged_by().waivers
    assert len(waiver.hosts) == 1
    assert waiver.hosts[0] not in {host.name for host in run.hosts}
    assert "gone" not in (folder / "waivers" / "waivers.yaml").read_text()


def unwaived(folder: Path):
    run = read_run(folder)
    return replace(run, findings=tuple(replace(finding, waiver=None) for finding in run.findings))


@pytest.mark.parametrize("name", ["HKLM", "value", "relay"])
def test_a_server_named_like_a_word_that_checks_rest_on_is_told_and_not_exported(
    run_folder: Path, place, name: str
) -> None:
    evidence = run_folder / "evidence.jsonl"
    evidence.write_text(evidence.read_text().replace('"computer":"NYX07"', f'"computer":"{name}"'))

    with pytest.raises(UsageError, match="hide less with --redact"):
        stage(read_material(run_folder), wanted(*ALL), place())


def test_a_name_that_a_report_would_still_show_stops_the_export(material: Material, place) -> None:
    folder = place()
    names = names_in(material, material.judged_by(), ALL, KEY)
    (folder / "report.txt").write_text("all well\non eos01.corp.example\n")

    with pytest.raises(UsageError, match=r"report\.txt would still show 'eos01\.corp\.example'"):
        refuse_seen(names, folder)


def test_a_script_is_told_to_be_exact_only_where_no_question_named_a_server(
    run_folder: Path, place, fleet: tuple[Evidence, ...]
) -> None:
    folder = place()

    stage(read_material(run_folder), wanted(*ALL), folder)

    assert '"exact": true' in (folder / "scripts" / "index.json").read_text()


def test_waivers_with_any_letters_in_them_can_be_read_again(run_folder: Path, place) -> None:
    file = run_folder / "waivers" / "waivers.yaml"
    strange = 'of "nyx07": \\U0001F600 \\x85 \\u2028 \\t \\\\ end'.replace('"', '\\"')
    file.write_text(file.read_text().replace("It moves to nyx07.", f'"{strange}"'), encoding="utf-8")
    material = read_material(run_folder)

    folder = place()
    stage(material, wanted(*ALL), folder)

    (before,), (after,) = material.judged_by().waivers, read_material(folder).judged_by().waivers
    nyx = next(name for name in after.hosts).partition(".")[0]
    assert after.reason == before.reason.replace("nyx07", nyx)
    assert "\U0001f600" in after.reason


@pytest.mark.parametrize("accepted", ["relay99", fingerprint_of("relay99")])
def test_a_value_that_was_accepted_still_is(run_folder: Path, place, accepted: str) -> None:
    file = run_folder / "waivers" / "waivers.yaml"
    (actual,) = (finding.actual for finding in read_run(run_folder).findings if finding.waiver)
    value = fingerprint_of(actual) if accepted.startswith("sha256:") else actual
    file.write_text(file.read_text().replace("reason:", f"accepted: {json.dumps(value)}, reason:"))

    folder = place()
    run = stage(read_material(run_folder), wanted(*ALL), folder)

    (waiver,) = read_material(folder).judged_by().waivers
    (waived,) = (finding for finding in run.findings if finding.waiver)
    assert waiver.accepted in (waived.actual, fingerprint(waived))


def test_the_fingerprint_of_a_value_that_nobody_has_cannot_be_guessed_at(run_folder: Path, place) -> None:
    file = run_folder / "waivers" / "waivers.yaml"
    unmatched = fingerprint_of("eos01.corp.example")
    file.write_text(file.read_text().replace("reason:", f'accepted: "{unmatched}", reason:'))

    folder = place()
    stage(replace(read_material(run_folder), run=unwaived(run_folder)), wanted(*ALL), folder)

    assert unmatched not in (folder / "waivers" / "waivers.yaml").read_text()


def test_names_of_the_run_compared_with_are_hidden_and_versions_are_not(material: Material, place) -> None:
    version = replace(material.run.findings[1], actual="Exchange Server 2007 SP1 (8.1.30.4)")
    change = Change(
        host="gone05.corp.example",
        policy="relay",
        check="relay-set",
        kind=ChangeKind.NEW_DEVIATION,
        causes=(Cause.SERVER,),
        before=State(verdict=Verdict.PASS, actual="it was 10.20.30.99, as Exchange (8.1.30.4)"),
        text=r"gone05 went, says CORP\svc_other",
    )
    drift = Drift(against="before", changes=(change,), notes=("gone05.corp.example is no more",))
    findings = tuple(version if finding == material.run.findings[1] else finding for finding in material.run.findings)

    run = stage(replace(material, run=replace(material.run, findings=findings, drift=drift)), wanted(*ALL), place())

    told = repr(run.drift).lower()
    assert [name for name in ("gone05", "corp", "10.20.30.99", "svc_other") if name in told] == []
    assert "8.1.30.4" in told
