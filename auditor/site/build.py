"""The history of a store -> a site: two ways through its intervals, by server and by check, none of them held whole."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from auditor.errors import UsageError
from auditor.history.records import RunState, StoredRun, Trend
from auditor.history.store import Store
from auditor.history.summary import check_histories
from auditor.site.changes import MOST_CHANGES, Kind, Night, edited_policies
from auditor.site.charts import RUNS_IN_STRIP, fleet_points, places_of, policy_points, strip, trend_chart
from auditor.site.fleet import Fleet, Place, top, worst
from auditor.site.folder import SiteFolder
from auditor.site.known import Known, known_of
from auditor.site.names import page_name
from auditor.site.pages import Pages
from auditor.site.reports import reports_of
from auditor.site.standing import tally, worst_first

_INTERVALS = 50
"""How many states of a check the page of a server shows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What was written: where, of which runs, servers and checks, and whether the newest run's folder was at hand."""

    place: Path
    newest: str
    runs: int
    servers: int
    checks: int
    is_known: bool


def build_site(store: Store, out: Path, runs_folder: Path) -> Built:
    """Write the site and return what it holds; `runs_folder` holds the folders of the runs, as far as they are left.

    Raises `UsageError` when no run has ended yet, and when `out` cannot take the site; then it holds what it held.
    """
    runs = [run for run in store.runs() if run.state is not RunState.RUNNING]
    ended = [run for run in runs if run.finished is not None]
    if not ended:
        raise UsageError("no run is stored yet, so there is nothing to show; `auditor run` stores one")
    with SiteFolder(out) as folder:
        site = _Site(store, folder, runs, ended[-1], known_of(runs_folder / ended[-1].id))
        checks = site.write(reports_of(runs, runs_folder.resolve(), out.resolve()))
        if [run.id for run in store.runs() if run.state is not RunState.RUNNING] != [run.id for run in runs]:
            raise UsageError("a run was stored while the site was written, so it would not fit together; run again")
        place = folder.finish()
    return Built(
        place=place,
        newest=ended[-1].id,
        runs=len(runs),
        servers=site.fleet.number,
        checks=checks,
        is_known=bool(site.known.run),
    )


class _Site:
    """One site while it is written."""

    def __init__(
        self, store: Store, folder: SiteFolder, runs: Sequence[StoredRun], newest: StoredRun, known: Known
    ) -> None:
        self._store, self._folder, self._runs, self._newest, self.known = store, folder, runs, newest, known
        self.fleet = Fleet()
        self._places = places_of(runs)
        self._trend = store.trend()
        common = {"newest": newest, "known": known, "kinds": Kind, "most": MOST_CHANGES, "shown": _INTERVALS}
        units = min(len(runs), RUNS_IN_STRIP)
        self._pages = Pages(common | {"strip": lambda each: strip(each, self._places), "units": units})

    def write(self, reports: dict[str, str]) -> int:
        """Write every page, and return how many checks there are; `reports` leads from a run to its report."""
        self._servers()
        checks = self._checks()
        self._write_runs(reports)
        listed = sorted(self.fleet.servers, key=worst)
        self._page("servers.html", "servers", servers=listed, number=self.fleet.number)
        self._page("checks.html", "checks", policies=self._policies(checks))
        marks = self.known.waivers
        self._page(
            "waivers.html", "waivers", in_use=self.fleet.waivers.in_use(marks), ended=self.fleet.waivers.ended(marks)
        )
        self._front(checks, reports)
        return len(checks)

    def _page(self, name: str, template: str, **values: Any) -> None:
        root = "../" * name.count("/")
        self._folder.store(name, self._pages.render(template, root, **values))

    def _servers(self) -> None:
        histories = check_histories(self._store.history())
        for host, group in groupby(histories, lambda each: each.host):
            told = sorted(group, key=worst_first)
            self.fleet.add(told)
            server = Place(host=host, tally=tally(told), last=max(each.last.at for each in told))
            self.fleet.servers.append(server)
            told_of = self.known.hosts.get(host)
            self._page(f"servers/{page_name(host)}", "server", server=server, histories=told, host=told_of)

    def _checks(self) -> list[Place]:
        places = []
        histories = check_histories(self._store.history(by_check=True))
        for (policy, check), group in groupby(histories, lambda each: (each.policy, each.check)):
            told = sorted(group, key=worst_first)
            last = max(each.last.at for each in told)
            place = Place(policy=policy, check=check, tally=tally(told), last=last)
            places.append(place)
            judged = self.known.checks.get((policy, check))
            values = {"place": place, "histories": told, "judged": judged, "policy": self.known.policies.get(policy)}
            self._page(f"checks/{page_name(policy, check)}", "check", **values)
        return places

    def _write_runs(self, reports: dict[str, str]) -> None:
        trend: dict[str, list[Trend]] = {}
        for each in self._trend:
            trend.setdefault(each.run, []).append(each)
        edited = edited_policies(self._trend)
        for before, run, after in zip([None, *self._runs], self._runs, [*self._runs[1:], None], strict=False):
            values = {
                "run": run, "before": before, "after": after, "night": self._night(run),
                "trend": trend.get(run.id, []), "edited": edited.get(run.id, []),
            }  # fmt: skip
            self._page(f"runs/{page_name(run.id)}", "run", **values, report=reports.get(run.id, ""))
        listed = [(run, self._night(run), edited.get(run.id, [])) for run in reversed(self._runs)]
        seen = [kind for kind in Kind if any(night.counted[kind] for _, night, _ in listed)]
        self._page("runs.html", "runs", runs=listed, seen=seen, chart=self._chart(), reports=reports)

    def _night(self, run: StoredRun) -> Night:
        return self.fleet.nights.get(run.id, Night())

    def _policies(self, checks: Sequence[Place]) -> Iterator[tuple[str, Any, list[Place]]]:
        for policy, group in groupby(sorted(checks, key=lambda each: each.policy), lambda each: each.policy):
            points = policy_points(self._trend, policy)
            yield policy, trend_chart(points) if points else None, sorted(group, key=worst)

    def _chart(self) -> Any:
        points = fleet_points(self._trend)
        return trend_chart(points) if points else None

    def _front(self, checks: Sequence[Place], reports: dict[str, str]) -> None:
        fleet = self.fleet
        self._page(
            "index.html",
            "index",
            chart=self._chart(),
            whole=fleet.whole,
            night=self._night(self._newest),
            servers=top(fleet.servers),
            checks=top(checks),
            flapping=fleet.flapping,
            waivers=fleet.waivers.in_use(self.known.waivers),
            stale=[each for each in fleet.servers if each.last < self._newest.started],
            report=reports.get(self._newest.id, ""),
            runs=len(self._runs),
            first=self._runs[0],
        )
