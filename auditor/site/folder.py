"""The folder of a site: written whole or not at all, and never over anything else than a site of ours."""

import json
import os
import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

from auditor.errors import UsageError

LIST = "auditor-site.json"
"""The file that makes a folder a site of ours: it names every other file of it."""

_SCHEMA = "auditor-site/1"


class SiteFolder:
    """A site while it is written, in a hidden folder beside its place; a context manager.

    Left without `finish`, or by an exception, it is removed, and what was there stays. Entering raises `UsageError`
    when the place holds anything that is not part of a site of ours, or cannot hold one.
    """

    def __init__(self, place: Path) -> None:
        self._place = place.resolve()
        self._partial: Path | None = None
        self._names: list[str] = []

    def __enter__(self) -> Self:
        _refuse_others(self._place)
        try:
            self._place.parent.mkdir(parents=True, exist_ok=True)
            self._partial = Path(mkdtemp(prefix=f".{self._place.name}.partial-", dir=self._place.parent))
        except OSError as error:
            raise _cannot(self._place, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._partial is not None:
            shutil.rmtree(self._partial, ignore_errors=True)

    def store(self, name: str, texts: Iterable[str]) -> None:
        """Write a page, its name relative with `/`, text by text."""
        path = self._path(name)
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(texts)
        self._names.append(name)

    def finish(self) -> Path:
        """Have the site take its place, and return that; a site that was there is gone then."""
        listed = {"schema": _SCHEMA, "files": sorted(self._names)}
        self._path(LIST).write_text(json.dumps(listed, indent=1) + "\n", encoding="ascii")
        if self._partial is None:
            raise RuntimeError("the site's folder is not open")
        _open_up(self._partial)
        old = self._partial.with_name(f"{self._partial.name}.old")
        try:
            if self._place.exists():
                self._place.rename(old)
            self._partial.rename(self._place)
        except OSError as error:
            with suppress(OSError):
                old.rename(self._place)
            raise _cannot(self._place, error) from error
        self._partial = None
        shutil.rmtree(old, ignore_errors=True)
        return self._place

    def _path(self, name: str) -> Path:
        if self._partial is None:
            raise RuntimeError("the site's folder is not open")
        return self._partial / PurePosixPath(name)


def _refuse_others(place: Path) -> None:
    if not place.exists():
        return
    if not place.is_dir():
        raise UsageError(f"{place} is no folder; name another one with --out")
    # a folder that is no site of ours at all may be a whole disk, so its first file is enough
    strange = _strange(place, _ours(place / LIST)) if (place / LIST).is_file() else _first(place)
    if strange:
        raise UsageError(f"{place} is not only a site of ours: it holds {strange!r}; name another folder with --out")


def _first(place: Path) -> str:
    return min((path.name for path in place.iterdir()), default="")


def _strange(place: Path, ours: Collection[str]) -> str:
    there = (path for path in place.rglob("*") if path.is_symlink() or not path.is_dir())
    names = (path.relative_to(place).as_posix() for path in there)
    return min((name for name in names if name not in ours), default="")


def _ours(file: Path) -> set[str]:
    with suppress(OSError, ValueError, TypeError, KeyError):  # then, whatever it is, we did not write it
        listed = json.loads(file.read_bytes())
        if listed["schema"] == _SCHEMA:
            return {LIST, *listed["files"]}
    return set()


def _open_up(folder: Path) -> None:
    """Give the folder the mode any folder of this user has: mkdtemp closes it, but a web server must read the site."""
    if os.name != "nt":
        mask = os.umask(0)
        os.umask(mask)
        folder.chmod(0o777 & ~mask)


def _cannot(place: Path, error: OSError) -> UsageError:
    return UsageError(f"{place}: cannot hold the site ({error.strerror}); name another folder with --out")
