"""Examples of a policy: judge each situation, and see that every check is seen to pass and to deviate. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.model.answer import Answers
from auditor.model.example import Example, GivenFacts, GivenReading
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Parameters, Policy
from auditor.model.probe import NotKnown, Probe, Reading

_DEVIATIONS = (Verdict.WARN, Verdict.FAIL)


def told(probes: Mapping[str, Probe], facts: GivenFacts) -> Mapping[str, Probe]:
    """Return the probes, reading what the example tells instead of evidence."""
    return {name: _telling(probe, facts.readings) for name, probe in probes.items()}


def _telling(probe: Probe, readings: Sequence[GivenReading]) -> Probe:
    mine = [given for given in readings if given.probe == probe.name]

    def read(parameters: Parameters, _: Answers) -> Reading:
        for given in mine:
            if all(parameters.get(name) == value for name, value in given.parameters.items()):
                return given.reading
        return NotKnown(reason=f"the example does not say what {probe.name} reads with these parameters")

    return replace(probe, read=read)


def mistakes(example: Example, findings: Iterable[Finding]) -> Iterator[str]:
    """Yield in words each verdict that is not the one the example demands."""
    by_check = {finding.check: finding for finding in findings}
    for check, verdict in example.expect.items():
        finding = by_check[check]
        if finding.verdict is not verdict:
            why = finding.reason or finding.actual
            yield f"{example.name}: {check} should be {verdict}, but is {finding.verdict}: {why}"
    for check, part in example.reason_contains.items():
        if part not in by_check[check].reason:
            yield f"{example.name}: the reason of {check} should contain {part!r}, but is {by_check[check].reason!r}"


def never_seen(policy: Policy, examples: Iterable[Example]) -> Iterator[str]:
    """Yield in words each check that no example sees pass, or none sees deviate."""
    seen = {(check, verdict) for example in examples for check, verdict in example.expect.items()}
    for check in policy.checks:
        if (check.id, Verdict.PASS) not in seen:
            yield f"no example sees {check.id} pass"
        if not any((check.id, verdict) in seen for verdict in _DEVIATIONS):
            yield f"no example sees {check.id} deviate (warn or fail)"
