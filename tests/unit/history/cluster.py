"""A private PostgreSQL: its own folder, a Unix socket, no port, no password; loaded by path by those who need it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ACCOUNT = "postgres"


def missing() -> str:
    """Return why there can be no PostgreSQL here, empty when there can."""
    if not (_program("initdb") and _program("pg_ctl")):
        return "PostgreSQL's initdb and pg_ctl are not installed (apt-get install postgresql)"
    if os.geteuid() == 0 and _ACCOUNT not in {entry.pw_name for entry in pwd.getpwall()}:
        return f"PostgreSQL does not run as root, and there is no account {_ACCOUNT}"
    return ""


@contextmanager
def cluster() -> Iterator[Path]:
    """Run a PostgreSQL and yield the folder of its socket."""
    # the path of a Unix socket has at most 107 characters, which pytest's own folders can pass
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _ACCOUNT, _ACCOUNT)
        _run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", _ACCOUNT, "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=50"
        _run("pg_ctl", "-D", f"{folder}/data", "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield folder
        finally:
            _run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(socket: Path, name: str) -> Iterator[str]:
    """Make a database of this name, yield its URL, and drop it."""
    _sql(socket, f"CREATE DATABASE {name}")
    try:
        yield f"postgresql://{_ACCOUNT}@/{name}?host={socket}"
    finally:
        _sql(socket, f"DROP DATABASE {name} WITH (FORCE)")


def _sql(socket: Path, statement: str) -> None:
    import psycopg  # noqa: PLC0415  an extra of the program

    with psycopg.connect(f"host={socket} user={_ACCOUNT} dbname=postgres", autocommit=True) as connection:
        connection.execute(statement.encode("ascii"))


def _run(program: str, *words: str) -> None:
    account = _ACCOUNT if os.geteuid() == 0 else None
    subprocess.run(
        [str(_program(program)), *words], check=True, user=account, group=account, cwd="/", stdout=subprocess.DEVNULL
    )


def _program(name: str) -> str | None:
    """Return a program of PostgreSQL; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)
