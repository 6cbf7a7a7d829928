"""Sites as a scenario describes them -> an applicationHost.config, web.config settings, or a metabase. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from auditor.lab import iis
from auditor.lab.metabase import redirect_text
from auditor.lab.state import Metabase, MetabaseNode

Description = Mapping[str, Any]
"""A mapping of the scenario whose shape was checked."""
_MODES = {"locked": "Deny", "unlocked": "Allow"}


def application_host(description: Description) -> bytes:
    """Return the bytes of an applicationHost.config with these sites; synthetic, only what is simulated is in it."""
    root = ET.Element("configuration")
    _declare(root, _MODES[description.get("access", "locked")])
    sites = ET.SubElement(ET.SubElement(root, "system.applicationHost"), "sites")
    for name, site in present(description.get("sites", {})).items():
        _add_site(sites, name, site)
    _add_settings(root, description)
    for location, settings in locations(description):
        mode = _MODES.get(settings.get("access", "inherited"), "")
        element = ET.Element("location", {"path": location} | ({"overrideMode": mode} if mode else {}))
        _add_settings(element, settings)
        if len(element):
            root.append(element)
    ET.indent(root, "    ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode").encode()


def web_configs(description: Description) -> dict[str, dict[str, dict[str, str]]]:
    """Return what web.config files set, by location and section."""
    files = {location: settings.get("web_config", {}) for location, settings in locations(description)}
    return {location: dict(_sections(file)) for location, file in files.items() if file not in ({}, "absent")}


def metabase(description: Description) -> Metabase:
    """Return the IIS 6 metabase with these sites; what is set for a site stands at its ROOT.

    Nodes under `metabase` are added as they are, and replace the properties they name.
    """
    nodes: dict[str, dict[str, int | str]] = {"W3SVC": _properties(description)}
    for name, site in present(description.get("sites", {})).items():
        top = f"W3SVC/{site.get('id', 1)}"
        nodes[top] = {"ServerComment": name}
        nodes[f"{top}/ROOT"] = _properties(site)
        for path, directory in present(site.get("directories", {})).items():
            nodes[f"{top}/ROOT{path}"] = _properties(directory)
    for path, properties in description.get("metabase", {}).items():
        known = next((node for node in nodes if node.lower() == path.lower()), path)
        nodes[known] = nodes.get(known, {}) | properties
    return Metabase(nodes=tuple(MetabaseNode(path=path, properties=own) for path, own in nodes.items()))


def locations(description: Description) -> Iterator[tuple[str, Description]]:
    """Yield every site and directory with its settings, by its location (`Default Web Site/owa`)."""
    for name, site in present(description.get("sites", {})).items():
        yield name, site
        for path, directory in present(site.get("directories", {})).items():
            yield f"{name}{path}", directory


def present(table: Description) -> dict[str, Any]:
    """Return the members that are not taken away."""
    return {name: member for name, member in table.items() if member != "absent"}


def _declare(root: ET.Element, access: str) -> None:
    group = ET.SubElement(ET.SubElement(root, "configSections"), "sectionGroup", name="system.webServer")
    ET.SubElement(group, "section", name="httpRedirect", overrideModeDefault="Allow")
    security = ET.SubElement(group, "sectionGroup", name="security")
    ET.SubElement(security, "section", name="access", overrideModeDefault=access)


def _add_site(sites: ET.Element, name: str, site: Description) -> None:
    element = ET.SubElement(sites, "site", name=name, id=str(site.get("id", 1)))
    for path in ["/", *present(site.get("directories", {}))]:
        application = ET.SubElement(element, "application", path=path)
        ET.SubElement(application, "virtualDirectory", path="/", physicalPath=r"%SystemDrive%\inetpub\wwwroot")


def _add_settings(parent: ET.Element, settings: Description) -> None:
    """Add the sections; one that only says who may override it is there without attributes."""
    sections = dict(_sections(settings))
    if settings.get("access", "inherited") != "inherited":
        sections.setdefault(iis.ACCESS, {})
    server = ET.Element("system.webServer")
    for section, attributes in sections.items():
        element = server
        for step in section.split("/")[1:]:
            element = ET.SubElement(element, step)
        element.attrib.update(attributes)
    if len(server):
        parent.append(server)


def _sections(settings: Description) -> Iterator[tuple[str, dict[str, str]]]:
    redirect = settings.get("redirect", "absent")
    if redirect != "absent":
        yield iis.REDIRECT, _redirect(redirect)
    if settings.get("ssl", "inherited") != "inherited":
        yield iis.ACCESS, {"sslFlags": settings["ssl"]}


def _redirect(redirect: Description) -> dict[str, str]:
    return {
        "enabled": str(redirect.get("enabled", True)).lower(),
        "destination": redirect["destination"],
        "exactDestination": str(redirect.get("exact_destination", False)).lower(),
        "childOnly": str(redirect.get("child_only", False)).lower(),
        "httpResponseStatus": redirect.get("status", "Found"),
    }


def _properties(settings: Description) -> dict[str, int | str]:
    sections, properties = dict(_sections(settings)), dict[str, int | str]()
    if iis.ACCESS in sections:
        properties["AccessSSLFlags"] = iis.flags(sections[iis.ACCESS]["sslFlags"])
    if iis.REDIRECT in sections:
        properties["HttpRedirect"] = redirect_text(iis.typed(iis.REDIRECT, sections[iis.REDIRECT]))
    return properties
