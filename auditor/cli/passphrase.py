"""The passphrase of a private key: by reference to a secret, never on the command line."""

import argparse
from pathlib import Path

from auditor.cli.wishes import secret_reference
from auditor.credentials import Credentials
from auditor.model.inventory import Connection


def add_passphrase(parser: argparse.ArgumentParser, what: str) -> None:
    """Add `--passphrase`."""
    parser.add_argument("--passphrase", metavar="SOURCE", help=f"{what}: environment:NAME file:PATH command:... prompt")


def passphrase_of(text: str | None, key: Path) -> str | None:
    """Return the passphrase that `--passphrase` leads to, None without; raises `UsageError` or `SecretError`."""
    if text is None:
        return None
    reference = secret_reference(text, "--passphrase")
    return Credentials().of(Connection(address="", username=str(key), secret=reference)).reveal()
