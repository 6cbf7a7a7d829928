"""Two stored runs -> drift with its causes: evidence and policies of both are read, one server at a time."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from auditor.drift import Ground, Grounds, Key, differing, drift
from auditor.errors import AuditError, UsageError
from auditor.evaluate import Ready, ready, reduced
from auditor.load.policy import load_policy
from auditor.model.drift import Drift
from auditor.model.evidence import Evidence
from auditor.model.finding import FLEET
from auditor.model.policy import Policy
from auditor.model.probe import Probe
from auditor.model.run import Run
from auditor.rejudge import Pair, Voices, fleet_grounds, lone_voice, server_grounds, voices
from auditor.stored_evidence import StoredEvidence

Probes = Mapping[str, Probe]
Wanted = Mapping[str, Sequence[str]]
"""Check ids by policy id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A run, and the folder that holds its evidence and its policies; the run itself need not stand there yet."""

    run: Run
    folder: Path


def compare(before: Stored, after: Stored, probes: Probes) -> Drift:
    """Return every difference between two runs, with its causes wherever the evidence of both is at hand."""
    return drift(before.run, after.run, grounds(before, after, probes))


def grounds(before: Stored, after: Stored, probes: Probes) -> Grounds:
    """Return what the evidence of both runs tells of the checks that differ.

    Only servers with such checks are read, one after the other. What is missing or damaged is named in the notes and
    never stops the comparison.
    """
    wanted = differing(before.run, after.run)
    if not wanted:
        return Grounds()
    try:
        with StoredEvidence(before.folder) as old, StoredEvidence(after.folder) as new:
            return _Again(files=(old, new), policies=_Policies((before, after), probes), probes=probes).all(wanted)
    except OSError as error:
        return Grounds(notes=(f"{error.filename}: {error.strerror}; without this evidence causes are not established",))


class _Policies:
    """The policies as both runs were judged by, each loaded and made ready once, when it is first needed."""

    def __init__(self, sides: tuple[Stored, Stored], probes: Probes) -> None:
        self._sides = sides
        self._probes = probes
        self._loaded: dict[str, tuple[Ready, Ready] | AuditError] = {}

    def both(self, name: str, checks: Iterable[str]) -> tuple[Ready, Ready]:
        """Return a policy as it was and as it is, with these checks only.

        Raises `AuditError` when this auditor cannot read it.
        """
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        found = self._loaded[name]
        if isinstance(found, AuditError):
            raise found
        return reduced(found[0], checks), reduced(found[1], checks)

    def _load(self, name: str) -> tuple[Ready, Ready] | AuditError:
        try:
            old, new = (ready(_kept(name, side, self._probes), self._probes) for side in self._sides)
        except AuditError as error:
            return error
        return old, new


def _kept(name: str, side: Stored, probes: Probes) -> Policy:
    """Return a policy as it lies in a run folder; raises `AuditError` when it is not the one the run was judged by."""
    policy = load_policy(side.folder / "policies" / f"{name}.yaml", probes)
    judged = next(each for each in side.run.policies if each.id == name)
    # a byte order mark counts in the digest, and is not kept
    digests = ("sha256:" + sha256(mark + policy.text.encode()).hexdigest() for mark in (b"", BOM_UTF8))
    if judged.digest not in digests:
        raise UsageError(f"{policy.path}: this is not the policy that run {side.run.id} was judged by")
    return replace(policy, digest=judged.digest)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Again:
    """Everything that differs, judged again: what is established, and why the rest is not."""

    files: tuple[StoredEvidence, StoredEvidence]
    policies: _Policies
    probes: Probes
    checks: dict[Key, Ground] = field(default_factory=dict)
    same_inputs: set[tuple[str, str]] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)
    heard: dict[str, list[Voices]] = field(default_factory=dict)
    unheard: set[str] = field(default_factory=set)

    def all(self, wanted: Iterable[Key]) -> Grounds:
        by_host = _by_host(wanted)
        fleet = by_host.pop(FLEET, {})
        everywhere = self.files[0].servers | self.files[1].servers if fleet else frozenset[str]()
        for host in sorted(by_host.keys() | everywhere):
            self._host(host, by_host.get(host, {}), fleet)
        for name, checks in fleet.items():
            self._fleet(name, checks)
        return Grounds(checks=self.checks, same_inputs=frozenset(self.same_inputs), notes=tuple(self.notes))

    def _host(self, host: str, wanted: Wanted, fleet: Wanted) -> None:
        try:
            old, new = (file.of(host) for file in self.files)
        except AuditError as error:
            self._note(host, error)
            self.unheard.update(fleet)
            return
        for name, checks in wanted.items():
            self._server(name, checks, old, new)
        for name, checks in fleet.items():
            self._voice(name, checks, old, new)

    def _server(self, name: str, checks: Iterable[str], old: Evidence | None, new: Evidence | None) -> None:
        if old is None or new is None:
            self._note(name, "not both runs hold the evidence of every server")
            return
        if old.inputs == new.inputs:
            self.same_inputs.add((old.server, name))
        try:
            pair = Pair(policy=self.policies.both(name, checks), evidence=(old, new))
            found = server_grounds(pair)
        except AuditError as error:
            self._note(name, error)
            return
        self.checks.update({(old.server, name, check): ground for check, ground in found.items()})

    def _voice(self, name: str, checks: Iterable[str], old: Evidence | None, new: Evidence | None) -> None:
        was, now = (each if each is not None and name in each.policies else None for each in (old, new))
        heard = self.heard.setdefault(name, [])
        try:
            policies = self.policies.both(name, checks)
            if was is not None and now is not None:
                heard.append(voices(Pair(policy=policies, evidence=(was, now)), self.probes))
            elif was is not None:
                heard.append(lone_voice(policies, was, is_there=False))
            elif now is not None:
                heard.append(lone_voice(policies, now, is_there=True))
        except AuditError as error:
            self._note(name, error)
            self.unheard.add(name)

    def _fleet(self, name: str, checks: Iterable[str]) -> None:
        if name in self.unheard:
            return
        found = fleet_grounds(self.policies.both(name, checks), self.heard.get(name, []))
        self.checks.update({(FLEET, name, check): ground for check, ground in found.items()})

    def _note(self, what: str, why: object) -> None:
        self.notes[f"{what}: causes are not established: {why}"] = None


def _by_host(wanted: Iterable[Key]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for host, policy, check in wanted:
        found.setdefault(host, {}).setdefault(policy, []).append(check)
    return found
