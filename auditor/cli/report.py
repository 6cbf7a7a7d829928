"""`auditor report RUN --format F`: a stored run in further formats; nothing is collected or judged."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from auditor.cli.arguments import REPEATABLE, formats_named
from auditor.errors import ExitCode, UsageError
from auditor.formats import FORMATS
from auditor.formats.format import Format, ReportFile
from auditor.model.run import Run
from auditor.report import write_reports
from auditor.runs import REFERENCES, find_run, read_run
from auditor.stored_evidence import answers_kept


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    width = max(map(len, FORMATS))
    listed = "\n".join(f"  {name:<{width}}  {FORMATS[name].reader}" for name in sorted(FORMATS))
    parser.epilog = (
        f"formats, and who reads them:\n{listed}\n\n{REPEATABLE} RUN is {REFERENCES}.\n"
        "The exit code is 0 when the reports are written; nagios has the codes of a monitoring plugin."
    )
    parser.add_argument("run", metavar="RUN", help="the run to tell of, for example last")
    parser.add_argument("--format", action="append", default=[], metavar="FORMAT", help="see below (*)")
    parser.add_argument("--out", metavar="DIR", help="where the files go (default: one format to standard output)")
    parser.add_argument("--runs", default="reports", metavar="DIR", help="where runs are (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Write the reports; files that are there already are replaced, each whole or not at all."""
    formats = _chosen(options)
    folder = find_run(options.run, Path(options.runs))
    run = read_run(folder)
    with answers_kept(folder) as answers:
        if options.out:
            for path in write_reports(run, formats, answers, Path(options.out)):
                print(path)
        else:
            _print(formats[0].files(run, answers))
    return _exit_code(formats, run)


def _chosen(options: argparse.Namespace) -> tuple[Format, ...]:
    formats = formats_named(options.format)
    if not formats:
        raise UsageError("no format: name one with --format, for example --format html; --help lists them")
    if len(formats) > 1 and not options.out:
        raise UsageError(f"{len(formats)} formats do not go to standard output; name a folder with --out")
    return formats


def _print(files: Iterator[ReportFile]) -> None:
    """Write a report of one file to standard output, as it is."""
    first = next(files)
    if "/" in first.name:
        raise UsageError(f"this format has a file for each server ({first.name}, ...); name a folder with --out")
    for piece in first.content:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
    if further := next(files, None):
        raise UsageError(f"that was {first.name}, and there is {further.name} as well; name a folder with --out")


def _exit_code(formats: tuple[Format, ...], run: Run) -> ExitCode:
    """Return the exit code that the only format's reader wants; else what all commands that succeed end with."""
    wanted = formats[0].exit_code if len(formats) == 1 else None
    return ExitCode.COMPLIANT if wanted is None else ExitCode(wanted(run))
