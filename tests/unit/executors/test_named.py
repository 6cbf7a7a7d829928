"""How executors are named, and what is said when one cannot be had."""

import sys

import pytest

from auditor.cli.main import main
from auditor.ending import Ending
from auditor.errors import ClusterError, ExitCode, UsageError
from auditor.executors import cluster_at, scheduler_of
from auditor.executors.engine import Needs


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("threads", ""),
        ("dask://scheduler", "tcp://scheduler:8786"),
        ("dask://scheduler:1234/", "tcp://scheduler:1234"),
        ("dask+tls://scheduler.example.com", "tls://scheduler.example.com:8786"),
        ("dask+tls://[::1]:1234", "tls://[::1]:1234"),
    ],
)
def test_an_executor_is_threads_or_the_address_of_a_scheduler(text, address):
    assert scheduler_of(text) == address


@pytest.mark.parametrize("text", ["", "dask", "dask://", "ray://a", "tcp://a:1", "dask://user:secret@a", "dask://a b"])
def test_anything_else_is_refused(text):
    with pytest.raises(UsageError, match=r"there is no executor .*; name threads, dask://HOST:PORT, dask\+tls://HOST"):
        scheduler_of(text)


def test_the_package_is_asked_for_when_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "auditor.executors.dask", raising=False)
    needs = Needs(jobs=1, timeout=1, attempts=1, ending=Ending(), zones={}, tell=print)

    with pytest.raises(ClusterError, match=r"the package distributed is not installed; install auditor\[cluster\]"):
        cluster_at("tcp://127.0.0.1:1", needs)


def test_a_password_that_would_have_to_be_typed_is_refused_with_a_cluster(tmp_path, capsys):
    words = ["--policy", "exchange-2007-owa-ssl-offloading", "--host", "a", "--username", "u", "--secret", "prompt"]

    code = main(["run", *words, "--executor", "dask://127.0.0.1:9", "--out", str(tmp_path)])

    assert code == ExitCode.USAGE
    assert "the password of a is to be typed, which no worker of a cluster can ask for" in capsys.readouterr().err


def test_the_executor_can_stand_in_the_audit_file(tmp_path, capsys):
    file = tmp_path / "audit.yaml"
    file.write_text("policies: [exchange-2007-owa-ssl-offloading]\nhosts: [a]\nexecutor: dask://127.0.0.1:9\n")

    code = main(["run", "--config", str(file), "--secret", "prompt"])

    assert code == ExitCode.USAGE
    assert "which no worker of a cluster can ask for" in capsys.readouterr().err
