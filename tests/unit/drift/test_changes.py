"""What is told of two runs: one kind for everything that can happen to a check or a server."""

from dataclasses import replace

import pytest

from auditor.drift import drift
from auditor.drift.words import sentence
from auditor.model.answer import Denied, Observed
from auditor.model.drift import Cause, ChangeKind, Drift
from auditor.model.finding import FLEET, Verdict
from auditor.model.waiver import WaiverMark

ON = Observed(data={"on": True})
OFF = Observed(data={"on": False})
RED = Observed(data={"colour": "red", "on": True})
DENIED = Denied(reason="no")
MARK = WaiverMark(id="dark-1", owner="ann", reason="moving out", ticket="", expires="2026-12-24")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (ON, OFF, ChangeKind.NEW_DEVIATION),
        (OFF, ON, ChangeKind.RESOLVED),
        (OFF, OFF, ChangeKind.STILL_DEVIATING),
        (ON, RED, ChangeKind.VALUE_CHANGED),
        (ON, DENIED, ChangeKind.NEWLY_UNKNOWN),
        (OFF, "refused", ChangeKind.NEWLY_UNKNOWN),
        (DENIED, ON, ChangeKind.KNOWN_AGAIN),
        ("refused", OFF, ChangeKind.KNOWN_AGAIN),
    ],
)
def test_what_happened_to_a_check_is_told_in_one_change(house, before, after, kind) -> None:
    change = house.change(house.night({"web01": before}), house.night({"web01": after}))

    assert (change.host, change.policy, change.check) == ("web01", "lights", "light-on")
    assert change.kind is kind


@pytest.mark.parametrize("answer", [ON, DENIED, "refused"])
def test_equal_nights_without_a_deviation_have_no_change(house, answer) -> None:
    assert house.drift(house.night({"web01": answer}), house.night({"web01": answer})).changes == ()


def test_a_change_says_from_what_to_what(house) -> None:
    change = house.change(house.night({"web01": ON}), house.night({"web01": OFF}))

    assert change.before is not None
    assert change.after is not None
    assert (change.before.verdict, change.after.verdict) == (Verdict.PASS, Verdict.FAIL)
    assert change.text == (
        "deviates now: fail (the light is {'on': False}), before: pass (the light is {'on': True}); the server changed"
    )


def test_what_is_no_longer_known_is_told_with_the_reason_and_what_it_was(house) -> None:
    change = house.change(house.night({"web01": OFF}), house.night({"web01": "connection refused"}))

    assert "server not reached: connection refused" in change.text
    assert "before: fail (the light is {'on': False})" in change.text


def test_a_check_that_no_longer_applies_is_told_with_its_reason(house) -> None:
    before, after = house.night({"web01": OFF}), house.night({"web01": OFF}, inputs={"wanted": False})

    there, back = house.change(before, after), house.change(after, replace(before, run=before.run))

    assert there.kind is ChangeKind.APPLICABILITY_CHANGED
    assert "any more: No light is wanted, before: " in there.text
    assert back.kind is ChangeKind.NEW_DEVIATION


def test_a_check_that_applies_again_and_passes_is_a_change_of_applicability(house) -> None:
    change = house.change(house.night({"web01": ON}, inputs={"wanted": False}), house.night({"web01": ON}))

    assert change.kind is ChangeKind.APPLICABILITY_CHANGED
    assert change.text.startswith("applies now: pass")


@pytest.mark.parametrize(("level", "kind"), [("warning", "still_deviating"), ("fail", "new_deviation")])
def test_a_warning_that_fails_is_new_and_a_failure_that_warns_still_deviates(house, level, kind) -> None:
    warning = house.policy.replace("severity: high", "severity: high\n    level: warning")
    policies = [house.policy, warning] if level == "warning" else [warning, house.policy]

    change = house.change(*(house.night({"web01": OFF}, policy=policy) for policy in policies))

    assert change.kind == kind
    assert change.causes == (Cause.POLICY,)
    assert "before: " in change.text


def test_what_deviates_on_has_been_deviating_since_the_earlier_run(house) -> None:
    before = house.night({"web01": OFF})

    assert house.change(before, house.night({"web01": OFF})).since == before.run.started


def test_what_deviates_on_keeps_the_date_that_the_earlier_run_knows(house) -> None:
    nights = [house.night({"web01": answer}) for answer in (ON, OFF, OFF, OFF)]
    for place in (1, 2, 3):
        found = house.drift(nights[place - 1], nights[place])
        nights[place] = replace(nights[place], run=replace(nights[place].run, drift=found))

    (change,) = nights[3].run.drift.changes

    assert change.kind is ChangeKind.STILL_DEVIATING
    assert change.since == nights[1].run.started


