"""Whose change it is: established by judging old evidence again, and never guessed."""

import shutil
from dataclasses import replace
from hashlib import sha256

import pytest

from auditor.model.answer import Denied, Failed, Observed
from auditor.model.drift import Cause, ChangeKind
from auditor.model.evidence import Status
from auditor.model.finding import FLEET
from auditor.model.probe import Facts
from auditor.report import EVIDENCE

ON = Observed(data={"on": True, "watts": 40})
OFF = Observed(data={"on": False, "watts": 40})
DIM = Observed(data={"on": True, "watts": 5})


@pytest.fixture
def dark(house):
    """Return the policy turned round: the light must be off."""
    return house.policy.replace("{on: {equals: true}}\n    rationale", "{on: {equals: false}}\n    rationale")


@pytest.fixture
def other_reading(house):
    """Return probes that read the same evidence in other words."""
    light = house.probes["light"]

    def read(parameters, answers):
        reading = light.read(parameters, answers)
        return replace(reading, summary=f"seen anew: {reading.summary}") if isinstance(reading, Facts) else reading

    return {"light": replace(light, read=read)}


def test_another_answer_under_the_same_policy_is_the_servers_change(house) -> None:
    change = house.change(house.night({"web01": ON}), house.night({"web01": OFF}))

    assert change.causes == (Cause.SERVER,)


def test_the_same_answer_under_another_expectation_is_the_policys_change_and_names_it(house, dark) -> None:
    change = house.change(house.night({"web01": ON}), house.night({"web01": ON}, policy=dark))

    assert change.causes == (Cause.POLICY,)
    assert "the policy changed, it expected 'on is true' and expects 'on is false' now" in change.text


def test_an_edit_of_the_policy_that_does_not_matter_leaves_it_the_servers_change(house) -> None:
    edited = house.policy.replace("Switch it on.", "Please switch it on.")

    change = house.change(house.night({"web01": ON}), house.night({"web01": OFF}, policy=edited))

    assert change.causes == (Cause.SERVER,)


def test_policy_and_server_can_both_have_a_part(house, dark) -> None:
    change = house.change(house.night({"web01": ON}), house.night({"web01": DIM}, policy=dark))

    assert change.causes == (Cause.SERVER, Cause.POLICY)


def test_another_input_is_the_inputs_change_and_names_it(house) -> None:
    change = house.change(house.night({"web01": OFF}), house.night({"web01": OFF}, inputs={"wanted": False}))

    assert change.causes == (Cause.INPUT,)
    assert change.text.endswith("; an input changed: wanted from true to false")


def test_an_input_that_the_policy_does_not_take_is_no_cause(house) -> None:
    change = house.change(house.night({"web01": ON}), house.night({"web01": OFF}, inputs={"port": 80}))

    assert change.causes == (Cause.SERVER,)


def test_an_edit_that_does_not_matter_leaves_it_the_inputs_change(house) -> None:
    edited = house.policy.replace("Switch it on.", "Please switch it on.")

    change = house.change(
        house.night({"web01": OFF}), house.night({"web01": OFF}, policy=edited, inputs={"wanted": False})
    )

    assert change.causes == (Cause.INPUT,)


def test_an_input_that_only_the_new_policy_has_comes_with_the_policy(house) -> None:
    asking = house.policy.replace("default: hall, ", "")
    before = house.night({"web01": ON})

    change = house.change(before, house.night({"web01": OFF}, policy=asking, inputs={"room": "hall"}))

    assert change.causes == (Cause.SERVER,)


def test_a_policy_that_looks_where_the_old_evidence_did_not_leaves_the_server_open(house) -> None:
    elsewhere = house.policy.replace('{room: "${room}"}', "{room: cellar}")
    after = house.night({"web01": OFF}, policy=elsewhere, rooms=("cellar",))

    change = house.change(house.night({"web01": ON}), after)

    assert change.causes == (Cause.POLICY, Cause.NOT_KNOWN)
    assert "whether the server changed as well is not known" in change.text


