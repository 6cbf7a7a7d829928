r"""The words of a scenario: what may be written about a simulated server, and what about each of its parts.

`absent` takes something away that a server would have by inheritance (`like`, `defaults`, or the sane compliant
server that everything begins with).
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from auditor.lab.clock import to_filetime, to_minutes
from auditor.lab.costs import Costs
from auditor.lab.exchange import ROLES
from auditor.lab.iis import REDIRECT_STATUS, flags
from auditor.lab.releases import RELEASES
from auditor.lab.shapes import AnyData, AnyOf, Flag, Items, Or, Record, Shape, Table, Text, Whole, Word, fits
from auditor.lab.state import Reachability
from auditor.model.inventory import Authentication, Scheme

HIVES: Final = ("HKLM", "HKCU", "HKU", "HKCR", "HKCC")


def _matching(pattern: str, example: str) -> Text:
    def accept(text: str) -> None:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is not understood")

    return Text(accept=accept, what=example)


_QUOTED: Final = Text(what="text, in quotes")
_BYTES: Final = _matching("(?:[0-9a-f]{2})*", "bytes as lower-case hexadecimal digits, in quotes")
REGISTRY_TYPES: Final[Mapping[str, Shape]] = {
    "REG_DWORD": Whole(greatest=2**32 - 1),
    "REG_DWORD_BIG_ENDIAN": Whole(greatest=2**32 - 1),
    "REG_QWORD": Whole(greatest=2**64 - 1),
    "REG_SZ": _QUOTED,
    "REG_EXPAND_SZ": _QUOTED,
    "REG_LINK": _QUOTED,
    "REG_MULTI_SZ": Items(item=_QUOTED),
    "REG_BINARY": _BYTES,
    "REG_NONE": _BYTES,
}
"""The types of registry values, and what their data must be."""
DENIABLE: Final = (
    "registry_value",
    "registry_key",
    "iis_sites",
    "iis_settings",
    "iis_effective",
    "metabase_property",
    "wmi",
)
_ABSENT: Final = ("absent",)


def _value_fits(value: Mapping[str, Any]) -> None:
    """Refuse data that a value of this type cannot have."""
    shape = REGISTRY_TYPES[value["type"]]
    if not fits(shape, value["data"]):
        raise ValueError(f"a {value['type']} cannot have the data {value['data']!r}; write {shape.what}")


TIME: Final = Text(accept=to_filetime, what="a quoted time with its zone, such as '2026-11-01T02:00:00Z'")
_OFFSET: Final = Text(accept=to_minutes, what="an offset from UTC such as '+01:00'")
_FLAGS: Final = Text(accept=flags, what="flags such as 'Ssl, Ssl128', or 'None'")
_KEY: Final = _matching(rf"(?:{'|'.join(HIVES)})(?:\\[^\\/]+)+", r"a key such as HKLM\SYSTEM\Setup")
_DIRECTORY: Final = _matching(r"(?:/[^/\\]+)+", "a path such as /owa")
_DOTTED: Final = _matching(r"\d+(?:\.\d+)*", "a version such as '7.5'")
_BUILD: Final = _matching(r"\d+(?:\.\d+){3}", "a version such as 8.3.83.6")
_NAME: Final = _matching(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?", "a host name without a domain, such as cas-1")
_NODE: Final = _matching(r"W3SVC(?:/[^/]+)*", "a metabase path such as W3SVC/1/ROOT")

REDIRECT: Final = Record(
    fields={
        "enabled": Flag(),
        "destination": Text(),
        "exact_destination": Flag(),
        "child_only": Flag(),
        "status": Word(words=tuple(REDIRECT_STATUS)),
    },
    required=frozenset({"destination"}),
)
_SETTINGS: Final[Mapping[str, Shape]] = {
    "ssl": Or(words=("inherited",), shape=_FLAGS),
    "redirect": Or(words=_ABSENT, shape=REDIRECT),
}
_WITH_WEB_CONFIG: Final = {
    **_SETTINGS,
    "access": Word(words=("locked", "unlocked", "inherited")),
    "web_config": Or(words=_ABSENT, shape=Record(fields=_SETTINGS)),
}
_SITE: Final = Record(
    fields={
        "id": Whole(),
        **_WITH_WEB_CONFIG,
        "directories": Table(key=_DIRECTORY, item=Or(words=_ABSENT, shape=Record(fields=_WITH_WEB_CONFIG))),
    }
)
IIS: Final = Record(
    fields={
        "version": _DOTTED,
        "ssl": Or(words=("inherited",), shape=_FLAGS),
        "access": Word(words=("locked", "unlocked")),
        "metabase_compatibility": Flag(),
        "application_host_config": Text(),
        "metabase": Table(key=_NODE, item=Table(item=AnyOf(shapes=(Whole(greatest=2**32 - 1), _QUOTED)))),
        "sites": Table(item=Or(words=_ABSENT, shape=_SITE)),
    }
)
_VALUE: Final = Record(
    fields={"type": Word(words=tuple(REGISTRY_TYPES)), "data": AnyData()},
    required=frozenset({"type", "data"}),
    accept=_value_fits,
)
KEY: Final = Record(fields={"written": TIME, "denied": Flag(), "values": Table(item=Or(words=_ABSENT, shape=_VALUE))})
_INCOMPLETE: Final = Record(fields=dict.fromkeys(ROLES, Word(words=("watermark", "action"))))
EXCHANGE: Final = Record(
    fields={"version": _BUILD, "roles": Items(item=Word(words=tuple(ROLES))), "incomplete": _INCOMPLETE}
)
SERVICE: Final = Record(
    fields={"command": Text(), "started": TIME, "start_mode": Word(words=("Auto", "Manual", "Disabled"))},
)
PROCESS: Final = Record(
    fields={"name": Text(), "command": Text(), "started": TIME}, required=frozenset({"name", "started"})
)
WINRM: Final = Record(
    fields={
        "scheme": Word(words=tuple(Scheme)),
        "authentications": Items(item=Word(words=tuple(Authentication))),
        "allow_unencrypted": Flag(),
        "username": Text(),
        "max_envelope_kb": Whole(),
        "max_shells_per_user": Whole(),
    }
)
COSTS: Final = Record(fields={f"{field.name}_milliseconds": Whole() for field in fields(Costs)})
SERVER: Final = Record(
    fields={
        "description": Text(),
        "reachability": Word(words=tuple(Reachability)),
        "computer": Text(),
        "os": Word(words=tuple(RELEASES)),
        "powershell": Record(fields={"version": _DOTTED, "clr": _DOTTED, "language_mode": Text()}),
        "winrm": WINRM,
        "costs": COSTS,
        "utc_offset": _OFFSET,
        "installed": TIME,
        "boot": TIME,
        "now": TIME,
        "exchange": Or(words=_ABSENT, shape=EXCHANGE),
        "iis": Or(words=_ABSENT, shape=IIS),
        "registry": Table(key=_KEY, item=Or(words=_ABSENT, shape=KEY)),
        "services": Table(item=Or(words=("absent", "stopped"), shape=SERVICE)),
        "worker_processes": Table(item=Or(words=_ABSENT, shape=Items(item=TIME))),
        "processes": Items(item=PROCESS),
        "web": Record(fields={"listening": Flag(), "owa_status": Whole(), "activesync_status": Whole()}),
        "denied": Items(item=Word(words=DENIABLE)),
    }
)
SCENARIO: Final = Record(
    fields={
        "description": Text(),
        "defaults": SERVER,
        "servers": Table(key=_NAME, item=Record(fields={"like": Text(), **SERVER.fields})),
    },
    required=frozenset({"servers"}),
)
