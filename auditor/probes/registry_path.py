r"""Registry key names as people write them -> hive and path. Pure.

Understood: `HKLM\...`, `HKLM:\...`, `HKEY_LOCAL_MACHINE\...`, `Computer\HKEY_LOCAL_MACHINE\...`, `Registry::HKLM\...`,
in any case, with or without a backslash at the end.
"""

import re

from auditor.errors import ParameterError

HIVES = {
    "HKLM": "HKLM",
    "HKEY_LOCAL_MACHINE": "HKLM",
    "HKCU": "HKCU",
    "HKEY_CURRENT_USER": "HKCU",
    "HKU": "HKU",
    "HKEY_USERS": "HKU",
    "HKCR": "HKCR",
    "HKEY_CLASSES_ROOT": "HKCR",
    "HKCC": "HKCC",
    "HKEY_CURRENT_CONFIG": "HKCC",
}
VIEWS = ("64", "32")
_PREFIX = re.compile(r"^(?:Computer\\|(?:Microsoft\.PowerShell\.Core\\)?Registry::)", re.IGNORECASE)


def split_key(text: str, parameter: str = "key") -> tuple[str, str]:
    """Return hive (short name) and key; raises `ParameterError` for what no registry key can be."""
    if "/" in text and "\\" not in text:
        raise ParameterError(parameter, f"{text!r} is written with slashes; registry keys are written with backslashes")
    hive, _, key = _PREFIX.sub("", text).partition("\\")
    short = HIVES.get(hive.upper().removesuffix(":"))
    if short is None:
        raise ParameterError(parameter, f"{hive!r} is no registry hive; write one of {', '.join(HIVES)}")
    key = key.removesuffix("\\")
    if not all(key.split("\\")):
        raise ParameterError(
            parameter, f"{text!r} has an empty part; in single-quoted YAML write one backslash, not two"
        )
    return short, key


def checked_view(text: str, parameter: str = "view") -> str:
    """Return the registry view, `64` or `32`; raises `ParameterError`."""
    if text not in VIEWS:
        raise ParameterError(parameter, f"{text!r} is no registry view; write '64' or '32'")
    return text
