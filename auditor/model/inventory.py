"""The inventory: the servers, how to reach them, what inputs they take; secrets only by reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.model.value import Value


class Scheme(StrEnum):
    """How WinRM is spoken."""

    HTTP = "http"
    HTTPS = "https"


class Authentication(StrEnum):
    """The authentication methods offered; `basic` over plain HTTP must be allowed explicitly."""

    NTLM = "ntlm"
    BASIC = "basic"
    KERBEROS = "kerberos"
    CREDSSP = "credssp"
    CERTIFICATE = "certificate"


class SecretSource(StrEnum):
    """Where a secret comes from; the secret itself is never in a file of ours."""

    ENVIRONMENT = "environment"
    FILE = "file"
    COMMAND = "command"
    KEYRING = "keyring"
    PROMPT = "prompt"


@dataclass(frozen=True, kw_only=True, slots=True)
class SecretReference:
    """A way to a secret: variable name, file path, command line, keyring `service` (user from `username`)."""

    source: SecretSource
    reference: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """How one server is reached.

    `address` is a host name or IP address (IPv6 without brackets); `ca_file` a PEM bundle that replaces the
    bundled one; `verify` False is the explicit decision to accept any certificate; `allow_unencrypted` the
    explicit decision to send Basic over plain HTTP. `certificate`/`certificate_key` are PEM paths.
    """

    address: str
    port: int = 5985
    scheme: Scheme = Scheme.HTTP
    authentication: Authentication = Authentication.NTLM
    username: str = ""
    secret: SecretReference | None = None
    ca_file: str = ""
    verify: bool = True
    allow_unencrypted: bool = False
    certificate: str = ""
    certificate_key: str = ""
    proxy: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """One server to audit; `policies` are names or paths, empty for those of the command line.

    `limits` are those of its groups that limit how many of their servers are read at once, and how many. In a
    cluster only workers of its `zone` read it; all do where that is empty.
    """

    name: str
    groups: tuple[str, ...] = ()
    connection: Connection
    inputs: Mapping[str, Value] = field(default_factory=dict)
    policies: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    zone: str = ""
