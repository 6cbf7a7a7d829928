"""Whether IIS requires SSL ("Require secure channel") on directories: the effective value and where it comes from.

Bit 8 (`Ssl`, AccessSSL) alone decides; Ssl128 without it requires nothing. On IIS 7 and later what IIS itself says
(Microsoft.Web.Administration) is compared with what applicationHost.config states; a contradiction is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.model.answer import Answers, Observed, answer_to
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, Facts, Probe, Reading
from auditor.model.question import Question
from auditor.model.value import Json, Value, ValueType
from auditor.probes.iis_inheritance import (
    SSL,
    flags_of,
    may_be_overridden,
    name_metabase_place,
    show_flags,
    stated,
)
from auditor.probes.iis_sites import IIS6, PATHS, SITE, SITES, Site, checked_paths, look_up
from auditor.probes.unknown import UnusableError, needed, why
from auditor.readers import iis_effective, iis_settings, metabase_property

SECTION = "system.webServer/security/access"
_SETTINGS = iis_settings.iis_settings(section=SECTION)
_CHOICES = ("all", "none", "some", "no_path")


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The effective access flags of one path, and the place that states them in words."""

    path: str
    flags: int
    place: str


def effective_question(site: str, path: str) -> Question:
    """Return the question for what IIS 7 and later says itself."""
    return iis_effective.iis_effective(section=SECTION, attributes=("sslFlags",), site=site, path=path)


def metabase_question(site: str, path: str) -> Question:
    """Return the question for what the metabase of IIS 6 says."""
    return metabase_property.metabase_property(property="AccessSSLFlags", site=site, path=path)


def _questions(parameters: Parameters) -> tuple[Question, ...]:
    site, paths = str(parameters["site"]), checked_paths(parameters)
    each = [question(site, path) for path in paths for question in (effective_question, metabase_question)]
    return SITES, _SETTINGS, *each


def _read(parameters: Parameters, answers: Answers) -> Reading:
    try:
        site = look_up(parameters, answers)
        accesses = [access(site, str(parameters["site"]), path, answers) for path in site.present]
    except UnusableError as unusable:
        return unusable.not_known
    return Facts(values=_facts(site, accesses), summary=_sentence(site, accesses))


def access(site: Site, asked: str, path: str, answers: Answers) -> Access:
    """Return the effective flags of a path that is there; raises `UnusableError` when they are not known."""
    if site.major == IIS6:
        return _metabase(path, needed(answers, metabase_question(asked, path)))
    question = effective_question(asked, path)
    said = answer_to(answers, question)
    file = answer_to(answers, _SETTINGS)
    if isinstance(said, Observed):
        flags = flags_of(_attribute(needed(answers, question)))
        stated_in_file = needed(answers, _SETTINGS) if isinstance(file, Observed) else None
        return _compared(path, flags, stated_in_file, site.name)
    if isinstance(file, Observed):
        return _from_file_alone(path, needed(answers, _SETTINGS), site.name, why(question, said))
    raise UnusableError(why(question, said))


def _metabase(path: str, data: Mapping[str, Json]) -> Access:
    set_at = data.get("set_at")
    places = set_at if isinstance(set_at, list) else []
    place = name_metabase_place(str(places[-1]), path) if places else ""
    value = data.get("value")
    return Access(path=path, flags=0 if value is None else flags_of(value), place=place)


def _attribute(data: Mapping[str, Json]) -> Json:
    attributes = data.get("attributes")
    if not isinstance(attributes, dict) or "sslFlags" not in attributes:
        raise UnusableError("IIS did not say what sslFlags is")
    flags: Json = attributes["sslFlags"]
    return flags


def _compared(path: str, flags: int, file: dict[str, Json] | None, site: str) -> Access:
    if file is None:
        return Access(path=path, flags=flags, place="a place that is not known")
    in_file = stated(file.get("settings"), "sslFlags", site, path)
    file_flags = 0 if in_file is None else flags_of(in_file.value)
    if file_flags == flags:
        return Access(path=path, flags=flags, place=in_file.place if in_file else "")
    if may_be_overridden(file, site, path):
        return Access(path=path, flags=flags, place="a web.config")
    raise UnusableError(
        f"IIS says {show_flags(flags)} for {path}, but applicationHost.config says {show_flags(file_flags)}, "
        "and the section is locked there: the two contradict each other"
    )


def _from_file_alone(path: str, file: dict[str, Json], site: str, reason: str) -> Access:
    if may_be_overridden(file, site, path):
        raise UnusableError(
            f"a web.config may override applicationHost.config here, and IIS itself did not answer: {reason}"
        )
    in_file = stated(file.get("settings"), "sslFlags", site, path)
    return Access(
        path=path, flags=0 if in_file is None else flags_of(in_file.value), place=in_file.place if in_file else ""
    )


def _facts(site: Site, accesses: Sequence[Access]) -> Mapping[str, Value]:
    requiring = tuple(found.path for found in accesses if found.flags & SSL)
    not_requiring = tuple(found.path for found in accesses if not found.flags & SSL)
    inherited = tuple(found.path for found in accesses if found.place != "itself")
    return {
        "site_present": site.found,
        "present": site.present,
        "absent": site.absent,
        "requirement": _requirement(requiring, not_requiring),
        "requiring": requiring,
        "not_requiring": not_requiring,
        "inheriting": inherited,
    }


def _requirement(requiring: tuple[str, ...], not_requiring: tuple[str, ...]) -> str:
    match bool(requiring), bool(not_requiring):
        case True, True:
            return "some"
        case True, False:
            return "all"
        case False, True:
            return "none"
        case _:
            return "no_path"


def _sentence(site: Site, accesses: Sequence[Access]) -> str:
    if not site.found:
        return site.missing
    parts = [_phrase(found) for found in accesses]
    if site.absent:
        parts.append(f"not there: {', '.join(site.absent)}")
    return f"in {site.name!r}: " + "; ".join(parts)


def _phrase(found: Access) -> str:
    verb = "requires SSL" if found.flags & SSL else "does not require SSL"
    origin = {"": "set nowhere", "itself": "set on itself"}.get(found.place, f"inherited from {found.place}")
    name = "the site itself" if found.path == "/" else found.path
    return f"{name} {verb} ({show_flags(found.flags)}, {origin})"


PROBE = Probe(
    name="iis_ssl",
    summary="Whether IIS requires SSL on directories: the effective value, and where it is inherited from.",
    parameters=(SITE, PATHS),
    facts=(
        Fact(name="site_present", type=ValueType.BOOLEAN, description="The web site is there."),
        Fact(name="present", type=ValueType.STRINGS, description="Those of the paths that are there."),
        Fact(name="absent", type=ValueType.STRINGS, description="Those of the paths that are not there."),
        Fact(
            name="requirement",
            type=ValueType.STRING,
            choices=_CHOICES,
            description="Whether `all`, `none` or `some` of the paths that are there require SSL; `no_path`: none is.",
        ),
        Fact(name="requiring", type=ValueType.STRINGS, description="The paths that require SSL."),
        Fact(
            name="not_requiring", type=ValueType.STRINGS, description="The paths that are there and do not require SSL."
        ),
        Fact(
            name="inheriting",
            type=ValueType.STRINGS,
            description="The paths that state nothing themselves but inherit it.",
        ),
    ),
    questions=_questions,
    read=_read,
)
