"""IIS 7 and newer on a simulated server: what applicationHost.config states, and what is in effect for a path.

Sources: Microsoft's IIS configuration reference (system.webServer/security/access, system.webServer/httpRedirect,
"How to use locking in IIS configuration"); windows-facts sections 2.1 and 2.2.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from xml.etree import ElementTree as ET

from auditor.lab.state import ApplicationHost
from auditor.model.value import Json

ACCESS: Final = "system.webServer/security/access"
REDIRECT: Final = "system.webServer/httpRedirect"
SSL_FLAGS: Final = {"None": 0, "Ssl": 8, "SslNegotiateCert": 32, "SslRequireCert": 64, "SslMapCert": 128, "Ssl128": 256}
REDIRECT_STATUS: Final = {"Permanent": 301, "Found": 302, "Temporary": 307}
SSL: Final = 8
"""The bit that means "Require secure channel"; no other does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A web site, its number, and the paths of its applications and virtual directories (`/` is the site's own)."""

    name: str
    id: int
    paths: tuple[str, ...]


class ConfigurationError(ValueError):
    """The simulated IIS cannot read this configuration, or would refuse it; the message is its reason."""


def flags(text: str) -> int:
    """Return sslFlags as written (`Ssl, Ssl128`, `264`) as an integer; raises `ConfigurationError`."""
    return sum({_enumerated(word.strip(), SSL_FLAGS, "sslFlags") for word in text.split(",")}) if text.strip() else 0


def boolean(text: str) -> bool:
    """Return `true` or `false` as IIS reads it; raises `ConfigurationError`."""
    if text.lower() not in {"true", "false"}:
        raise ConfigurationError(f"COMException 0x800700C1: {text!r} is neither true nor false")
    return text.lower() == "true"


def redirect_status(text: str) -> int:
    """Return httpResponseStatus as an integer; raises `ConfigurationError`."""
    return _enumerated(text, REDIRECT_STATUS, "httpResponseStatus")


def _enumerated(word: str, words: Mapping[str, int], attribute: str) -> int:
    if word.isdecimal():
        return int(word)
    found = {name.lower(): number for name, number in words.items()}.get(word.lower())
    if found is None:
        raise ConfigurationError(
            f"COMException 0x800700C1: {attribute} must be one of {', '.join(words)}, not {word!r}"
        )
    return found


Typed = Callable[[str], int | bool | str]
SCHEMA: Final[Mapping[str, Mapping[str, tuple[Typed, str]]]] = {
    ACCESS: {"sslFlags": (flags, "None")},
    REDIRECT: {
        "enabled": (boolean, "false"),
        "exactDestination": (boolean, "false"),
        "childOnly": (boolean, "false"),
        "destination": (str, ""),
        "httpResponseStatus": (redirect_status, "Found"),
    },
}
"""Section -> attribute -> how its text is read, and its default: the part of IIS_schema.xml that is simulated."""


@lru_cache(maxsize=256)
def _parsed(document: bytes) -> ET.Element:
    """Return the root element; cached because every question reads the same immutable bytes again."""
    try:
        return ET.fromstring(document)  # noqa: S314  scenario files come from the user's own disk
    except ET.ParseError as error:
        raise ConfigurationError(f"XmlException: applicationHost.config is not well-formed XML: {error}") from error


def settings_of(document: bytes, section: str) -> Mapping[str, Json]:
    """Return what an applicationHost.config states of a section: the data of an `iis_settings` answer.

    Raises `ConfigurationError` when the document is not well-formed.
    """
    return {
        "override_default": _override_default(_parsed(document), section),
        "settings": [
            {"path": path, "override": override, "attributes": dict(attributes)}
            for path, override, attributes in _places(document, section)
        ],
    }


def sites_of(document: bytes) -> tuple[Site, ...]:
    """Return the sites with the paths of their applications and virtual directories, in document order."""
    return tuple(
        Site(name=site.get("name", ""), id=int(site.get("id", "0")), paths=tuple(dict.fromkeys(_paths(site))))
        for site in _parsed(document).findall("./system.applicationHost/sites/site")
    )


def effective(host: ApplicationHost, section: str, location: str) -> Mapping[str, int | bool | str]:
    """Return all attributes of a section in effect for a location (`Default Web Site/owa`), typed.

    The location need not exist. The nearest statement wins, for each attribute as a whole, and a web.config is
    nearer than a location element for the same path. Raises `ConfigurationError` for what IIS itself refuses.
    """
    written = {name: default for name, (_, default) in SCHEMA[section].items()}
    for level in _levels(location):
        written |= own_settings(host, section, level)
    return typed(section, written)


def set_at(host: ApplicationHost, section: str, location: str) -> str:
    """Return the nearest location at or above this one that states the section; "" for the root or nowhere."""
    stating = [level for level in _levels(location) if own_settings(host, section, level)]
    return stating[-1] if stating else ""


def typed(section: str, written: Mapping[str, str]) -> Mapping[str, int | bool | str]:
    """Return the attributes of a section as the schema types them; raises `ConfigurationError`."""
    return {name: read(written[name]) for name, (read, _) in SCHEMA[section].items()}


def own_settings(host: ApplicationHost, section: str, location: str) -> dict[str, str]:
    """Return what is stated for exactly this location, as written; raises `ConfigurationError` as `effective` does."""
    own: dict[str, str] = {}
    for path, _, attributes in _places(host.document, section):
        if _same(path, location):
            own |= attributes
    return {**own, **_web_config(host, section, location)}


def _web_config(host: ApplicationHost, section: str, level: str) -> Mapping[str, str]:
    sections = next((found for path, found in host.web_configs.items() if _same(path, level)), {})
    if section in sections and _locked(host, section, level):
        raise ConfigurationError(f"FileLoadException 0x80070021: {level}/web.config sets {section}, which is locked")
    return sections.get(section, {})


def _locked(host: ApplicationHost, section: str, location: str) -> bool:
    mode = _override_default(_parsed(host.document), section)
    for level in _levels(location):
        for path, override, _ in _places(host.document, section):
            if _same(path, level) and override in {"Allow", "Deny"}:
                mode = override
    return mode == "Deny"


def _places(document: bytes, section: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield location, override mode and attributes wherever the section stands, in document order."""
    group, _, inner = section.partition("/")
    for child in _parsed(document):
        if child.tag == "location":
            for found in child.findall(section):
                yield child.get("path", ""), child.get("overrideMode", ""), dict(found.attrib)
        elif child.tag == group:
            for found in child.findall(inner):
                yield "", "", dict(found.attrib)


def _override_default(root: ET.Element, section: str) -> str:
    *groups, name = section.split("/")
    steps = [f"sectionGroup[@name='{group}']" for group in groups] + [f"section[@name='{name}']"]
    declared = root.find("./configSections/" + "/".join(steps))
    return declared.get("overrideModeDefault", "") if declared is not None else ""


def _paths(site: ET.Element) -> Iterator[str]:
    for application in site.findall("application"):
        top = application.get("path", "/")
        yield top
        for directory in application.findall("virtualDirectory"):
            yield "/" + "/".join(part for part in (top.strip("/"), directory.get("path", "/").strip("/")) if part)


def _levels(location: str) -> list[str]:
    """Return the root (empty), the site and every path down to the location."""
    parts = [part for part in location.split("/") if part]
    return ["/".join(parts[:length]) for length in range(len(parts) + 1)]


def _same(path: str, level: str) -> bool:
    return ("" if path == "." else path.strip("/").lower()) == level.lower()
