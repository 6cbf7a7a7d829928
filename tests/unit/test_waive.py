"""Which findings are waived, by whom, and what is said of the waivers; the moments are exact."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict, fingerprint
from auditor.model.policy import Level, Severity
from auditor.model.run import Host
from auditor.model.waiver import Waiver, WaiverMark, WaiverNotes
from auditor.waive import Waived, waive

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SOON = timedelta(days=14)
HOSTS = tuple(
    Host(name=name, groups=groups, status=Status.REACHED)
    for name, groups in [("cas01", ("cas", "west")), ("cas02", ("cas",)), ("mbx01", ())]
)
WAIVER = Waiver(
    id="w", policy="doors", checks=("shut",), hosts=("cas01",), owner="Jane", reason="r", ticket="T-1",
    expires="2027-01-31",
)  # fmt: skip


def found(host: str = "cas01", check: str = "shut", verdict: Verdict = Verdict.FAIL, policy: str = "doors") -> Finding:
    return Finding(
        host=host, policy=policy, check=check, title="", level=Level.FAIL, severity=Severity.HIGH, verdict=verdict,
        expected="", actual="open", reason="", reference="", remediation="",
    )  # fmt: skip


def judged(*waivers: Waiver, findings: tuple[Finding, ...] = (found(),), now: datetime = NOW) -> Waived:
    return waive(findings, waivers, HOSTS, now, SOON)


def marks(waived: Waived) -> list[str]:
    return [finding.waiver.id if finding.waiver else "" for finding in waived.findings]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.WARN])
def test_a_deviation_is_marked_and_keeps_its_verdict(verdict: Verdict) -> None:
    finding = found(verdict=verdict)

    waived = judged(WAIVER, findings=(finding,))

    mark = WaiverMark(id="w", owner="Jane", reason="r", ticket="T-1", expires="2027-01-31")
    assert waived.findings == (replace(finding, waiver=mark),)
    assert waived.notes == WaiverNotes()


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.NOT_APPLICABLE, Verdict.ERROR])
def test_what_is_no_deviation_is_never_waived(verdict: Verdict) -> None:
    finding = found(verdict=verdict)

    assert judged(WAIVER, findings=(finding,)).findings == (finding,)


def test_what_is_not_known_is_told_to_be_out_of_reach() -> None:
    notes = judged(WAIVER, findings=(found(verdict=Verdict.ERROR),)).notes

    assert notes == WaiverNotes(not_covered=("w (Jane, T-1) cannot waive what is not known: shut on cas01",))


@pytest.mark.parametrize(
    ("change", "is_waived"),
    [
        ({}, True),
        ({"checks": ("sh*",)}, True),
        ({"checks": ("shu?",)}, True),
        ({"checks": ("shut-off", "other")}, False),
        ({"checks": ("sh",)}, False),
        ({"checks": ("s[h]ut",)}, False),
        ({"policy": "windows"}, False),
        ({"hosts": ("CAS01",)}, True),
        ({"hosts": ("cas*",)}, True),
        ({"hosts": ("cas02", "mbx*")}, False),
        ({"hosts": ("*",)}, True),
        ({"hosts": ()}, True),
        ({"hosts": (), "groups": ("west",)}, True),
        ({"hosts": (), "groups": ("east",)}, False),
        ({"hosts": ("mbx01",), "groups": ("cas",)}, True),
        ({"accepted": "open"}, True),
        ({"accepted": fingerprint(found())}, True),
        ({"accepted": "ajar"}, False),
        ({"accepted": "ope*"}, False),
    ],
)
def test_a_waiver_covers_what_it_names_and_nothing_else(change: dict[str, object], is_waived: bool) -> None:  # noqa: FBT001  a column of the table
    waiver = replace(WAIVER, **change)  # type: ignore[arg-type]  # the table's fields are of several types

    assert marks(judged(waiver)) == ["w" if is_waived else ""]


@pytest.mark.parametrize(
    ("hosts", "groups", "is_waived"),
    [
        ((), (), True),
        (("*",), (), True),
        (("cas01", "*"), ("cas",), True),
        (("?",), (), False),
        (("**",), (), False),
        (("cas*",), (), False),
        ((), ("cas",), False),
    ],
)
def test_the_fleet_is_waived_only_when_it_is_meant(
    hosts: tuple[str, ...],
    groups: tuple[str, ...],
    is_waived: bool,  # noqa: FBT001  a column of the table
) -> None:
    waiver = replace(WAIVER, hosts=hosts, groups=groups)

    assert marks(judged(waiver, findings=(found(FLEET),))) == ["w" if is_waived else ""]


@pytest.mark.parametrize(
    ("zone", "last"),
    [
        ("UTC", datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 12, 31, 22, 59, 59, 999999, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2027, 1, 1, 7, 59, 59, 999999, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 12, 31, 9, 59, 59, 999999, tzinfo=UTC)),
    ],
)
def test_it_holds_until_the_end_of_its_last_day_in_its_zone(zone: str, last: datetime) -> None:
    waiver = replace(WAIVER, expires="2026-12-31", zone=zone)

    assert marks(judged(waiver, now=last)) == ["w"]
    assert marks(judged(waiver, now=last + timedelta(microseconds=1))) == [""]


def test_a_day_of_the_change_of_clocks_ends_at_its_own_midnight() -> None:
    waiver = replace(WAIVER, expires="2027-03-28", zone="Europe/Berlin")

    assert marks(judged(waiver, now=datetime(2027, 3, 28, 21, 59, tzinfo=UTC))) == ["w"]
    assert marks(judged(waiver, now=datetime(2027, 3, 28, 22, 0, tzinfo=UTC))) == [""]


def test_an_expired_waiver_is_named_with_what_counts_in_full() -> None:
    expired = replace(WAIVER, hosts=(), expires="2026-11-22", zone="Europe/Berlin")

    waived = judged(expired, findings=(found(), found("cas02")))

    end = "at the end of 2026-11-22 (Europe/Berlin)"
    assert marks(waived) == ["", ""]
    assert waived.notes == WaiverNotes(
        expired=(f"w (Jane, T-1) expired {end}, so this counts in full: shut on cas01, shut on cas02",)
    )


def test_an_expired_waiver_that_is_not_needed_is_to_be_removed() -> None:
    expired = replace(WAIVER, expires="2026-11-22")

    renewed = judged(expired, replace(WAIVER, id="renewed"))
    repaired = judged(expired, findings=(found(verdict=Verdict.PASS),))

    sentence = (
        "w (Jane, T-1) expired at the end of 2026-11-22 (UTC) and is not needed: "
        "nothing that it names deviates unwaived; remove it"
    )
    assert renewed.notes == WaiverNotes(unused=(sentence,))
    assert repaired.notes == WaiverNotes(unused=(sentence,))


@pytest.mark.parametrize(("expires", "is_soon"), [("2026-11-23", True), ("2026-12-06", True), ("2026-12-07", False)])
def test_what_expires_soon_is_told(expires: str, is_soon: bool) -> None:  # noqa: FBT001  a column of the table
    notes = judged(replace(WAIVER, expires=expires)).notes

    said = f"w (Jane, T-1) expires at the end of {expires} (UTC)"
    assert notes == WaiverNotes(expiring=(said,) if is_soon else ())


def test_a_value_that_was_not_accepted_is_told() -> None:
    notes = judged(replace(WAIVER, accepted="ajar")).notes

    assert notes == WaiverNotes(not_covered=("w (Jane, T-1) accepts another value than is found now: shut on cas01",))


def test_a_waiver_that_waives_nothing_is_told() -> None:
    notes = judged(replace(WAIVER, ticket=""), findings=(found(verdict=Verdict.PASS),)).notes

    assert notes == WaiverNotes(unused=("w (Jane) is not needed: nothing that it names deviates unwaived; remove it",))


@pytest.mark.parametrize(
    ("change", "is_elsewhere"),
    [
        ({"hosts": ("cas99",)}, True),
        ({"hosts": (), "groups": ("cellar",)}, True),
        ({"hosts": ("*9",), "groups": ("cellar",)}, True),
        ({"hosts": ("CAS01",)}, False),
        ({"hosts": (), "groups": ()}, False),
    ],
)
def test_a_waiver_that_means_no_server_is_told_to_do_so_and_not_to_be_removed(
    change: dict[str, Any],
    is_elsewhere: bool,  # noqa: FBT001  a column of the table
) -> None:
    findings = (found(verdict=Verdict.PASS),)

    notes = judged(replace(WAIVER, **change), findings=findings).notes

    (said,) = notes.unused
    assert ("means no server that was judged by doors; look at its hosts and groups" in said) is is_elsewhere
    assert ("remove it" in said) is not is_elsewhere


def test_nothing_is_said_of_waivers_for_policies_that_were_not_judged() -> None:
    other = replace(WAIVER, policy="windows", checks=("*",), hosts=(), expires="2026-11-24")

    assert judged(WAIVER, replace(other, id="o")).notes == WaiverNotes()


def test_of_several_the_one_that_expires_last_marks_and_the_overlap_is_told() -> None:
    longer = replace(WAIVER, id="longer", checks=("s*",), expires="2027-02-01")

    for order in ((WAIVER, longer), (longer, WAIVER)):
        waived = judged(*order)

        assert marks(waived) == ["longer"]
        assert waived.notes == WaiverNotes(
            overlapping=("longer, w waive the same, longer expires last: shut on cas01",)
        )


def test_the_zone_decides_which_of_one_day_expires_last() -> None:
    west = replace(WAIVER, id="west", zone="America/Los_Angeles")

    assert marks(judged(west, replace(WAIVER, zone="Asia/Tokyo"))) == ["west"]


@pytest.mark.parametrize("pattern", ["*", "**"])
def test_every_check_on_every_server_is_too_broad(pattern: str) -> None:
    findings = (found(), found("cas02", verdict=Verdict.PASS), found("mbx01", verdict=Verdict.PASS))

    (said,) = judged(replace(WAIVER, checks=(pattern,), hosts=()), findings=findings).notes.broad

    assert (
        said == "w (Jane, T-1) names every check on every server of doors; name the checks and servers that are meant"
    )


def test_more_than_half_of_a_policy_is_too_broad() -> None:
    waiver = replace(WAIVER, hosts=("cas*",))
    findings = (found(), found("cas02"), found("mbx01"), found("mbx01", "locked"))

    half = judged(waiver, findings=findings)
    more = judged(waiver, findings=findings[:3])

    assert half.notes.broad == ()
    assert more.notes.broad == (
        "w (Jane, T-1) waives 2 of the 3 findings of doors; name the checks and servers that are meant",
    )


def test_the_only_finding_there_is_may_be_waived() -> None:
    assert judged(WAIVER).notes.broad == ()


def test_many_findings_are_counted_and_not_listed() -> None:
    findings = tuple(found(f"cas{number:02}", verdict=Verdict.ERROR) for number in range(40))

    (said,) = judged(replace(WAIVER, hosts=("cas*",)), findings=findings).notes.not_covered

    assert said.endswith("shut on cas00, shut on cas01, shut on cas02, shut on cas03, shut on cas04 and 35 more")


def test_marks_from_before_are_forgotten() -> None:
    once = judged(WAIVER)

    assert judged(findings=tuple(once.findings)).findings == (found(),)


VERDICTS = st.sampled_from(list(Verdict))
FINDINGS = st.lists(
    st.tuples(st.sampled_from(["cas01", "cas02", "mbx01", FLEET]), st.sampled_from(["shut", "locked"]), VERDICTS),
    unique_by=lambda each: each[:2],
).map(lambda each: tuple(found(host, check, verdict) for host, check, verdict in each))
WAIVERS = st.lists(
    st.builds(
        replace,
        st.just(WAIVER),
        id=st.sampled_from("abcdef"),
        checks=st.sampled_from([("shut",), ("*",), ("lock*", "shut")]),
        hosts=st.sampled_from([(), ("*",), ("cas0?",), ("mbx01",)]),
        groups=st.sampled_from([(), ("cas",), ("west",)]),
        expires=st.sampled_from(["2026-11-22", "2026-11-23", "2027-01-01"]),
        accepted=st.sampled_from(["", "open", "ajar"]),
    ),
    unique_by=lambda each: each.id,
    max_size=4,
)


@given(FINDINGS, WAIVERS)
def test_a_waiver_changes_how_a_finding_counts_and_never_what_it_says(
    findings: tuple[Finding, ...], waivers: list[Waiver]
) -> None:
    waived = judged(*waivers, findings=findings)

    assert tuple(replace(finding, waiver=None) for finding in waived.findings) == findings
    for finding in waived.findings:
        assert finding.waiver is None or finding.verdict in (Verdict.FAIL, Verdict.WARN)


@given(FINDINGS, WAIVERS)
def test_the_order_of_waivers_makes_no_difference_to_findings(
    findings: tuple[Finding, ...], waivers: list[Waiver]
) -> None:
    assert judged(*waivers, findings=findings).findings == judged(*reversed(waivers), findings=findings).findings
