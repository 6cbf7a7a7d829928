r"""`reg query` on a simulated server, in the layout of reg.exe since Windows Vista (Server 2003's differs).

Source of the layout: Microsoft, "reg query"; four blanks around name, type and data, an empty line before and after.
"""

from collections.abc import Iterator, Sequence

from auditor.lab import registry
from auditor.lab.state import Output, RegistryValue, ServerState

_HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKU": "HKEY_USERS",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKCC": "HKEY_CURRENT_CONFIG",
}
_NOT_FOUND = "ERROR: The system was unable to find the specified registry key or value."
_DENIED = "ERROR: Access is denied."
_SYNTAX = 'ERROR: Invalid syntax.\r\nType "REG QUERY /?" for usage.'


class _SyntaxError(Exception):
    """The arguments are none that reg.exe takes (or none that are simulated)."""


def query(state: ServerState, arguments: Sequence[str]) -> Output:
    """Return the output of `reg query` with these arguments: a key, and `/v NAME`, `/ve`, `/reg:32` or `/reg:64`."""
    try:
        hive, key, name, view = _arguments(arguments)
    except _SyntaxError:
        return _error(_SYNTAX)
    path = registry.physical_path(hive, key, view)
    if registry.is_denied(state, path):
        return _error(_DENIED)
    found = registry.find_key(state, path)
    values = [value for value in found.values if name in {None, value.name.lower()}] if found else []
    if not registry.exists(state, path) or (name is not None and not values):
        return _error(_NOT_FOUND)
    shown = f"{_HIVES[hive]}\\{key}".rstrip("\\")
    children = [] if name is not None else [f"{shown}\\{child}" for child in registry.subkeys(state, path)]
    return _output(["", *_listing(shown, values), *children])


def _arguments(arguments: Sequence[str]) -> tuple[str, str, str | None, str]:
    """Return hive, key, name of the value (None for all, lower-case) and view; raises `_SyntaxError`."""
    if not arguments:
        raise _SyntaxError
    hive, _, key = arguments[0].partition("\\")
    short = next((short for short, long in _HIVES.items() if hive.upper() in {short, long}), None)
    if short is None:
        raise _SyntaxError
    name, view, rest = None, "64", list(arguments[1:])
    while rest:
        match [rest.pop(0).lower(), *rest[:1]]:
            case ["/v", value]:
                name, rest = value.lower(), rest[1:]
            case ["/ve", *_]:
                name = ""
            case [("/reg:32" | "/reg:64") as option, *_]:
                view = option[-2:]
            case _:
                raise _SyntaxError
    return short, key.strip("\\"), name, view


def _listing(shown: str, values: Sequence[RegistryValue]) -> Iterator[str]:
    if values:
        yield shown
    for value in values:
        yield f"    {value.name or '(Default)'}    {value.type}    {_shown(value)}"
    if values:
        yield ""


def _shown(value: RegistryValue) -> str:
    match value.data:
        case int() as number:
            return f"0x{number:x}"
        case list() | tuple() as strings:
            return "\\0".join(str(string) for string in strings)
        case text if value.type in {"REG_SZ", "REG_EXPAND_SZ", "REG_LINK"}:
            return str(text)
        case hexadecimal:
            return str(hexadecimal).upper()


def _output(lines: Sequence[str]) -> Output:
    return Output(stdout="".join(f"{line}\r\n" for line in lines).encode("cp437", errors="replace"))


def _error(text: str) -> Output:
    return Output(stderr=f"{text}\r\n".encode(), exit_code=1)
