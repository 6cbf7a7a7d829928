"""What a web server answers to a look from outside: no credentials, no redirects followed.

IIS refuses plain HTTP where SSL is required with status 403 (sub-status 4 stands only in its log) before it asks who
is there, so no credentials are needed. A redirect to https on the same path is not proof that SSL is not required.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from auditor.errors import ParameterError
from auditor.model.answer import Answers
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, Facts, Parameter, Probe, Reading
from auditor.model.question import Question
from auditor.model.value import Json, ValueType
from auditor.probes.unknown import UnusableError, needed
from auditor.readers import http

OUTCOMES = ("served", "refused", "redirected_to_https", "not_found", "server_error", "other")
METHODS = ("GET", "HEAD", "OPTIONS")
PORT_MAX = 65_535

PARAMETERS = (
    Parameter(name="scheme", type=ValueType.STRING, default="http", description="`http` or `https`."),
    Parameter(name="port", type=ValueType.INTEGER, default=80, description="The TCP port."),
    Parameter(name="method", type=ValueType.STRING, default="GET", description="`GET`, `HEAD` or `OPTIONS`."),
    Parameter(name="path", type=ValueType.STRING, description="The path, e.g. `/owa`."),
    Parameter(
        name="host", type=ValueType.STRING, default="", description="The Host header; empty for the server's address."
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A response, as far as it matters: `links` is the scheme of absolute links in its Location header."""

    status: int
    outcome: str
    location: str
    links: str
    authentication: tuple[str, ...]
    activesync: bool


def question(parameters: Parameters) -> Question:
    """Return the question; raises `ParameterError` for a request that is no look."""
    scheme, method, path = (str(parameters[name]) for name in ("scheme", "method", "path"))
    port = parameters["port"]
    if scheme not in ("http", "https"):
        raise ParameterError("scheme", f"{scheme!r} is no scheme; write http or https")
    if method not in METHODS:
        raise ParameterError("method", f"{method!r} is not one of {', '.join(METHODS)}, which change nothing")
    if not path.startswith("/"):
        raise ParameterError("path", f"{path!r} does not start with '/'")
    if not isinstance(port, int) or not 0 < port <= PORT_MAX:
        raise ParameterError("port", f"{port!r} is no TCP port")
    return http.http(scheme=scheme, port=port, method=method, path=path, host=str(parameters["host"]))


def response(parameters: Parameters, answers: Answers) -> Response:
    """Return the response; raises `UnusableError` when there is none."""
    data = needed(answers, question(parameters))
    status, headers = data.get("status"), data.get("headers")
    if not isinstance(status, int) or not isinstance(headers, dict):
        raise UnusableError("the web server's answer has an unexpected shape")
    location = _first(headers, "location")
    schemes = tuple(value.split(" ", maxsplit=1)[0] for value in _all(headers, "www-authenticate") if value)
    return Response(
        status=status,
        outcome=_outcome(status, location, str(parameters["scheme"])),
        location=location,
        links=_links(location),
        authentication=schemes,
        activesync=bool(_all(headers, "ms-server-activesync")),
    )


def _outcome(status: int, location: str, scheme: str) -> str:
    match status:
        case 301 | 302 | 303 | 307 | 308 if scheme == "http" and _goes_to_https(location):
            return "redirected_to_https"
        case 403:
            return "refused"
        case 404:
            return "not_found"
        case _ if 200 <= status < 400 or status == 401:
            return "served"
        case _ if status >= 500:
            return "server_error"
        case _:
            return "other"


def _goes_to_https(location: str) -> bool:
    """Return whether this only sends the visitor to https; OWA's own log-on page is OWA being served, offloaded."""
    return location.lower().startswith("https:") and not urlsplit(location).path.lower().endswith("logon.aspx")


def _links(location: str) -> str:
    target = urlsplit(location)
    inner = parse_qs(target.query).get("url", [""])[0]
    for candidate in (target.scheme, urlsplit(inner).scheme):
        if candidate in ("http", "https"):
            return candidate
    return "none"


def _all(headers: dict[str, Json], name: str) -> list[str]:
    values = headers.get(name)
    return [str(value) for value in values] if isinstance(values, list) else []


def _first(headers: dict[str, Json], name: str) -> str:
    return next(iter(_all(headers, name)), "")


def sentence(parameters: Parameters, found: Response) -> str:
    """Return what was seen in words."""
    to = f", Location {found.location}" if found.location else ""
    asked = f"{parameters['method']} {parameters['path']} over {parameters['scheme']} (port {parameters['port']})"
    return f"{asked} gave {found.status}{to}"


def _questions(parameters: Parameters) -> tuple[Question, ...]:
    return (question(parameters),)


def _read(parameters: Parameters, answers: Answers) -> Reading:
    try:
        found = response(parameters, answers)
    except UnusableError as unusable:
        return unusable.not_known
    return Facts(
        values={
            "status": found.status,
            "outcome": found.outcome,
            "location": found.location,
            "links": found.links,
            "authentication": found.authentication,
            "activesync": found.activesync,
        },
        summary=sentence(parameters, found),
    )


OUTCOME = Fact(
    name="outcome",
    type=ValueType.STRING,
    choices=OUTCOMES,
    description="`served` (2xx, 401, a redirect of its own), `refused` (403), `redirected_to_https`, `not_found`, "
    "`server_error` or `other`.",
)
LINKS = Fact(
    name="links",
    type=ValueType.STRING,
    choices=("http", "https", "none"),
    description="The scheme of the absolute links in the Location header (also inside its `url` parameter).",
)

PROBE = Probe(
    name="http_response",
    summary="What a web server answers, seen from the auditor: no credentials, no redirects followed.",
    parameters=PARAMETERS,
    facts=(
        Fact(name="status", type=ValueType.INTEGER, description="The status code."),
        OUTCOME,
        Fact(name="location", type=ValueType.STRING, description="The Location header, empty when there is none."),
        LINKS,
        Fact(name="authentication", type=ValueType.STRINGS, description="The authentication schemes offered."),
        Fact(name="activesync", type=ValueType.BOOLEAN, description="The header MS-Server-ActiveSync is there."),
    ),
    questions=_questions,
    read=_read,
)
