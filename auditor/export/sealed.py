"""Staged files -> one sealed archive. What is signed covers every other bit of it."""

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditor.export.bundle import ENVELOPE, STAMP, STATEMENT, SUMS, Digests, Seal, in_bundle_order
from auditor.export.envelope import sign
from auditor.export.layout import STORED
from auditor.export.pack import Archive
from auditor.export.statement import statement_of, written
from auditor.model.run import Run

_PIECE = 1 << 20


class Sealing:
    """An archive that is filled, perhaps stamped, and then sealed."""

    def __init__(self, file: BinaryIO) -> None:
        self._archive = Archive(file)
        self._files: dict[str, Digests] = {}

    def fill(self, folder: Path, stamp: Callable[[bytes], bytes] | None = None) -> None:
        """Add every file of a folder and their digests; `stamp` returns a time stamp of these."""
        paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        for name in in_bundle_order(paths):
            self._files[name] = self._archive.add(name, _pieces(paths[name]))
        listed = sums(self._files)
        self._add(SUMS, listed)
        if stamp is not None:
            self._add(STAMP, stamp(listed))

    def seal(self, run: Run, seal: Seal, key: Ed25519PrivateKey | None) -> str:
        """Add what is signed and end the archive; return the SHA-256 of the envelope, empty without a key."""
        payload = written(statement_of(run, self._files, seal))
        envelope = sign(payload, key) if key else b""
        # not packed: nothing says what its packed bytes must be
        self._archive.add(ENVELOPE if key else STATEMENT, [envelope or payload], STORED)
        self._archive.close()
        return sha256(envelope).hexdigest() if envelope else ""

    def _add(self, name: str, content: bytes) -> None:
        self._files[name] = self._archive.add(name, [content])


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def sums(files: Mapping[str, Digests]) -> bytes:
    """Return `SHA256SUMS`, as sha256sum (GNU coreutils) writes and checks it."""
    names = [name for name in in_bundle_order(files) if name not in (SUMS, STAMP)]
    return "".join(f"{files[name].content}  {name}\n" for name in names).encode("ascii")
