"""A run by the clauses of its source documents: which checks answer to a clause, and what they came to. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.formats.sources import checks_of
from auditor.model.finding import Finding, Standing, standing
from auditor.model.policy import Source
from auditor.model.run import JudgedCheck, JudgedPolicy, Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Answering:
    """A check that answers to a clause, and its findings by server; none of them is missing and none there twice.

    `check` and `policy` are None where the run has findings of a check that its policies do not name.
    """

    clause: str
    name: str
    policy: JudgedPolicy | None
    check: JudgedCheck | None
    findings: Sequence[Finding]

    @property
    def source(self) -> Source:
        """The document that the clause stands in."""
        return self.policy.source if self.policy else Source(document="")

    @property
    def counts(self) -> Counter[Standing]:
        """How many servers came to what."""
        return Counter(standing(finding) for finding in self.findings)


def answering(run: Run) -> Iterator[Answering]:
    """Yield every check by policy and clause, clauses in the order in which the policy names them first."""
    by_check: dict[tuple[str, str], list[Finding]] = {}
    for finding in run.findings:
        by_check.setdefault((finding.policy, finding.check), []).append(finding)
    for policy in sorted(run.policies, key=lambda policy: policy.id):
        clauses = list(dict.fromkeys(check.reference for check in policy.checks))
        for check in sorted(policy.checks, key=lambda check: (clauses.index(check.reference), check.line, check.id)):
            found = by_check.get((policy.id, check.id), ())
            yield Answering(
                clause=check.reference, name=f"{policy.id}/{check.id}", policy=policy, check=check, findings=found
            )
    for policy_id, check_id in sorted(by_check.keys() - checks_of(run).keys()):
        found = by_check[policy_id, check_id]
        yield Answering(
            clause=found[0].reference, name=f"{policy_id}/{check_id}", policy=None, check=None, findings=found
        )
