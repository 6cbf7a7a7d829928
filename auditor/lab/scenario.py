"""A scenario file (YAML) -> simulated servers, or every error of the file with line and column.

What a server does not say comes from the server it is `like`, then from the scenario's `defaults`, then from
`defaults.yaml` beside this module. Mappings are merged member by member, names compared without regard to case;
lists and everything else are replaced.
"""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from auditor.errors import DocumentError, UsageError
from auditor.lab.description import SCENARIO, SERVER
from auditor.lab.machine import server_state
from auditor.lab.mismatches import Place, problems
from auditor.lab.state import Scenario, ServerState
from auditor.load.document import Document, load_document
from auditor.load.parsed import Parsed
from auditor.load.problem import Problem, refuse

_FOLDER = Path(str(files("auditor.lab")))


def find_scenario(name_or_path: str) -> Path:
    """Return the path of a shipped scenario by its name, or of a file; raises `UsageError`."""
    shipped = {path.stem: path for path in sorted((_FOLDER / "scenarios").glob("*.yaml"))}
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    if path.is_file():
        return path
    raise UsageError(
        f"there is no scenario {name_or_path!r}: it is no file, and the shipped ones are {', '.join(shipped)}"
    )


def load_scenario(path: Path) -> Scenario:
    """Return the scenario; raises `DocumentError` with all errors of the file."""
    document = load_document(path)
    refuse(path, problems(SCENARIO, Place(document=document, value=document.value)))
    refuse(path, _unknown_models(document))
    base = _merged(_base(), document.value.get("defaults", {}))
    states: list[ServerState] = []
    found: list[Problem] = []
    for name in document.value["servers"]:
        try:
            states.append(_server(document, base, name))
        except ValueError as error:
            found.append(document.key_problem(("servers", name), str(error)))
    refuse(path, found)
    description = document.value.get("description", "")
    return Scenario(name=path.stem, description=description, servers=tuple(states))


def described_server(name: str, description: Mapping[str, Any]) -> ServerState:
    """Return a server written out as in a scenario, outside of one; raises `DocumentError` with all errors in it."""
    document = Document(path=Path(f"({name})"), value=description, data=b"", text="", parsed=Parsed())
    refuse(document.path, problems(SERVER, Place(document=document, value=description)))
    whole = _merged(_base(), description)
    try:
        return server_state(name, whole, _application_host(document, whole))
    except ValueError as error:
        raise DocumentError([f"({name}): {error}"]) from error


def _base() -> Mapping[str, Any]:
    document = load_document(_FOLDER / "defaults.yaml")
    refuse(document.path, problems(SERVER, Place(document=document, value=document.value)))
    described: Mapping[str, Any] = document.value
    return described


def _unknown_models(document: Document) -> Iterator[Problem]:
    """Yield every `like` that names no server, or leads back to where it began."""
    servers = document.value["servers"]
    if not servers:
        yield document.problem(("servers",), "a scenario needs at least one server")
    for name, server in servers.items():
        steps = ("servers", name, "like")
        if server.get("like", name) not in servers:
            known = ", ".join(servers)
            yield document.problem(steps, f"there is no server {server['like']!r} here; the servers are {known}")
        elif name in _models(servers, name):
            yield document.problem(steps, "this leads back to the server itself; let one of them stand alone")


def _models(servers: Mapping[str, Any], name: str) -> list[str]:
    """Return the servers that a server is like, nearest first; stops at the first that comes twice."""
    chain: list[str] = []
    model = servers[name].get("like")
    while model in servers and model not in chain:
        chain.append(model)
        model = servers[model].get("like")
    return chain


def _server(document: Document, base: Mapping[str, Any], name: str) -> ServerState:
    servers = document.value["servers"]
    whole = base
    for model in [*reversed(_models(servers, name)), name]:
        whole = _merged(whole, {key: value for key, value in servers[model].items() if key != "like"})
    whole = {**whole, "description": servers[name].get("description", "")}
    return server_state(name, whole, _application_host(document, whole))


def _application_host(document: Document, whole: Mapping[str, Any]) -> bytes:
    described = whole.get("iis", "absent")
    named = described.get("application_host_config", "") if described != "absent" else ""
    if not named:
        return b""
    try:
        return (document.path.parent / named).read_bytes()
    except OSError as error:
        raise ValueError(f"iis/application_host_config cannot be read: {error}; name a file beside this one") from error


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, `over` winning; a key keeps its place and the spelling of `over`."""
    names = {name.lower(): name for name in over}
    merged = {names.get(name.lower(), name): value for name, value in under.items()}
    for name, value in over.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged
