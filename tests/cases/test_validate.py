"""`auditor validate`: every problem of every file at once, and nothing is contacted."""

import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.load.shipped import shipped_folder

OFFLOADING = "exchange-2007-owa-ssl-offloading"
REQUIRED = "exchange-2007-owa-ssl-required"
OFFLOADING_PATH = str(shipped_folder() / f"{OFFLOADING}.yaml")
DOCS = Path(__file__).parents[2] / "docs"
BAD = Path(__file__).parents[1] / "unit" / "load" / "bad"
BOTH = f"""
groups:
  client-access:
    policies: [{OFFLOADING}]
    hosts: {{cas01: }}
  old:
    policies: [{REQUIRED}]
    hosts: {{cas01: , cas02: }}
"""
OTHERS = re.compile(r" +- name:|- alert:")
"""How parts of other programs' files begin: steps of a pipeline, rules for alerts."""
SITE = f"{OFFLOADING}/site-ssl-not-required and {REQUIRED}/site-ssl-required contradict each other"


def test_the_shipped_policies_and_their_examples_are_right(auditor) -> None:
    ended = auditor("validate", str(shipped_folder()))

    assert ended.code == 0
    assert ended.err == ""
    assert f"policy {OFFLOADING} with 11 checks, all right" in ended.out


def test_without_a_path_the_shipped_policies_are_meant(auditor) -> None:
    ended = auditor("validate")

    assert ended.code == 0
    assert {OFFLOADING, REQUIRED} <= set(re.findall(r"policy (\S+) with", ended.out))


def test_all_problems_of_all_files_are_told_with_their_places(auditor) -> None:
    files = [BAD / f"{kind}-everything-at-once.yaml" for kind in ("inventory", "audit")]
    expected = [line for file in files for line in file.with_suffix(".txt").read_text().splitlines()]

    ended = auditor("validate", *map(str, files))

    assert ended.code == 2
    assert ended.out == ""
    assert len(expected) > 10
    assert ended.err.splitlines() == [f"{BAD}/{line}" for line in expected]
    assert all(re.match(r"(inventory|audit)-everything-at-once\.yaml:\d+:\d+: ", line) for line in expected)


def test_what_is_right_is_said_beside_what_is_wrong(auditor) -> None:
    Path("broken.yaml").write_text("checks: [}\n")

    ended = auditor("validate", OFFLOADING_PATH, "broken.yaml", "missing.yaml")

    assert ended.code == 2
    assert "all right" in ended.out
    assert [line.partition(":")[0] for line in ended.err.splitlines()] == ["broken.yaml", "missing.yaml"]


