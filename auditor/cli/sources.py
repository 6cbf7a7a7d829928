"""Where evidence comes from: servers over the network, or a stored run."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from auditor import evidence_store
from auditor.audit import Collecting
from auditor.cli.hands import Hands
from auditor.cli.ordering import assign, notes, refuse_strange_inputs, servers_of
from auditor.cli.progress import Progress, shown
from auditor.cli.waivers_option import Accepted, accepted
from auditor.cli.wishes import Wishes
from auditor.credentials import Credentials
from auditor.ending import Ending, ended_by_signals
from auditor.errors import RunNotFoundError
from auditor.logs import Log
from auditor.model.evidence import Evidence
from auditor.model.inventory import Connection, Server
from auditor.model.planned import Planned
from auditor.model.policy import Policy
from auditor.plan import Assignment
from auditor.report import EVIDENCE, WAIVERS
from auditor.resume import resuming
from auditor.runs import find_run, read_run
from auditor.transports.replay import replay


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Servers with their policies, what yields their evidence, and what ends that early.

    `accepted` are the waivers that come with the evidence, None where those of the command line count.
    """

    assignments: tuple[Assignment, ...]
    collecting: Collecting
    evidence_of: str = ""
    contacts_servers: bool = False
    accepted: Accepted | None = None
    ending: Ending = field(default_factory=Ending)
    break_off: Callable[[], None] | None = None
    credentials: Credentials = field(default_factory=Credentials)

    def ask_passwords(self) -> None:
        """Ask for the passwords that must be typed; raises `SecretError` when nobody is there to type them."""
        if self.contacts_servers:
            self.credentials.ask_first(each.server.connection for each in self.assignments)

    def ended_early(self) -> AbstractContextManager[None]:
        """Return what lets signals end the collecting, so that what was collected is still judged and written."""
        return ended_by_signals(self.ending, self.break_off) if self.break_off else nullcontext()


def from_servers(wishes: Wishes, log: Log) -> Source:
    """Return the servers of inventory and command line."""
    servers = servers_of(wishes.inventory, wishes.hosts, wishes.connection)
    assignments = assign(servers, wishes.policies, wishes.inputs)
    refuse_strange_inputs(assignments, wishes.policies, wishes.inputs, "--input")
    for note in notes(assignments, wishes.policies, wishes.inventory):
        print(note, file=sys.stderr)
    credentials = Credentials(seconds=wishes.timeout)
    ending = Ending(wishes.deadline)
    hands = Hands(wishes, servers, credentials=credentials, ending=ending, log=log)

    def collecting(planned: Iterable[Planned]) -> Iterator[Evidence]:
        progress = Progress(total=len(assignments), under_way=hands.turns.longest)
        yield from shown(_logged(hands.collect(planned), log), progress, sys.stderr)

    return Source(
        assignments=assignments,
        collecting=collecting,
        contacts_servers=True,
        ending=ending,
        break_off=hands.break_off,
        credentials=credentials,
    )


def resumed(wishes: Wishes, log: Log) -> Source:
    """Return the servers of inventory and command line; only those missing in the stored run are asked."""
    folder = find_run(wishes.resume, wishes.out)
    kept = tuple(str(path) for path in sorted((folder / "policies").glob("*.yaml")))
    source = from_servers(replace(wishes, policies=wishes.policies or kept), log)
    asking = source.collecting
    return replace(
        source,
        collecting=lambda planned: resuming(read_evidence(folder), asking, planned),
        evidence_of=folder.resolve().name,
    )


def from_evidence(wishes: Wishes) -> Source:
    """Return the servers of a stored run, judged by the policies named now, else by those it was judged by.

    Of an export the waivers are taken, too, as of the day of the run: what was concluded then follows from it alone.
    """
    if not wishes.evidence.lower().endswith(".zip"):
        folder = find_run(wishes.evidence, wishes.out)
        # read twice, before it is known what to judge and when it is judged, a fleet's evidence is never held
        return _from_folder(wishes, folder, lambda: read_evidence(folder))
    from auditor.export.taken_out import unpacked  # noqa: PLC0415  a room of its own, which few audits enter

    with unpacked(Path(wishes.evidence)) as folder:
        held = tuple(read_evidence(folder))  # the folder is gone when it is judged
        source = _from_folder(wishes, folder, lambda: held)
        if wishes.policies or wishes.waivers or wishes.without_waivers:
            return source
        policies = {policy.id: policy for each in source.assignments for policy in each.policies}
        return replace(source, accepted=_accepted_then(folder, tuple(policies.values())))


def _accepted_then(folder: Path, policies: Sequence[Policy]) -> Accepted:
    if not (folder / WAIVERS).is_dir():
        return Accepted()
    then = datetime.fromisoformat(read_run(folder).started)
    return replace(accepted(str(folder / WAIVERS), policies, then.date()), as_of=then)


def _from_folder(wishes: Wishes, folder: Path, stored: Callable[[], Iterable[Evidence]]) -> Source:
    kept = {path.stem: str(path) for path in (folder / "policies").glob("*.yaml")}
    servers = [_server(evidence, wishes, kept) for evidence in stored()]
    assignments = assign(servers, wishes.policies, wishes.inputs)
    refuse_strange_inputs(assignments, wishes.policies, wishes.inputs, "--input")
    return Source(
        assignments=assignments,
        collecting=lambda planned: replay(stored(), planned),
        evidence_of=folder.resolve().name,
    )


def read_evidence(folder: Path) -> Iterator[Evidence]:
    """Yield the stored evidence of a run; raises `RunNotFoundError` when there is none."""
    try:
        with (folder / EVIDENCE).open("rb") as lines:
            yield from map(evidence_store.read, lines)
    except OSError as error:
        raise RunNotFoundError(f"{folder / EVIDENCE}: {error.strerror}; name a run that has evidence") from error


def _server(evidence: Evidence, wishes: Wishes, kept: dict[str, str]) -> Server:
    names = () if wishes.policies else tuple(kept[name] for name in evidence.policies if name in kept)
    return Server(
        name=evidence.server,
        groups=evidence.groups,
        connection=Connection(address=""),
        inputs=evidence.inputs,
        policies=names,
    )


def _logged(evidences: Iterator[Evidence], log: Log) -> Iterator[Evidence]:
    for evidence in evidences:
        seconds = evidence.timings.get("total", 0.0)
        log.server_done(evidence.server, status=evidence.status, seconds=seconds, reason=evidence.reason)
        yield evidence
