r"""The few PowerShell command lines of other people's tools that a simulated server understands.

Understood is `powershell` with any of `-NoProfile`, `-NonInteractive`, `-NoLogo`, `-ExecutionPolicy WORD` and
`-InputFormat WORD`, and a script in `-EncodedCommand` (or an abbreviation of it) that is one of:

* one registry value read the usual way, quotes and `-Path` or `-LiteralPath` as one likes:
  `(Get-ItemProperty -Path 'HKLM:\SOFTWARE\Key' -Name 'Value').Value` or
  `Get-ItemPropertyValue -Path 'HKLM:\SOFTWARE\Key' -Name 'Value'` (or `Registry::HKEY_LOCAL_MACHINE\...`);
* one plain command line, e.g. `reg query HKLM\SOFTWARE\Key /v Value`.

Numbers are shown as PowerShell shows its signed integers, several strings one to a line. What goes wrong is told on
standard error as text, where a real server writes CLIXML, and ends with exit code 1.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.lab import registry
from auditor.lab.state import Output, RegistryValue, ServerState

_ENCODED = "-encodedcommand"
_SWITCHES = frozenset({"-noprofile", "-noninteractive", "-nologo"})
_WITH_WORD = frozenset({"-executionpolicy", "-inputformat"})
_BITS = {"REG_DWORD": 32, "REG_QWORD": 64}
_HIVES = {
    "HKLM:": "HKLM",
    "HKCU:": "HKCU",
    "REGISTRY::HKEY_LOCAL_MACHINE": "HKLM",
    "REGISTRY::HKEY_CURRENT_USER": "HKCU",
    "REGISTRY::HKEY_USERS": "HKU",
}
_QUOTED = r"""(?:'(?P<{0}1>[^']+)'|"(?P<{0}2>[^"$`]+)"|(?P<{0}3>[^\s'"()$`;|&]+))"""
_PATH = r"(?:-(?:Literal)?Path\s+)?" + _QUOTED.format("path")
_NAME = r"-Name\s+" + _QUOTED.format("name")
_PROPERTY = _QUOTED.format("property")
_READS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\(\s*Get-ItemProperty\s+{_PATH}(?:\s+{_NAME})?\s*\)\.{_PROPERTY}",
        rf"Get-ItemPropertyValue\s+{_PATH}\s+{_NAME}",
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A registry value that a script reads: the key's path from the short hive on, and the value's name."""

    path: str
    name: str


def is_powershell(words: Sequence[str]) -> bool:
    """Tell whether the words of a command line start PowerShell."""
    return bool(words) and words[0].lower().removesuffix(".exe") == "powershell"


def script_in(words: Sequence[str]) -> str | None:
    """Return the script that PowerShell is given as `-EncodedCommand`, or None where that is not all it is given."""
    rest = [word.lower() for word in words[1:-1]]
    while rest and (rest[0] in _SWITCHES or (rest[0] in _WITH_WORD and len(rest) > 1)):
        rest = rest[1 if rest[0] in _SWITCHES else 2 :]
    if len(rest) != 1 or len(rest[0]) < len("-e") or not _ENCODED.startswith(rest[0]):
        return None
    try:
        return base64.b64decode(words[-1], validate=True).decode("utf-16-le").strip()
    except (binascii.Error, UnicodeDecodeError):
        return None


def read_in(script: str) -> Read | None:
    """Return the registry value that the script reads, or None where it does not do exactly that."""
    match = next((found for pattern in _READS if (found := pattern.fullmatch(script))), None)
    if match is None:
        return None
    path, name, shown = (_either(match, group) for group in ("path", "name", "property"))
    if name and shown and name.lower() != shown.lower():
        return None
    hive, _, key = path.partition("\\")
    known = _HIVES.get(hive.upper())
    return Read(path="\\".join((known, key.strip("\\"))), name=name or shown) if known else None


def show(state: ServerState, read: Read) -> Output:
    """Return what PowerShell writes for the value."""
    hive, _, key = read.path.partition("\\")
    path = registry.physical_path(hive, key, "64")
    if registry.is_denied(state, path):
        return _error("Requested registry access is not allowed.")
    if not registry.exists(state, path):
        return _error(f"Cannot find path '{read.path}' because it does not exist.")
    value = registry.find_value(state, path, read.name)
    if value is None:
        return _error(f"Property {read.name} does not exist at path {read.path}.")
    lines = _lines(value)
    return _error(f"This simulated server shows no {value.type} in PowerShell.") if lines is None else _output(lines)


def _lines(value: RegistryValue) -> Sequence[str] | None:
    match value.type, value.data:
        case ("REG_DWORD" | "REG_QWORD") as kind, int(number):
            return [str(_signed(number, _BITS[kind]))]
        case "REG_SZ", str(text):
            return [text]
        case "REG_MULTI_SZ", list() | tuple() as strings:
            return [str(string) for string in strings]
        case _:
            return None


def _signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number


def _either(match: re.Match[str], group: str) -> str:
    """Return what a quoted or bare word holds; empty when the pattern does not have it or it is not there."""
    found = match.groupdict()
    return next((found[f"{group}{way}"] for way in "123" if found.get(f"{group}{way}")), "")


def _output(lines: Sequence[str]) -> Output:
    return Output(stdout="".join(f"{line}\r\n" for line in lines).encode("cp437", errors="replace"))


def _error(text: str) -> Output:
    return Output(stderr=f"{text}\r\n".encode("cp437", errors="replace"), exit_code=1)
