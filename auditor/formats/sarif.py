"""`report.sarif`: a run for code scanning, in SARIF 2.1.0 (OASIS), split so that GitHub takes every part of it.

`report.sarif` and, when one does not hold them, `report-2.sarif` and so on have what is not as it should be or not
known. What passes, does not apply, or is gone since the run compared with stands in `report-settled.sarif.json`: GitHub
shows every result as an alert, whatever its kind, and uploads every `.sarif` of a folder.

Its limits (GitHub's page "SARIF support for code scanning"): 25,000 results and 25,000 rules a run, 20 runs a file,
10 MB a file when compressed with gzip; here, a file has one run.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from auditor.formats.changed import Key, changes_of
from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.json_text import Pieces, items, members, text
from auditor.formats.sarif_result import absent_result, is_gone, is_settled, result_of, state_of
from auditor.formats.sarif_rule import Rules, Taxonomies, known_rules, rule_id
from auditor.formats.sarif_run import automation, baseline, driver, invocation, properties
from auditor.formats.sarif_text import uri
from auditor.formats.sources import CheckKey, checks_of
from auditor.model.drift import Change, ChangeKind
from auditor.model.finding import Finding, in_order, order
from auditor.model.run import JudgedCheck, Run

MOST_RESULTS = 25_000
_MOST_BYTES = 9_000_000  # of 10 MB: what the compressor holds back and what follows the results is not counted yet
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NO_FILE = "run.json"
"""Where a finding is told whose policy is not in the run; it stands beside the report."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """A result to be: a finding, or without one a change whose finding is gone."""

    key: CheckKey
    finding: Finding | None
    change: Change | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sort:
    """One of the two sorts of results: how its files are called, what is in them."""

    word: str
    name: Callable[[int], str]
    is_settled: bool


_OPEN = _Sort(word="", name=lambda number: f"report{_numbered(number)}.sarif", is_settled=False)
_SETTLED = _Sort(word="settled", name=lambda number: f"report-settled{_numbered(number)}.sarif.json", is_settled=True)


def _files(run: Run, _answers: Answers) -> Iterator[ReportFile]:
    log = _Log.of(run)
    findings = in_order(run.findings)
    for sort in (_OPEN, _SETTLED):
        waiting = _Waiting(log.found(findings, sort))
        number = 1
        while waiting or (number == 1 and sort is _OPEN):
            content = log.written(waiting, sort, number)
            yield ReportFile(name=sort.name(number), content=content)
            for _ in content:  # whoever does not want a file would else never come to the next
                pass
            number += 1


class _Waiting:
    """Results not yet written; the next can be looked at."""

    def __init__(self, found: Iterator[_Found]) -> None:
        self._found = found
        self.next = next(found, None)

    def __bool__(self) -> bool:
        return self.next is not None

    def step(self) -> None:
        self.next = next(self._found, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Log:
    """What the results of all files are made with."""

    run: Run
    checks: Mapping[CheckKey, JudgedCheck]
    places: Mapping[str, str]
    changes: Mapping[Key, Change]
    new_servers: frozenset[str]
    taxonomies: Taxonomies
    rules: Mapping[CheckKey, bytes]

    @classmethod
    def of(cls, run: Run) -> Self:
        told, taxonomies = run.compared.changes if run.compared else (), Taxonomies(run)
        return cls(
            run=run,
            checks=checks_of(run),
            places={policy.id: uri(policy.file) for policy in run.policies if policy.file},
            changes=changes_of(run),
            new_servers=frozenset(change.host for change in told if change.kind is ChangeKind.NEW_SERVER),
            taxonomies=taxonomies,
            rules=known_rules(run, taxonomies),
        )

    def found(self, findings: Iterable[Finding], sort: _Sort) -> Iterator[_Found]:
        """Yield what belongs in the files of one sort; what is gone stands behind what is there."""
        for finding in findings:
            if is_settled(finding.verdict) is sort.is_settled:
                change = self.changes.get(order(finding)) if self.changes else None
                yield _Found(key=(finding.policy, finding.check), finding=finding, change=change)
        if sort.is_settled:
            for change in sorted(self.changes.values(), key=lambda each: (each.host, each.policy, each.check)):
                if is_gone(change):
                    yield _Found(key=(change.policy, change.check), finding=None, change=change)

    def written(self, waiting: _Waiting, sort: _Sort, number: int) -> Iterator[bytes]:
        """Yield a file; the rules follow the results, because by then it is known which there are."""
        rules, is_first = Rules(self.rules), number == 1 and not sort.is_settled
        run = {
            "results": Pieces(_lines(self._results(waiting, rules))),
            "tool": Pieces(self._tool(rules, is_first=is_first)),
            "taxonomies": self.taxonomies.components(),
            "invocations": [invocation(self.run, is_first=is_first)],
            "automationDetails": automation(self.run, sort.word, number),
            **baseline(self.run, sort.word, number),
            "columnKind": "unicodeCodePoints",
            "properties": properties(self.run),
        }
        runs = items([Pieces(members(run, 2))], 1)
        yield from members({"$schema": _SCHEMA, "version": "2.1.0", "runs": Pieces(runs)})
        yield b"\n"

    def _tool(self, rules: Rules, *, is_first: bool) -> Iterator[bytes]:
        about = driver(self.run, is_first=is_first) | {"supportedTaxonomies": self.taxonomies.references()}
        listed = Pieces(items((Pieces([rule]) for rule in rules.written), 5))
        yield from members({"driver": Pieces(members(about | {"rules": listed}, 4))}, 3)

    def _results(self, waiting: _Waiting, rules: Rules) -> Iterator[str]:
        """Yield results, each on a line, as long as the file takes them."""
        compressor, size, left = zlib.compressobj(1), 0, MOST_RESULTS
        while waiting.next and left and size < _MOST_BYTES and rules.has_room_for(waiting.next.key):
            line = text(self._result(waiting.next, rules))
            size += len(compressor.compress(line.encode("ascii")))
            left -= 1
            yield line
            waiting.step()

    def _result(self, found: _Found, rules: Rules) -> dict[str, Any]:
        rule = {"ruleId": rule_id(found.key), "ruleIndex": rules.place_of(found.key, found.finding)}
        file, check = self.places.get(found.key[0], _NO_FILE), self.checks.get(found.key)
        if found.finding:
            return rule | result_of(found.finding, file, check, found.change, self._state(found.finding, found.change))
        assert found.change
        return rule | absent_result(found.change, file, check)

    def _state(self, finding: Finding, change: Change | None) -> str:
        is_new_server = finding.host in self.new_servers
        return state_of(finding, change, is_new_server=is_new_server) if self.run.compared else ""


def _lines(values: Iterable[str]) -> Iterator[bytes]:
    separator = "["
    for value in values:
        yield f"{separator}\n        {value}".encode("ascii")
        separator = ","
    yield b"\n      ]" if separator == "," else b"[]"


def _numbered(number: int) -> str:
    return f"-{number}" if number > 1 else ""


FORMAT = Format(
    name="sarif",
    reader="code scanning: GitHub, Azure DevOps, editors; SARIF 2.1.0",
    filename="report.sarif",
    files=_files,
)
