"""`auditor verify BUNDLE`: tells whether a security-review export is what it was when it was sealed."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from auditor.errors import ExitCode
from auditor.export.installed import refuse_missing
from auditor.export.keys import fingerprint, load_public_key
from auditor.export.statement import Stated
from auditor.export.time_stamp import load_authorities
from auditor.export.verify import Asked, Checked, verify
from auditor.model.moment import show_moment


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = "exit codes: 0 valid, 1 not valid, 2 the bundle, a key or a certificate cannot be read"
    parser.add_argument("bundle", metavar="BUNDLE", help="the export, a ZIP archive")
    parser.add_argument("--key", required=True, metavar="PEM", help="public key of whoever sealed it")
    parser.add_argument("--previous", metavar="BUNDLE", help="the export that it must follow")
    parser.add_argument(
        "--time-stamp-ca", metavar="PEM", help="certificates of the authority that must have stamped it"
    )


def execute(options: argparse.Namespace) -> ExitCode:
    """Check the bundle and say what is wrong with it; raises `UsageError` for what cannot be read."""
    refuse_missing("securesystemslib.dsse", "rfc3161_client")
    asked = Asked(
        key=load_public_key(Path(options.key)),
        previous=Path(options.previous) if options.previous else None,
        authorities=load_authorities(Path(options.time_stamp_ca)) if options.time_stamp_ca else (),
    )
    checked = verify(Path(options.bundle), asked)
    if checked.stated is None or not checked.is_valid:
        print(f"NOT VALID: {options.bundle}")
        print("".join(f"  {problem}\n" for problem in checked.problems), end="")
        return ExitCode.FINDINGS
    print(f"valid: {options.bundle}")
    print("".join(f"  {line}\n" for line in _told(checked, checked.stated, asked)), end="")
    return ExitCode.COMPLIANT


def _told(checked: Checked, stated: Stated, asked: Asked) -> Iterator[str]:
    yield f"run     {stated.seal.run}, which came to {stated.result}"
    yield f"key     {fingerprint(asked.key)}"
    yield f"files   {len(stated.files)}, each as it was sealed"
    yield f"hidden  {', '.join(stated.seal.redacted) or 'nothing'}"
    yield f"time    {_time(checked, asked)}"
    yield f"link    {_link(stated, asked)}"


def _time(checked: Checked, asked: Asked) -> str:
    if checked.stamped is None:
        return "no time stamp"
    if asked.authorities:
        return f"there at {show_moment(checked.stamped)}, says an authority that you named"
    return f"there at {show_moment(checked.stamped)}, says its time stamp; to check name --time-stamp-ca"


def _link(stated: Stated, asked: Asked) -> str:
    if not stated.seal.chained:
        return "none: it belongs to no chain of exports"
    if not stated.seal.previous:
        return "it is the first export of its store"
    if asked.previous:
        return f"it follows {asked.previous}"
    return f"it follows the export with the envelope {stated.seal.previous}; name that one with --previous to check"
