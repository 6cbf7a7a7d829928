"""What an export is made of: the names of its files, what can be hidden in it, what can be wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.errors import UsageError

RUN = "run.json"
SUMS = "SHA256SUMS"
STAMP = "time-stamp.tsr"
ENVELOPE = "attestation.dsse.json"
STATEMENT = "statement.json"
"""In place of the envelope where nobody signed."""

LAST = (SUMS, STAMP, ENVELOPE, STATEMENT)
"""What stands after everything else, in this order, because it is about everything else."""


class Hidden(StrEnum):
    """What `--redact` takes: servers' names and domains, network addresses, accounts and people."""

    HOSTS = "hosts"
    ADDRESSES = "addresses"
    USERS = "users"


@dataclass(frozen=True, kw_only=True, slots=True)
class Digests:
    """SHA-256 of a file, and of its bytes as they are packed in the archive; hexadecimal."""

    content: str
    packed: str


class BundleError(UsageError):
    """A bundle is not as an export is: everything that is wrong with it, each with the file it is about."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """What an export says of itself beside its files: which run, what is hidden, what it follows.

    `chained` says that it belongs to the exports of a store; `previous` is then the SHA-256 of the envelope of the one
    before it, empty for the first.
    """

    run: str
    redacted: tuple[Hidden, ...] = ()
    chained: bool = False
    previous: str = ""


def in_bundle_order(names: Mapping[str, object]) -> list[str]:
    """Return the names as they stand in a bundle: by name, what is about everything else last."""
    ordinary = sorted(name for name in names if name not in LAST)
    return [*ordinary, *(name for name in LAST if name in names)]
