"""A simulated server's answer to a question: the raw object that the real reader on the server would have written.

Whatever is not simulated answers `failed` with a reason; nothing here answers with less than it knows.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from auditor.lab import iis, metabase
from auditor.lab.iis import ConfigurationError, Site
from auditor.lab.registry import DENIED, registry_key, registry_value
from auditor.lab.state import ApplicationHost, Iis, Metabase, RawAnswer, ServerState
from auditor.lab.wmi import wmi
from auditor.model.question import Question
from auditor.model.value import Json
from auditor.readers import READERS

_SECTION = re.compile(r"[\w.]+(?:/[\w.]+)+")


def answer(state: ServerState, question: Question) -> RawAnswer:
    """Return `{"state": "observed", "data": ...}`, or `absent` with `what`, or `denied` or `failed` with `reason`."""
    if question.kind in state.denied_kinds:
        return DENIED
    reader = READERS.get(question.kind)
    if reader is None or question.kind not in KINDS:
        return {"state": "failed", "reason": f"this simulated server has no reader for {question.kind!r}"}
    given = {name for name, _ in question.parameters}
    if given != set(reader.parameters):
        return {
            "state": "failed",
            "reason": f"a question of kind {question.kind!r} has other parameters than {sorted(given)}",
        }
    try:
        return KINDS[question.kind](state, question)
    except ConfigurationError as error:
        return {"state": "failed", "reason": str(error)}


def platform_of(state: ServerState) -> Mapping[str, str]:
    """Return what the script says of the PowerShell it runs in, and of the server."""
    return {
        "powershell": state.powershell,
        "clr": state.clr,
        "os": state.os.version,
        "bits": "64",
        "language_mode": state.language_mode,
        "computer": state.computer,
        "now": str(state.now),
    }


def _iis_sites(state: ServerState, question: Question) -> RawAnswer:  # noqa: ARG001  the shape all kinds have
    installed = state.iis
    if installed is None:
        return _absent("iis")
    reader = "metabase" if isinstance(installed.configuration, Metabase) else "Microsoft.Web.Administration"
    found = sites_of(installed)
    sites: list[Json] = [{"name": site.name, "id": site.id, "paths": list(site.paths)} for site in found]
    return _observed({"major": installed.major, "minor": installed.minor, "reader": reader, "sites": sites})


def sites_of(installed: Iis) -> tuple[Site, ...]:
    """Return the sites, whatever way this version is configured; raises `ConfigurationError`."""
    match installed.configuration:
        case Metabase() as nodes:
            return metabase.sites(nodes)
        case ApplicationHost() as host:
            return iis.sites_of(host.document)


def _iis_settings(state: ServerState, question: Question) -> RawAnswer:
    host = _application_host(state)
    if host is None:
        return _absent("iis7")
    if not _SECTION.fullmatch(question["section"]):
        return {"state": "failed", "reason": f"{question['section']!r} is no name of a section"}
    return _observed(iis.settings_of(host.document, question["section"]))


def _iis_effective(state: ServerState, question: Question) -> RawAnswer:
    host = _application_host(state)
    if host is None:
        return _absent("iis7")
    site = next((site for site in iis.sites_of(host.document) if site.name.lower() == question["site"].lower()), None)
    if site is None:
        return _absent("site")
    section, names = question["section"], question["attributes"].split(",")
    unknown = [name for name in names if name not in iis.SCHEMA.get(section, {})]
    if unknown:
        return {"state": "failed", "reason": f"this simulated server does not know {section}/@{unknown[0]}"}
    attributes = iis.effective(host, section, f"{site.name}/{question['path'].strip('/')}")
    return _observed({"attributes": {name: attributes[name] for name in names}})


def _metabase_property(state: ServerState, question: Question) -> RawAnswer:
    nodes = metabase.metabase_of(state.iis) if state.iis else None
    if nodes is None:
        return _absent("metabase")
    top = metabase.site_node(nodes, question["site"])
    if top is None:
        return _absent("site")
    path = f"{top}/ROOT/{question['path'].strip('/')}".rstrip("/")
    if not metabase.exists(nodes, path):
        return _absent("path")
    places = list(metabase.settings(nodes, path, question["property"]))
    return _observed({"value": places[-1][1] if places else None, "set_at": [place for place, _ in places]})


def _application_host(state: ServerState) -> ApplicationHost | None:
    configuration = state.iis.configuration if state.iis else None
    return configuration if isinstance(configuration, ApplicationHost) else None


def _observed(data: Json) -> RawAnswer:
    return {"state": "observed", "data": data}


def _absent(what: str) -> RawAnswer:
    return {"state": "absent", "what": what}


KINDS: Final[Mapping[str, Callable[[ServerState, Question], RawAnswer]]] = {
    "registry_value": registry_value,
    "registry_key": registry_key,
    "iis_sites": _iis_sites,
    "iis_settings": _iis_settings,
    "iis_effective": _iis_effective,
    "metabase_property": _metabase_property,
    "wmi": wmi,
}
"""Every kind of question that a reader on a server answers."""