def test_a_log_without_letters_for_a_text_gets_it_escaped(python, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "größe.yaml").write_bytes(Path(OFFLOADING_PATH).read_bytes())

    done = subprocess.run(
        [*python, "validate", "größe.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(repository), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout.startswith(rb"gr\xf6\xdfe.yaml: policy ")


def test_a_folder_without_documents_is_not_silently_right(auditor) -> None:
    Path("empty").mkdir()

    ended = auditor("validate", "empty")

    assert ended.code == 2
    assert "empty: no YAML file is in this folder" in ended.err


def test_a_file_of_no_known_kind_is_refused(auditor) -> None:
    Path("shopping.yaml").write_text("bread: 2\n")

    ended = auditor("validate", "shopping.yaml")

    assert ended.code == 2
    assert "shopping.yaml: this is no policy, inventory, audit file, waivers or examples" in ended.err


@pytest.mark.parametrize(
    "text", ["id: half-a-policy\n", "fail_on: sometimes\n", "connection: {port: 1}\n", "hosts: {}\n"]
)
def test_a_file_that_only_begins_is_judged_as_what_it_would_become(auditor, text: str) -> None:
    Path("begun.yaml").write_text(text)

    ended = auditor("validate", "begun.yaml")

    assert ended.code == 2
    assert re.match(r"begun\.yaml:\d+:\d+: ", ended.err)


def test_policies_that_contradict_each_other_may_lie_side_by_side(auditor) -> None:
    ended = auditor("validate", OFFLOADING_PATH, str(shipped_folder() / f"{REQUIRED}.yaml"))

    assert ended.code == 0
    assert f"note: {SITE}" in ended.out
    assert "give them to different servers" in ended.out


def test_an_inventory_that_asks_both_of_one_server_is_refused(auditor) -> None:
    Path("inventory.yaml").write_text(BOTH)

    ended = auditor("validate", "inventory.yaml")

    assert ended.code == 2
    assert f"inventory.yaml: {SITE}" in ended.err
    assert "(asked of cas01)" in ended.err
    assert "cas02" not in ended.err


def test_an_audit_file_that_asks_both_is_refused(auditor) -> None:
    Path("audit.yaml").write_text(f"policies: [{OFFLOADING}, {REQUIRED}]\nhosts: [cas01, cas02]\n")

    ended = auditor("validate", "audit.yaml")

    assert ended.code == 2
    assert f"audit.yaml: {SITE}" in ended.err
    assert "(asked of cas01, cas02)" in ended.err


@pytest.mark.parametrize("words", [(), ("--policy", OFFLOADING)])
def test_a_run_that_asks_both_of_one_server_contacts_nothing(auditor, fleet, inventory: str, words) -> None:
    text = Path(inventory).read_text()
    Path("inventory.yaml").write_text(f"policies: [{OFFLOADING}, {REQUIRED}]\n{text}")
    before = [server.counters.now() for server in fleet.servers]

    ended = auditor("run", "--inventory", "inventory.yaml", *words)

    assert ended.code == 2
    assert SITE in ended.err
    assert (
        "(asked of cas-2007-rtm, cas-2010, cas-access-denied, cas-activesync-lost-ssl, cas-compliant and 20"
        in ended.err
    )
    assert [server.counters.now() for server in fleet.servers] == before
    assert not Path("reports").exists()


def test_a_run_that_asks_both_on_the_command_line_is_refused(auditor, inventory: str) -> None:
    ended = auditor("run", "--inventory", inventory, "--policy", OFFLOADING, "--policy", REQUIRED)

    assert ended.code == 2
    assert SITE in ended.err


def test_an_audit_file_is_checked_with_everything_it_names(auditor) -> None:
    Path("one.yaml").write_text("id: One\nchecks: []\n")
    Path("two.yaml").write_text("id: two\nchecks: 5\n")
    Path("audit.yaml").write_text("policies: [one.yaml, two.yaml]\nhosts: [cas01]\nformats: [junti]\n")

    ended = auditor("validate", "audit.yaml")

    assert ended.code == 2
    assert "audit.yaml: unknown format 'junti'; did you mean 'junit'?" in ended.err
    assert re.search(r"one\.yaml:\d+:\d+: ", ended.err)
    assert re.search(r"two\.yaml:\d+:\d+: ", ended.err)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ("{htp_port: 80}", "audit.yaml: inputs: unknown input 'htp_port'; did you mean 'http_port'?"),
        ("{http_port: eighty}", "input 'http_port' is 'eighty', but must be an integer (asked of cas01)"),
        ("{owa_directories: [owa]}", "(asked of cas01)"),
    ],
)
def test_the_inputs_of_an_audit_file_are_checked_as_a_run_would(auditor, inputs: str, said: str) -> None:
    Path("audit.yaml").write_text(f"policies: [{OFFLOADING}]\nhosts: [cas01]\ninputs: {inputs}\n")

    checked, run = auditor("validate", "audit.yaml"), auditor("run", "--config", "audit.yaml")

    assert (checked.code, run.code) == (2, 2)
    assert said in checked.err


def test_an_input_of_an_inventory_that_is_named_almost_right_is_noted(auditor) -> None:
    Path("inventory.yaml").write_text(f"policies: [{OFFLOADING}]\nhosts: {{cas01: {{inputs: {{htp_port: 80}}}}}}\n")

    ended = auditor("validate", "inventory.yaml")

    assert ended.code == 0
    assert "input 'htp_port' of cas01 is taken by none of its policies; did you mean 'http_port'?" in ended.out


def test_a_policy_that_no_server_is_asked_for_is_noted(auditor) -> None:
    Path("inventory.yaml").write_text(f"policies: [{OFFLOADING}]\nhosts: {{cas01: }}\n")
    Path("audit.yaml").write_text(f"policies: [{REQUIRED}]\ninventory: inventory.yaml\n")

    ended = auditor("validate", "audit.yaml")

    assert ended.code == 0
    assert f"note: policy {REQUIRED} is asked of no server: every server in " in ended.out


def test_an_inventory_of_ansible_is_one(auditor) -> None:
    Path("hosts.json").write_text(
        '{"_meta": {"hostvars": {}}, "all": {"children": ["cas"]}, "cas": {"hosts": ["cas01"]}}'
    )

    ended = auditor("validate", "hosts.json")

    assert ended.code == 0
    assert "hosts.json: inventory with 1 servers, all right" in ended.out


WAIVER = """
waivers:
  - {{id: one, policy: {policy}, checks: [{check}], owner: Jo, reason: Later, ticket: CHG-1, expires: "{expires}"}}
"""


def waivers(check: str = "ssloffloaded-set", days: int = 30, policy: str = OFFLOADING) -> str:
    return WAIVER.format(policy=policy, check=check, expires=datetime.now(UTC).date() + timedelta(days=days))


def test_a_file_of_waivers_is_recognised(auditor) -> None:
    Path("accepted.yaml").write_text(waivers())

    ended = auditor("validate", "accepted.yaml")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "accepted.yaml: 1 waivers, all right\n"


