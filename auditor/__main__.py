"""`python -m auditor`."""

from auditor.cli.main import entry

entry()
