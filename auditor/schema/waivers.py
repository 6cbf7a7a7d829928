"""The schema of waiver files."""

from auditor.model.waiver import Waiver
from auditor.schema.parts import DRAFT, ID, Schema, closed, list_of, object_of

MAXIMUM_DAYS = 180
"""How many days ahead a waiver may expire where no file says otherwise."""

LONGEST_MAXIMUM = 3660
"""The greatest number of days that a file may say: ten years."""

_TEXT: Schema = {"type": "string", "minLength": 1}
_NAMES: Schema = list_of(_TEXT, least=1)

_WAIVER = {
    "id": "The waiver's id; unique in all files, and what reports call it.",
    "policy": "The id of the policy.",
    "checks": "Ids of checks, or patterns with * and ?; each must match a check of the policy.",
    "hosts": 'Names of servers, or patterns with * and ?; "*" alone is every server, and the fleet as a whole.',
    "groups": "Groups of the inventory; their servers are added to `hosts`. With neither, every server is meant.",
    "owner": "Who answers for the deviation.",
    "reason": "Why it is accepted.",
    "ticket": "Where it was decided.",
    "expires": 'The last day it holds, quoted, like "2026-12-31"; it ends with that day in `zone`.',
    "zone": "The time zone of that day, an IANA name like Europe/Berlin.",
    "accepted": "What was found when it was accepted, or its fingerprint; any other value is not waived.",
}


def waivers_schema() -> Schema:
    """Return the schema of a file of waivers."""
    waivers: Schema = {"description": "The accepted deviations.", **list_of({"$ref": "#/$defs/waiver"})}
    days: Schema = {
        "description": "How many days ahead a waiver may expire; the least that any file of a folder says.",
        "type": "integer",
        "minimum": 1,
        "maximum": LONGEST_MAXIMUM,
        "default": MAXIMUM_DAYS,
    }
    top = closed({"maximum_days": days, "waivers": waivers}, ("waivers",))
    return {"$schema": DRAFT, "title": "auditor waivers", **top, "$defs": {"waiver": _waiver()}}


def _waiver() -> Schema:
    shapes = dict.fromkeys(("policy", "owner", "reason", "ticket", "zone", "accepted"), _TEXT)
    shapes |= dict.fromkeys(("checks", "hosts", "groups"), _NAMES)
    shapes |= {"id": {"type": "string", "pattern": ID}, "expires": {**_TEXT, "format": "date"}}
    return object_of(Waiver, _WAIVER, shapes)
