"""Gates: what they are written like, what trips them, and that none of them hides missing evidence."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ExitCode, UsageError
from auditor.gate import gated, judge_gate
from auditor.model.drift import ALL_NEW, BEGINNING, Cause, Change, ChangeKind, Drift, State
from auditor.model.evidence import Status
from auditor.model.finding import FLEET, Finding, Verdict
from auditor.model.gate import Clause, Gate, Novelty, counts_warning, gate_texts, parse_gate
from auditor.model.policy import Level, Severity, Source
from auditor.model.run import Host, JudgedPolicy, Run
from auditor.model.waiver import WaiverMark
from auditor.summary import count, coverage

REACHED = Host(name="cas01", status=Status.REACHED)
PARTIAL = Host(name="cas02", status=Status.PARTIAL, reason="1 question denied")
SILENT = Host(name="cas03", status=Status.UNREACHABLE, reason="refused")
WAIVED = WaiverMark(id="w1", owner="me", reason="accepted", ticket="", expires="2030-01-01")
PASS, WARN, FAIL, ERROR = Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.ERROR


def finding(
    verdict: Verdict,
    host: str = "cas01",
    *,
    policy: str = "owa",
    check: str = "check",
    severity: Severity = Severity.HIGH,
    waiver: WaiverMark | None = None,
) -> Finding:
    return Finding(
        host=host, policy=policy, check=check, title="A check", level=Level.FAIL, severity=severity, verdict=verdict,
        expected="", actual="", reason="", reference="", remediation="", waiver=waiver,
    )  # fmt: skip


def run_of(
    *findings: Finding | Verdict,
    hosts: Sequence[Host] = (REACHED,),
    changes: Sequence[Change] | None = None,
    interrupted: bool = False,
) -> Run:
    found = [each if isinstance(each, Finding) else finding(each) for each in findings]
    policies = {each.policy for each in found} | {"owa"}
    source = Source(document="The house")
    return Run(
        id="r1", started="", finished="", version="", fail_on="fail", interrupted=interrupted, hosts=tuple(hosts),
        policies=tuple(JudgedPolicy(id=name, version="1", title="", digest="", source=source) for name in policies),
        findings=tuple(found), drift=None if changes is None else Drift(against="r0", changes=tuple(changes)),
        coverage=coverage(hosts, found, len(found)), summary=count(found), exit_code=0, exit_reason="",
    )  # fmt: skip


def change(
    kind: ChangeKind,
    before: Verdict | None = None,
    *,
    waived: bool = False,
    host: str = "cas01",
    policy: str = "owa",
    check: str = "check",
) -> Change:
    state = None if before is None else State(verdict=before, actual="", waived=waived)
    return Change(host=host, policy=policy, check=check, kind=kind, causes=(Cause.SERVER,), before=state, text="")


def code(run: Run, *gate: str, coverage: str = "") -> ExitCode:
    return judge_gate(run, parse_gate(gate, coverage)).exit_code


def reason(run: Run, *gate: str, coverage: str = "") -> str:
    return judge_gate(run, parse_gate(gate, coverage)).reason


CLAUSES = st.one_of(
    st.builds(Clause, novelty=st.sampled_from([None, Novelty.NEW]), severity=st.none() | st.sampled_from(Severity),
              warnings=st.booleans()),
    st.builds(Clause, novelty=st.just(Novelty.DRIFT), severity=st.none() | st.sampled_from(Severity)),
)  # fmt: skip
ALTERNATIVES = st.lists(CLAUSES, max_size=4).map(lambda found: tuple(sorted(set(found), key=str)))
GATES = st.builds(
    Gate,
    default=ALTERNATIVES,
    policies=st.dictionaries(st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True), ALTERNATIVES, max_size=3),
    min_coverage=st.none() | st.decimals(0, 100, places=2),
)


class TestWriting:
    @given(GATES)
    def test_the_normal_form_of_a_gate_reads_back_as_the_same_gate(self, gate: Gate) -> None:
        assert parse_gate([str(gate)], gate.percent) == gate

    @given(st.lists(st.text(alphabet="failwrnghevdt,:= ", max_size=20), max_size=3))
    def test_whatever_is_written_is_a_gate_or_a_usage_error(self, texts: list[str]) -> None:
        try:
            gate = parse_gate(texts)
        except UsageError as error:
            assert "gate" in str(error)  # noqa: PT017  most texts are refused, and some are not
        else:
            assert parse_gate([str(gate)]) == gate

    @pytest.mark.parametrize(
        ("texts", "normal"),
        [
            ([], "fail"),
            (["fail"], "fail"),
            (["high,new"], "high,new"),
            (["new", "high"], "high,new"),
            ([" high , high "], "high"),
            (["high:new"], "new:high"),
            (["fail:new:high"], "new:high"),
            (["warning:new"], "new:warning"),
            (["owa=never"], "fail,owa=never"),
            (["never,owa=high,owa=new"], "never,owa=high,owa=new"),
        ],
    )
    def test_a_gate_has_one_normal_form_however_it_is_written(self, texts: list[str], normal: str) -> None:
        assert str(parse_gate(texts)) == normal

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("hgih", "is not known; it is made of fail, warning, critical"),
            ("", "the gate '' is not known"),
            ("never,fail", "stands alone; leave it out, or leave out fail"),
            ("never:high", "'never' stands alone"),
            ("high:low", "asks for high and low at once; write high,low instead"),
            ("new:drift", "asks for drift and new at once"),
            ("fail:warning", "asks for fail and warning at once"),
            ("drift:warning", "drift counts warnings, too"),
            ("=high", "names no policy before '='"),
        ],
    )
    def test_a_gate_that_makes_no_sense_is_refused_and_says_what_to_write(self, text: str, said: str) -> None:
        with pytest.raises(UsageError) as error:
            parse_gate([text])

        assert said in str(error.value)

    @pytest.mark.parametrize(
        ("written", "normal"),
        [
            ("high,new", "high,new"),
            (["high", "new"], "high,new"),
            ({"default": "never", "owa": "high, new"}, "never,owa=high,owa=new"),
            ({"owa": ["new:high"]}, "fail,owa=new:high"),
            ({"default": ["fail"], "owa": "never", "tls": "drift"}, "fail,owa=never,tls=drift"),
        ],
    )
    def test_an_audit_file_may_write_a_text_a_list_or_either_by_policy(
        self, written: str | list[str] | dict[str, str | list[str]], normal: str
    ) -> None:
        assert str(parse_gate(gate_texts(written))) == normal

    @pytest.mark.parametrize(("text", "percent"), [("95%", "95%"), ("99.50", "99.5%"), ("100%", "100%"), ("0", "0%")])
    def test_coverage_is_a_percentage_with_or_without_its_sign(self, text: str, percent: str) -> None:
        assert parse_gate([], text).percent == percent

    @pytest.mark.parametrize("text", ["101%", "-1%", "many", "9_5", "95 %%", "1e1", "\u0669"])
    def test_anything_else_is_no_coverage(self, text: str) -> None:
        with pytest.raises(UsageError, match="from 0% to 100%"):
            parse_gate([], text)


class TestFindings:
    @pytest.mark.parametrize(
        ("verdicts", "gate", "expected"),
        [
            ([PASS], "fail", ExitCode.COMPLIANT),
            ([PASS, Verdict.NOT_APPLICABLE], "warning", ExitCode.COMPLIANT),
            ([WARN], "fail", ExitCode.COMPLIANT),
            ([WARN], "warning", ExitCode.FINDINGS),
            ([WARN, FAIL], "never", ExitCode.COMPLIANT),
            ([PASS, FAIL], "fail", ExitCode.FINDINGS),
            ([FAIL], "warning", ExitCode.FINDINGS),
            ([PASS, ERROR], "fail", ExitCode.NOT_KNOWN),
            ([PASS, ERROR], "never", ExitCode.NOT_KNOWN),
            ([FAIL, ERROR], "fail", ExitCode.NOT_KNOWN),
            ([Verdict.NOT_APPLICABLE], "never", ExitCode.NOT_KNOWN),
        ],
    )
    def test_the_exit_code_follows_the_gate_but_never_hides_missing_evidence(
        self, verdicts: Sequence[Verdict], gate: str, expected: ExitCode
    ) -> None:
        assert code(run_of(*verdicts), gate) is expected

    @pytest.mark.parametrize("severity", Severity)
    @pytest.mark.parametrize("least", Severity)
    def test_a_severity_counts_failing_findings_of_that_severity_and_above(
        self, severity: Severity, least: Severity
    ) -> None:
        order = list(Severity)

        tripped = code(run_of(finding(FAIL, severity=severity)), least) is ExitCode.FINDINGS

        assert tripped is (order.index(severity) <= order.index(least))

    def test_a_severity_does_not_count_warnings_unless_asked_to(self) -> None:
        run = run_of(finding(WARN, severity=Severity.CRITICAL))

        assert code(run, "high") is ExitCode.COMPLIANT
        assert code(run, "high:warning") is ExitCode.FINDINGS

    def test_one_alternative_is_enough(self) -> None:
        run = run_of(finding(WARN, severity=Severity.LOW), finding(FAIL, check="bad", severity=Severity.HIGH))

        assert code(run, "critical") is ExitCode.COMPLIANT
        assert code(run, "critical,high") is ExitCode.FINDINGS
        assert code(run, "critical", "warning") is ExitCode.FINDINGS

    def test_a_policy_with_a_gate_of_its_own_is_left_alone_by_the_others(self) -> None:
        run = run_of(finding(FAIL, policy="owa"), finding(FAIL, policy="tls", severity=Severity.LOW))

        assert code(run, "never,tls=high") is ExitCode.COMPLIANT
        assert code(run, "fail,owa=never,tls=high") is ExitCode.COMPLIANT
        assert reason(run, "fail,tls=never").startswith("1 failing check at or above the gate (fail on fail,tls=never)")

    def test_a_gate_for_a_policy_that_is_not_judged_by_is_refused(self) -> None:
        with pytest.raises(UsageError, match="names 'owaa', but the policies judged by are owa"):
            code(run_of(PASS), "owaa=high")

    def test_what_is_waived_never_trips_a_gate_and_is_told(self) -> None:
        run = run_of(PASS, finding(FAIL, waiver=WAIVED), finding(WARN, check="other", waiver=WAIVED))

        assert code(run, "warning,critical,low") is ExitCode.COMPLIANT
        assert reason(run, "warning") == "every check that applies passes or is waived (2)"

    def test_what_is_not_known_cannot_be_waived(self) -> None:
        assert code(run_of(PASS, finding(ERROR, waiver=WAIVED)), "never") is ExitCode.NOT_KNOWN

    @pytest.mark.parametrize(
        ("fail_on", "counted"),
        [
            ("warning", True),
            ("high:warning", True),
            ("critical:warning", False),
            ("new:warning", False),
            ("fail", False),
            ("warning,owa=fail", False),
            ("never,owa=warning", True),
        ],
    )
    def test_reports_can_ask_whether_a_warning_counts(self, fail_on: str, *, counted: bool) -> None:
        assert counts_warning(fail_on, finding(WARN)) is counted

    def test_a_waived_warning_does_not_count(self) -> None:
        assert not counts_warning("warning", finding(WARN, waiver=WAIVED))


class TestMissingEvidence:
    @pytest.mark.parametrize(
        ("verdicts", "hosts", "said"),
        [
            ([], [], "evidence is missing: nothing was judged: no server"),
            ([], [REACHED], "evidence is missing: nothing was judged: no check was planned"),
            (
                [Verdict.NOT_APPLICABLE],
                [REACHED],
                "evidence is missing: nothing was judged: no check applies to any server",
            ),
            ([ERROR], [REACHED], "evidence is missing: 1 check not known, nothing was judged"),
        ],
    )
    def test_a_run_that_judged_nothing_is_not_compliant_and_says_why(
        self, verdicts: Sequence[Verdict], hosts: Sequence[Host], said: str
    ) -> None:
        outcome = judge_gate(run_of(*verdicts, hosts=hosts), parse_gate(["never"], "0%"))

        assert (outcome.exit_code, outcome.reason) == (ExitCode.NOT_KNOWN, said)

    def test_missing_evidence_outranks_findings_and_the_reason_names_both(self) -> None:
        outcome = judge_gate(run_of(FAIL, ERROR, ERROR, WARN, hosts=[REACHED, SILENT]), parse_gate(["warning"]))

        assert outcome.exit_code is ExitCode.NOT_KNOWN
        assert outcome.reason == (
            "evidence is missing: 1 server not reached (cas03), 2 checks not known; "
            "besides, 1 failing check and 1 warning at or above the gate (fail on warning)"
        )

    def test_a_server_that_was_not_reached_is_missing_evidence_even_without_findings(self) -> None:
        assert code(run_of(PASS, hosts=[REACHED, SILENT])) is ExitCode.NOT_KNOWN

    def test_a_server_read_in_part_misses_nothing_when_every_check_is_judged(self) -> None:
        assert code(run_of(PASS, hosts=[PARTIAL])) is ExitCode.COMPLIANT

    def test_findings_below_the_gate_are_named_all_the_same(self) -> None:
        waived = finding(FAIL, check="waived", waiver=WAIVED)

        said = reason(run_of(FAIL, WARN, WARN, waived), "never")

        assert said == "1 failing check and 2 warnings below the gate (fail on never), 1 more waived"

    def test_a_large_fleet_does_not_make_a_long_reason(self) -> None:
        hosts = [Host(name=f"cas{number:02}", status=Status.UNREACHABLE) for number in range(50)]

        assert "50 servers not reached (cas00, cas01, cas02, cas03, cas04 and 45 more)" in reason(
            run_of(PASS, hosts=hosts)
        )


def fleet(silent: int, *findings: Finding, of: int = 20) -> Run:
    hosts = [
        Host(name=f"s{number:02}", status=Status.UNREACHABLE if number < silent else Status.REACHED)
        for number in range(of)
    ]
    known = [finding(ERROR if host.status is Status.UNREACHABLE else PASS, host.name) for host in hosts]
    return run_of(*known, *findings, hosts=hosts)


class TestCoverage:
    def test_coverage_at_the_least_asked_for_tolerates_missing_servers_and_says_so(self) -> None:
        outcome = judge_gate(fleet(1), parse_gate([], "95%"))

        assert outcome.exit_code is ExitCode.COMPLIANT
        assert outcome.reason == (
            "every check that applies passes; "
            "tolerated: 1 server not reached (s00), 19 of 20 servers judged and 95% asked for"
        )

    def test_coverage_below_is_missing_evidence(self) -> None:
        outcome = judge_gate(fleet(2), parse_gate([], "95%"))

        assert outcome.exit_code is ExitCode.NOT_KNOWN
        assert "18 of 20 servers judged and 95% asked for, 2 servers not reached (s00, s01)" in outcome.reason

    @given(judged=st.integers(0, 500), silent=st.integers(0, 500), asked=st.decimals(0, 100, places=1))
    def test_coverage_is_compared_exactly(self, judged: int, silent: int, asked: Decimal) -> None:
        run = fleet(1)
        covered = replace(run.coverage, servers_judged=judged, servers_planned=judged + silent)

        outcome = judge_gate(replace(run, coverage=covered), replace(Gate(), min_coverage=asked))

        enough = Decimal(judged) * 100 >= asked * (judged + silent)
        assert (outcome.exit_code is ExitCode.COMPLIANT) is enough

    def test_findings_of_the_servers_that_were_reached_still_trip_the_gate(self) -> None:
        run = fleet(1, finding(FAIL, "s05", check="bad"))

        assert code(run, coverage="95%") is ExitCode.FINDINGS

    def test_what_a_reached_server_does_not_tell_is_never_tolerated(self) -> None:
        run = fleet(1, finding(ERROR, "s05", check="denied"))

        assert code(run, coverage="50%") is ExitCode.NOT_KNOWN
        assert reason(run, coverage="50%") == (
            "evidence is missing: 1 check not known; "
            "tolerated: 1 server not reached (s00), 19 of 20 servers judged and 50% asked for"
        )

    def test_what_is_not_known_of_the_fleet_is_tolerated_with_its_missing_servers_only(self) -> None:
        unknown = finding(ERROR, FLEET, check="same-everywhere")

        assert code(fleet(1, unknown), coverage="95%") is ExitCode.COMPLIANT
        assert code(fleet(0, unknown), coverage="95%") is ExitCode.NOT_KNOWN

    def test_without_it_every_server_must_be_judged(self) -> None:
        assert code(fleet(1)) is ExitCode.NOT_KNOWN


class TestNew:
    @pytest.mark.parametrize("gate", ["new", "drift", "high,new", "fail,owa=drift"])
    def test_what_needs_a_comparison_is_refused_without_one(self, gate: str) -> None:
        with pytest.raises(UsageError, match=r"needs a run to compare with: name one with --against"):
            code(run_of(PASS), gate)

    @pytest.mark.parametrize(
        ("made", "is_new"),
        [
            (change(ChangeKind.NEW_DEVIATION, PASS), True),
            (change(ChangeKind.NEW_DEVIATION), True),
            (change(ChangeKind.NEW_DEVIATION, WARN), True),
            (change(ChangeKind.WAIVER_CHANGED, FAIL, waived=True), True),
            (change(ChangeKind.KNOWN_AGAIN, ERROR), True),
            (change(ChangeKind.APPLICABILITY_CHANGED, Verdict.NOT_APPLICABLE), True),
            (change(ChangeKind.NEW_CHECK), True),
            (change(ChangeKind.STILL_DEVIATING, FAIL), False),
            (change(ChangeKind.STILL_DEVIATING), False),
            (change(ChangeKind.VALUE_CHANGED, FAIL), False),
            (change(ChangeKind.NEW_DEVIATION, PASS, host="cas99"), False),
            (change(ChangeKind.NEW_DEVIATION, PASS, check="other"), False),
        ],
    )
    def test_a_deviation_is_new_when_it_did_not_count_in_the_run_compared_with(
        self, made: Change, *, is_new: bool
    ) -> None:
        run = run_of(FAIL, changes=[made])

        assert (code(run, "new") is ExitCode.FINDINGS) is is_new
        assert (code(run, "drift") is ExitCode.FINDINGS) is is_new

    def test_the_policy_is_named_when_there_are_several_and_the_fleet_by_its_name(self) -> None:
        run = run_of(finding(FAIL, policy="tls"), finding(FAIL, FLEET, check="same"))

        assert reason(run, "info").endswith(": cas01 tls/check, fleet owa/same")

    @pytest.mark.parametrize(
        ("found", "gate", "expected"),
        [
            (PASS, "new", ExitCode.COMPLIANT),
            (PASS, "drift", ExitCode.COMPLIANT),
            (WARN, "new", ExitCode.COMPLIANT),
            (WARN, "new:warning", ExitCode.FINDINGS),
            (WARN, "drift", ExitCode.FINDINGS),
            (FAIL, "new", ExitCode.FINDINGS),
            (FAIL, "new:critical", ExitCode.COMPLIANT),
            (FAIL, "never,tls=new", ExitCode.COMPLIANT),
            (finding(FAIL, waiver=WAIVED), "new", ExitCode.COMPLIANT),
            (ERROR, "drift", ExitCode.NOT_KNOWN),
        ],
    )
    def test_where_there_is_no_run_to_compare_with_yet_every_deviation_is_new_and_that_is_told(
        self, found: Finding | Verdict, gate: str, expected: ExitCode
    ) -> None:
        other = finding(PASS, policy="tls", check="other")
        run = replace(run_of(found, other), drift=BEGINNING)

        assert code(run, gate) is expected
        assert reason(run, gate).endswith(f"; {ALL_NEW}")
        assert ALL_NEW not in reason(run, "fail")

    def test_new_with_a_severity_asks_for_both(self) -> None:
        new = change(ChangeKind.NEW_DEVIATION, PASS, check="bad")
        low, high = (finding(FAIL, check="bad", severity=each) for each in (Severity.LOW, Severity.HIGH))
        old = finding(FAIL, check="old", severity=Severity.CRITICAL)

        assert code(run_of(old, low, changes=[new]), "new:high") is ExitCode.COMPLIANT
        assert code(run_of(old, high, changes=[new]), "new:high") is ExitCode.FINDINGS
        assert code(run_of(old, low, changes=[new]), "new,high") is ExitCode.FINDINGS

    def test_new_warnings_count_when_asked_for(self) -> None:
        run = run_of(WARN, changes=[change(ChangeKind.NEW_DEVIATION, PASS)])

        assert code(run, "new") is ExitCode.COMPLIANT
        assert code(run, "new:warning") is ExitCode.FINDINGS

    def test_a_new_deviation_that_is_waived_does_not_count(self) -> None:
        run = run_of(PASS, finding(FAIL, check="bad", waiver=WAIVED), changes=[change(ChangeKind.NEW_DEVIATION, PASS)])

        assert code(run, "new,drift") is ExitCode.COMPLIANT

    def test_the_reason_names_what_tripped_and_which_alternative(self) -> None:
        bad, new = finding(FAIL, check="bad", severity=Severity.LOW), finding(FAIL, "cas02", check="new")
        run = run_of(PASS, bad, new, changes=[change(ChangeKind.NEW_DEVIATION, PASS, check="bad")])

        assert reason(run, "high,new") == (
            "2 failing checks at or above the gate (fail on high,new): cas01 bad (new), cas02 new (high)"
        )
        assert reason(run, "new") == "1 failing check at or above the gate (fail on new): cas01 bad"


class TestDrift:
    @pytest.mark.parametrize(
        ("verdict", "made", "worse"),
        [
            (WARN, change(ChangeKind.NEW_DEVIATION, PASS), True),
            (FAIL, change(ChangeKind.STILL_DEVIATING, WARN), True),
            (WARN, change(ChangeKind.STILL_DEVIATING, FAIL), False),
            (FAIL, change(ChangeKind.VALUE_CHANGED, FAIL), False),
            (PASS, change(ChangeKind.RESOLVED, FAIL), False),
            (PASS, change(ChangeKind.VALUE_CHANGED, PASS), False),
            (Verdict.NOT_APPLICABLE, change(ChangeKind.APPLICABILITY_CHANGED, PASS), False),
            (PASS, change(ChangeKind.MISSING_SERVER, host="cas09", policy="", check=""), True),
            (PASS, change(ChangeKind.NEW_SERVER, host="cas09", policy="", check=""), False),
            (PASS, change(ChangeKind.REMOVED_CHECK, FAIL, check="gone"), False),
            (ERROR, change(ChangeKind.NEWLY_UNKNOWN), False),
        ],
    )
    def test_drift_counts_what_changed_for_the_worse(self, verdict: Verdict, made: Change, *, worse: bool) -> None:
        run = run_of(verdict, finding(PASS, check="other"), changes=[made])

        assert ("at or above the gate" in reason(run, "drift")) is worse

    def test_what_is_newly_not_known_is_named_besides_the_missing_evidence(self) -> None:
        run = run_of(PASS, finding(ERROR, check="lost"), changes=[change(ChangeKind.NEWLY_UNKNOWN, PASS, check="lost")])

        assert code(run, "drift") is ExitCode.NOT_KNOWN
        assert reason(run, "drift").endswith(
            "besides, 1 check newly not known at or above the gate (fail on drift): cas01 lost"
        )

    def test_a_tolerated_server_that_was_known_before_is_drift(self) -> None:
        run = replace(
            fleet(1), drift=Drift(against="r0", changes=(change(ChangeKind.NEWLY_UNKNOWN, PASS, host="s00"),))
        )

        assert code(run, "drift", coverage="95%") is ExitCode.FINDINGS
        assert code(run, "new", coverage="95%") is ExitCode.COMPLIANT

    def test_a_missing_server_is_named(self) -> None:
        gone = [change(ChangeKind.MISSING_SERVER, host=name, policy="", check="") for name in ("cas08", "cas09")]

        assert reason(run_of(PASS, changes=gone), "drift") == (
            "2 servers no longer audited at or above the gate (fail on drift): cas08, cas09"
        )


class TestRuns:
    def test_an_interrupted_run_ends_as_interrupted_whatever_the_gate_says(self) -> None:
        outcome = judge_gate(run_of(FAIL, hosts=[REACHED, SILENT], interrupted=True), parse_gate([], "10%"))

        assert outcome.exit_code is ExitCode.INTERRUPTED
        assert outcome.reason.startswith("interrupted before every server was read")
        assert "1 failing check" in outcome.reason

    def test_a_judged_run_holds_its_gate_in_its_normal_form(self) -> None:
        run = gated(run_of(FAIL), parse_gate(["owa=never", "high"], "95.0%"))

        assert (run.fail_on, run.min_coverage, run.exit_code) == ("high,owa=never", "95%", 0)
        assert gated(run, parse_gate([run.fail_on], run.min_coverage)) == run
