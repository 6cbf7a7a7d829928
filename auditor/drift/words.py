"""Changes in words: one sentence each, from what to what, and whose change: pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from auditor.drift.causes import has_expired
from auditor.drift.grounds import Ground
from auditor.model.drift import Cause, ChangeKind, deviates
from auditor.model.evidence import Status
from auditor.model.finding import Finding, Verdict
from auditor.model.run import Host
from auditor.model.waiver import WaiverMark

_LONGEST = 300
_LEAD = 40
"""How much is shown before the place at which two long values differ."""
_VERDICTS = {
    Verdict.PASS: "pass",
    Verdict.WARN: "warn",
    Verdict.FAIL: "fail",
    Verdict.ERROR: "not known",
    Verdict.NOT_APPLICABLE: "not applicable",
}
_SENTENCES = {
    ChangeKind.NEW_DEVIATION: "deviates now: {now}, before: {then}",
    ChangeKind.RESOLVED: "resolved: {now}, before: {then}",
    ChangeKind.STILL_DEVIATING: "still deviates, since {since}: {now}",
    ChangeKind.VALUE_CHANGED: "{verdict} as before, but another value: {found}, before: {found_then}",
    ChangeKind.NEWLY_UNKNOWN: "not known any more: {found}, before: {then}",
    ChangeKind.KNOWN_AGAIN: "known again: {now}, before: {then}",
    ChangeKind.APPLICABILITY_CHANGED: "applies now: {now}, before: {then}",
}
_PLAIN = {
    Cause.SERVER: "the server changed",
    Cause.POLICY: "the policy changed",
    Cause.INPUT: "an input changed",
    Cause.WAIVER: "the waiver changed",
    Cause.REACHABILITY: "what can be read of the server changed",
    Cause.AUDITOR: "the auditor reads the same evidence differently now",
    Cause.INVENTORY: "which servers are audited changed",
}


def sentence(kind: ChangeKind, old: Finding, new: Finding, since: str) -> str:
    """Return what happened to a check, from what to what."""
    found, found_then = _found(new), _found(old)
    then, now = _seen(old.verdict, found_then), _seen(new.verdict, found)
    if kind is ChangeKind.VALUE_CHANGED and found == found_then:
        found, found_then = _apart(new.actual, old.actual)
    template = _SENTENCES[kind]
    if kind is ChangeKind.STILL_DEVIATING and then != now:
        template += ", before: {then}"
    if kind is ChangeKind.APPLICABILITY_CHANGED and new.verdict is Verdict.NOT_APPLICABLE:
        template = "does not apply any more: {found}, before: {then}"
    return template.format(
        now=now, then=then, since=since, verdict=_VERDICTS[new.verdict], found=found, found_then=found_then
    )


def waiver_sentence(old: Finding, new: Finding, started: str) -> str:
    """Return what happened to the waiver of a check that found the same; `started` is when the later run began."""
    match old.waiver, new.waiver:
        case None, WaiverMark() as mark:
            return f"waived now, by {_mark(mark)}: {seen(new)}"
        case WaiverMark() as mark, None:
            end = f"expired on {mark.expires}" if has_expired(mark.expires, started) else "covers it no longer"
            return f"waived no more, waiver {mark.id} ({mark.owner}) {end}: {seen(new)}"
        case WaiverMark() as mark, WaiverMark() as other:
            return f"waived otherwise, by {_mark(other)}, before by {_mark(mark)}: {seen(new)}"
        case _:
            return seen(new)


def because(causes: Sequence[Cause], old: Finding, new: Finding, ground: Ground | None) -> str:
    """Return whose change it is, to be appended to the sentence; empty when it is nobody's."""
    return _because(tuple(causes), old.expected, new.expected, ground.inputs if ground else ())


def about_waiver(old: Finding, new: Finding) -> str:
    """Return what a change of the finding itself means for its waiver, to be appended to the sentence."""
    if new.waiver:
        return f"; waived by {_mark(new.waiver)}"
    if old.waiver and deviates(new.verdict):
        return f"; waiver {old.waiver.id} does not cover it"
    return ""


def seen(finding: Finding) -> str:
    """Return the verdict and what was found, or why nothing was."""
    return _seen(finding.verdict, _found(finding))


def server_sentence(host: Host, verdicts: Counter[Verdict], *, is_new: bool) -> str:
    """Return what is to be said of a server that is in one run only, with so many findings of each verdict there."""
    deviating = sum(verdicts[verdict] for verdict in Verdict if deviates(verdict))
    lead = "audited for the first time" if is_new else "not audited any more"
    silent = f", not reached: {_short(host.reason)}" if host.status is Status.UNREACHABLE else ""
    return f"{lead}: {_number(verdicts.total(), 'check')}, {deviating} deviating{silent}"


@lru_cache(maxsize=4096)
def _because(causes: tuple[Cause, ...], then: str, now: str, inputs: tuple[str, ...]) -> str:
    """Return the reasons, with what was expected and is, and the inputs that differ; the same on many servers."""
    return "".join(f"; {part}" for part in _reasons(causes, then, now, inputs))


def _reasons(causes: Sequence[Cause], then: str, now: str, inputs: Sequence[str]) -> Iterator[str]:
    for cause in causes:
        match cause:
            case Cause.POLICY if then != now:
                yield f"the policy changed, it expected {then!r} and expects {now!r} now"
            case Cause.INPUT if inputs:
                yield f"an input changed: {', '.join(inputs)}"
            case Cause.NOT_KNOWN if len(causes) > 1:
                yield "whether the server changed as well is not known"
            case Cause.NOT_KNOWN:
                yield "the cause is not known"
            case _:
                yield _PLAIN[cause]


def _seen(verdict: Verdict, found: str) -> str:
    return f"{_VERDICTS[verdict]} ({found})" if found else _VERDICTS[verdict]


def _found(finding: Finding) -> str:
    """Return what was found; what could not be judged tells why."""
    return _of_server(finding.verdict, finding.actual, finding.reason)


@lru_cache(maxsize=4096)
def _of_server(verdict: Verdict, actual: str, reason: str) -> str:
    """Return the same in short; what one server says, many say."""
    unjudged = verdict in (Verdict.ERROR, Verdict.NOT_APPLICABLE)
    found = (reason or actual) if unjudged else (actual or reason)
    return _short(found.removesuffix("."))


def _apart(*values: str) -> tuple[str, ...]:
    """Return values that would be told alike, for one reason or one long beginning, such that they differ."""
    longest = min(map(len, values))
    alike = next((at for at, signs in enumerate(zip(*values, strict=False)) if len(set(signs)) > 1), longest)
    begin = max(0, alike - _LEAD) if alike > _LONGEST - _LEAD else 0
    return tuple(_short(f"...{value[begin:]}" if begin else value or "nothing") for value in values)


def _mark(mark: WaiverMark) -> str:
    return f"{mark.id} ({mark.owner}, until {mark.expires})"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _number(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
