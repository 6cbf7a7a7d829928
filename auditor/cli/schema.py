"""`auditor schema NAME`: the JSON Schema that editors and other tools read."""

import argparse
import json

from auditor.errors import ExitCode
from auditor.schema import SCHEMAS


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", choices=tuple(SCHEMAS), metavar="NAME", help=", ".join(SCHEMAS))


def execute(options: argparse.Namespace) -> ExitCode:
    """Print the schema."""
    print(json.dumps(SCHEMAS[options.name](), indent=2))
    return ExitCode.COMPLIANT
