"""What IIS states for a path and where it inherits it from. Pure.

IIS 7 and later: the nearest location on the way up (directory, its parents, the site, the server) that sets the
attribute gives the whole value; nothing is merged, and a location without the attribute is as if it were not there
(IIS configuration reference, `<access>`). IIS 6: the nearest metabase key on the way up (property AccessSSLFlags 6030,
attribute INHERIT; Microsoft Learn ms524954).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.model.value import Json
from auditor.probes.unknown import UnusableError

FLAGS = {"ssl": 8, "sslnegotiatecert": 32, "sslrequirecert": 64, "sslmapcert": 128, "ssl128": 256}
SSL = FLAGS["ssl"]
_NAMES = {8: "Ssl", 32: "SslNegotiateCert", 64: "SslRequireCert", 128: "SslMapCert", 256: "Ssl128"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """A value and the place that states it: `` for the schema's default, else a location in words."""

    value: str
    place: str


def flags_of(text: Json) -> int:
    """Return access flags as bits: `Ssl, Ssl128`, `ssl`, `None`, `264`, 264; raises `UnusableError` for others."""
    if isinstance(text, int) and not isinstance(text, bool):
        return _known(text)
    if not isinstance(text, str):
        raise UnusableError(f"access flags are neither words nor a number: {text!r}")
    words = [word for word in re.split(r"[,|\s]+", text) if word]
    if len(words) == 1 and words[0].isdigit():
        return _known(int(words[0]))
    bits = 0
    for word in words:
        name = word.lower().replace("access", "", 1)
        if name != "none" and name not in FLAGS:
            raise UnusableError(f"{word!r} is no access flag that is known")
        bits |= FLAGS.get(name, 0)
    return bits


def _known(bits: int) -> int:
    if bits & ~sum(_NAMES):
        raise UnusableError(f"{bits} holds access flags that are not known")
    return bits


def show_flags(bits: int) -> str:
    """Return `Ssl, Ssl128`, or `None`."""
    return ", ".join(name for bit, name in _NAMES.items() if bits & bit) or "None"


def levels(site: str, path: str) -> list[str]:
    """Return the locations that decide for a path, nearest first: `Site/a/b`, `Site/a`, `Site`, `` (the server)."""
    parts = [site, *(part for part in path.split("/") if part)]
    return ["/".join(parts[:length]) for length in range(len(parts), -1, -1)]


def stated(settings: Json, attribute: str, site: str, path: str) -> Stated | None:
    """Return what applicationHost.config's settings state for a path, None when nothing does (schema default)."""
    found = {}
    for setting in _entries(settings):
        value = _attributes(setting).get(attribute)
        if value is not None:
            found[_place(setting).lower()] = str(value)
    for level in levels(site, path):
        if level.lower() in found:
            return Stated(value=found[level.lower()], place=name_place(level, site, path))
    return None


def may_be_overridden(data: dict[str, Json], site: str, path: str) -> bool:
    """Return whether a web.config could set the section here, so that applicationHost.config proves nothing."""
    unlocked = data.get("override_default") != "Deny"
    nearest_last = reversed([level.lower() for level in levels(site, path)])
    modes = {_place(setting).lower(): setting.get("override") for setting in _entries(data.get("settings"))}
    for level in nearest_last:
        if modes.get(level) in ("Allow", "Deny"):
            unlocked = modes[level] == "Allow"
    return unlocked


def name_place(level: str, site: str, path: str) -> str:
    """Return a location in words, as seen from the path: `itself`, `/owa`, `web site 'X'`, `the server`."""
    if level == "":
        return "the server"
    below = level[len(site) :]
    if below.lower() == path.rstrip("/").lower():
        return "itself"
    return below or f"web site {site!r}"


def name_metabase_place(key: str, path: str) -> str:
    """Return a metabase key (`W3SVC/1/ROOT/owa`) in words, as seen from the path."""
    parts = key.strip("/").split("/")
    below = "/" + "/".join(parts[3:])
    if len(parts) >= 3 and below.lower() == (path.rstrip("/").lower() or "/"):
        return "itself"
    if len(parts) <= 1:
        return "the server"
    return f"the web site (metabase key {key})" if len(parts) <= 3 else below


def _entries(settings: Json) -> Sequence[dict[str, Json]]:
    if not isinstance(settings, list) or not all(isinstance(entry, dict) for entry in settings):
        raise UnusableError("the settings of applicationHost.config have an unexpected shape")
    return settings


def _attributes(setting: dict[str, Json]) -> dict[str, Json]:
    attributes = setting.get("attributes")
    if not isinstance(attributes, dict):
        raise UnusableError("a setting of applicationHost.config has no attributes")
    return attributes


def _place(setting: dict[str, Json]) -> str:
    place = str(setting.get("path", "")).strip("/")
    return "" if place == "." else place
