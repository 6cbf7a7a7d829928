"""A whole description of one server (shape checked, everything inherited merged in) -> its state. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditor.lab import exchange, iis_document
from auditor.lab.clock import to_filetime, to_minutes
from auditor.lab.costs import Costs
from auditor.lab.iis_document import Description
from auditor.lab.programs import needed, processes_and_services
from auditor.lab.releases import RELEASES, Release
from auditor.lab.state import (
    ApplicationHost,
    Iis,
    Reachability,
    RegistryKey,
    RegistryValue,
    ServerState,
    Web,
)
from auditor.model.inventory import Authentication, Scheme

_NETBIOS = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What the parts of one server are built from; `application_host` is a real file's content, or empty."""

    description: Description
    release: Release
    application_host: bytes = b""


def server_state(name: str, description: Description, application_host: bytes) -> ServerState:
    """Return the server; raises `ValueError` when parts, each right, do not fit together."""
    release = RELEASES[description["os"]]
    machine = Machine(description=description, release=release, application_host=application_host)
    winrm, powershell = description.get("winrm", {}), description.get("powershell", {})
    installed = _iis(machine)
    processes, services = processes_and_services(description)
    return ServerState(
        name=name,
        description=description.get("description", ""),
        reachability=Reachability(description.get("reachability", Reachability.REACHABLE)),
        computer=description.get("computer", name[:_NETBIOS].upper()),
        os=release.os,
        powershell=powershell.get("version", release.powershell),
        clr=powershell.get("clr", release.clr),
        language_mode=powershell.get("language_mode", "FullLanguage"),
        utc_offset=to_minutes(description["utc_offset"]),
        now=to_filetime(description["now"]),
        boot=to_filetime(description["boot"]),
        registry=_registry(machine, installed),
        iis=installed,
        processes=processes,
        services=services,
        web=Web(**description.get("web", {})),
        denied_kinds=frozenset(description.get("denied", ())),
        costs=_costs(description.get("costs", {})),
        **_winrm(winrm, release),
    )


def _costs(described: Description) -> Costs:
    return Costs(**{name.removesuffix("_milliseconds"): number / 1000 for name, number in described.items()})


def _winrm(winrm: Description, release: Release) -> dict[str, Any]:
    return {
        "scheme": Scheme(winrm["scheme"]),
        "authentications": tuple(Authentication(word) for word in winrm["authentications"]),
        "allow_unencrypted": winrm["allow_unencrypted"],
        "username": winrm["username"],
        "max_envelope_kb": winrm.get("max_envelope_kb", release.max_envelope_kb),
        "max_shells_per_user": winrm.get("max_shells_per_user", release.max_shells_per_user),
    }


def _iis(machine: Machine) -> Iis | None:
    described = machine.description.get("iis", "absent")
    if described == "absent":
        return None
    version = str(described.get("version", machine.release.iis))
    major, minor = (int(part) for part in f"{version}.0".split(".")[:2])
    if major < 7:
        if machine.application_host:
            raise ValueError(f"IIS {version} has a metabase, no applicationHost.config; write iis/version 7 or newer")
        return Iis(major=major, minor=minor, configuration=iis_document.metabase(described))
    if described.get("metabase"):
        raise ValueError(f"iis/metabase is for IIS 6; IIS {version} is configured by ssl, redirect and access")
    host = ApplicationHost(
        document=machine.application_host or iis_document.application_host(described),
        web_configs=iis_document.web_configs(described),
        metabase_compatibility=described.get("metabase_compatibility", True),
    )
    return Iis(major=major, minor=minor, configuration=host)


def _registry(machine: Machine, installed: Iis | None) -> tuple[RegistryKey, ...]:
    """Return what the parts of the server imply, then what is described: keys and values replace those implied."""
    keys = {key.path.lower(): key for key in _implied_keys(machine, installed)}
    written = to_filetime(machine.description["installed"])
    for path, described in machine.description.get("registry", {}).items():
        if described == "absent":
            keys = {known: key for known, key in keys.items() if not f"{known}\\".startswith(f"{path.lower()}\\")}
        else:
            keys[path.lower()] = _key(path, described, keys.get(path.lower()), written)
    return tuple(keys.values())


def _key(path: str, described: Description, implied: RegistryKey | None, written: int) -> RegistryKey:
    values = {value.name.lower(): value for value in (implied.values if implied else ())}
    for name, value in described.get("values", {}).items():
        values.pop(name.lower(), None)
        if value != "absent":
            values[name.lower()] = RegistryValue(name=name, type=value["type"], data=value["data"])
    return RegistryKey(
        path=path,
        values=tuple(values.values()),
        last_write=to_filetime(described["written"]) if "written" in described else written,
        denied=described.get("denied", False),
    )


def _implied_keys(machine: Machine, installed: Iis | None) -> Iterator[RegistryKey]:
    written = to_filetime(machine.description["installed"])
    yield RegistryKey(
        path=r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion",
        values=tuple(_windows_values(machine.release)),
        last_write=written,
    )
    if installed is not None:
        values = {"MajorVersion": installed.major, "MinorVersion": installed.minor}
        yield RegistryKey(
            path=r"HKLM\SOFTWARE\Microsoft\InetStp",
            values=tuple(RegistryValue(name=name, type="REG_DWORD", data=data) for name, data in values.items()),
            last_write=written,
        )
    described = machine.description.get("exchange", "absent")
    if described != "absent":
        version, roles = needed(described, "version", "exchange"), described.get("roles", [])
        yield from exchange.registry_keys(version, roles, described.get("incomplete", {}), written)


def _windows_values(release: Release) -> Iterator[RegistryValue]:
    major, minor, build = release.os.version.split(".")
    texts = {"ProductName": release.os.caption, "CurrentVersion": f"{major}.{minor}", "CurrentBuildNumber": build}
    return (RegistryValue(name=name, type="REG_SZ", data=text) for name, text in texts.items())
