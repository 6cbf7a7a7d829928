"""`auditor history`: since when, how often it flipped, and where each policy is going."""

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.cli.store import add_store, store_url
from auditor.errors import ExitCode, UsageError
from auditor.formats.escape import shortened, visible
from auditor.model.finding import FLEET, Verdict
from auditor.suggest import unknown

if TYPE_CHECKING:
    from auditor.history.queries import Names
    from auditor.history.records import Interval, StoredRun, Trend
    from auditor.history.store import Store
    from auditor.history.summary import CheckHistory

SCHEMA = "auditor-history/1"
_TREND = 10
_LONGEST = 200
_QUIET = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_WORDS = {Verdict.ERROR: "not known", Verdict.NOT_APPLICABLE: "not applicable"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("--host", metavar="NAME", help="one server, with all its intervals (the fleet as a whole: '*')")
    add("--check", metavar="ID", help="one check, with all its intervals")
    add("--policy", metavar="ID", help="one policy")
    add("--format", choices=("text", "json"), default="text", help="text (default), or json with everything")
    add_store(parser)
    add("--out", default="reports", metavar="DIR", help="where runs are written (default: reports)")


def execute(options: argparse.Namespace) -> ExitCode:
    """Show the history; raises `UsageError` for a name that it does not know."""
    from auditor.history.store import open_existing  # noqa: PLC0415  a database library is slow to import

    with open_existing(store_url(options, Path(options.out))) as store:
        _refuse_unknown(options, store.names())
        show = _json if options.format == "json" else _text
        for line in show(store, options):
            sys.stdout.write(line + "\n")
    return ExitCode.COMPLIANT


def _refuse_unknown(options: argparse.Namespace, names: "Names") -> None:
    asked = (("server", options.host, names.hosts), ("check", options.check, names.checks))
    for what, name, known in (*asked, ("policy", options.policy, names.policies)):
        if name is not None and name not in known:
            raise UsageError(unknown(what, name, known))


def _histories(store: "Store", options: argparse.Namespace) -> Iterator["CheckHistory"]:
    from auditor.history.summary import check_histories  # noqa: PLC0415  as above

    return check_histories(store.history(host=options.host, check=options.check, policy=options.policy))


def _json(store: "Store", options: argparse.Namespace) -> Iterator[str]:
    """Yield one line per run, per trend and per check: a fleet's history is never held whole."""
    yield f'{{"schema": "{SCHEMA}",'
    yield from _array("runs", store.runs(), ",")
    yield from _array("trend", store.trend(options.policy), ",")
    yield from _array("checks", _histories(store, options), "}")


def _array(name: str, values: Iterable[Any], ending: str) -> Iterator[str]:
    yield f'"{name}": ['
    line = ""
    for value in values:
        if line:
            yield line + ","
        line = json.dumps(asdict(value), allow_nan=False)
    if line:
        yield line
    yield f"]{ending}"


def _text(store: "Store", options: argparse.Namespace) -> Iterator[str]:
    yield from _runs_told(store.runs())
    for policy, points in groupby(store.trend(options.policy), lambda each: each.policy):
        yield from _trend_told(policy, list(points))
    whole = options.host is not None or options.check is not None
    left_out = 0
    for host, checks in groupby(_histories(store, options), lambda each: each.host):
        every = list(checks)
        told = [each for each in every if whole or _is_told(each)]
        left_out += len(every) - len(told)
        if told:
            yield ""
            yield "All servers together" if host == FLEET else visible(host)
        for each in told:
            yield from _check_told(each, whole=whole)
    if left_out:
        yield ""
        yield f"{left_out} more checks are as they should be and never flipped; --host, --check or json show them"


def _is_told(each: "CheckHistory") -> bool:
    return each.verdict not in _QUIET or bool(each.flips)


def _runs_told(runs: Collection["StoredRun"]) -> Iterator[str]:
    ended = [run for run in runs if run.finished is not None]
    if ended:
        yield f"{_times(len(ended))}, {ended[0].started} to {ended[-1].started}"
    else:
        yield "no run is stored yet; `auditor run` stores one"
    for run in list(runs)[-_TREND:]:
        if run.state not in ("complete", "pruned"):
            yield f"  run {run.id} of {run.started}: {_ending(run)}"


def _ending(run: "StoredRun") -> str:
    """Return the state of a run that is not complete, and why it is not."""
    state = run.state.value
    return run.exit_reason if run.exit_reason.startswith(state) else f"{state}, {run.exit_reason}".removesuffix(", ")


def _trend_told(policy: str, points: list["Trend"]) -> Iterator[str]:
    yield ""
    shown = points[-_TREND:]
    older = f", the newest {len(shown)} of {len(points)} runs" if len(points) > len(shown) else ""
    yield f"policy {visible(policy)}{older}"
    version = ""
    for point in shown:
        counts = ", ".join(f"{point.counts[verdict]} {_word(verdict)}" for verdict in Verdict)
        waived = f", {point.waived} waived" if point.waived else ""
        changed = f"  (version {visible(point.version)})" if point.digest != version else ""
        version = point.digest
        yield f"  {point.started}  {counts}{waived}{changed}"


def _check_told(each: "CheckHistory", *, whole: bool) -> Iterator[str]:
    waived = f", waived by {visible(each.waiver)}" if each.waiver else ""
    since = f"{_word(each.verdict)} since {each.since.at} ({_times(each.runs)})"
    yield f"  {visible(each.policy)}/{visible(each.check)}: {since}{waived}"
    if not each.current:
        yield f"    no longer judged; last in run {each.last.run} of {each.last.at}"
    if each.flips:
        flapping = f"; FLAPPING: {each.recent_flips} in its newest 10 runs" if each.flapping else ""
        yield f"    flipped {_often(each.flips)} in {_times(each.judged)}{flapping}"
    if whole:
        yield from map(_interval_told, each.intervals)
    elif each.value_since != each.since:
        yield f"    with this value since {each.value_since.at}"


def _interval_told(each: "Interval") -> str:
    found = visible(shortened(each.actual or each.reason, _LONGEST))
    waived = " (waived)" if each.waiver else ""
    return f"    {each.first.at} to {each.last.at}, {_times(each.count)}: {_word(each.verdict)}{waived}: {found}"


def _word(verdict: Verdict) -> str:
    return _WORDS.get(verdict, verdict.value)


def _times(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"


def _often(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
