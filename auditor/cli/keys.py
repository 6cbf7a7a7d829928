"""`auditor keys new|redaction`: the pair of keys that seals exports and checks them, and the key that hides names."""

import argparse
from pathlib import Path

from auditor.cli.passphrase import add_passphrase, passphrase_of
from auditor.errors import ExitCode
from auditor.export.keys import make_keys, make_redaction_key

_NAME = "auditor-export.pem"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a pair of Ed25519 keys: one seals, one checks", allow_abbrev=False)
    new.add_argument(
        "--out", default=_NAME, metavar="FILE", help=f"the private key (default: {_NAME}); *.pub.pem beside it"
    )
    add_passphrase(new, "encrypt the private key")
    hiding = actions.add_parser(
        "redaction", help="make a key for --redaction-key of `auditor export`", allow_abbrev=False
    )
    hiding.add_argument("--out", required=True, metavar="FILE", help="the key; keep it as secret as the names")


def execute(options: argparse.Namespace) -> ExitCode:
    """Make the keys; raises `UsageError` rather than overwrite one."""
    out = Path(options.out)
    if options.action == "redaction":
        make_redaction_key(out)
        print(f"written to {out}; with this key the same name has the same stand-in in every export")
        return ExitCode.COMPLIANT
    made = make_keys(out, passphrase_of(options.passphrase, out))
    print(f"private key  {made.private}: seals exports; give it to nobody")
    print(f"public key   {made.public}: checks them; give it to whoever checks, on another way than the exports")
    print(f"SHA-256      {made.fingerprint}")
    return ExitCode.COMPLIANT
