"""`auditor schedule`: the audit file is proven first, and nothing is altered unasked."""

import argparse
from pathlib import Path

import pytest

from auditor.cli import schedule
from auditor.errors import DocumentError, ExitCode, UsageError
from auditor.schedule import SCHEDULERS

INVENTORY = """\
groups:
  client-access:
    connection: {{username: 'EXAMPLE\\auditor', secret: {secret}}}
    hosts: {{cas01.example.com: {{}}}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "nightly"
    folder.mkdir()
    write_inventory(folder, "{environment: SITE_PASSWORD}")
    audit = folder / "audit.yaml"
    audit.write_text("policies: [exchange-2007-owa-ssl-offloading]\ninventory: inventory.yaml\nout: ../reports\n")
    return audit


def add(config: Path, lines: str) -> None:
    kept = [line for line in config.read_text().splitlines() if not line.startswith("out:")]
    config.write_text("\n".join([*kept, *lines.splitlines(), ""]))


def write_inventory(folder: Path, secret: str) -> None:
    (folder / "inventory.yaml").write_text(INVENTORY.format(secret=secret))


def run(*words: str) -> ExitCode:
    parser = argparse.ArgumentParser()
    schedule.arguments(parser)
    return schedule.execute(parser.parse_args(words))


def test_several_files_are_printed_with_markers(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run("systemd", "--config", str(config), "--at", "02:30")

    printed = capsys.readouterr().out
    assert code == ExitCode.COMPLIANT
    assert printed.startswith("==> auditor-nightly.service <==\n")
    assert "\n\n==> auditor-nightly.timer <==\n" in printed
    assert "OnCalendar=*-*-* 02:30:00 UTC\n" in printed


def test_one_file_is_printed_as_it_is(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("kubernetes", "--config", str(config), "--at", "02:30")

    assert "==>" not in capsys.readouterr().out


def test_the_variables_of_the_inventory_are_asked_for(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("github", "--config", str(config), "--at", "02:30")

    assert "SITE_PASSWORD: ${{ secrets.SITE_PASSWORD }}" in capsys.readouterr().out


def test_servers_outside_an_inventory_take_the_usual_variable(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("policies: [exchange-2007-owa-ssl-offloading]\nhosts: [cas01.example.com]\n")

    run("github", "--config", str(config), "--at", "02:30")

    assert "AUDITOR_PASSWORD: ${{ secrets.AUDITOR_PASSWORD }}" in capsys.readouterr().out


def test_paths_are_absolute_and_plain(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(config.parent)

    run("systemd", "--config", "audit.yaml", "--at", "02:30")

    printed = capsys.readouterr().out
    assert f"--config {config} --out {config.parents[1] / 'reports'}\n" in printed
    assert "/../" not in printed


def test_in_a_repository_the_path_begins_at_its_root(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parents[1] / ".git").mkdir()

    run("github", "--config", str(config), "--at", "02:30")

    assert "--config nightly/audit.yaml" in capsys.readouterr().out


def test_files_are_written_into_a_folder(config: Path, tmp_path: Path) -> None:
    run("github", "--config", str(config), "--at", "02:30", "--out", str(tmp_path / "there"))

    assert (tmp_path / "there" / ".github" / "workflows" / "auditor-nightly.yml").is_file()


def test_a_file_that_differs_is_left_alone(config: Path, tmp_path: Path) -> None:
    words = ("cron", "--config", str(config), "--out", str(tmp_path), "--at")
    run(*words, "02:30")
    before = (tmp_path / "auditor-nightly").read_text()

    run(*words, "02:30")
    with pytest.raises(UsageError, match="exists already and differs"):
        run(*words, "03:30")

    assert (tmp_path / "auditor-nightly").read_text() == before


def test_a_folder_that_cannot_hold_files_is_told(config: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        run("cron", "--config", str(config), "--at", "02:30", "--out", str(config))


@pytest.mark.parametrize("at", ["2:30", "24:00", "02:60", "02:30:00", "", "0\uff12:30"])
def test_a_time_that_is_none_is_refused(config: Path, at: str) -> None:
    with pytest.raises(UsageError, match="is not HH:MM"):
        run("cron", "--config", str(config), f"--at={at}")


def test_a_zone_that_is_none_is_refused(config: Path) -> None:
    for zone in ("Mars/Olympus", "../etc/passwd", ""):
        with pytest.raises(UsageError, match="no time zone"):
            run("systemd", "--config", str(config), "--at", "02:30", "--zone", zone)


@pytest.mark.parametrize("name", ["github", "azure-pipelines", "windows-task"])
def test_who_goes_by_utc_alone_refuses_another_zone(config: Path, name: str) -> None:
    with pytest.raises(UsageError, match="UTC alone"):
        run(name, "--config", str(config), "--at", "02:30", "--zone", "Europe/Berlin")


@pytest.mark.parametrize("name", ["systemd", "cron", "kubernetes", "gitlab", "jenkins"])
def test_others_take_any_zone(config: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(name, "--config", str(config), "--at", "02:30", "--zone", "Europe/Berlin")

    printed = capsys.readouterr().out
    assert "02:30 Europe/Berlin" in printed
    assert "UTC" not in printed


def test_nobody_types_a_password_at_night(config: Path) -> None:
    write_inventory(config.parent, "{prompt: true}")

    with pytest.raises(UsageError, match="nobody types a password"):
        run("cron", "--config", str(config), "--at", "02:30")


@pytest.mark.parametrize("name", list(SCHEDULERS))
def test_the_variable_of_a_notifier_reaches_the_audit_like_any_secret(
    config: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add(config, "notify: [environment:AUDITOR_NOTIFY]")

    run(name, "--config", str(config), "--at", "02:30")

    assert "AUDITOR_NOTIFY" in capsys.readouterr().out


def test_nobody_types_the_address_of_a_notifier_at_night(config: Path) -> None:
    add(config, "notify: [prompt:address]")

    with pytest.raises(UsageError, match="notify: nobody types"):
        run("cron", "--config", str(config), "--at", "02:30")


@pytest.mark.parametrize(
    ("line", "extra"),
    [
        ("notify: [environment:AUDITOR_NOTIFY]", "notify"),
        ("formats: [metrics]", "metrics"),
        ("store: postgresql://auditor@db/audits", "postgres"),
        ("executor: dask://scheduler:8786", "cluster"),
    ],
)
def test_ci_installs_what_the_audit_file_needs(
    config: Path, line: str, extra: str, capsys: pytest.CaptureFixture[str]
) -> None:
    add(config, line)

    run("github", "--config", str(config), "--at", "02:30")

    assert f"install --quiet 'auditor[{extra}]==" in capsys.readouterr().out


def test_ci_installs_what_the_inventory_needs(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_inventory(config.parent, "{keyring: auditor}, authentication: kerberos")

    run("jenkins", "--config", str(config), "--at", "02:30")

    assert "install --quiet \\'auditor[kerberos,keyring]==" in capsys.readouterr().out


def test_systemd_lets_the_audit_write_its_history_and_its_log(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(config, "out: /srv/reports\nstore: /srv/history/h.db\nlog: /var/log/audit/a.log")

    run("systemd", "--config", str(config), "--at", "02:30")

    printed = capsys.readouterr().out
    assert "ReadWritePaths=/srv/reports /srv/history /var/log/audit\n" in printed
    assert "# auditor must be able to write to /srv/history and /var/log/audit, too.\n" in printed


def test_a_variable_that_no_shell_knows_is_refused(config: Path) -> None:
    write_inventory(config.parent, "{environment: 'A B; rm'}")

    with pytest.raises(UsageError, match="cannot stand in the file"):
        run("cron", "--config", str(config), "--at", "02:30")


@pytest.mark.parametrize(("option", "value"), [("--user", "a b"), ("--user", "x\nroot"), ("--image", "a b")])
def test_a_name_that_would_break_the_file_is_refused(config: Path, option: str, value: str) -> None:
    with pytest.raises(UsageError, match="cannot stand in the file"):
        run("cron", "--config", str(config), "--at", "02:30", option, value)


def test_a_path_that_would_break_the_file_is_refused(tmp_path: Path) -> None:
    audit = tmp_path / "a\nb.yaml"
    audit.write_text("policies: [exchange-2007-owa-ssl-offloading]\nhosts: [cas01.example.com]\n")

    with pytest.raises(UsageError, match="cannot stand in the file"):
        run("cron", "--config", str(audit), "--at", "02:30")


def test_what_the_audit_file_names_is_proven_as_well(config: Path) -> None:
    (config.parent / "waivers.yaml").write_text("waivers: [{id: no-owner}]\n")
    add(config, "waivers: waivers.yaml")

    with pytest.raises(DocumentError, match="'owner' is missing"):
        run("cron", "--config", str(config), "--at", "02:30")


def test_an_audit_file_with_errors_is_refused(config: Path) -> None:
    config.write_text("polices: []\n")

    with pytest.raises(DocumentError, match="polices"):
        run("cron", "--config", str(config), "--at", "02:30")
