"""What holds for any two runs: completeness, one kind each, order, and no cause named for what is the same."""

import string
from collections import Counter
from dataclasses import fields, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.bind import bind_inputs
from auditor.drift import Grounds, drift
from auditor.evaluate import Bench, judge, ready
from auditor.model.answer import Absent, Denied, Observed
from auditor.model.drift import Cause, Change, ChangeKind, State, deviates
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import FLEET, Finding, Verdict, order
from auditor.model.policy import Input, InputReference, Level, Severity, Source
from auditor.model.question import ask
from auditor.model.run import Coverage, Host, JudgedPolicy, Run
from auditor.model.value import ValueType
from auditor.model.waiver import WaiverMark
from auditor.rejudge import Pair, server_grounds

_MARKS = st.sampled_from(
    [None, *(WaiverMark(id=each, owner="", reason="", ticket="", expires="2026-12-01") for each in "uv")]
)


def _finding(key: tuple[str, str, str], verdict: Verdict, actual: str, mark: WaiverMark | None) -> Finding:
    return Finding(
        host=key[0], policy=key[1], check=key[2], title="", level=Level.FAIL, severity=Severity.LOW, verdict=verdict,
        expected="", actual=actual, reason="", reference="", remediation="", waiver=mark,
    )  # fmt: skip


_FINDINGS = st.lists(
    st.builds(
        _finding,
        st.tuples(st.sampled_from(["a", "b", "c", FLEET]), st.sampled_from("pq"), st.sampled_from("xy")),
        st.sampled_from(Verdict),
        st.sampled_from(["", "one", "two"]),
        _MARKS,
    ),
    unique_by=order,
)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    findings = draw(_FINDINGS)
    names = {finding.host for finding in findings} - {FLEET} | draw(st.sets(st.sampled_from("abc")))
    policies = ("p", "q")
    day = draw(st.integers(min_value=1, max_value=9))
    return Run(
        id=draw(st.text(string.ascii_lowercase, min_size=1, max_size=3)),
        started=f"2026-12-0{day}T00:00:00Z",
        finished="",
        version=draw(st.sampled_from("12")),
        fail_on="fail",
        policies=tuple(
            JudgedPolicy(
                id=each, version="1", title="", digest=draw(st.sampled_from("de")), source=Source(document="D")
            )
            for each in policies
        ),
        hosts=tuple(Host(name=each, policies=policies, status=draw(st.sampled_from(Status))) for each in sorted(names)),
        findings=tuple(findings),
        coverage=Coverage(servers_planned=0, servers_judged=0, checks_planned=0, checks_judged=0),
        summary={},
        exit_code=0,
        exit_reason="",
    )


def _key(change: Change) -> tuple[str, str, str]:
    return change.host, change.policy, change.check


@given(runs())
def test_a_run_against_itself_only_tells_what_still_deviates(run) -> None:
    changes = drift(run, run).changes

    assert {change.kind for change in changes} <= {ChangeKind.STILL_DEVIATING}
    assert [_key(change) for change in changes] == sorted(order(one) for one in run.findings if deviates(one.verdict))
    assert {change.causes for change in changes} <= {()}


@given(runs(), runs())
def test_everything_that_differs_is_told_exactly_once(before, after) -> None:
    told = Counter(_key(change) for change in drift(before, after).changes)

    old = {order(one): one for one in before.findings}
    new = {order(one): one for one in after.findings}
    hosts = [{host.name for host in run.hosts} for run in (before, after)]
    expected = {(host, "", "") for host in hosts[0] ^ hosts[1]}
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if key[0] != FLEET and key[0] not in hosts[1]:
            continue
        is_new_server = key[0] != FLEET and key[0] not in hosts[0]
        if is_new_server and now is not None and not deviates(now.verdict) and now.verdict is not Verdict.ERROR:
            continue
        if was != now or (now is not None and deviates(now.verdict)):
            expected.add(key)
    assert told == Counter(expected)


@given(runs(), runs())
def test_a_change_is_whole_as_if_its_class_had_made_it(before, after) -> None:
    for change in drift(before, after).changes:
        assert Change(**{each.name: getattr(change, each.name) for each in fields(Change)}) == change
        for state in filter(None, (change.before, change.after)):
            assert State(verdict=state.verdict, actual=state.actual, waived=state.waived) == state


_STATES = {
    ChangeKind.NEW_DEVIATION: lambda old, new: _bad(new) > _bad(old),
    ChangeKind.RESOLVED: lambda old, new: _bad(old) and new.verdict is Verdict.PASS,
    ChangeKind.STILL_DEVIATING: lambda old, new: 0 < _bad(new) <= _bad(old),
    ChangeKind.VALUE_CHANGED: lambda old, new: old.verdict is new.verdict and old.actual != new.actual,
    ChangeKind.NEWLY_UNKNOWN: lambda old, new: new.verdict is Verdict.ERROR and (not old or old.verdict != "error"),
    ChangeKind.KNOWN_AGAIN: lambda old, new: old.verdict is Verdict.ERROR and new.verdict is not Verdict.ERROR,
    ChangeKind.APPLICABILITY_CHANGED: lambda old, new: (
        (old.verdict == "not_applicable") is not (new.verdict == "not_applicable")
    ),
    ChangeKind.WAIVER_CHANGED: lambda old, new: replace(old, waived=False) == replace(new, waived=False),
    ChangeKind.NEW_SERVER: lambda old, new: old is None and new is None,
    ChangeKind.MISSING_SERVER: lambda old, new: old is None and new is None,
    ChangeKind.NEW_CHECK: lambda old, new: old is None and new is not None,
    ChangeKind.REMOVED_CHECK: lambda old, new: old is not None and new is None,
}


