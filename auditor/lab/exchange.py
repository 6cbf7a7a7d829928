r"""An Exchange installation -> the registry keys its setup leaves. Pure.

Source: windows-facts section 3 (`SOFTWARE\Microsoft\Exchange\v8.0` for 2007, `SOFTWARE\Microsoft\ExchangeServer\v14`
and `v15` later; 2000 and 2003 have no roles; a role key that still has `Watermark` or `Action` means unfinished setup).
"""

from collections.abc import Iterator, Mapping, Sequence

from auditor.lab.state import RegistryKey, RegistryValue

ROLES: Mapping[str, str] = {
    "client_access": "ClientAccessRole",
    "hub_transport": "HubTransportRole",
    "mailbox": "MailboxRole",
    "unified_messaging": "UnifiedMessagingRole",
    "edge_transport": "Hygiene",
    "admin_tools": "AdminToolsRole",
}
"""The roles by the word a scenario uses, and the name of each one's registry key."""
_2007 = 8


def registry_keys(
    version: str, roles: Sequence[str], incomplete: Mapping[str, str], written: int
) -> Iterator[RegistryKey]:
    """Yield the keys of an installation; `incomplete` says which value unfinished setup left in a role's key."""
    base, setup = _places(version)
    if int(version.split(".", maxsplit=1)[0]) < _2007:
        yield RegistryKey(path=setup, values=(_services_version(version),), last_write=written)
        return
    yield RegistryKey(path=setup, values=tuple(_setup_values(version)), last_write=written)
    for role in dict.fromkeys([*roles, *incomplete]):
        values = tuple(_role_values(version, incomplete.get(role, "")))
        yield RegistryKey(path=f"{base}\\{ROLES[role]}", values=values, last_write=written)


def _services_version(version: str) -> RegistryValue:
    """Return what Exchange 2000 and 2003 leave instead: 60 for 6.0, 65 for 6.5."""
    major, minor = version.split(".")[:2]
    return RegistryValue(name="Services Version", type="REG_DWORD", data=int(major) * 10 + int(minor))


def _places(version: str) -> tuple[str, str]:
    """Return the key above the roles', and that of setup."""
    major = int(version.split(".", maxsplit=1)[0])
    if major <= _2007:
        return r"HKLM\SOFTWARE\Microsoft\Exchange\v8.0", r"HKLM\SOFTWARE\Microsoft\Exchange\Setup"
    base = rf"HKLM\SOFTWARE\Microsoft\ExchangeServer\v{major}"
    return base, rf"{base}\Setup"


def _setup_values(version: str) -> Iterator[RegistryValue]:
    names = ("MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor")
    for name, part in zip(names, version.split("."), strict=True):
        yield RegistryValue(name=name, type="REG_DWORD", data=int(part))
    folder = "" if int(version.split(".", maxsplit=1)[0]) <= _2007 else f"V{version.split('.', maxsplit=1)[0]}\\"
    path = f"C:\\Program Files\\Microsoft\\Exchange Server\\{folder}"
    yield RegistryValue(name="MsiInstallPath", type="REG_SZ", data=path)


def _role_values(version: str, left: str) -> Iterator[RegistryValue]:
    yield RegistryValue(name="UnpackedVersion", type="REG_SZ", data=version)
    match left:
        case "watermark":
            yield RegistryValue(name="Watermark", type="REG_SZ", data="0b1d3e84-7b2a-4c83-9d64-2a5f8c9c1d10")
        case "action":
            yield RegistryValue(name="Action", type="REG_SZ", data="Install")
        case _:
            yield RegistryValue(name="ConfiguredVersion", type="REG_SZ", data=version)