def test_a_waiver_for_a_policy_that_was_named_before_is_right(auditor) -> None:
    Path("own.yaml").write_text(Path(OFFLOADING_PATH).read_text().replace(f"id: {OFFLOADING}", "id: own-rules", 1))
    Path("accepted.yaml").write_text(waivers(policy="own-rules"))

    assert auditor("validate", "own.yaml", "accepted.yaml").code == 0
    assert "accepted.yaml:3:" in auditor("validate", "accepted.yaml").err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (waivers(check="ssl-ofloaded-set"), "unknown check"),
        (waivers(days=400), "more than 180 days ahead"),
        ("waivers: 5\n", "but a list is needed"),
        ("maximum_days: 9\n", "waivers"),
    ],
)
def test_what_is_wrong_with_waivers_is_told_with_its_place(auditor, text: str, said: str) -> None:
    Path("accepted.yaml").write_text(text)
    Path("audit.yaml").write_text(f"policies: [{OFFLOADING}]\nhosts: [cas01]\nwaivers: accepted.yaml\n")

    alone, named = auditor("validate", "accepted.yaml"), auditor("validate", "audit.yaml")

    for ended in (alone, named):
        assert ended.code == 2
        assert re.search(rf"accepted\.yaml:\d+:\d+: .*{said}", ended.err)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fail_on: [fail, {owa: high}]", "audit.yaml:3:"),
        ("fail_on: sometimes", "audit.yaml:3:10: fail_on: the gate 'sometimes' is not known"),
        ("fail_on: {owa: high}", "audit.yaml: the gate names 'owa', but the policies judged by are"),
        ("fail_on: new", "audit.yaml: the gate 'new' needs a run to compare with"),
        ("min_coverage: 110%", "audit.yaml:3:15: min_coverage: --min-coverage '110%' is no percentage"),
        ("notify: ['nowhere://hidden-token']", "audit.yaml: --notify number 1 is no URL"),
        ("waiver_warning: soon", "audit.yaml: --waiver-warning 'soon' is no number of days"),
        ("waivers: missing.yaml", "missing.yaml"),
    ],
)
def test_what_an_audit_file_says_of_gates_waivers_and_notice_is_checked(auditor, line: str, said: str) -> None:
    Path("audit.yaml").write_text(f"policies: [{OFFLOADING}]\nhosts: [cas01]\n{line}\n")

    checked, run = auditor("validate", "audit.yaml"), auditor("run", "--config", "audit.yaml")

    assert (checked.code, run.code) == (2, 2)
    assert said in checked.err
    assert "hidden-token" not in checked.err
    assert not Path("reports").exists()


def test_a_history_that_could_not_be_opened_is_told_before_the_night(auditor) -> None:
    Path("audit.yaml").write_text(f"policies: [{OFFLOADING}]\nhosts: [cas01]\nstore: mysql://me:hidden@db/audits\n")

    checked = auditor("validate", "audit.yaml")

    assert checked.code == 2
    assert "audit.yaml: 'mysql://me:***@db/audits' names no store" in checked.err


def test_everything_that_a_nightly_audit_needs_may_stand_in_its_file(auditor) -> None:
    Path("accepted.yaml").write_text(waivers())
    Path("audit.yaml").write_text(
        f"policies: [{OFFLOADING}]\nhosts: [cas01]\nwaivers: accepted.yaml\nwaiver_warning: 7d\nagainst: last\n"
        f"fail_on: {{default: fail, {OFFLOADING}: 'new:high'}}\nmin_coverage: 95%\nstore: none\n"
        "notify: ['json://localhost', 'environment:HOOK']\nlog: audit.log\nlog_format: json\ndeadline: 60\nretries: 0\n"
    )

    ended = auditor("validate", "audit.yaml")

    assert (ended.code, ended.err) == (0, "")
    assert "audit.yaml: audit of 1 servers, all right" in ended.out


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_the_files_on_the_pages_are_right(auditor, page: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    ours = [block for block in blocks if not OTHERS.match(block)]
    named = [_named(number, block, page) for number, block in enumerate(ours)]
    for name, block in named:
        Path(name).write_text(block)

    checked = [auditor("validate", name) for name, _ in named if not name.startswith("scenario")]

    assert [(ended.code, ended.err) for ended in checked] == [(0, "")] * len(checked)


def _named(number: int, block: str, page: Path) -> tuple[str, str]:
    """Return the name that the block gives itself in its first line, else one that fits, and the block."""
    if found := re.match(r"# (\S+\.yaml)$", block, re.MULTILINE):
        return found[1], block
    if block.startswith("fail_on:"):
        return f"audit-{number}.yaml", f"policies: [{OFFLOADING}]\nhosts: [cas01]\nagainst: last\n{block}"
    if block.startswith("id: "):
        return f"{block.split()[1]}.yaml", block
    if block.startswith("- name:"):
        return "telnet-closed.examples.yaml", block
    if re.search("^servers:", block, re.MULTILINE):
        return f"scenario-{number}.yaml", block
    return (
        "inventory.yaml" if re.search("^(groups|hosts):", block, re.MULTILINE) else f"{page.stem}-{number}.yaml"
    ), block