def test_another_wrong_value_deviates_since_the_first_wrong_one(house) -> None:
    first, second = house.night({"web01": OFF}), house.night({"web01": Observed(data={"on": False, "watts": 4})})

    change = house.change(first, second)

    assert change.kind is ChangeKind.VALUE_CHANGED
    assert change.since == first.run.started
    assert change.text.startswith("fail as before, but another value: ")


@pytest.mark.parametrize(
    ("verdict", "then", "now", "told"),
    [
        (Verdict.NOT_APPLICABLE, "0", "1", "not applicable as before, but another value: 1, before: 0"),
        (Verdict.NOT_APPLICABLE, "", "on", "not applicable as before, but another value: on, before: nothing"),
        (Verdict.FAIL, "x" * 500 + "0", "x" * 500 + "1", f"another value: ...{'x' * 40}1, before: ...{'x' * 40}0"),
    ],
)
def test_of_another_value_it_is_told_what_differs(house, verdict: Verdict, then: str, now: str, told: str) -> None:
    (found,) = house.night({"web01": OFF}).run.findings
    old = replace(found, verdict=verdict, actual=then, reason="It does not matter here.")

    assert told in sentence(ChangeKind.VALUE_CHANGED, old, replace(old, actual=now), "")


def test_a_new_server_is_told_once_and_so_is_each_of_its_deviations(house) -> None:
    found = house.drift(house.night({"web01": ON}), house.night({"web01": ON, "web02": OFF, "web03": ON}))

    assert [(change.host, change.check, change.kind) for change in found.changes] == [
        ("web02", "", ChangeKind.NEW_SERVER),
        ("web02", "light-on", ChangeKind.NEW_DEVIATION),
        ("web03", "", ChangeKind.NEW_SERVER),
    ]
    assert {change.causes for change in found.changes} == {(Cause.INVENTORY,)}
    assert found.notes == ("only in the later run, so not compared: web02, web03",)


def test_what_is_not_known_of_a_new_server_is_told(house) -> None:
    found = house.drift(house.night({"web01": ON}), house.night({"web01": ON, "web02": "timed out"}))

    assert [change.kind for change in found.changes] == [ChangeKind.NEW_SERVER, ChangeKind.NEWLY_UNKNOWN]
    assert "not reached: timed out" in found.changes[0].text


def test_a_missing_server_is_told_once(house) -> None:
    found = house.drift(house.night({"web01": ON, "web02": OFF}), house.night({"web01": ON}))

    (change,) = found.changes
    assert (change.host, change.kind, change.causes) == ("web02", ChangeKind.MISSING_SERVER, (Cause.INVENTORY,))
    assert change.text == "not audited any more: 1 check, 1 deviating"


def test_a_server_that_an_interrupted_run_did_not_come_to_is_nobodys_choice(house) -> None:
    before, after = house.night({"web01": ON, "web02": ON}), house.night({"web01": ON})

    found = house.drift(before, replace(after, run=replace(after.run, interrupted=True)))

    assert found.changes[0].causes == (Cause.NOT_KNOWN,)
    assert "interrupted" in found.notes[0]


def test_a_check_that_only_one_policy_has_is_new_or_removed(house) -> None:
    more = house.policy + house.policy.partition("checks:\n")[2].replace("id: light-on", "id: light-on-too")
    small, large = house.night({"web01": OFF}), house.night({"web01": OFF}, policy=more)

    there, back = house.drift(small, large), house.drift(large, small)

    assert [(each.check, each.kind) for each in there.changes if each.kind is not ChangeKind.STILL_DEVIATING] == [
        ("light-on-too", ChangeKind.NEW_CHECK)
    ]
    assert [(each.check, each.kind) for each in back.changes if each.kind is not ChangeKind.STILL_DEVIATING] == [
        ("light-on-too", ChangeKind.REMOVED_CHECK)
    ]
    assert {each.causes for each in (*there.changes, *back.changes)} == {(), (Cause.POLICY,)}


def test_a_policy_that_a_server_is_newly_given_is_the_inventorys_doing(house) -> None:
    before, after = (house.night({"web01": ON, "web02": ON}).run for _ in range(2))
    bare = replace(
        before,
        hosts=tuple(replace(host, policies=()) if host.name == "web02" else host for host in before.hosts),
        findings=tuple(finding for finding in before.findings if finding.host != "web02"),
    )

    (change,) = drift(bare, after).changes

    assert (change.host, change.kind, change.causes) == ("web02", ChangeKind.NEW_CHECK, (Cause.INVENTORY,))


