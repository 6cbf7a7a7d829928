"""`auditor schedule`: the audit file is proven first, and nothing is altered unasked."""

import argparse
from pathlib import Path

import pytest

from auditor.cli import schedule
from auditor.errors import DocumentError, ExitCode, UsageError

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


def test_an_audit_file_with_errors_is_refused(config: Path) -> None:
    config.write_text("polices: []\n")

    with pytest.raises(DocumentError, match="polices"):
        run("cron", "--config", str(config), "--at", "02:30")