def test_what_the_old_evidence_lacks_the_new_one_may_tell(house) -> None:
    before = house.night({"web01": ON}, rooms=("hall",))
    after = house.night({"web01": OFF}, inputs={"room": "cellar"}, rooms=("hall", "cellar"))

    assert house.change(before, after).causes == (Cause.SERVER,)


def test_a_server_that_is_not_reached_tells_nothing_of_the_inputs(house) -> None:
    before = house.night({"web01": ON}, rooms=("hall",))
    after = house.night({"web01": "refused"}, inputs={"room": "cellar"})

    assert house.change(before, after).causes == (Cause.REACHABILITY,)


def test_a_server_that_is_not_reached_is_a_change_of_reachability(house) -> None:
    there, gone = house.night({"web01": OFF}), house.night({"web01": "refused"})

    assert house.change(there, gone).causes == (Cause.REACHABILITY,)
    assert house.change(gone, there).causes == (Cause.REACHABILITY,)


@pytest.mark.parametrize("unread", [Denied(reason="no"), Failed(reason="broken")], ids=repr)
def test_an_answer_that_could_not_be_read_is_a_change_of_what_can_be_read(house, unread) -> None:
    assert house.change(house.night({"web01": ON}), house.night({"web01": unread})).causes == (Cause.REACHABILITY,)
    assert house.change(house.night({"web01": unread}), house.night({"web01": ON})).causes == (Cause.REACHABILITY,)


def test_a_newer_reading_of_the_same_evidence_is_the_auditors_change(house, other_reading) -> None:
    before = house.night({"web01": ON})
    after = house.night({"web01": ON}, probes=other_reading, version="2.0")

    found = house.drift(before, after, other_reading)

    assert [(each.kind, each.causes) for each in found.changes] == [(ChangeKind.VALUE_CHANGED, (Cause.AUDITOR,))]
    assert found.notes[0] == "the runs were judged by different versions of the auditor: 1.0, then 2.0"


def test_a_newer_reading_and_another_answer_are_two_causes(house, other_reading) -> None:
    before = house.night({"web01": ON})
    after = house.night({"web01": OFF}, probes=other_reading, version="2.0")

    assert house.change(before, after, other_reading).causes == (Cause.SERVER, Cause.AUDITOR)


def test_an_older_reading_is_told_apart_when_it_is_the_later_runs(house, other_reading) -> None:
    before = house.night({"web01": ON}, probes=other_reading, version="2.0")
    after = house.night({"web01": ON}, version="1.0")

    assert house.change(before, after, other_reading).causes == (Cause.AUDITOR,)


def test_two_runs_of_one_older_version_differ_by_what_happened_not_by_the_reading(house, other_reading) -> None:
    before, after = house.night({"web01": ON}), house.night({"web01": OFF})

    assert house.change(before, after, other_reading).causes == (Cause.SERVER,)


@pytest.mark.parametrize(("version", "cause"), [("1.0", Cause.NOT_KNOWN), ("1.1", Cause.AUDITOR)])
def test_two_foreign_readings_are_the_auditors_only_if_their_versions_differ(
    house, other_reading, version, cause
) -> None:
    light = house.probes["light"]
    third = {"light": replace(light, read=lambda *_: Facts(values={"on": True}, summary="on"))}
    before = house.night({"web01": ON})
    after = house.night({"web01": ON}, probes=other_reading, version=version)

    assert house.change(before, after, third).causes == (cause,)


def test_without_evidence_nothing_is_guessed(house) -> None:
    before, after = house.night({"web01": ON}), house.night({"web01": OFF})
    (before.folder / EVIDENCE).unlink()

    found = house.drift(before, after)

    assert [each.causes for each in found.changes] == [(Cause.NOT_KNOWN,)]
    assert found.changes[0].text.endswith("; the cause is not known")
    assert "without this evidence causes are not established" in found.notes[0]


def test_without_evidence_a_server_that_is_not_reached_is_still_one(house) -> None:
    before, after = house.night({"web01": ON}), house.night({"web01": "refused"})
    (before.folder / EVIDENCE).unlink()

    assert house.change(before, after).causes == (Cause.REACHABILITY,)


