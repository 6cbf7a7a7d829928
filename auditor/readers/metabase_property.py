"""A property of the IIS metabase (IIS 6, or 7 and later with its compatibility service): in effect, and set where."""

from auditor.errors import ReplyError
from auditor.model.question import Question, ask
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers.shape import items, record, scalar_or_null, strange, text
from auditor.readers.source import powershell


def metabase_property(*, property: str, site: str, path: str) -> Question:  # noqa: A002  the word of the question
    """Ask for a property, e.g. `AccessSSLFlags`, as it applies to a path of the site with that ServerComment.

    Observed: `{"value": 8 or "text" or null when set nowhere, "set_at": ["W3SVC/1/ROOT", ...]}`, the places at
    or above the path where it is stated, upper-most first. Absent: `metabase`, `site` or `path`.
    """
    return ask("metabase_property", property=property, site=site, path=path)


def check(data: Json) -> Json:
    """Return value and places as documented; a value that is set nowhere, or a place without one, is strange."""
    fields = record(data, "metabase_property", {"value", "set_at"})
    value = scalar_or_null(fields["value"], "metabase_property.value")
    if isinstance(value, bool):
        raise strange("metabase_property.value", value, "an integer, a string or null")
    places = items(fields["set_at"], "metabase_property.set_at", text)
    if (value is None) is bool(places):
        raise ReplyError("metabase_property has a value that is set nowhere, or none that is; look at the evidence")
    return {"value": value, "set_at": places}


READER = Reader(
    kind="metabase_property",
    parameters=("property", "site", "path"),
    absent=("metabase", "site", "path"),
    powershell=powershell("metabase_property"),
    check=check,
)
