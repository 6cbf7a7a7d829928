"""What is settled before a WinRM service is contacted: its place and URL, and what would fail, or leak, for sure."""

import ssl
from pathlib import Path

from auditor.errors import NotReached, ServerNotReachedError
from auditor.model.inventory import Authentication, Connection, Scheme

_WITH_PASSWORD = (Authentication.NTLM, Authentication.BASIC, Authentication.CREDSSP)


def place_of(connection: Connection) -> str:
    """Return `server:port`, as messages name it."""
    return f"{_host(connection.address)}:{connection.port}"


def url_of(connection: Connection) -> str:
    """Return the service's whole URL: whatever is left out of it, pywinrm guesses."""
    return f"{connection.scheme}://{place_of(connection)}/wsman"


def needs_secret(connection: Connection) -> bool:
    """Tell whether a password is needed: not with a client certificate, nor with a Kerberos ticket there already."""
    return connection.authentication in _WITH_PASSWORD or (
        connection.authentication is Authentication.KERBEROS and connection.secret is not None
    )


def check(connection: Connection) -> None:
    """Raise `ServerNotReachedError` for what cannot work; nothing has been sent then."""
    _refuse_unencrypted(connection)
    if connection.authentication in _WITH_PASSWORD and not connection.username:
        raise _wrong(connection, NotReached.SECRET, "no account is named", "add `username` or --username")
    if connection.authentication is Authentication.CERTIFICATE and not connection.certificate:
        raise _wrong(connection, NotReached.SECRET, "no certificate is named", "add `certificate` in the inventory")
    for path in filter(None, (connection.certificate, connection.certificate_key)):
        if not Path(path).is_file():
            raise _wrong(connection, NotReached.SECRET, f"there is no file {path}", "check the certificate's path")
    if connection.scheme is Scheme.HTTPS and connection.verify and connection.ca_file:
        _load_authorities(connection)


def _refuse_unencrypted(connection: Connection) -> None:
    plain = connection.scheme is Scheme.HTTP and connection.authentication is Authentication.BASIC
    if plain and not connection.allow_unencrypted:
        what = "Basic over plain HTTP would send the password readably, so nothing was sent"
        step = "use https or ntlm, or set allow_unencrypted: true in the inventory"
        raise _wrong(connection, NotReached.POLICY, what, step)


def _load_authorities(connection: Connection) -> None:
    try:
        ssl.create_default_context(cafile=connection.ca_file)
    except OSError as error:
        what = f"ca_file {connection.ca_file} holds no certificates ({error.strerror or type(error).__name__})"
        raise _wrong(connection, NotReached.TLS, what, "name a PEM file of certificate authorities") from error


def _wrong(connection: Connection, kind: NotReached, what: str, step: str) -> ServerNotReachedError:
    return ServerNotReachedError(kind, f"{place_of(connection)}: {what}; {step}")


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
