"""Whether plain HTTP is refused, seen from outside, and whether that agrees with what IIS is configured to do."""

from auditor.model.answer import Answers
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, Facts, Parameter, Probe, Reading
from auditor.model.question import Question
from auditor.model.value import ValueType
from auditor.probes import iis_ssl
from auditor.probes.http_response import LINKS, OUTCOME, question, response, sentence
from auditor.probes.iis_sites import SITE
from auditor.probes.unknown import UnusableError

_AGREEMENT = ("agrees", "disagrees", "unclear")


def _inside(parameters: Parameters) -> Parameters:
    return {"site": parameters["site"], "paths": (str(parameters["path"]),)}


def _request(parameters: Parameters) -> Parameters:
    return {**parameters, "scheme": "http", "host": ""}


def _questions(parameters: Parameters) -> tuple[Question, ...]:
    return question(_request(parameters)), *iis_ssl.PROBE.questions(_inside(parameters))


def _read(parameters: Parameters, answers: Answers) -> Reading:
    request = _request(parameters)
    try:
        found = response(request, answers)
    except UnusableError as unusable:
        return unusable.not_known
    inside = iis_ssl.PROBE.read(_inside(parameters), answers)
    if not isinstance(inside, Facts):
        return inside
    agreement = _agreement(str(inside.values["requirement"]), found.outcome)
    told = {
        "agrees": "inside and outside agree",
        "disagrees": "INSIDE AND OUTSIDE DISAGREE",
        "unclear": "outside is unclear",
    }
    return Facts(
        values={"outcome": found.outcome, "status": found.status, "links": found.links, "agreement": agreement},
        summary=f"{told[agreement]}: {sentence(request, found)}; configured: {inside.summary}",
    )


def _agreement(requirement: str, outcome: str) -> str:
    """Return whether the two views fit; a redirect to https fits either, so it is unclear."""
    match requirement, outcome:
        case ("all", "refused") | ("none", "served") | ("no_path", "not_found"):
            return "agrees"
        case ("all", "served") | ("none", "refused"):
            return "disagrees"
        case _:
            return "unclear"


PROBE = Probe(
    name="iis_ssl_from_outside",
    summary="Whether plain HTTP is refused, seen from the auditor, and whether that agrees with IIS' configuration.",
    parameters=(
        SITE,
        Parameter(name="path", type=ValueType.STRING, description="The path, e.g. `/owa`."),
        Parameter(name="port", type=ValueType.INTEGER, default=80, description="The TCP port of plain HTTP."),
        Parameter(name="method", type=ValueType.STRING, default="GET", description="`GET`, `HEAD` or `OPTIONS`."),
    ),
    facts=(
        OUTCOME,
        Fact(name="status", type=ValueType.INTEGER, description="The status code."),
        LINKS,
        Fact(
            name="agreement",
            type=ValueType.STRING,
            choices=_AGREEMENT,
            description="Whether the look from outside `agrees` or `disagrees` with the effective configuration.",
        ),
    ),
    questions=_questions,
    read=_read,
)