def test_a_policy_in_one_run_only_is_named(house) -> None:
    before, after = house.night({"web01": ON}).run, house.night({"web01": ON}).run

    found = drift(before, replace(after, policies=(), findings=()))

    assert [change.kind for change in found.changes] == [ChangeKind.REMOVED_CHECK]
    assert found.notes == ("policy lights is judged in the earlier run only, so its checks are not compared",)


def test_a_waiver_that_comes_is_a_change_of_its_own(house) -> None:
    change = house.change(house.night({"web01": OFF}), house.night({"web01": OFF}, waivers={"web01": MARK}))

    assert (change.kind, change.causes) == (ChangeKind.WAIVER_CHANGED, (Cause.WAIVER,))
    assert (change.before.waived, change.after.waived) == (False, True)
    assert change.text.startswith("waived now, by dark-1 (ann, until 2026-12-24): fail")


def test_a_waiver_past_its_day_is_told_to_have_expired(house) -> None:
    expired = replace(MARK, expires="2026-11-01")

    change = house.change(house.night({"web01": OFF}, waivers={"web01": expired}), house.night({"web01": OFF}))

    assert (change.kind, change.causes) == (ChangeKind.WAIVER_CHANGED, (Cause.WAIVER,))
    assert "waived no more, waiver dark-1 (ann) expired on 2026-11-01" in change.text


def test_a_waiver_that_was_rewritten_is_a_change(house) -> None:
    longer = replace(MARK, expires="2027-01-31")

    change = house.change(
        house.night({"web01": OFF}, waivers={"web01": MARK}), house.night({"web01": OFF}, waivers={"web01": longer})
    )

    assert change.kind is ChangeKind.WAIVER_CHANGED
    assert "2027-01-31" in change.text
    assert "2026-12-24" in change.text


def test_a_value_that_the_waiver_does_not_cover_is_the_servers_change_not_the_waivers(house) -> None:
    worse = Observed(data={"colour": "red", "on": False})

    change = house.change(house.night({"web01": OFF}, waivers={"web01": MARK}), house.night({"web01": worse}))

    assert (change.kind, change.causes) == (ChangeKind.VALUE_CHANGED, (Cause.SERVER,))
    assert change.text.endswith("; waiver dark-1 does not cover it")


def test_a_waived_deviation_that_is_repaired_is_resolved(house) -> None:
    change = house.change(house.night({"web01": OFF}, waivers={"web01": MARK}), house.night({"web01": ON}))

    assert (change.kind, change.causes) == (ChangeKind.RESOLVED, (Cause.SERVER,))


def test_the_fleet_has_changes_too(house) -> None:
    policy = house.policy + house.fleet_check
    before = house.night({"web01": ON, "web02": ON}, policy=policy)
    after = house.night({"web01": ON, "web02": OFF}, policy=policy)

    found = house.drift(before, after)

    assert [(each.host, each.kind, each.causes) for each in found.changes] == [
        (FLEET, ChangeKind.NEW_DEVIATION, (Cause.SERVER,)),
        ("web02", ChangeKind.NEW_DEVIATION, (Cause.SERVER,)),
    ]


def test_what_is_demanded_otherwise_is_named_even_where_no_finding_changed(house) -> None:
    stricter = house.policy.replace("{equals: true}}\n    rationale", "{none_of: [false]}}\n    rationale")

    found = house.drift(house.night({"web01": ON}), house.night({"web01": ON}, policy=stricter))

    assert found.changes == ()
    assert found.notes[0] == "policy lights was edited between the runs (version 1)"
    assert found.notes[1].startswith("lights/light-on: expected was 'on is true', is 'on ")


def test_runs_without_a_common_server_say_so(house) -> None:
    found = house.drift(house.night({"web01": ON}), house.night({"web02": ON}))

    assert "the runs have no server in common: nothing can be compared" in found.notes
    assert {change.kind for change in found.changes} == {ChangeKind.NEW_SERVER, ChangeKind.MISSING_SERVER}


def test_the_way_back_in_time_is_named(house) -> None:
    first, second = house.night({"web01": ON}), house.night({"web01": OFF})

    found = house.drift(second, first)

    assert found.against == "night-2"
    assert found.notes == ("run night-2 began after run night-1: this is the way back in time",)


def test_the_same_evidence_judged_twice_is_named(house) -> None:
    first, second = house.night({"web01": ON}), house.night({"web01": ON})

    found = house.drift(first, replace(second, run=replace(second.run, evidence_of=first.run.id)))

    assert found == Drift(
        against="night-1", changes=(), notes=("both runs rest on the same evidence, that of run night-1",)
    )