def test_without_the_policies_the_server_is_the_cause_only_where_nothing_else_changed(house) -> None:
    before, after = house.night({"web01": ON}), house.night({"web01": OFF})
    shutil.rmtree(before.folder / "policies")

    assert house.change(before, after).causes == (Cause.SERVER,)
    assert house.change(before, replace(after, run=replace(after.run, version="9"))).causes == (Cause.NOT_KNOWN,)


def test_without_the_policies_an_answer_that_is_missing_is_not_the_servers_change(house) -> None:
    before, after = house.night({"web01": ON}), house.night({"web01": Denied(reason="no")})
    shutil.rmtree(before.folder / "policies")
    (host,) = after.run.hosts
    partial = replace(after.run, hosts=(replace(host, status=Status.PARTIAL),))

    assert house.change(before, replace(after, run=partial)).causes == (Cause.REACHABILITY,)


def test_without_the_policies_nothing_is_said_of_the_fleet(house) -> None:
    policy = house.policy + house.fleet_check
    before = house.night({"web01": ON, "web02": ON}, policy=policy)
    after = house.night({"web01": ON, "web02": OFF}, policy=policy)
    shutil.rmtree(after.folder / "policies")

    found = house.drift(before, after)

    assert {each.host: each.causes for each in found.changes} == {
        FLEET: (Cause.NOT_KNOWN,),
        "web02": (Cause.SERVER,),
    }
    assert [note for note in found.notes if "there is no such file" in note]


def test_a_policy_that_was_written_with_a_byte_order_mark_is_the_one_judged_by(house) -> None:
    nights = [house.night({"web01": answer}) for answer in (ON, OFF)]
    data = b"\xef\xbb\xbf" + house.policy.encode()
    judged = replace(nights[0].run.policies[0], digest=f"sha256:{sha256(data).hexdigest()}")

    found = house.drift(*(replace(each, run=replace(each.run, policies=(judged,))) for each in nights))

    assert [each.causes for each in found.changes] == [(Cause.SERVER,)]
    assert found.notes == ()


def test_a_kept_policy_that_was_altered_establishes_nothing(house, dark) -> None:
    before, after = house.night({"web01": ON}), house.night({"web01": OFF}, inputs={"wanted": True})
    (before.folder / "policies" / "lights.yaml").write_text(dark, encoding="utf-8")

    found = house.drift(before, after)

    assert [each.causes for each in found.changes] == [(Cause.NOT_KNOWN,)]
    assert "this is not the policy that run night-1 was judged by" in found.notes[0]


def test_damaged_evidence_of_one_server_does_not_stop_the_rest(house) -> None:
    before = house.night({"web01": ON, "web02": ON})
    after = house.night({"web01": OFF, "web02": OFF})
    lines = (after.folder / EVIDENCE).read_bytes().splitlines(keepends=True)
    damaged = [line.replace(b"observed", b"obscured") if b'"web01"' in line else line for line in lines]
    (after.folder / EVIDENCE).write_bytes(b"".join(damaged))

    found = house.drift(before, after)

    assert [each.causes for each in found.changes] == [(Cause.NOT_KNOWN,), (Cause.SERVER,)]
    assert "web01: causes are not established: a line of stored evidence is damaged" in found.notes[0]


def test_damaged_evidence_of_one_server_leaves_the_fleet_open(house) -> None:
    policy = house.policy + house.fleet_check
    before = house.night({"web01": ON, "web02": ON, "web03": ON}, policy=policy)
    after = house.night({"web01": ON, "web02": OFF, "web03": ON}, policy=policy)
    file = after.folder / EVIDENCE
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(line.replace(b"obs", b"0bs") if b"web03" in line else line for line in lines))

    found = house.drift(before, after)

    assert [each.causes for each in found.changes] == [(Cause.NOT_KNOWN,), (Cause.SERVER,)]


