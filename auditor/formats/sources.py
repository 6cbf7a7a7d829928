"""Where a check comes from: its policy's source document, and what it answers to in other documents."""

from collections.abc import Mapping
from typing import TypeAlias

from auditor.model.policy import Source
from auditor.model.run import JudgedCheck, Run

CheckKey: TypeAlias = tuple[str, str]
"""Policy and check."""


def checks_of(run: Run) -> Mapping[CheckKey, JudgedCheck]:
    """Return the checks of a run's policies; a finding of which there is no check here is of a policy not kept."""
    return {(policy.id, check.id): check for policy in run.policies for check in policy.checks}


def source_text(source: Source) -> str:
    """Return the source document on one line: title, date, where it can be read; whatever is named of these."""
    return ", ".join(part for part in (source.document, source.date, source.link) if part)


def mapped_text(check: JudgedCheck | None) -> str:
    """Return what the check answers to, for example `NIST SP 800-53 Rev. 5: SC-8, CM-6`; empty for nothing."""
    mappings = check.mappings if check else {}
    return "; ".join(f"{document}: {', '.join(mappings[document])}" for document in sorted(mappings))
