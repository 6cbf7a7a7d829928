"""Which web sites and directories IIS has, as the other IIS probes need it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.errors import ParameterError
from auditor.model.answer import Answers
from auditor.model.policy import Parameters
from auditor.model.probe import Parameter
from auditor.model.value import ValueType
from auditor.probes.unknown import UnusableError, observed
from auditor.readers import iis_sites

SITES = iis_sites.iis_sites()
IIS6 = 6

SITE = Parameter(name="site", type=ValueType.STRING, default="Default Web Site", description="The web site's name.")
PATHS = Parameter(
    name="paths",
    type=ValueType.STRINGS,
    description="Paths of directories (virtual directories or applications) in the site, `/` for the site itself.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A web site that was looked for: `major` is IIS' version; `present`/`absent` split the wanted paths."""

    major: int
    name: str
    found: bool
    present: tuple[str, ...]
    absent: tuple[str, ...]
    missing: str


def checked_paths(parameters: Parameters) -> tuple[str, ...]:
    """Return the wanted paths; raises `ParameterError` for an empty list or a path that does not start with `/`."""
    paths = parameters["paths"]
    if not isinstance(paths, tuple) or not paths:
        raise ParameterError("paths", "at least one path is needed, `/` for the site itself")
    for path in paths:
        if not path.startswith("/"):
            raise ParameterError("paths", f"{path!r} does not start with '/'")
    return paths


def look_up(parameters: Parameters, answers: Answers) -> Site:
    """Return what is there of the wanted site and paths; raises `UnusableError` when that is not known."""
    wanted, name = checked_paths(parameters), str(parameters["site"])
    data = observed(answers, SITES)
    if data is None:
        return Site(major=0, name=name, found=False, present=(), absent=wanted, missing="IIS is not installed")
    major, sites = data.get("major"), data.get("sites")
    if not isinstance(major, int) or not isinstance(sites, list):
        raise UnusableError("the list of web sites has an unexpected shape")
    for site in sites:
        if isinstance(site, dict) and str(site.get("name")).lower() == name.lower():
            return _split(major, str(site.get("name")), site.get("paths"), wanted)
    names = ", ".join(repr(site.get("name")) for site in sites if isinstance(site, dict))
    missing = f"there is no web site {name!r} (there are: {names or 'none'})"
    return Site(major=major, name=name, found=False, present=(), absent=wanted, missing=missing)


def _split(major: int, name: str, paths: object, wanted: Sequence[str]) -> Site:
    if not isinstance(paths, list):
        raise UnusableError("the directories of the web site have an unexpected shape")
    there = {str(path).lower().rstrip("/") for path in paths} | {""}
    present = tuple(path for path in wanted if path.lower().rstrip("/") in there)
    absent = tuple(path for path in wanted if path not in present)
    return Site(major=major, name=name, found=True, present=present, absent=absent, missing="")
