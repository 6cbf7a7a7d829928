"""Paths written in a file: relative to that file."""

from pathlib import Path

_SUFFIXES = (".yaml", ".yml", ".json")


def beside(file: Path, written: str) -> str:
    """Return the absolute path that was meant; empty stays empty."""
    return str((file.parent / written).absolute()) if written else ""


def store_beside(file: Path, written: str) -> str:
    """Return a history's path, also one written as `sqlite:///`, made absolute; other URLs and `none` as they are."""
    path = written.removeprefix("sqlite:///")
    return written if "://" in path or path == "none" else beside(file, path)


def policy_beside(file: Path, written: str) -> str:
    """Return a policy's name as it is, and a policy's path (with a separator or a suffix) made absolute."""
    is_path = "/" in written or "\\" in written or written.lower().endswith(_SUFFIXES)
    return beside(file, written) if is_path else written
