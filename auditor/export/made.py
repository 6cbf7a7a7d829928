"""The export as a file: written whole or not at all, and linked to the one before it in the same store."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from auditor.errors import UsageError
from auditor.export.bundle import Seal
from auditor.export.material import Material
from auditor.export.sealed import Sealing
from auditor.export.staged import Wanted, stage

if TYPE_CHECKING:
    from auditor.history.exports import Link


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealer:
    """How an export is sealed: with which key, with whose time stamp, in the chain of which store (empty for none)."""

    key: Ed25519PrivateKey | None
    stamp: Callable[[bytes], bytes] | None = None
    store: str = ""


def make_export(material: Material, wanted: Wanted, sealer: Sealer, out: Path) -> None:
    """Write the export of a run, readable by its owner only; raises `UsageError`, and then there is none.

    Everything slow is done before the chain is held; another export of the same store waits only for the signature.
    """
    with _chain(sealer) as chain, TemporaryDirectory(prefix="auditor-export-") as place, _beside(out) as fresh:
        run = stage(material, wanted, Path(place))
        with fresh.open("w+b") as file:
            sealing = Sealing(file)
            sealing.fill(Path(place), sealer.stamp)
            with chain() as link:
                previous = link.previous if link else ""
                seal = Seal(run=run.id, redacted=wanted.hidden, chained=link is not None, previous=previous)
                envelope = sealing.seal(run, seal, sealer.key)
                file.flush()
                os.fsync(file.fileno())
                file.close()  # Windows moves no open file
                _take_place(fresh, out)
                if link:
                    link.sealed(envelope, run.id)


@contextmanager
def _chain(sealer: Sealer) -> "Iterator[Callable[[], AbstractContextManager[Link | None]]]":
    """Open the store now, so that one that cannot be used is told of at once; the link is taken in the end."""
    if not sealer.store or sealer.key is None:
        yield nullcontext
        return
    from auditor.history.store import open_store  # noqa: PLC0415  a database library is slow to import

    with open_store(sealer.store) as store:
        yield store.next_export


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    """Give a new file beside the one to be, so that it can take its place at once; what is left of it is removed."""
    _refuse_taken(out)
    try:
        with NamedTemporaryFile(prefix=f".{out.name}.", dir=out.parent, delete=False) as made:
            fresh = Path(made.name)  # made with mode 0600, whatever the umask
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror}); name another file with --out") from error
    try:
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _take_place(fresh: Path, out: Path) -> None:
    _refuse_taken(out)
    try:
        fresh.rename(out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror}); name another file with --out") from error


def _refuse_taken(out: Path) -> None:
    if out.exists():
        raise UsageError(f"{out}: is there already, and an export is never overwritten; name another file with --out")
