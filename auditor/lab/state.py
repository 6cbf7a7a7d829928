r"""What a simulated server is: plain frozen data; a scenario is a set of such servers.

Times are FILETIME (100 ns since 1601-01-01 UTC, an int), as the registry keeps them; `utc_offset` (minutes) is
the server's zone, needed because WMI prints local time. Registry paths are whole and physical: the 32-bit view
of `HKLM\SOFTWARE` is `HKLM\SOFTWARE\Wow6432Node`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from auditor.lab.costs import NO_COSTS, Costs
from auditor.model.inventory import Authentication, Scheme
from auditor.model.value import Json


class Reachability(StrEnum):
    """What happens to one who connects."""

    REACHABLE = "reachable"
    REFUSED = "refused"
    SILENT = "silent"
    ACCESS_DENIED = "access_denied"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105  the name of a behaviour, not a password
    NOT_WINRM = "not_winrm"


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatingSystem:
    """The Windows release; `version` as `ver` and WMI show it, e.g. `6.0.6002`."""

    version: str
    caption: str
    service_pack: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryValue:
    """One value; `data` as a reader gives it: int, string, list of strings, or lower-case hex for all other types."""

    name: str
    type: str
    data: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryKey:
    r"""One key; `path` begins with the short hive name (`HKLM\SYSTEM\...`), `denied` to read for the account."""

    path: str
    values: tuple[RegistryValue, ...] = ()
    last_write: int
    denied: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MetabaseNode:
    """One node of the IIS metabase with what is explicitly set on it; `path` like `W3SVC/1/ROOT/owa`."""

    path: str
    properties: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metabase:
    """IIS 6: nodes in the order they were made."""

    nodes: tuple[MetabaseNode, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationHost:
    """IIS 7 and newer: the bytes of applicationHost.config, and what web.config files below it set.

    `web_configs`: location (`Default Web Site/owa`) -> section path -> attributes as written.
    `metabase_compatibility`: the role service that answers metabase questions from this configuration.
    """

    document: bytes
    web_configs: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    metabase_compatibility: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Iis:
    """The web server: its version, and the kind of configuration that this version has."""

    major: int
    minor: int = 0
    configuration: Metabase | ApplicationHost


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """One running process; `started` is FILETIME."""

    name: str
    process_id: int
    command_line: str = ""
    started: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service; `process_id` 0 means it is stopped."""

    name: str
    process_id: int = 0
    start_mode: str = "Auto"


@dataclass(frozen=True, kw_only=True, slots=True)
class Web:
    """What the web server shows from outside where it is not what its configuration says.

    `listening` False: nothing listens on the web ports. The statuses are for plain HTTP; 0 means: as configured.
    """

    listening: bool = True
    owa_status: int = 0
    activesync_status: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerState:
    """One simulated server, whole.

    `username` is the one account it knows (its password belongs to the fleet, not to the scenario).
    `denied_kinds` are question kinds this account may not ask at all.
    """

    name: str
    description: str = ""
    reachability: Reachability = Reachability.REACHABLE
    scheme: Scheme = Scheme.HTTP
    authentications: tuple[Authentication, ...] = (Authentication.NTLM,)
    allow_unencrypted: bool = False
    username: str = r"AUDITLAB\auditor"
    max_envelope_kb: int = 150
    max_shells_per_user: int = 5
    costs: Costs = NO_COSTS
    computer: str
    os: OperatingSystem
    powershell: str = "2.0"
    clr: str = "2.0.50727.8009"
    language_mode: str = "FullLanguage"
    utc_offset: int = 0
    now: int
    boot: int
    registry: tuple[RegistryKey, ...] = ()
    iis: Iis | None = None
    processes: tuple[Process, ...] = ()
    services: tuple[Service, ...] = ()
    web: Web = Web()
    denied_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """A set of simulated servers that together tell a story; the names are unique."""

    name: str
    description: str = ""
    servers: tuple[ServerState, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """What a command wrote, and its exit code."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class WebResponse:
    """An HTTP response: header names in any case, one value each."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


RawAnswer: TypeAlias = Mapping[str, Json]
"""The `{"state": ...}` object a reader on the server writes."""
