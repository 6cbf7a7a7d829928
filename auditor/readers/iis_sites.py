"""The web sites of IIS, with the paths of their applications and virtual directories."""

from auditor.errors import ReplyError
from auditor.model.question import Question, ask
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers.shape import items, record, text, whole
from auditor.readers.source import powershell

METABASE = "metabase"
ADMINISTRATION = "Microsoft.Web.Administration"


def iis_sites() -> Question:
    """Ask for all sites.

    Observed: `{"major": 7, "minor": 5, "reader": ADMINISTRATION or METABASE, "sites": [{"name": "Default Web
    Site", "id": 1, "paths": ["/", "/owa"]}]}`. Absent: `iis`.
    """
    return ask("iis_sites")


def _site(data: Json, where: str) -> Json:
    fields = record(data, where, {"name", "id", "paths"})
    return {
        "name": text(fields["name"], f"{where}.name"),
        "id": whole(fields["id"], f"{where}.id"),
        "paths": items(fields["paths"], f"{where}.paths", text),
    }


def check(data: Json) -> Json:
    """Return version, reader and sites as documented."""
    fields = record(data, "iis_sites", {"major", "minor", "reader", "sites"})
    reader = text(fields["reader"], "iis_sites.reader")
    if reader not in (ADMINISTRATION, METABASE):
        raise ReplyError(f"iis_sites.reader is {reader!r}, which is not known here; look at the stored evidence")
    return {
        "major": whole(fields["major"], "iis_sites.major"),
        "minor": whole(fields["minor"], "iis_sites.minor"),
        "reader": reader,
        "sites": items(fields["sites"], "iis_sites.sites", _site),
    }


READER = Reader(kind="iis_sites", absent=("iis",), powershell=powershell("iis_sites"), check=check)
