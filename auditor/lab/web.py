"""What a simulated web server answers to one HTTP request without credentials: pure, from the state and the request.

Sources: windows-facts section 8 (403 before authentication where SSL is required; the redirection of Outlook Web
Access to its log-on page; ActiveSync's Basic challenge, MS-ASHTTP).
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from auditor.lab import iis, metabase
from auditor.lab.answers import sites_of
from auditor.lab.iis import ACCESS, REDIRECT, ConfigurationError, Site
from auditor.lab.registry import find_value
from auditor.lab.state import ApplicationHost, Iis, Metabase, ServerState, WebResponse

OWA_KEY = r"HKLM\SYSTEM\CurrentControlSet\Services\MSExchange OWA"
OWA_POOL = "MSExchangeOWAAppPool"
_OWA = "/owa"
_ACTIVESYNC = "/microsoft-server-activesync"
_STATUSES = {"PERMANENT": 301, "TEMPORARY": 307}


def respond(state: ServerState, method: str, path: str, secure: bool, headers: Mapping[str, str]) -> WebResponse:  # noqa: FBT001  the fleet's contract
    """Return the response; `secure` says that the request came over TLS, `headers` have lower-case names."""
    asked = path.partition("?")[0]
    overridden = 0 if secure else _overridden(state, asked)
    if state.iis is None or overridden:
        return _plain(overridden or 404)
    try:
        site = _site(state.iis)
        found = next((name for name in _longest_first(site) if _covers(name, asked)), None)
        if found is None or site is None:
            return _plain(404)
        if not secure and ssl_required(state.iis, site.name, asked):
            return _plain(403)
        redirect, base = redirection(state.iis, site.name, asked)
    except ConfigurationError:
        return _plain(500)
    if redirect:
        return _redirected(redirect, asked[len(base) :])
    host = headers.get("host", state.computer.lower())
    return APPLICATIONS.get(found.lower(), _directory)(state, method, f"{host}{path}", secure)


def ssl_required(installed: Iis, site: str, path: str) -> bool:
    """Tell whether IIS refuses plain HTTP for a path, whatever way this version is configured."""
    match installed.configuration:
        case ApplicationHost() as host:
            return bool(int(iis.effective(host, ACCESS, site + path)["sslFlags"]) & iis.SSL)
        case Metabase() as nodes:
            return bool(int(metabase.effective(nodes, _node(nodes, site, path), "AccessSSLFlags")) & iis.SSL)


def redirection(installed: Iis, site: str, path: str) -> tuple[str, str]:
    """Return the httpRedirect in effect for a path as the metabase spells it ("": none), and the path it is set for."""
    match installed.configuration:
        case ApplicationHost() as host:
            text = metabase.redirect_text(iis.effective(host, REDIRECT, site + path))
            return text, iis.set_at(host, REDIRECT, site + path)[len(site) :]
        case Metabase() as nodes:
            places = list(metabase.settings(nodes, _node(nodes, site, path), "HttpRedirect"))
            place, value = places[-1] if places else ("", "")
            return str(value), place[len(_node(nodes, site, "")) :]


def offloaded(state: ServerState) -> bool:
    """Tell whether OWA builds https links: the value is a DWORD, not 0, and was there when its process started.

    A value counts as written when its key last was: nothing more is known of a real server either.
    """
    value = find_value(state, OWA_KEY, "SSLOffloaded")
    if value is None or value.type != "REG_DWORD" or value.data == 0:
        return False
    written = next(key.last_write for key in state.registry if key.path.lower() == OWA_KEY.lower())
    return all(started > written for started in _workers(state))


def _workers(state: ServerState) -> list[int]:
    pool = f'-ap "{OWA_POOL}"'
    return [process.started for process in state.processes if pool in process.command_line]


def _owa(state: ServerState, method: str, url: str, secure: bool) -> WebResponse:  # noqa: ARG001, FBT001  the shape all applications have
    host, _, path = url.partition("/")
    if path.lower().startswith("owa/auth/logon.aspx"):
        return WebResponse(status=200, headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<html></html>")
    scheme = "https" if secure or offloaded(state) else "http"
    wanted = quote(f"{scheme}://{url}", safe=":/")
    location = f"{scheme}://{host}/owa/auth/logon.aspx?url={wanted}&reason=0"
    return WebResponse(status=302, headers={"Location": location})


def _activesync(state: ServerState, method: str, url: str, secure: bool) -> WebResponse:  # noqa: ARG001, FBT001  the shape all applications have
    host = url.partition("/")[0]
    return WebResponse(status=401, headers={"WWW-Authenticate": f'Basic realm="{host}"'})


def _directory(state: ServerState, method: str, url: str, secure: bool) -> WebResponse:  # noqa: ARG001, FBT001  the shape all applications have
    _, _, path = url.partition("/")
    return (
        _plain(401) if path else WebResponse(status=200, headers={"Content-Type": "text/html"}, body=b"<html></html>")
    )


APPLICATIONS: Mapping[str, Callable[[ServerState, str, str, bool], WebResponse]] = {
    _OWA: _owa,
    _ACTIVESYNC: _activesync,
}
"""What stands behind a virtual directory, by its path in lower case; all others ask for credentials."""


def _overridden(state: ServerState, path: str) -> int:
    statuses = {_OWA: state.web.owa_status, _ACTIVESYNC: state.web.activesync_status}
    return next((status for name, status in statuses.items() if _covers(name, path)), 0)


def _site(installed: Iis) -> Site | None:
    """Return the site that answers: the first, as all simulated sites are bound to the same address."""
    return next(iter(sites_of(installed)), None)


def _longest_first(site: Site | None) -> list[str]:
    return sorted(site.paths if site else (), key=len, reverse=True)


def _covers(directory: str, path: str) -> bool:
    if directory == "/":
        return path in {"", "/"}
    return f"{path}/".lower().startswith(f"{directory.rstrip('/')}/".lower())


def _node(nodes: Metabase, site: str, path: str) -> str:
    return f"{metabase.site_node(nodes, site) or ''}/ROOT{path}".rstrip("/")


def _redirected(redirect: str, tail: str) -> WebResponse:
    """Return the redirection; `tail`, what follows the path it is set for, is kept unless it is exact."""
    destination, *words = redirect.split(", ")
    status = next((number for word, number in _STATUSES.items() if word in words), 302)
    kept = "" if "EXACT_DESTINATION" in words else tail
    return WebResponse(status=status, headers={"Location": destination.rstrip("/") + kept if kept else destination})


def _plain(status: int) -> WebResponse:
    challenge = {"WWW-Authenticate": "Negotiate"} if status == 401 else {}
    text = f"<html><body>{status}</body></html>".encode()
    return WebResponse(status=status, headers={"Content-Type": "text/html", **challenge}, body=text)
