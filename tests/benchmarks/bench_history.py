"""How big a year of history gets, and how long a night takes.

    python tests/benchmarks/bench_history.py [--quick] [--nights N]

It stores `--nights` nights of `--servers` servers with `--checks` checks each, of which `--changes` change a night,
with their evidence, and reckons a year from the first night and from what each further night adds. Every value found is
another one on every server, which is worse than a real fleet.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measuring import say

from auditor.history.store import Store, open_store
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity, Source
from auditor.model.question import ask
from auditor.model.run import Coverage, Host, JudgedPolicy, Run
from auditor.site.build import build_site

_YEAR = 365
_POLICIES = ("exchange-2007-owa-ssl-offloading", "windows-baseline")
_BEGIN = datetime(2026, 1, 1, 2, 30, tzinfo=UTC)
_KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
_LIMIT_BYTES, _LIMIT_SECONDS = 150_000_000, 10.0


@dataclass
class Fleet:
    """The value of every check on every server: a counter that a change counts up."""

    servers: int
    checks: int
    changing_answers: int

    def __post_init__(self) -> None:
        self.values = [[0] * self.checks for _ in range(self.servers)]
        self.chance = random.Random(1)  # the same nights on every machine

    def change(self, number: int) -> None:
        """Change so many values somewhere."""
        for _ in range(number):
            row = self.chance.choice(self.values)
            row[self.chance.randrange(self.checks)] += 1

    def run(self, night: int) -> Run:
        """Return the night's run."""
        began = _BEGIN + timedelta(days=night)
        names = [f"server-{number:05}.corp.example" for number in range(self.servers)]
        findings = [
            self.finding(name, check, value)
            for name, row in zip(names, self.values, strict=True)
            for check, value in enumerate(row)
        ]
        total = self.servers * self.checks
        return Run(
            id=f"{began:%Y%m%dT%H%M%SZ}-{night:04x}",
            started=f"{began:%Y-%m-%dT%H:%M:%SZ}",
            finished=f"{began + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            version="0.1.0",
            fail_on="fail",
            policies=tuple(_policy(name) for name in _POLICIES),
            hosts=tuple(Host(name=name, policies=_POLICIES, status=Status.REACHED) for name in names),
            findings=tuple(findings),
            coverage=Coverage(
                servers_planned=self.servers,
                servers_judged=self.servers,
                checks_planned=total,
                checks_judged=total,
            ),
            summary={verdict.value: 0 for verdict in Verdict},
            exit_code=1,
            exit_reason="some",
        )

    def finding(self, host: str, check: int, value: int) -> Finding:
        """Return one finding; every other change is one of the verdict."""
        bad = value % 2 == 1
        return Finding(
            host=host,
            policy=_POLICIES[check % len(_POLICIES)],
            check=f"check-of-setting-{check:03}",
            title="A setting is as it should be",
            level=Level.FAIL,
            severity=Severity.HIGH,
            verdict=Verdict.FAIL if bad else Verdict.PASS,
            expected="type equals 'REG_DWORD'; value equals 1",
            actual=f"REG_DWORD {value}, written to {host} as Setting{check:03}",
            reason=f"the value is {value}, which is not 1" if bad else "",
            reference="",
            remediation="",
        )

    def evidence(self, night: int) -> Iterator[Evidence]:
        """Yield the night's evidence: a question for each check, and some whose answer is another one every night."""
        collected = f"{_BEGIN + timedelta(days=night):%Y-%m-%dT%H:%M:%SZ}"
        for number, row in enumerate(self.values):
            answers = {
                ask("registry_value", hive="HKLM", key=_KEY, name=f"Setting{check:03}", view="64"): Observed(
                    data={"type": "REG_DWORD", "data": value, "of": f"{number}-{check}"}
                )
                for check, value in enumerate(row)
            }
            answers |= {
                ask("http", scheme="http", port="80", method="GET", path=f"/{place}", host=""): Observed(
                    data={"status": 200, "headers": {"date": [f"{collected} {number}"], "server": ["IIS/7.0"]}}
                )
                for place in range(self.changing_answers)
            }
            yield Evidence(
                server=f"server-{number:05}.corp.example",
                policies=_POLICIES,
                status=Status.REACHED,
                collected=collected,
                collector="0.1.0",
                transport="winrm",
                platform={
                    "os": "6.0.6002",
                    "powershell": "2.0",
                    "now": str(133_000_000_000_000_000 + night * 7 + number),
                },
                answers=answers,
                timings={"connect": 0.012345 + number / 1000, "read": 1.5 + night / 1000},
                exchanges=7,
            )


def main() -> int:
    """Measure, print the arithmetic, and return 1 when a limit is passed."""
    options = _options()
    fleet = Fleet(options.servers, options.checks, options.changing_answers)
    changes = round(options.servers * options.checks * options.changes)
    sizes, seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        url = options.store or f"{folder}/history.db"
        with open_store(url) as store:
            for night in range(options.nights):
                fleet.change(changes if night else 0)
                seconds.append(_store_night(store, fleet, night))
                sizes.append(store.size())
            began = time.perf_counter()
            intervals = sum(1 for _ in store.history())
            reading = time.perf_counter() - began
            site, pages = _site(store, Path(folder))
    say(f"{options.servers} servers x {options.checks} checks, {changes} changes a night, {options.nights} nights")
    say(f"seconds a night: first {seconds[0]:.2f}, then at most {max(seconds[1:]):.2f} (limit {_LIMIT_SECONDS})")
    say(f"reading all {intervals} intervals: {reading:.2f} s")
    say(f"a site of {pages} files: {site:.2f} s")
    return _told(options, sizes, max(seconds))


def _told(options: argparse.Namespace, sizes: list[int], slowest: float) -> int:
    scale = 1000 / options.servers * 100 / options.checks
    nightly = (sizes[-1] - sizes[0]) / (len(sizes) - 1)
    year = (sizes[0] + nightly * (_YEAR - 1)) * scale
    say(f"bytes: first night {sizes[0]}, each further night {nightly:.0f}")
    sum_ = f"({sizes[0]} + {nightly:.0f} x {_YEAR - 1}) x {scale:g}"
    say(f"a year of 1000 servers x 100 checks: {sum_} = {year / 1e6:.1f} MB (limit {_LIMIT_BYTES / 1e6:.0f} MB)")
    return int(year > _LIMIT_BYTES or slowest * scale > _LIMIT_SECONDS)


def _site(store: Store, folder: Path) -> tuple[float, int]:
    began = time.perf_counter()
    place = build_site(store, folder / "site", folder).place
    return time.perf_counter() - began, sum(path.is_file() for path in place.rglob("*"))


def _store_night(store: Store, fleet: Fleet, night: int) -> float:
    run, evidence = fleet.run(night), list(fleet.evidence(night))
    began = time.perf_counter()
    store.record(run, evidence)
    return time.perf_counter() - began


def _policy(name: str) -> JudgedPolicy:
    source = Source(document="")
    return JudgedPolicy(id=name, version="1", title=name, digest="0" * 64, source=source)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--nights", type=int, default=15)
    parser.add_argument("--changes", type=float, default=0.001, help="share of the states that change a night")
    parser.add_argument("--changing-answers", type=int, default=0, help="answers a server gives anew every night")
    parser.add_argument("--store", help="PostgreSQL URL instead of a SQLite file")
    parser.add_argument("--quick", action="store_true", help="100 servers, 100 checks, 3 nights")
    options = parser.parse_args()
    if options.quick:
        options.servers, options.checks, options.nights = 100, 100, 3
    return options


if __name__ == "__main__":
    sys.exit(main())
