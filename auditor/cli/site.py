"""`auditor site`: the history as a static site, which any web server can host and which works from a disk."""

import argparse
import sys
from pathlib import Path

from auditor.cli.store import add_store, store_url
from auditor.errors import ExitCode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add_store(parser)
    add("--out", required=True, metavar="FOLDER", help="the site's folder: a new one, or a site to replace")
    add("--runs", default="reports", metavar="DIR", help="where runs are written (default: reports)")
    parser.epilog = (
        "Reports of runs in DIR are linked to; the newest run there names checks and owners of waivers.\n"
        "The site holds what was found on your servers: show it to those who may know that."
    )


def execute(options: argparse.Namespace) -> ExitCode:
    """Write the site; raises `UsageError` when there is no history, or the folder is something else."""
    # a database library and a template engine are slow to import
    from auditor.history.store import open_existing  # noqa: PLC0415
    from auditor.site.build import build_site  # noqa: PLC0415

    runs = Path(options.runs)
    with open_existing(store_url(options, runs)) as store:
        built = build_site(store, Path(options.out), runs)
    if not built.is_known:
        print(
            f"note: run {built.newest} is not in {runs}, so the site tells no titles and no owners of waivers; "
            "name its folder of reports with --runs",
            file=sys.stderr,
        )
    print(f"{built.runs} runs, {built.servers} servers and {built.checks} checks: {built.place / 'index.html'}")
    return ExitCode.COMPLIANT
