"""`auditor run`: audit servers, or stored evidence, and write findings."""

import argparse
import os
import secrets
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from auditor.audit import Clock, Order, audit
from auditor.cli import surroundings
from auditor.cli.arguments import REPEATABLE, add_policies, formats_named
from auditor.cli.gate import GATES
from auditor.cli.sources import Source, from_evidence, from_servers, resumed
from auditor.cli.waivers_option import accepted, add_waivers, warning_time
from auditor.cli.wishes import Wishes, wishes_of
from auditor.compare import Stored
from auditor.errors import ExitCode
from auditor.formats.format import Format
from auditor.formats.text import Colour, render_text
from auditor.gate import refuse_unjudgeable
from auditor.logs import Log
from auditor.model.inventory import Authentication, Scheme
from auditor.model.run import Run
from auditor.probes import PROBES
from auditor.report import RunFolder
from auditor.runs import LAST, REFERENCES, find_compared, find_run, read_run, stored_runs

_Formats: TypeAlias = tuple[Format, ...]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments; with their help they fit one screen."""
    parser.usage = "auditor run [OPTION]..."
    parser.epilog = f"{GATES}\n{REPEATABLE} RUN is {REFERENCES}."
    add_policies(parser)
    add = parser.add_argument
    add("--inventory", metavar="FILE", help="servers and how to reach them (YAML, or ansible-inventory --list)")
    add("--host", action="append", default=[], metavar="NAME[:PORT]", help="a server without an inventory (*)")
    add("--username", default="", metavar="NAME", help="account for --host, DOMAIN\\name or name@realm")
    add("--secret", metavar="SOURCE", help="password: environment:NAME file:PATH command:... keyring:SERVICE prompt")
    add("--authentication", choices=tuple(map(str, Authentication)), metavar="HOW", help=_choices(Authentication))
    add("--scheme", choices=tuple(map(str, Scheme)), metavar="SCHEME", help=f"for --host: {_choices(Scheme)}")
    add("--ca-file", default="", metavar="PEM", help="for --host: certificate authorities to trust")
    add(
        "--evidence",
        metavar="RUN",
        help="judge a stored run's evidence, or an export's (.zip), again; contacts no server",
    )
    add("--resume", metavar="RUN", help="ask only the servers that are missing in a stored run")
    add("--against", metavar="RUN", help="tell what changed since that run, and whose change it is")
    add_waivers(parser)
    add("--fail-on", action="append", default=[], metavar="GATE", help="what makes the exit code 1 (default: fail) (*)")
    add("--min-coverage", default="", metavar="N%", help="servers that must be judged (default: all)")
    add("--format", action="append", default=[], metavar="FORMAT", help="besides json; see auditor report --help (*)")
    add("--out", metavar="DIR", help="where runs are written (default: reports)")
    add("--store", metavar="URL", help="the history (default: history.db there; none: keep none)")
    add("--notify", action="append", default=[], metavar="URL", help="whom to tell of drift and failed gates (*)")
    add("--log", metavar="FILE", help="append events to a file")
    add(
        "--log-format", choices=("text", "json"), metavar="FORM", help="events as text or json, to stderr without --log"
    )
    add("--jobs", type=int, metavar="N", help="servers asked at once (default: 16)")
    add("--timeout", type=int, metavar="SECONDS", help="the most one server may take (default: 120)")
    add("--deadline", type=int, metavar="SECONDS", help="the most the whole audit may take")
    add("--retries", type=int, metavar="N", help="asking again after what can pass (default: 2)")
    add("--executor", metavar="URL", help="read servers by a cluster: dask://HOST:PORT (default: by threads here)")
    add("--config", metavar="FILE", help="an audit file: all of this in one file; options outrank it")


def execute(options: argparse.Namespace) -> ExitCode:
    """Audit, write the run, show it, tell of it, and return the run's exit code."""
    return ExitCode(perform(wishes_of(options), lambda: datetime.now(UTC)).exit_code)


def perform(wishes: Wishes, clock: Clock) -> Run:
    """Audit as wished, by a clock that gives aware UTC moments; returns the run that was written."""
    formats = formats_named(wishes.formats)
    surroundings.refuse_early(wishes)
    with surroundings.log_of(wishes, clock) as log:
        source = _source(wishes, log)
        order = _order(wishes, source, formats, clock)
        source.ask_passwords()
        with (
            surroundings.alone(wishes, source, log, clock),
            surroundings.history(wishes, source, order.run_id, clock) as record,
            source.ended_early(),
        ):
            log.run_started(order.run_id, servers=len(order.assignments), policies=len(order.policies))
            with RunFolder(wishes.out, order.run_id) as folder:
                run = audit(order, source.collecting, folder, clock)
            try:
                record(run)
            finally:  # a history that takes nothing any more keeps nobody from seeing the run
                _show(run, wishes.out)
                surroundings.finish(wishes, source, run, log)
    return run


def _source(wishes: Wishes, log: Log) -> Source:
    if wishes.evidence:
        return from_evidence(wishes)
    return resumed(wishes, log) if wishes.resume else from_servers(wishes, log)


def _order(wishes: Wishes, source: Source, formats: _Formats, clock: Clock) -> Order:
    """Return what is ordered; everything that can be wrong with it is told before a server is contacted."""
    policies = tuple({policy.id: policy for each in source.assignments for policy in each.policies}.values())
    refuse_unjudgeable(wishes.gate, [policy.id for policy in policies], compared=bool(wishes.against))
    against = _against(wishes)
    now = clock()
    waived_by = source.accepted or accepted(wishes.waivers, policies, now.date())
    return Order(
        run_id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
        assignments=source.assignments,
        inputs=wishes.inputs,
        probes=PROBES,
        formats=formats,
        gate=wishes.gate,
        waivers=waived_by.waivers,
        waiver_files=waived_by.files,
        as_of=waived_by.as_of,
        soon=warning_time(wishes.waiver_warning),
        against=against,
        is_beginning=bool(wishes.against) and against is None,
        evidence_of=source.evidence_of,
        interrupted=lambda: source.ending.interrupted,
    )


def _against(wishes: Wishes) -> Stored | None:
    """Return the run to compare with, if one is wished for and there is one yet.

    A run that takes up another one is compared with what that one was compared with, where the wish is `last`.
    """
    text = wishes.against
    if text == LAST and wishes.resume:
        drift = read_run(find_run(wishes.resume, wishes.out)).drift
        text = drift.against if drift else LAST
    if not text or (text == LAST and not stored_runs(wishes.out)):
        return None
    folder = find_compared(text, wishes.out)
    return Stored(run=read_run(folder), folder=folder)


def _show(run: Run, out: Path) -> None:
    terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else 100
    for line in render_text(run, Colour.ALWAYS if terminal and _likes_colours() else Colour.NEVER, width):
        sys.stdout.write(line)
    print(f"written to {out / run.id}")


def _likes_colours() -> bool:
    """Tell whether nothing speaks against colours: see no-color.org, and terminals that have none."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _choices(kind: type[Authentication | Scheme]) -> str:
    return ", ".join(kind)
