"""What is planned for one server: which questions, for which policies, with which inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.model.inventory import Server
from auditor.model.question import Question
from auditor.model.value import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One server with its questions, each once; `policies` are ids, `inputs` what the evidence keeps of them."""

    server: Server
    policies: tuple[str, ...] = ()
    inputs: Mapping[str, Value] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
