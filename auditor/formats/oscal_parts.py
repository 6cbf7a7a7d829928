"""The small parts of OSCAL: universally unique ids, tokens, properties, links.

Datatypes: https://pages.nist.gov/OSCAL/reference/datatypes/.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, TypeAlias
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from auditor.formats.json_text import shown
from auditor.formats.told import line, told

Part: TypeAlias = dict[str, Any]

NAMESPACE = "urn:auditor:oscal"
"""The `ns` of our properties, and the `system` of our severities."""

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_NIST_CONTROL = re.compile(r"([A-Za-z]{2})-0*([1-9][0-9]*)(?:\(0*([1-9][0-9]*)\))?")


def uuid(*identity: str) -> str:
    """Return the UUID (version 5) of what has this identity: the same in every report, in this process and others."""
    return str(uuid5(NAMESPACE_URL, f"{NAMESPACE}:{_digest(*identity)}"))


def reference(identifier: str) -> str:
    """Return a link to what has the UUID in the same document."""
    return f"#{identifier}"


def token(*names: str) -> str:
    """Return names as one token, joined by dots; what cannot stand in a token, or is long, gets a hash."""
    if all(_TOKEN.fullmatch(name) for name in names):
        return ".".join(names)
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(names))[:80]
    return f"_{plain}-{_digest(*names)[:8]}"


def control_token(document: str, control: str) -> str:
    """Return another document's control id as a token; those of NIST SP 800-53 as in its OSCAL catalog: `sc-8.1`."""
    found = _NIST_CONTROL.fullmatch(control) if document.startswith("NIST SP 800-53") else None
    if found is None:
        return token(control)
    family, number, enhancement = found.groups()
    return f"{family.lower()}-{number}" + (f".{enhancement}" if enhancement else "")


def prop(name: str, value: str, *, remarks: str = "", ours: bool = True) -> list[Part]:
    """Return a property, none for an empty value; `ours` says that its name is not one of OSCAL's own."""
    if not value:
        return []
    return [{"name": name} | ({"ns": NAMESPACE} if ours else {}) | filled(value=line(value), remarks=told(remarks))]


def link(identifier: str, text: str) -> Part:
    """Return a reference to a resource of this document, with what of it is meant."""
    return {"href": reference(identifier), "rel": "reference", "text": line(text)}


def web_link(address: str) -> str:
    """Return an address or a file's path as a URI reference, which leads out of the document."""
    quoted = quote(shown(address), safe="/:?#[]@!$&'()*+,;=%")
    # what begins with a number sign would be a reference to something in it
    return f"%23{quoted[1:]}" if quoted.startswith("#") else quoted


def filled(**parts: Any) -> Part:
    """Return the parts that are not empty: OSCAL has neither empty lists nor empty properties. `_` stands for `-`."""
    return {name.replace("_", "-"): value for name, value in parts.items() if value}


def unique(parts: Iterable[Part], by: str = "uuid") -> list[Part]:
    """Return the parts, the first of each id, in the order of their ids."""
    kept: dict[str, Part] = {}
    for part in parts:
        kept.setdefault(part[by], part)
    return [kept[name] for name in sorted(kept)]


def _digest(*names: str) -> str:
    # names of servers can hold lone surrogates
    return sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()
