"""Nights of an unattended audit through the whole program: drift, waivers, gates, history, log, notice."""

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from auditor.history.records import StoreError
from auditor.history.store import Store
from auditor.lab.fleet import Fleet
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.state import Reachability, Scenario

POLICY = "exchange-2007-owa-ssl-offloading"
# each fleet listens at ports of its own, which are inputs of the checks from outside
FROM_INSIDE = ("--policy", POLICY, "--input", "look_from_outside=false", "--input", "http_port=80")
TODAY = datetime.now(UTC).date()
EVENT_LINES = ["run_started", *["server_done"] * 4, "run_finished"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """The servers of one night, all of them running."""

    fleet: Fleet
    inventory: str

    @property
    def words(self) -> tuple[str, ...]:
        return "run", *FROM_INSIDE, "--inventory", self.inventory, "--retries", "0"

    def messages(self) -> dict[str, int]:
        """Return how often each server was asked something."""
        return {server.name: server.counters.now().messages for server in self.fleet.servers}


def night(scenario: Scenario, folder: Path) -> Iterator[Night]:
    with Fleet.start(scenario) as fleet:
        fleet.write_inventory(folder / "inventory.yaml")
        yield Night(fleet=fleet, inventory=str(folder / "inventory.yaml"))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """cas02 was left out, and ActiveSync of cas03 lost its SSL."""
    yield from night(load_scenario(find_scenario("night-1")), tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The site of cas01 requires SSL again; cas02 was repaired."""
    yield from night(load_scenario(find_scenario("night-2")), tmp_path_factory.mktemp("second"))


@pytest.fixture(scope="module")
def third(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """As in the second night, but cas04 is dead."""
    yield from night(load_scenario(find_scenario("night-3")), tmp_path_factory.mktemp("third"))


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Night]:
    """Return a night in which cas02 does not answer."""
    good, bad = load_scenario(find_scenario("night-1")).servers[:2]
    yield from night(Scenario(name="slow", servers=(good, replace(bad, reachability=Reachability.SILENT))), tmp_path)


def latest() -> Any:
    return json.loads(Path("reports/latest/run.json").read_text())


def runs() -> list[str]:
    return sorted(path.name for path in Path("reports").iterdir() if path.is_dir() and not path.is_symlink())


def accept(*hosts: str, days: int = 30) -> None:
    """Write `waivers.yaml`, which accepts every deviation of these servers until so many days from now."""
    waiver = {
        "id": "accepted",
        "policy": POLICY,
        "checks": ["*"],
        "hosts": list(hosts),
        "owner": "Jane Doe",
        "reason": "The accelerator is replaced.",
        "ticket": "CHG-4711",
        "expires": str(TODAY + timedelta(days=days)),
    }
    Path("waivers.yaml").write_text(json.dumps({"waivers": [waiver]}))


@pytest.fixture
def receiver() -> Iterator[http.server.ThreadingHTTPServer]:
    """Return a web server that takes notices, and has them as `notices`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notices.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    notices: list[dict[str, str]] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.notices = notices  # type: ignore[attr-defined]  # what came belongs to where it came
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def begin(python, repository: Path, tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Return what starts the program as a process of its own in the test's folder."""

    def start(words: Sequence[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*python, *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(repository)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def wait_for(what: Callable[[], bool]) -> None:
    patience = time.monotonic() + 30
    while not what():
        assert time.monotonic() < patience
        time.sleep(0.05)


# drift


def test_what_changed_since_the_last_night_is_in_every_report(auditor, first: Night, second: Night) -> None:
    auditor(*first.words)
    before = latest()["run"]["id"]

    ended = auditor(*second.words, "--against", "last", "--format", "junit", "--format", "text")

    drift = latest()["drift"]
    kinds = {(change["host"], change["check"]): (change["kind"], change["causes"]) for change in drift["changes"]}
    junit = {each.get("name"): each.get("value") for each in ET.parse("reports/latest/junit.xml").iter("property")}
    assert ended.code == 1
    assert drift["against"] == before
    assert kinds["cas01", "site-ssl-not-required"] == ("new_deviation", ["server"])
    assert kinds["cas02", "ssloffloaded-set"] == ("resolved", ["server"])
    assert kinds["cas03", "activesync-requires-ssl"][0] == "still_deviating"
    assert (junit["against"], junit["changes.new_deviation"]) == (before, "3")
    for text in (ended.out, Path("reports/latest/report.txt").read_text()):
        assert f"changes against {before}\n" in text
        assert "new deviation: site-ssl-not-required on cas01" in text


@pytest.mark.parametrize(
    ("gate", "number"), [("new", "3 failing checks"), ("drift", "3 failing checks and 3 warnings")]
)
def test_on_the_first_night_every_deviation_is_new_and_the_end_says_why(
    auditor, first: Night, gate: str, number: str
) -> None:
    ended = auditor(*first.words, "--against", "last", "--fail-on", gate)
    again = auditor("gate", "last")
    later = auditor("gate", "last", "--fail-on", "fail")

    reason = " ".join(ended.out.partition("exit code 1: ")[2].partition("written to")[0].split())
    assert (ended.code, again.code, later.code) == (1, 1, 1)
    assert reason.startswith(f"{number} at or above the gate (fail on {gate}): ")
    assert reason.endswith("; there is no run to compare with yet, so every deviation counts as new")
    assert again.out.splitlines()[-1] == f"exit code 1: {reason}"
    assert "yet" not in later.out
    assert latest()["drift"]["against"] == ""


def test_on_a_first_night_without_a_deviation_that_counts_the_run_passes(auditor, first: Night) -> None:
    accept("cas02", "cas03", "*")

    ended = auditor(*first.words, "--against", "last", "--fail-on", "new", "--waivers", "waivers.yaml")

    told = " ".join(ended.out.split())
    assert ended.code == 0
    assert "exit code 0: every check that applies passes or is waived" in told
    assert "there is no run to compare with yet, so every deviation counts as new written to" in told


def test_the_night_after_the_first_is_compared_with_it(auditor, first: Night) -> None:
    words = (*first.words, "--against", "last", "--fail-on", "new")

    codes = [auditor(*words).code for _ in range(2)]

    assert codes == [1, 0]


def test_a_run_to_compare_with_that_is_not_there_is_told_before_a_server_is_asked(auditor, first: Night) -> None:
    before = first.messages()

    ended = auditor(*first.words, "--against", "last~7")

    assert ended.code == 2
    assert first.messages() == before


# gates


def test_old_deviations_do_not_trip_a_gate_for_what_is_new(auditor, first: Night, second: Night) -> None:
    auditor(*first.words)
    gate = ("--against", "last", "--fail-on", "new")

    same, worse = auditor(*first.words, *gate), auditor(*second.words, *gate)

    assert (same.code, worse.code) == (0, 1)
    assert "3 fail" in same.out
    assert "exit code 0: 3 failing checks and 3 warnings below the gate (fail on new)" in same.out
    assert "cas01 site-ssl-not-required" in " ".join(worse.out.partition("exit code 1: ")[2].split())


def test_a_gate_that_needs_another_run_is_refused_without_one(auditor, first: Night) -> None:
    before = first.messages()

    ended = auditor(*first.words, "--fail-on", "new")

    assert ended.code == 2
    assert "name one with --against" in ended.err
    assert first.messages() == before


@pytest.mark.parametrize(("share", "code"), [("", 3), ("95%", 3), ("75%", 0)])
def test_servers_may_be_missing_as_far_as_it_was_allowed(auditor, third: Night, share: str, code: int) -> None:
    ended = auditor(*third.words, "--fail-on", "never", "--min-coverage", share)

    assert ended.code == code
    assert "not reached (cas04)" in " ".join(ended.out.partition("exit code")[2].split())


# waivers


def test_what_is_waived_does_not_trip_the_gate_and_is_shown(auditor, first: Night) -> None:
    accept("cas02", "cas03", "*")

    ended = auditor(*first.words, "--waivers", "waivers.yaml", "--format", "junit")
    waived = latest()["findings"]
    without = auditor(*first.words, "--waivers", "waivers.yaml", "--no-waivers")

    (left_out,) = (each for each in waived if (each["host"], each["check"]) == ("cas02", "ssloffloaded-set"))
    assert (ended.code, without.code) == (0, 1)
    assert (left_out["verdict"], left_out["waiver"]["ticket"]) == ("fail", "CHG-4711")
    assert "Jane Doe" in ended.out
    assert "Jane Doe" not in without.out


def test_a_waiver_that_expired_waives_nothing_and_is_told(auditor, first: Night) -> None:
    accept("cas02", "cas03", "*", days=-1)

    ended = auditor(*first.words, "--waivers", "waivers.yaml")

    assert ended.code == 1
    assert latest()["waivers"]["expired"]
    assert "expired" in ended.out


@pytest.mark.parametrize(("days", "told"), [("3d", False), ("60d", True)])
def test_a_waiver_that_expires_soon_is_told(auditor, first: Night, days: str, told: bool) -> None:  # noqa: FBT001  a case
    accept("cas02", "cas03", "*")

    auditor(*first.words, "--waivers", "waivers.yaml", "--waiver-warning", days)

    assert bool(latest()["waivers"]["expiring"]) is told


def test_waivers_that_are_wrong_are_told_before_a_server_is_asked(auditor, first: Night) -> None:
    accept("cas02", days=4000)
    before = first.messages()

    ended = auditor(*first.words, "--waivers", "waivers.yaml")

    assert ended.code == 2
    assert re.search(r"waivers\.yaml:1:\d+: waivers/0/expires: ", ended.err)
    assert first.messages() == before


# history


def test_every_night_is_in_the_history_and_a_replay_is_not(auditor, first: Night, second: Night) -> None:
    nights = []
    for words in (first.words, second.words):
        auditor(*words)
        nights.append(latest()["run"]["id"])
    auditor("run", "--evidence", "last")

    ended = auditor("history", "--host", "cas01", "--format", "json")

    told = json.loads(ended.out)
    assert len(runs()) == 3
    assert [each["id"] for each in told["runs"]] == nights
    assert auditor("history", "--host", "cas02").out.count("ssloffloaded-set: pass since") == 1


def test_without_a_store_there_is_no_history(auditor, first: Night) -> None:
    auditor(*first.words, "--store", "none")

    assert not Path("reports/history.db").exists()
    assert auditor("history").code == 2


def test_a_history_may_lie_elsewhere(auditor, first: Night, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'elsewhere.db'}"

    auditor(*first.words, "--store", store)

    assert not Path("reports/history.db").exists()
    assert [
        each["id"] for each in json.loads(auditor("history", "--store", store, "--format", "json").out)["runs"]
    ] == runs()


def test_a_history_that_cannot_be_used_is_told_before_a_server_is_asked(auditor, first: Night) -> None:
    Path("reports").mkdir()
    Path("reports/history.db").write_text("this is no database, whatever its name says" * 100)
    before = first.messages()

    ended = auditor(*first.words)

    assert ended.code == 2
    assert "history.db" in ended.err
    assert first.messages() == before


def test_a_history_that_fails_at_the_end_hides_nothing_of_the_run(
    auditor, first: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise StoreError("the disk is full; make room")

    monkeypatch.setattr(Store, "record", fail)

    ended = auditor(*first.words, "--log", "audit.log")

    assert ended.code == 3
    assert "the disk is full; make room; the run itself is written; add it later: auditor store add 2" in ended.err
    assert "exit code 1: 3 failing checks" in ended.out
    assert latest()["exit_code"] == 1
    assert "run_finished" in Path("audit.log").read_text()


# log


def test_the_log_has_one_line_for_each_event(auditor, first: Night) -> None:
    for _ in range(2):
        auditor(*first.words, "--log", "audit.log", "--log-format", "json")

    lines = [json.loads(line) for line in Path("audit.log").read_text().splitlines()]
    assert [line["event"] for line in lines] == EVENT_LINES * 2
    assert {line["server"] for line in lines if line["event"] == "server_done"} == {"cas01", "cas02", "cas03", "cas04"}
    assert lines[-1]["run"] == latest()["run"]["id"]
    assert lines[-1]["exit_code"] == 1
    assert first.fleet.password not in Path("audit.log").read_text()


def test_without_a_file_the_log_goes_to_stderr(auditor, first: Night) -> None:
    ended = auditor(*first.words, "--log-format", "text")

    assert [line.split()[2] for line in ended.err.splitlines()] == EVENT_LINES
    assert "run_started" not in ended.out


def test_a_log_that_cannot_be_written_is_told_before_a_server_is_asked(auditor, first: Night) -> None:
    before = first.messages()

    ended = auditor(*first.words, "--log", "no/such/folder/audit.log")

    assert ended.code == 2
    assert "--log no/such/folder/audit.log: cannot be written" in ended.err
    assert first.messages() == before


# an audit that is taken up again, and its limits


def test_an_audit_that_is_taken_up_again_asks_only_what_is_missing(auditor, first: Night) -> None:
    right = Path(first.inventory).read_text()
    port = f'"port": {first.fleet.server("cas04").port},'
    Path("inventory.yaml").write_text(right.replace(port, '"port": 1,'))
    words = ("run", "--policy", POLICY, "--inventory", "inventory.yaml", "--retries", "0")
    auditor(*words)
    before, asked = latest(), first.messages()
    Path("inventory.yaml").write_text(right)

    ended = auditor(*words, "--resume", "last")

    after = latest()
    assert (before["exit_code"], ended.code) == (3, 1)
    assert after["run"]["evidence_of"] == before["run"]["id"]
    assert {host["name"]: host["status"] for host in after["hosts"]} == dict.fromkeys(asked, "reached")
    assert [name for name, messages in first.messages().items() if messages > asked[name]] == ["cas04"]
    assert auditor("history").out.startswith("2 runs")


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_run_that_takes_up_another_is_compared_with_what_that_one_was(
    auditor, first: Night, third: Night, earlier: int
) -> None:
    for _ in range(earlier):
        auditor(*first.words)
    compared_with = latest()["run"]["id"] if earlier else ""
    auditor(*third.words, "--against", "last")

    auditor(*third.words, "--resume", "last", "--against", "last", "--fail-on", "new")

    assert latest()["drift"]["against"] == compared_with
    assert bool(latest()["drift"]["changes"]) is bool(earlier)


def test_the_whole_audit_ends_at_its_deadline(auditor, slow: Night) -> None:
    ended = auditor(*slow.words, "--deadline", "3", "--timeout", "100")

    reasons = {host["name"]: host["reason"] for host in latest()["hosts"]}
    assert ended.code == 3
    assert "the audit's deadline passed" in reasons["cas02"]
    assert "deadline" not in reasons["cas01"]
    assert latest()["run"]["interrupted"] is False


def test_a_service_that_restarts_is_asked_again(auditor, tmp_path: Path) -> None:
    words = ("run", *FROM_INSIDE, "--host", "127.0.0.1:1", "--username", "u", "--secret", "environment:PATH")

    ended = auditor(*words, "--retries", "1", "--log", "audit.log", "--log-format", "json")

    events = [json.loads(line) for line in Path("audit.log").read_text().splitlines()]
    assert ended.code == 3
    assert [each["attempt"] for each in events if each["event"] == "retry"] == [2]
    assert "tried 2 times: 127.0.0.1:1: nothing listens there (connection refused)" in " ".join(ended.out.split())


@pytest.mark.parametrize(("retries", "tries"), [("0", 1), ("1", 2)])
def test_a_server_without_a_free_shell_is_asked_again_as_often_as_wished(
    auditor, tmp_path: Path, retries: str, tries: int
) -> None:
    (good, *_) = load_scenario(find_scenario("small")).servers
    fleets = night(Scenario(name="full", servers=(replace(good, max_shells_per_user=0),)), tmp_path)
    full = next(fleets)

    ended = auditor(*full.words, "--retries", retries, "--log", "audit.log", "--log-format", "json")

    (server,) = full.fleet.servers
    events = [json.loads(line) for line in Path("audit.log").read_text().splitlines()]
    again = [(each["server"], each["attempt"]) for each in events if each["event"] == "retry"]
    assert ended.code == 3
    assert server.counters.now().faults == tries
    assert again == [(server.name, 2)] * (tries - 1)
    assert ("tried 2 times" in " ".join(ended.out.split())) == (tries == 2)
    assert next(fleets, None) is None


# an audit among others, and one that is ended


def done_in(log: str) -> bool:
    return Path(log).exists() and '"server_done"' in Path(log).read_text()


def test_the_same_servers_are_not_audited_twice_at_once(auditor, begin, slow: Night) -> None:
    words = (*slow.words, "--log", "audit.log", "--log-format", "json")
    with begin(words) as owner:
        wait_for(lambda: done_in("audit.log"))
        before = slow.messages()

        refused = auditor(*slow.words)
        asked = slow.messages()
        owner.terminate()
        owner.communicate(timeout=60)

    assert refused.code == 3
    assert f"an audit of the same servers by the same policies is under way (process {owner.pid} on" in refused.err
    assert asked == before
    assert owner.returncode == 130


def test_after_an_audit_that_was_killed_the_next_one_goes_on_and_says_so(auditor, begin, slow: Night) -> None:
    words = (*slow.words, "--log", "audit.log", "--log-format", "json")
    with begin(words) as process:
        wait_for(lambda: done_in("audit.log"))
        process.kill()
        process.communicate(timeout=60)
    between = auditor("history").out

    ended = auditor(*words, "--timeout", "1")

    owner = f"process {process.pid} on "
    (event,) = (
        line
        for line in map(json.loads, Path("audit.log").read_text().splitlines())
        if line["event"] == "lock_taken_over"
    )
    assert ended.code == 3
    assert f"note: took over the lock of an audit that was killed: {owner}" in ended.err
    assert event["owner"].startswith(owner)
    assert event["lock"].startswith("reports/.lock-")
    assert "no run is stored yet" in between
    for told in (between, auditor("history").out):
        assert ": interrupted, its process ended without a word\n" in told


def test_an_audit_that_is_told_to_end_judges_and_writes_what_it_has(auditor, begin, slow: Night) -> None:
    with begin((*slow.words, "--log", "audit.log", "--log-format", "json", "--fail-on", "never")) as process:
        wait_for(lambda: done_in("audit.log"))
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)

    run = latest()
    events = [json.loads(line)["event"] for line in Path("audit.log").read_text().splitlines()]
    reasons = {host["name"]: host["reason"] for host in run["hosts"]}
    assert process.returncode == run["exit_code"] == 130
    assert run["run"]["interrupted"] is True
    assert "interrupted by SIGTERM" in reasons["cas02"]
    assert "pass" in {each["verdict"] for each in run["findings"] if each["host"] == "cas01"}
    assert "exit code 130: interrupted before every server was read" in " ".join(out.split())
    assert events[-2:] == ["run_interrupted", "run_finished"]
    assert "Traceback" not in err
    assert not list(Path("reports").glob(".lock-*"))
    stored = json.loads(auditor("history", "--format", "json").out)["runs"]
    assert [(each["id"], each["state"]) for each in stored] == [(run["run"]["id"], "interrupted")]
    assert f" of {stored[0]['started']}: interrupted before every server was read: " in auditor("history").out


# notice


def test_who_wants_to_know_is_told_what_changed(auditor, receiver, first: Night, second: Night) -> None:
    auditor(*first.words)

    ended = auditor(*second.words, "--against", "last", "--notify", f"json://127.0.0.1:{receiver.server_port}/hook")

    (notice,) = receiver.notices
    assert ended.code == 1
    assert notice["title"] == "auditor: 3 new, 2 resolved, exit code 1"
    assert "cas01" in notice["message"]
    assert notice["message"].endswith(f"\nreport: {Path('reports', latest()['run']['id']).absolute()}")
    assert second.fleet.password not in json.dumps(notice)


def test_nobody_is_told_of_a_night_in_which_nothing_happened(auditor, receiver, first: Night) -> None:
    words = (*first.words, "--against", "last", "--notify", f"json://127.0.0.1:{receiver.server_port}")
    auditor(*first.words)

    ended = auditor(*words, "--fail-on", "new")

    assert ended.code == 0
    assert receiver.notices == []


@pytest.mark.parametrize("referred", [False, True], ids=["written", "referred to"])
def test_a_dead_notifier_is_seen_changes_nothing_and_betrays_no_secret(
    auditor,
    first: Night,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    referred: bool,  # noqa: FBT001  a case
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"json://me:Pl4nted-word@127.0.0.1:{port}/Pl4nted-hook?token=Pl4nted-token"
    monkeypatch.setenv("HOOK", url)
    logged = ("--log", "audit.log", "--log-format", "json", "--format", "junit", "--format", "text")

    ended = auditor(*first.words, *logged, "--notify", "environment:HOOK" if referred else url)

    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    events = [json.loads(line) for line in Path("audit.log").read_text().splitlines()]
    assert ended.code == latest()["exit_code"] == 1
    assert f"not told: json://127.0.0.1:{port}: " in ended.err
    assert [each["place"] for each in events if each["event"] == "notifier_failed"] == [f"json://127.0.0.1:{port}"]
    assert len(written) > 5
    assert [path for path in written if b"Pl4nted" in path.read_bytes()] == []
    assert "Pl4nted" not in ended.out + ended.err
