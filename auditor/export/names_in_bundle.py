"""Names of files in a bundle: plain relative names that mean the same on every system. Pure."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import quote

from auditor.export.bundle import BundleError

_PART = re.compile(r"[A-Za-z0-9_%][A-Za-z0-9_%.~-]*(?<!\.)", re.ASCII)
_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def plain(name: str) -> str:
    """Return a file's name as one that a bundle can have: anything strange in it percent-encoded."""
    spelled = quote(name, safe="")
    return re.sub(r"^[.~-]|\.$", lambda found: f"%{ord(found[0]):02X}", spelled)


def refuse_name(raw: bytes) -> str:
    """Return the name in an archive; raises `BundleError` for one that leads elsewhere or is not plain."""
    name = raw.decode("ascii", "backslashreplace")
    parts = name.split("/")
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        raise BundleError((f"{name!a}: an absolute path; it leads out of where it is unpacked",))
    if ".." in re.split(r"[/\\]", name):
        raise BundleError((f"{name!a}: it leads out of where it is unpacked",))
    if not all(_PART.fullmatch(part) and not _DEVICES.fullmatch(part) for part in parts):
        raise BundleError((f"{name!a}: no name that an export gives a file",))
    return name


def refuse_names(names: Iterable[str]) -> None:
    """Raise `BundleError` for names that would be the same file somewhere, also where case does not count."""
    seen: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        if (first := seen.setdefault(name.lower(), name)) is not name:
            what = "there twice" if first == name else f"the same as {first!a} but for upper and lower case"
            raise BundleError((f"{name!a}: {what}",))
        folders |= {str(folder).lower(): name for folder in PurePosixPath(name).parents}
    if both := seen.keys() & folders.keys():
        name = seen[min(both)]
        raise BundleError((f"{name!a}: a file, and the folder of {folders[name.lower()]!a}",))
