"""A bundle -> valid, or exactly which file, signature, time or link is not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509 import Certificate

from auditor.errors import UsageError
from auditor.export.bundle import ENVELOPE, STAMP, STATEMENT, SUMS, BundleError, Digests, in_bundle_order
from auditor.export.envelope import payload_in, refuse_forged
from auditor.export.sealed import sums
from auditor.export.statement import Stated, read_statement
from auditor.export.time_stamp import refuse_untrusted, stamped_at
from auditor.export.unpack import Opened, opened

_LARGEST = 256 * 1024**2
_UNSIGNED = "the bundle is not signed, so nobody answers for it; ask for one that is"
_UNSEALED = f"{ENVELOPE}: it is missing, so nothing says what the files must be"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a bundle is checked against; `authorities` are those whose time stamps are trusted."""

    key: Ed25519PublicKey
    previous: Path | None = None
    authorities: tuple[Certificate, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What came of it: everything that is wrong, and what the bundle says; `stamped` is aware, None without a stamp."""

    problems: tuple[str, ...]
    stated: Stated | None = None
    stamped: datetime | None = None

    @property
    def is_valid(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.problems and self.stated is not None


def verify(path: Path, asked: Asked) -> Checked:
    """Check a bundle; raises `UsageError` when the file cannot be read at all."""
    try:
        with opened_bundle(path) as contents:
            return _checked(contents, asked)
    except BundleError as error:
        return Checked(problems=error.problems)


@contextmanager
def opened_bundle(path: Path) -> Iterator[Opened]:
    """Open an archive; raises `UsageError` for no file, `BundleError` for one that is no archive of an export."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: the bundle cannot be read ({error.strerror}); check the path") from error
    with file:
        yield opened(file)


def unsigned_check(contents: Opened) -> Stated:
    """Return what a bundle says of itself, whoever says so; raises `BundleError` when its files are not so."""
    name = ENVELOPE if ENVELOPE in contents.names else STATEMENT
    if name not in contents.names:
        raise BundleError((_UNSEALED,))
    stated = read_statement(_payload(contents, name))
    if problems := tuple(_of_files(contents, stated)):
        raise BundleError(problems)
    return stated


def envelope_digest(path: Path) -> str:
    """Return the SHA-256 of a bundle's envelope, by which the next export names it."""
    with opened_bundle(path) as contents:
        if ENVELOPE not in contents.names:
            raise BundleError((_UNSEALED,))
        return sha256(_whole(contents, ENVELOPE)).hexdigest()


def _checked(contents: Opened, asked: Asked) -> Checked:
    if ENVELOPE not in contents.names:
        return Checked(problems=(_UNSIGNED if STATEMENT in contents.names else _UNSEALED,))
    envelope = _whole(contents, ENVELOPE)
    problems: list[str] = []
    stated = stamped = None
    with _noting(problems, ENVELOPE):
        if not contents.is_stored(ENVELOPE):  # packed bytes can be changed without changing what they are
            raise BundleError(("it is packed, and in an export it is not",))
        payload = payload_in(envelope)
        with _noting(problems, ENVELOPE):  # whoever signed: what is said of the files can still be compared
            refuse_forged(envelope, asked.key)
        stated = read_statement(payload)
    if stated is not None:
        problems += _of_files(contents, stated)
        with _noting(problems, STAMP):
            stamped = _stamp(contents, asked.authorities)
        problems += _of_link(stated, asked.previous)
    return Checked(problems=tuple(problems), stated=stated, stamped=stamped)


def _of_files(contents: Opened, stated: Stated) -> Iterator[str]:
    """Yield what is wrong with each file, and with all of them together."""
    there = [name for name in contents.names if name not in (ENVELOPE, STATEMENT)]
    for name in there:
        signed = stated.files.get(name)
        if signed is None:
            yield f"{name}: it is in the bundle, but was not signed"
            continue
        try:
            yield from _of_file(name, contents.digests(name), signed)
        except BundleError as error:
            yield from error.problems
    yield from (f"{name}: it was signed, but is missing" for name in stated.files if name not in there)
    if list(contents.names) != in_bundle_order(dict.fromkeys(contents.names)):
        yield "the archive: its files stand in another order than in an export"
    if SUMS in stated.files and stated.files[SUMS].content != sha256(sums(stated.files)).hexdigest():
        yield f"{SUMS}: it does not list exactly the files of the bundle"


def _of_file(name: str, found: Digests, signed: Digests) -> Iterator[str]:
    if found.content != signed.content:
        yield f"{name}: its content is not what was signed (SHA-256 {found.content}, signed {signed.content})"
    elif found.packed != signed.packed:
        yield f"{name}: its content is what was signed, but its packed bytes were changed"


def _stamp(contents: Opened, authorities: Sequence[Certificate]) -> datetime | None:
    """Return the moment of the time stamp, None without one; raises `BundleError` for one that is not good."""
    if STAMP not in contents.names:
        if authorities:
            raise BundleError(("the bundle has no time stamp",))
        return None
    stamp, data = _whole(contents, STAMP), _whole(contents, SUMS) if SUMS in contents.names else b""
    moment = stamped_at(stamp, data)
    if authorities:
        refuse_untrusted(stamp, data, authorities)
    return moment


def _of_link(stated: Stated, previous: Path | None) -> Iterator[str]:
    if previous is None:
        return
    try:
        digest = envelope_digest(previous)
    except BundleError as error:
        yield from (f"the link: {previous}: {problem}" for problem in error.problems)
        return
    if not stated.seal.previous:
        yield f"the link: this export names no previous one, so it does not follow {previous}"
    elif stated.seal.previous != digest:
        yield f"the link: this export follows another one (envelope {stated.seal.previous}) than {previous} ({digest})"


@contextmanager
def _noting(problems: list[str], name: str) -> Iterator[None]:
    try:
        yield
    except BundleError as error:
        problems += [f"{name}: {problem}" for problem in error.problems]


def _payload(contents: Opened, name: str) -> bytes:
    raw = _whole(contents, name)
    return payload_in(raw) if name == ENVELOPE else raw


def _whole(contents: Opened, name: str) -> bytes:
    data = bytearray()
    for piece in contents.pieces(name):
        data += piece
        if len(data) > _LARGEST:
            raise BundleError((f"{name}: it is too large",))
    return bytes(data)