def _bad(state: State | None) -> int:
    return 0 if state is None else {Verdict.WARN: 1, Verdict.FAIL: 2}.get(state.verdict, 0)


@given(runs(), runs())
def test_the_kind_fits_the_states_and_whatever_differs_has_a_cause(before, after) -> None:
    for change in drift(before, after).changes:
        assert _STATES[change.kind](change.before, change.after), change
        assert change.text
        assert change.since
        assert bool(change.causes) is (change.before != change.after or not change.check or _is_waivers(change))


def _is_waivers(change: Change) -> bool:
    return change.kind is ChangeKind.WAIVER_CHANGED


@given(runs(), runs(), st.randoms(use_true_random=False))
def test_the_order_of_the_findings_plays_no_part(before, after, random) -> None:
    mixed = [list(run.findings) for run in (before, after)]
    for findings in mixed:
        random.shuffle(findings)

    again = drift(*(replace(run, findings=tuple(each)) for run, each in zip((before, after), mixed, strict=True)))

    assert again == drift(before, after)
    assert [_key(change) for change in again.changes] == sorted(_key(change) for change in again.changes)


_ANSWERS = st.sampled_from(
    [Observed(data={"on": on, "watts": watts}) for on in (True, False) for watts in (5, 40)]
    + [Absent(what="light"), Denied(reason="no"), None]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.tuples(_ANSWERS, _ANSWERS),
    st.tuples(_ANSWERS, _ANSWERS),
    st.tuples(st.sampled_from(["hall", "attic"]), st.sampled_from(["hall", "attic"])),
    st.tuples(st.booleans(), st.booleans()),
    st.booleans(),
)
def test_what_is_the_same_in_both_runs_is_never_a_cause(small, was, now, rooms, wanted, reworded) -> None:
    policies = [
        replace(
            small.policy(
                replace(
                    small.check(small.expect("on", "equals", each)), parameters={"room": InputReference(name="room")}
                ),
                inputs=(Input(name="room", type=ValueType.STRING, default="hall", description=""),),
            ),
            digest=str(each),
        )
        for each in wanted
    ]
    evidence = _evidence(was, rooms[0]), _evidence(now, rooms[1])
    light = small.probes["light"]
    probes = {"light": replace(light, read=lambda *given: _reworded(light.read(*given)))} if reworded else small.probes
    before, after = _night(policies[0], evidence[0], small.probes), _night(policies[1], evidence[1], probes)
    earlier, later = (ready(policy, probes) for policy in policies)
    grounds = server_grounds(Pair(policy=(earlier, later), evidence=evidence))

    found = drift(before, after, Grounds(checks={("web01", "lights", each): grounds[each] for each in grounds}))

    causes = {cause for change in found.changes for cause in change.causes}
    assert Cause.POLICY not in causes or wanted[0] is not wanted[1]
    assert Cause.INPUT not in causes or rooms[0] != rooms[1]
    assert not causes & {Cause.SERVER, Cause.REACHABILITY, Cause.NOT_KNOWN} or was != now
    assert Cause.AUDITOR not in causes or reworded
    assert all(causes for change in found.changes if change.before != change.after)


def _reworded(reading):
    return replace(reading, summary=f"anew: {reading.summary}") if hasattr(reading, "summary") else reading


def _evidence(answers, room: str) -> Evidence:
    asked = zip(("hall", "attic"), answers, strict=True)
    return Evidence(
        server="web01", policies=("lights",), inputs={"room": room}, status=Status.REACHED, collected="",
        collector="", transport="", answers={ask("light", room=at): each for at, each in asked if each is not None},
    )  # fmt: skip


def _night(policy, evidence: Evidence, probes) -> Run:
    bench = Bench(evidence=evidence, inputs=bind_inputs(policy, evidence.inputs))
    return Run(
        id="night", started="2026-12-01T00:00:00Z", finished="", version="1", fail_on="fail",
        policies=(JudgedPolicy(id="lights", version="1", title="", digest=policy.digest, source=policy.source),),
        hosts=(Host(name="web01", policies=("lights",), status=Status.REACHED),),
        findings=tuple(judge(ready(policy, probes), bench)),
        coverage=Coverage(servers_planned=0, servers_judged=0, checks_planned=0, checks_judged=0),
        summary={}, exit_code=0, exit_reason="",
    )  # fmt: skip
