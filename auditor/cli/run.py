"""`auditor run`: audit servers, or stored evidence, and write findings."""

import argparse
import secrets
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from auditor.audit import Order, audit
from auditor.cli.arguments import REPEATABLE, add_policies, formats_named
from auditor.cli.sources import Source, from_evidence, from_servers
from auditor.cli.wishes import Wishes, wishes_of
from auditor.errors import ExitCode
from auditor.formats import FORMATS
from auditor.formats.format import Format
from auditor.formats.text import Colour, render_text
from auditor.model.inventory import Authentication, Scheme
from auditor.model.run import FailOn, Run
from auditor.probes import PROBES
from auditor.report import RunFolder

_EPILOG = f"{REPEATABLE} RUN is a run id, a run folder's path, or last."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments; with their help they fit one screen."""
    parser.usage, parser.epilog = "auditor run [OPTION]...", _EPILOG
    add_policies(parser)
    add = parser.add_argument
    add("--inventory", metavar="FILE", help="servers and how to reach them (YAML, or ansible-inventory --list)")
    add("--host", action="append", default=[], metavar="NAME[:PORT]", help="a server without an inventory (*)")
    add("--username", default="", metavar="NAME", help="account for --host, DOMAIN\\name or name@realm")
    add("--secret", metavar="SOURCE", help="password: environment:NAME file:PATH command:... keyring:SERVICE prompt")
    add(
        "--authentication",
        choices=tuple(map(str, Authentication)),
        metavar="HOW",
        help=f"for --host: {_choices(Authentication)}",
    )
    add("--scheme", choices=tuple(map(str, Scheme)), metavar="SCHEME", help=f"for --host: {_choices(Scheme)}")
    add("--ca-file", default="", metavar="PEM", help="for --host: certificate authorities to trust")
    add("--evidence", metavar="RUN", help="judge the evidence of a stored run again; contacts no server")
    add("--format", action="append", default=[], metavar="FORMAT", help=f"besides json: {', '.join(FORMATS)} (*)")
    add("--out", metavar="DIR", help="where runs are written (default: reports)")
    add("--fail-on", choices=tuple(map(str, FailOn)), metavar="GATE", help=f"{_choices(FailOn)} (default: fail)")
    add("--jobs", type=int, metavar="N", help="servers asked at once (default: 16)")
    add("--timeout", type=int, metavar="SECONDS", help="the most one server may take (default: 120)")
    add("--config", metavar="FILE", help="an audit file: all of this in one file; options outrank it")


def execute(options: argparse.Namespace) -> ExitCode:
    """Audit, write the run, show it, and return the run's exit code."""
    wishes = wishes_of(options)
    formats = formats_named(wishes.formats)
    source = from_evidence(wishes) if wishes.evidence else from_servers(wishes)
    run = _audited(wishes, source, formats)
    _show(run, wishes.out)
    return ExitCode(run.exit_code)


def _audited(wishes: Wishes, source: Source, formats: tuple[Format, ...]) -> Run:
    order = Order(
        run_id=f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        assignments=source.assignments,
        inputs=wishes.inputs,
        probes=PROBES,
        formats=formats,
        fail_on=wishes.fail_on,
        evidence_of=source.evidence_of,
    )
    with RunFolder(wishes.out, order.run_id) as folder:
        return audit(order, source.collecting, folder, lambda: datetime.now(UTC))


def _show(run: Run, out: Path) -> None:
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else 100
    for line in render_text(run, Colour.ALWAYS if terminal else Colour.NEVER, width):
        sys.stdout.write(line)
    print(f"written to {out / run.id}")


def _choices(kind: type[Authentication | Scheme | FailOn]) -> str:
    return ", ".join(kind)
