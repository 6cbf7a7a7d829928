"""A simulated server that is running: where it is reached, what happened there, and how an inventory names it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from auditor.lab.counters import Counters
from auditor.lab.login import write_private
from auditor.lab.state import ServerState
from auditor.model.inventory import Authentication, Scheme


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where one simulated server can be reached; plain data, so that another process can be told.

    `port` is WinRM's, `web_port` and `web_secure_port` are the web site's (http and https); `ca_file` is trusted by
    clients of https.
    """

    state: ServerState
    name: str
    address: str
    port: int
    scheme: Scheme
    username: str
    ca_file: Path
    web_port: int
    web_secure_port: int

    @property
    def endpoint(self) -> str:
        """The URL of the WinRM service."""
        return f"{self.scheme}://{self.address}:{self.port}/wsman"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningServer(Place):
    """A place, and what has happened there."""

    counters: Counters

    @property
    def place(self) -> Place:
        """Where it can be reached, alone."""
        return Place(**{field.name: getattr(self, field.name) for field in fields(Place)})


def write_inventory(path: Path, servers: Sequence[Place], password: str) -> Path:
    """Write an inventory of these servers, and beside it the password in a file of its own; return that file's path."""
    secret = path.with_name(f"{path.name}.password")
    path.write_text(inventory(servers, secret.absolute()), encoding="utf-8")
    write_private(secret, password)
    return secret


def inventory(servers: Sequence[Place], password_file: Path) -> str:
    """Return the YAML text of an inventory of these servers; the hosts are in YAML's flow style, which is JSON."""
    lines = [
        "groups:",
        "  all:",
        f"    connection: {{secret: {{file: {json.dumps(str(password_file))}}}}}",
        "    hosts:",
        *(f"      {json.dumps(server.name)}: {json.dumps(_host(server))}" for server in servers),
    ]
    return "\n".join(lines) + "\n"


def _host(server: Place) -> dict[str, dict[str, str | int | bool]]:
    ntlm = Authentication.NTLM in server.state.authentications
    connection: dict[str, str | int | bool] = {
        "address": server.address,
        "port": server.port,
        "scheme": str(server.scheme),
        "authentication": str(Authentication.NTLM if ntlm else Authentication.BASIC),
        "username": server.username,
    }
    if server.scheme is Scheme.HTTPS:
        connection["ca_file"] = str(server.ca_file)
    elif not ntlm:
        connection["allow_unencrypted"] = True
    return {"connection": connection, "inputs": {"http_port": server.web_port, "https_port": server.web_secure_port}}
