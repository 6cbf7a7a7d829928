"""Whether IIS redirects directories elsewhere (`httpRedirect`, IIS 6: `HttpRedirect`), and whether to https."""

from collections.abc import Mapping

from auditor.model.answer import Answers
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, Facts, Probe, Reading
from auditor.model.question import Question
from auditor.model.value import Json, ValueType
from auditor.probes.iis_sites import IIS6, PATHS, SITE, SITES, Site, checked_paths, look_up
from auditor.probes.unknown import UnusableError, needed
from auditor.readers import iis_effective, metabase_property

SECTION = "system.webServer/httpRedirect"


def _effective(site: str, path: str) -> Question:
    return iis_effective.iis_effective(section=SECTION, attributes=("enabled", "destination"), site=site, path=path)


def _metabase(site: str, path: str) -> Question:
    return metabase_property.metabase_property(property="HttpRedirect", site=site, path=path)


def _questions(parameters: Parameters) -> tuple[Question, ...]:
    site, paths = str(parameters["site"]), checked_paths(parameters)
    return SITES, *(question(site, path) for path in paths for question in (_effective, _metabase))


def _read(parameters: Parameters, answers: Answers) -> Reading:
    try:
        site = look_up(parameters, answers)
        targets = {path: _target(site, str(parameters["site"]), path, answers) for path in site.present}
    except UnusableError as unusable:
        return unusable.not_known
    return _facts(site, {path: target for path, target in targets.items() if target})


def _target(site: Site, asked: str, path: str, answers: Answers) -> str:
    """Return where a path is redirected to, empty when it is not."""
    if site.major == IIS6:
        value = needed(answers, _metabase(asked, path)).get("value")
        return "" if value is None else str(value).split(",", maxsplit=1)[0].strip()
    attributes = needed(answers, _effective(asked, path)).get("attributes")
    if not isinstance(attributes, dict) or not isinstance(attributes.get("enabled"), bool):
        raise UnusableError(f"IIS did not say whether {path} is redirected")
    return _text(attributes.get("destination")) if attributes["enabled"] else ""


def _text(destination: Json) -> str:
    if not isinstance(destination, str) or not destination:
        raise UnusableError("a redirect is enabled, but its destination is not known")
    return destination


def _facts(site: Site, targets: Mapping[str, str]) -> Facts:
    to_https = tuple(path for path, target in targets.items() if target.lower().startswith("https:"))
    told = "; ".join(f"{path} is redirected to {target}" for path, target in targets.items())
    return Facts(
        values={"present": site.present, "redirecting": tuple(targets), "redirecting_to_https": to_https},
        summary=site.missing or told or f"no redirect on {', '.join(site.present) or 'any path: none is there'}",
    )


PROBE = Probe(
    name="iis_http_redirect",
    summary="Whether IIS redirects directories, and whether to https.",
    parameters=(SITE, PATHS),
    facts=(
        Fact(name="present", type=ValueType.STRINGS, description="Those of the paths that are there."),
        Fact(name="redirecting", type=ValueType.STRINGS, description="The paths that are redirected."),
        Fact(
            name="redirecting_to_https",
            type=ValueType.STRINGS,
            description="The paths that are redirected to an https URL.",
        ),
    ),
    questions=_questions,
    read=_read,
)
