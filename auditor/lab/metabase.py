"""The IIS metabase on a simulated server: effective values, where they are set, and its emulation on IIS 7 and newer.

The nearest node at or above a path that has the property wins, for the property as a whole (windows-facts 1.2). On
IIS 7 the role service "IIS 6 Metabase Compatibility" shows applicationHost.config as a metabase; at which node it
shows what is set for a site is not verified: here it is the site's ROOT.
"""

from collections.abc import Iterator, Mapping

from auditor.lab import iis
from auditor.lab.iis import Site
from auditor.lab.state import ApplicationHost, Iis, Metabase, MetabaseNode

DEFAULTS: Mapping[str, int | str] = {"AccessSSLFlags": 0, "HttpRedirect": ""}
"""What is in effect when a property is set nowhere."""


def metabase_of(installed: Iis) -> Metabase | None:
    """Return the metabase that ADSI shows on this server, None when there is none; raises `ConfigurationError`."""
    match installed.configuration:
        case Metabase() as metabase:
            return metabase
        case ApplicationHost() as host if host.metabase_compatibility:
            return Metabase(nodes=tuple(_emulated(host)))
        case ApplicationHost():
            return None


def sites(metabase: Metabase) -> tuple[Site, ...]:
    """Return the sites with the children of their ROOT, in the order of the nodes."""
    return tuple(
        Site(name=name, id=int(node.path.split("/")[1]), paths=tuple(_paths(metabase, node.path)))
        for name, node in _servers(metabase)
    )


def site_node(metabase: Metabase, comment: str) -> str | None:
    """Return the path of the site whose ServerComment this is, in any case."""
    return next((node.path for name, node in _servers(metabase) if name.lower() == comment.lower()), None)


def exists(metabase: Metabase, path: str) -> bool:
    """Tell whether there is a node at this path or below it."""
    return any((node.path.lower() + "/").startswith(path.lower() + "/") for node in metabase.nodes)


def settings(metabase: Metabase, path: str, name: str) -> Iterator[tuple[str, int | str]]:
    """Yield each node at or above the path that has the property set, upper-most first, with its value."""
    parts = path.split("/")
    levels = ["/".join(parts[:length]).lower() for length in range(1, len(parts) + 1)]
    for level in levels:
        for node in metabase.nodes:
            properties = {key.lower(): value for key, value in node.properties.items()}
            if node.path.lower() == level and name.lower() in properties:
                yield node.path, properties[name.lower()]


def effective(metabase: Metabase, path: str, name: str) -> int | str:
    """Return the value in effect, or the schema's default when it is set nowhere."""
    values = [value for _, value in settings(metabase, path, name)]
    return values[-1] if values else DEFAULTS.get(name, "")


def _servers(metabase: Metabase) -> Iterator[tuple[str, MetabaseNode]]:
    for node in metabase.nodes:
        parts = node.path.split("/")
        if len(parts) == 2 and parts[0].upper() == "W3SVC" and parts[1].isdecimal():
            yield str(node.properties.get("ServerComment", "")), node


def _paths(metabase: Metabase, server: str) -> Iterator[str]:
    root = f"{server}/ROOT".lower()
    for node in metabase.nodes:
        parent, _, name = node.path.rpartition("/")
        if node.path.lower() == root:
            yield "/"
        elif parent.lower() == root:
            yield f"/{name}"


def _emulated(host: ApplicationHost) -> Iterator[MetabaseNode]:
    yield MetabaseNode(path="W3SVC", properties=_properties(host, ""))
    for site in iis.sites_of(host.document):
        top = f"W3SVC/{site.id}"
        yield MetabaseNode(path=top, properties={"ServerComment": site.name})
        for path in ["/", *(path for path in site.paths if path != "/")]:
            tail = "" if path == "/" else path
            yield MetabaseNode(path=f"{top}/ROOT{tail}", properties=_properties(host, f"{site.name}{tail}"))


def _properties(host: ApplicationHost, location: str) -> dict[str, int | str]:
    own: dict[str, int | str] = {}
    access = iis.own_settings(host, iis.ACCESS, location)
    if "sslFlags" in access:
        own["AccessSSLFlags"] = iis.flags(access["sslFlags"])
    redirect = iis.own_settings(host, iis.REDIRECT, location)
    if redirect:
        own["HttpRedirect"] = redirect_text(iis.effective(host, iis.REDIRECT, location))
    return own


def redirect_text(redirect: Mapping[str, int | bool | str]) -> str:
    """Return an httpRedirect section as the metabase spells it: destination and flags, separated by commas.

    Source: Microsoft, "HttpRedirect Metabase Property (IIS 6.0)".
    """
    if not redirect["enabled"]:
        return ""
    words = [str(redirect["destination"])]
    words += ["EXACT_DESTINATION"] if redirect["exactDestination"] else []
    words += ["CHILD_ONLY"] if redirect["childOnly"] else []
    words += {301: ["PERMANENT"], 307: ["TEMPORARY"]}.get(int(redirect["httpResponseStatus"]), [])
    return ", ".join(words)