def test_evidence_that_lacks_a_server_is_named(house) -> None:
    before, after = house.night({"web01": ON}), house.night({"web01": OFF})
    (before.folder / EVIDENCE).write_bytes(b"\n")

    found = house.drift(before, after)

    assert [each.causes for each in found.changes] == [(Cause.NOT_KNOWN,)]
    assert found.notes == ("lights: causes are not established: not both runs hold the evidence of every server",)


@pytest.mark.parametrize(
    ("before", "after", "causes"),
    [
        ({"web01": ON, "web02": ON}, {"web01": ON, "web02": OFF}, (Cause.SERVER,)),
        ({"web01": ON, "web02": ON}, {"web01": ON, "web02": "refused"}, (Cause.REACHABILITY,)),
        ({"web01": ON, "web02": "refused"}, {"web01": ON, "web02": OFF}, (Cause.REACHABILITY,)),
        (
            {"web01": ON, "web02": "refused", "web03": ON},
            {"web01": OFF, "web02": ON, "web03": ON},
            (Cause.SERVER, Cause.REACHABILITY),
        ),
        ({"web01": ON, "web02": ON}, {"web01": ON, "web02": ON, "web03": OFF}, (Cause.INVENTORY,)),
        ({"web01": ON, "web02": OFF}, {"web01": ON}, (Cause.INVENTORY,)),
        (
            {"web01": ON, "web02": ON, "web03": ON},
            {"web01": OFF, "web02": "refused", "web04": ON},
            (Cause.SERVER, Cause.REACHABILITY, Cause.INVENTORY),
        ),
    ],
)
def test_what_the_fleet_comes_to_changes_with_its_servers(house, before, after, causes) -> None:
    policy = house.policy + house.fleet_check
    nights = (house.night(answers, policy=policy) for answers in (before, after))

    (change,) = [each for each in house.drift(*nights).changes if each.host == FLEET]

    assert change.causes == causes


def test_a_server_that_joins_the_fleet_by_its_policy_is_the_inventorys_change(house) -> None:
    policy = house.policy + house.fleet_check
    servers = {"web01": ON, "web02": ON, "web03": OFF}
    nights = house.night(servers, policy=policy, unassigned=("web03",)), house.night(servers, policy=policy)

    changes = house.drift(*nights).changes

    assert [(each.host, each.kind, each.causes) for each in changes] == [
        (FLEET, ChangeKind.NEW_DEVIATION, (Cause.INVENTORY,)),
        ("web03", ChangeKind.NEW_CHECK, (Cause.INVENTORY,)),
    ]


def test_what_the_fleet_is_asked_changes_with_the_policy_and_the_inputs(house) -> None:
    policy = house.policy + house.fleet_check
    servers = {"web01": ON, "web02": DIM}
    otherwise = policy.replace('agree_on: ["on"]', "agree_on: [watts]")
    first = house.night(servers, policy=policy)

    (by_policy,) = house.drift(first, house.night(servers, policy=otherwise)).changes
    by_input = house.drift(first, house.night(servers, policy=policy, inputs={"wanted": False})).changes[0]

    assert (by_policy.host, by_policy.causes) == (FLEET, (Cause.POLICY,))
    assert (by_input.host, by_input.causes) == (FLEET, (Cause.INPUT,))


def test_a_fleet_asked_for_what_the_old_evidence_lacks_leaves_the_servers_open(house) -> None:
    policy = house.policy + house.fleet_check
    elsewhere = policy.replace('{room: "${room}"}\n    agree_on', "{room: cellar}\n    agree_on")
    first = house.night({"web01": ON, "web02": ON}, policy=policy)
    second = house.night({"web01": ON, "web02": ON}, policy=elsewhere, rooms=("hall", "cellar"))
    third = house.night({"web01": OFF, "web02": ON}, policy=elsewhere, rooms=("hall", "cellar"))

    fleet = [each for each in house.drift(first, third).changes if each.host == FLEET]

    assert [each.causes for each in fleet] == [(Cause.POLICY, Cause.NOT_KNOWN)]
    assert [each for each in house.drift(first, second).changes if each.host == FLEET] == []
