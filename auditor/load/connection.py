"""Settled settings -> `Connection`; what cannot work or would send a password readable is a problem."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from auditor.load.node import Member, Node
from auditor.load.paths import beside
from auditor.load.problem import Problem
from auditor.model.inventory import Authentication, Connection, Scheme, SecretReference, SecretSource

PORTS: Mapping[Scheme, int] = {Scheme.HTTP: 5985, Scheme.HTTPS: 5986}
"""Where WinRM listens (MS-WSMV section 2.1)."""


def read_connection(parts: Mapping[str, Node], name: str, file: Path) -> Connection:
    """Return how the host is reached, from the nodes of the settings under `connection`."""
    scheme = _member(parts, "scheme", Scheme.HTTP)
    port = parts["port"].number() if "port" in parts else None
    return Connection(
        address=_text(parts, "address") or name,
        port=port or PORTS[scheme],
        scheme=scheme,
        authentication=_member(parts, "authentication", Authentication.NTLM),
        username=_text(parts, "username"),
        secret=_secret(parts["secret"], file) if "secret" in parts else None,
        ca_file=beside(file, _text(parts, "ca_file")),
        verify=parts["verify"].value is not False if "verify" in parts else True,
        allow_unencrypted="allow_unencrypted" in parts and parts["allow_unencrypted"].value is True,
        certificate=beside(file, _text(parts, "certificate")),
        certificate_key=beside(file, _text(parts, "certificate_key")),
        proxy=_text(parts, "proxy"),
    )


def connection_problems(connection: Connection, place: Node) -> Iterator[Problem]:
    """Yield what cannot work; `place` is where the host stands."""
    method, scheme = connection.authentication, connection.scheme
    if method is Authentication.BASIC and scheme is Scheme.HTTP and not connection.allow_unencrypted:
        yield place.key_problem(
            "basic over http sends the password readable; use scheme https, or allow it with allow_unencrypted: true"
        )
    if method is Authentication.CERTIFICATE and (scheme is Scheme.HTTP or not connection.certificate):
        yield place.key_problem("authentication by certificate needs scheme https and the key 'certificate'")


def _text(parts: Mapping[str, Node], name: str) -> str:
    return parts[name].text() if name in parts else ""


def _member(parts: Mapping[str, Node], name: str, default: Member) -> Member:
    return parts[name].member(default) if name in parts else default


def _secret(node: Node, file: Path) -> SecretReference | None:
    for name, reference in node.fields():
        if name in {source.value for source in SecretSource}:
            source = SecretSource(name)
            text = beside(file, reference.text()) if source is SecretSource.FILE else reference.text()
            return SecretReference(source=source, reference=text)
    return None
