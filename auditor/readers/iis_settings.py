"""What applicationHost.config of IIS 7 and later states for one section, location by location."""

from auditor.errors import ReplyError
from auditor.model.question import Question, ask
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers.shape import items, record, table, text
from auditor.readers.source import powershell

_OVERRIDE_DEFAULTS = ("Allow", "Deny", "")
_OVERRIDES = ("Inherit", "Allow", "Deny", "")


def iis_settings(*, section: str) -> Question:
    """Ask where a section, e.g. `system.webServer/security/access`, is stated, and with which attributes.

    Observed: `{"override_default": "Deny", "settings": [{"path": "" (the root) or "Default Web Site/owa",
    "override": "Allow", "attributes": {"sslFlags": "Ssl, Ssl128"}}]}` in the order of the file; only locations
    with the element, attributes as written, "" for a mode that is not stated. Absent: `iis7`.
    """
    return ask("iis_settings", section=section)


def _word(value: Json, where: str, words: tuple[str, ...]) -> str:
    word = text(value, where).capitalize()
    if word not in words:
        raise ReplyError(f"{where} is {word!r}, not one of {', '.join(map(repr, words))}; look at the stored evidence")
    return word


def _setting(data: Json, where: str) -> Json:
    fields = record(data, where, {"path", "override", "attributes"})
    path = text(fields["path"], f"{where}.path")
    return {
        "path": "" if path == "." else path,
        "override": _word(fields["override"], f"{where}.override", _OVERRIDES),
        "attributes": table(fields["attributes"], f"{where}.attributes", text),
    }


def check(data: Json) -> Json:
    """Return the statements as documented."""
    fields = record(data, "iis_settings", {"override_default", "settings"})
    return {
        "override_default": _word(fields["override_default"], "iis_settings.override_default", _OVERRIDE_DEFAULTS),
        "settings": items(fields["settings"], "iis_settings.settings", _setting),
    }


READER = Reader(
    kind="iis_settings", parameters=("section",), absent=("iis7",), powershell=powershell("iis_settings"), check=check
)
