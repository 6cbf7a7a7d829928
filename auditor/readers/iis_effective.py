"""What IIS 7 and later itself says is in effect for a path: every level, also web.config files, merged by IIS."""

from collections.abc import Sequence

from auditor.model.question import Question, ask
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers.shape import record, scalar, table
from auditor.readers.source import powershell


def iis_effective(*, section: str, attributes: Sequence[str], site: str, path: str) -> Question:
    """Ask for attributes of a section as they apply to a path of a site (`/` is the site itself).

    Observed: `{"attributes": {"sslFlags": 264}}`: integers (also for flags and enums), booleans or strings.
    Absent: `iis7` or `site`.
    """
    return ask("iis_effective", section=section, attributes=",".join(sorted(set(attributes))), site=site, path=path)


def check(data: Json) -> Json:
    """Return the attributes as documented."""
    fields = record(data, "iis_effective", {"attributes"})
    return {"attributes": table(fields["attributes"], "iis_effective.attributes", scalar)}


READER = Reader(
    kind="iis_effective",
    parameters=("section", "attributes", "site", "path"),
    absent=("iis7", "site"),
    powershell=powershell("iis_effective"),
    check=check,
)
