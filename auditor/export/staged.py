"""Everything that an export holds beside its seal, written into a folder of its own."""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from auditor.errors import UsageError
from auditor.export.bill import bill_of, installed_packages
from auditor.export.bundle import RUN, Hidden
from auditor.export.material import POLICIES, Material
from auditor.export.names import Names
from auditor.export.names_in_bundle import plain
from auditor.export.readme import readme
from auditor.export.redacted import redacted
from auditor.export.scripts import scripts_of
from auditor.export.traceability import matrix, overview
from auditor.formats import FORMATS
from auditor.formats.format import Format
from auditor.model.run import Run
from auditor.report import EVIDENCE, WAIVERS
from auditor.stored_evidence import answers_kept

_TELLING = 4
"""A shorter name, or one of letters only, can be a word of the reports themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """How an export is to be: further formats, what is hidden and with which key, whether it will be signed."""

    formats: tuple[Format, ...] = ()
    hidden: tuple[Hidden, ...] = ()
    redaction_key: bytes = b""
    signed: bool = True


def stage(material: Material, wanted: Wanted, folder: Path) -> Run:
    """Write the files into an empty folder and return the run as it stands there.

    Raises `UsageError` when names cannot be hidden without changing what was found, or one would still be seen.
    """
    run, names = _judged(material, wanted, folder)
    _write_json_report(run, material, wanted, folder)
    _write_reports(run, wanted.formats, folder)
    _write_scripts(material, folder)
    _write(folder / "traceability.csv", matrix(run))
    _write(folder / "traceability.md", overview(run))
    _write(folder / "sbom.cdx.json", [_json(bill_of(run, installed_packages()))])
    _write(folder / "README.txt", [readme(run, wanted.hidden, signed=wanted.signed).encode("ascii")])
    if names is not None:
        refuse_seen(names, folder)
    return run


def refuse_seen(names: Names, folder: Path) -> None:
    """Raise `UsageError` when a name that is to be hidden can be seen in a file: better no export than that one."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            for line in lines:
                if seen := next((name for _, name in names.found(line) if _is_telling(name)), ""):
                    place = path.relative_to(folder).as_posix()
                    raise UsageError(f"{place} would still show {seen!r}, so nothing is written; leave this format out")


def _is_telling(name: str) -> bool:
    return len(name) >= _TELLING and not name.isalpha()


def _judged(material: Material, wanted: Wanted, folder: Path) -> tuple[Run, Names | None]:
    """Write what findings rest on: as it was, or with names hidden."""
    if wanted.hidden:
        return redacted(material, wanted.hidden, wanted.redaction_key, folder)
    shutil.copyfile(material.evidence_file, folder / EVIDENCE)
    for path in material.policy_files:
        _write(folder / POLICIES / plain(path.name), [path.read_bytes()])
    for path in material.waiver_files:
        _write(folder / WAIVERS / plain(path.name), [path.read_bytes()])
    return material.run, None


def _write_json_report(run: Run, material: Material, wanted: Wanted, folder: Path) -> None:
    """Write `run.json`: the very bytes of the run folder where nothing is hidden."""
    if not wanted.hidden:
        shutil.copyfile(material.evidence_file.with_name(RUN), folder / RUN)
        return
    _write_reports(run, (FORMATS["json"],), folder, below="")


def _write_reports(run: Run, formats: Iterable[Format], folder: Path, below: str = "reports") -> None:
    with answers_kept(folder) as answers:
        for report in formats:
            for file in report.files(run, answers):
                _write(folder.joinpath(below, *map(plain, file.name.split("/"))), file.content)


def _write_scripts(material: Material, folder: Path) -> None:
    here = replace(material, evidence_file=folder / EVIDENCE)
    scripts = scripts_of(here.evidences())
    for name, content in scripts.files():
        _write(folder / name, [content])
    sent = scripts_of(material.evidences()).digests()
    _write(folder / "scripts" / "index.json", [_json(scripts.index(sent))])


def _write(path: Path, content: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.writelines(content)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=True).encode("ascii") + b"\n"


def default_formats() -> Sequence[str]:
    """Return the formats of an export when none are named: for people, for spreadsheets, for other programs."""
    return [name for name in ("html", "text", "csv", "sarif", "oscal") if name in FORMATS]
