"""The contract of a reader: the code that answers one kind of question."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from auditor.model.value import Json


class Side(StrEnum):
    """Where a reader works: in the script on the server, or from the auditor over the network."""

    SERVER = "server"
    AUDITOR = "auditor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """How one kind of question is answered.

    `powershell` is the text of the `.ps1` beside the reader (empty on the auditor's side): one function
    `Read-<kind>` taking a hashtable of the question's parameters. `check` returns the data as documented by
    the reader, or raises `ReplyError` when the reply has another shape.
    """

    kind: str
    side: Side = Side.SERVER
    parameters: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    powershell: str = ""
    check: Callable[[Json], Json]
