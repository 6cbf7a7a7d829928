"""`auditor export RUN`: one sealed file for a security review."""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditor.cli.arguments import REPEATABLE, formats_named
from auditor.cli.passphrase import add_passphrase, passphrase_of
from auditor.cli.store import STORE, url_for
from auditor.cli.surroundings import NO_STORE
from auditor.errors import ExitCode, UsageError
from auditor.export.bundle import Hidden
from auditor.export.installed import refuse_missing
from auditor.export.keys import load_private_key, load_redaction_key, redaction_key_of
from auditor.export.made import Sealer, make_export
from auditor.export.material import Material, read_material
from auditor.export.staged import Wanted, default_formats
from auditor.export.time_stamp import fetch_stamp
from auditor.formats import FORMATS
from auditor.formats.format import Format
from auditor.formats.format import refuse_missing as refuse_not_installed
from auditor.runs import REFERENCES, find_run
from auditor.suggest import unknown


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.usage = "auditor export RUN --out ZIP (--key PEM | --unsigned) [OPTION]..."
    parser.epilog = f"{REPEATABLE} RUN is {REFERENCES}."
    add = parser.add_argument
    add("run", metavar="RUN", help="the run to export; its folder must hold the evidence")
    add("--out", required=True, metavar="ZIP", help="the file to write; it is never overwritten")
    add("--key", metavar="PEM", help="private key that seals it, of `auditor keys new`")
    add_passphrase(parser, "its passphrase")
    add("--unsigned", action="store_true", help="leave it unsealed: it then proves nothing, and is never valid")
    add("--time-stamp", metavar="URL", help="let a time stamping authority (RFC 3161) confirm when")
    add("--format", action="append", default=[], metavar="FORMAT", help="reports in it, as of `auditor run` (*)")
    add("--redact", default="", metavar="KINDS", help=f"names to hide: {','.join(Hidden)}")
    add("--redaction-key", metavar="FILE", help="key that hides names (default: one derived from --key)")
    add("--store", metavar="URL", help=f"history whose exports it continues (default: DIR/{STORE}; none: no chain)")
    add("--runs", default="reports", metavar="DIR", help="where runs are (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Write the export, whole or not at all; raises `AuditError`."""
    key = _key(options)
    formats = _formats(options.format)
    hidden = _hidden(options.redact)
    secret = _redaction_key(options, key, hidden)
    wanted = Wanted(formats=formats, hidden=hidden, redaction_key=secret, signed=key is not None)
    sealer = Sealer(
        key=key,
        stamp=partial(fetch_stamp, options.time_stamp) if options.time_stamp else None,
        store="" if options.store == NO_STORE else url_for(options.store or "", Path(options.runs)),
    )
    material = read_material(find_run(options.run, Path(options.runs)))
    _note(material)
    make_export(material, wanted, sealer, Path(options.out))
    print(f"run {material.run.id} is exported to {options.out}{'' if key else ', NOT signed'}")
    return ExitCode.COMPLIANT


def _key(options: argparse.Namespace) -> Ed25519PrivateKey | None:
    """Return the key that seals; that nobody does must be said."""
    if options.unsigned:
        if options.key or options.time_stamp:
            raise UsageError("--unsigned is for an export that nobody seals; leave --key and --time-stamp out")
        return None
    if not options.key:
        raise UsageError("no key: name one with --key (`auditor keys new` makes one), or say --unsigned")
    refuse_missing("securesystemslib.dsse", *(["rfc3161_client"] if options.time_stamp else []))
    path = Path(options.key)
    return load_private_key(path, passphrase_of(options.passphrase, path))


def _formats(names: Sequence[str]) -> tuple[Format, ...]:
    """Return the formats named; of those that are usual, those that are installed."""
    if names:
        return tuple(each for each in formats_named(names) if each.name != "json")
    usual: list[Format] = []
    for name in default_formats():
        try:
            refuse_not_installed(FORMATS[name])
        except UsageError as error:
            print(f"note: left out: {error}", file=sys.stderr)
        else:
            usual.append(FORMATS[name])
    return tuple(usual)


def _hidden(text: str) -> tuple[Hidden, ...]:
    words = [word.strip() for word in text.split(",")] if text else []
    for word in words:
        if word not in tuple(Hidden):
            raise UsageError(f"--redact: {unknown('kind of names', word, tuple(map(str, Hidden)))}")
    return tuple(kind for kind in Hidden if kind in words)


def _redaction_key(options: argparse.Namespace, key: Ed25519PrivateKey | None, hidden: tuple[Hidden, ...]) -> bytes:
    if not hidden:
        if options.redaction_key:
            raise UsageError("--redaction-key hides names; say which with --redact, for example --redact hosts,users")
        return b""
    if options.redaction_key:
        return load_redaction_key(Path(options.redaction_key))
    if key is None:
        raise UsageError("--redact needs a key that hides names: name one with --redaction-key, or seal with --key")
    return redaction_key_of(key)


def _note(material: Material) -> None:
    waived = any(finding.waiver for finding in material.run.findings)
    if waived and not material.waiver_files:
        print("note: the run has waived findings, but an older auditor kept no waivers with it", file=sys.stderr)
