"""Two runs -> all changes between them, sorted; equal runs give none but what still deviates. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from auditor.drift.causes import Sides, cause_of_presence, causes_of, sides_of
from auditor.drift.grounds import Ground, Grounds, Key
from auditor.drift.kinds import kind_of, paired, state_of
from auditor.drift.notes import notes_on
from auditor.drift.words import about_waiver, because, seen, sentence, server_sentence, waiver_sentence
from auditor.model.drift import Cause, Change, ChangeKind, Drift, deviates
from auditor.model.finding import Finding, Verdict
from auditor.model.run import Host, Run
from auditor.model.unfrozen import unfrozen

_Filling = unfrozen(Change)
_order = attrgetter("host", "policy", "check")


def drift(before: Run, after: Run, grounds: Grounds | None = None) -> Drift:
    """Return every difference between two runs, by host, policy and check.

    What differs in verdict, observed value or waiver is in exactly one change; what deviates in both is told as well,
    with since when. `grounds` establish whose change it is; without them it is told only where the runs prove it.
    The runs are gone through and not held, the changes are held.
    """
    sides = sides_of(before, after, grounds)
    since = _known_since(before)
    established = grounds.checks if grounds else {}
    found = [*_servers(sides)]
    for key, old, new in paired(before, after):
        if old is not None and new is not None:
            change = _changed(old, new, established.get(key), sides, since.get(key, before.started))
        else:
            change = _come_or_gone(old, new, sides)
        if change is not None:
            found.append(change)
    found.sort(key=_order)
    return Drift(against=before.id, changes=tuple(found), notes=notes_on(sides))


def _known_since(run: Run) -> Mapping[Key, str]:
    """Return since when each check deviates that deviates in the run, as far as its own drift knows."""
    changes = run.drift.changes if run.drift else ()
    return {
        (change.host, change.policy, change.check): change.since
        for change in changes
        if change.since and change.after is not None and deviates(change.after.verdict)
    }


def _come_or_gone(old: Finding | None, new: Finding | None, sides: Sides) -> Change | None:
    if new is not None:
        is_new_server = new.host in sides.new_hosts and new.host not in sides.old_hosts
        return _on_new_server(new, sides) if is_new_server else _new_check(new, sides)
    if old is not None and (old.host not in sides.old_hosts or old.host in sides.new_hosts):
        return _removed_check(old, sides)
    return None  # on a server that is missing: told once, for the server


def _changed(old: Finding, new: Finding, ground: Ground | None, sides: Sides, since: str) -> Change | None:
    kind = kind_of(old, new)
    if kind is None:
        return None
    started = sides.after.started
    first = since if deviates(old.verdict) and deviates(new.verdict) else started
    causes = causes_of(old, new, ground, sides)
    if kind is ChangeKind.WAIVER_CHANGED:
        text = waiver_sentence(old, new, started)
    else:
        text = sentence(kind, old, new, first) + because(causes, old, new, ground) + about_waiver(old, new)
    return _change_of(kind, old, new, causes, first, text)


def _on_new_server(new: Finding, sides: Sides) -> Change | None:
    """Tell of a new server's checks what someone must look at; the rest is told once, for the server."""
    causes, started = (Cause.INVENTORY,), sides.after.started
    if deviates(new.verdict):
        text = f"deviates on a new server: {seen(new)}{about_waiver(new, new)}"
        return _change_of(ChangeKind.NEW_DEVIATION, None, new, causes, started, text)
    if new.verdict is Verdict.ERROR:
        text = f"not known on a new server: {seen(new)}"
        return _change_of(ChangeKind.NEWLY_UNKNOWN, None, new, causes, started, text)
    return None


def _new_check(new: Finding, sides: Sides) -> Change:
    causes = cause_of_presence(new, sides)
    text = f"checked for the first time: {seen(new)}{because(causes, new, new, None)}{about_waiver(new, new)}"
    return _change_of(ChangeKind.NEW_CHECK, None, new, causes, sides.after.started, text)


def _removed_check(old: Finding, sides: Sides) -> Change:
    causes = cause_of_presence(old, sides)
    text = f"not checked any more, before: {seen(old)}{because(causes, old, old, None)}"
    return _change_of(ChangeKind.REMOVED_CHECK, old, None, causes, sides.after.started, text)


def _change_of(  # noqa: PLR0913, PLR0917  the fields of a change
    kind: ChangeKind, old: Finding | None, new: Finding | None, causes: tuple[Cause, ...], since: str, text: str
) -> Change:
    one = new or old
    assert one is not None
    made: Any = _Filling()
    made.host = one.host
    made.policy = one.policy
    made.check = one.check
    made.kind = kind
    made.causes = causes
    made.before = None if old is None else state_of(old)
    made.after = None if new is None else state_of(new)
    made.since = since
    made.text = text
    made.__class__ = Change
    return made  # type: ignore[no-any-return]  # it is one now


def _servers(sides: Sides) -> Iterator[Change]:
    gone = [host for name, host in sides.old_hosts.items() if name not in sides.new_hosts]
    come = [host for name, host in sides.new_hosts.items() if name not in sides.old_hosts]
    for hosts, run, kind in (
        (gone, sides.before, ChangeKind.MISSING_SERVER),
        (come, sides.after, ChangeKind.NEW_SERVER),
    ):
        verdicts: dict[str, Counter[Verdict]] = {host.name: Counter() for host in hosts}
        for finding in run.findings if hosts else ():
            if finding.host in verdicts:
                verdicts[finding.host][finding.verdict] += 1
        for host in hosts:
            yield _server(host, verdicts[host.name], kind, sides)


def _server(host: Host, verdicts: Counter[Verdict], kind: ChangeKind, sides: Sides) -> Change:
    text = server_sentence(host, verdicts, is_new=kind is ChangeKind.NEW_SERVER)
    missed = kind is ChangeKind.MISSING_SERVER and sides.after.interrupted
    return Change(
        host=host.name,
        kind=kind,
        causes=(Cause.NOT_KNOWN,) if missed else (Cause.INVENTORY,),
        since=sides.after.started,
        text=f"{text}; the run was interrupted before it could be asked" if missed else text,
    )
