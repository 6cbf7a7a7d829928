"""The findings as the HTML report's script reads them: JSON, one server after the other, numbers for texts."""

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Generic, TypeAlias, TypeVar

from auditor.formats.changed import changes_of, counts_as_new
from auditor.formats.escape import shortened
from auditor.formats.format import Answers
from auditor.formats.html_card import place_text, since_text, waiver_text
from auditor.formats.html_words import KINDS, SIGNS, WORDS, WORST_FIRST, server_name
from auditor.formats.json_text import shown
from auditor.formats.sources import mapped_text, source_text
from auditor.formats.told import ANSWER_STATES, said_in, state_of
from auditor.model.answer import NotAsked
from auditor.model.finding import FLEET, Finding, Verdict, identity, in_order, order
from auditor.model.policy import Severity
from auditor.model.run import Host, JudgedPolicy, Run

_LONGEST = 20_000
_REMEMBERED = 200_000
_VERDICTS = tuple(Verdict)
_SEVERITIES = tuple(Severity)
_NONE = -1

T = TypeVar("T", bound=Hashable)
Row: TypeAlias = list[int | str]


class _Numbered(Generic[T]):
    """Values numbered as they come. Of more than it remembers, some get a second number: memory stays bounded."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}
        self._fresh: list[T] = []
        self._next = 0

    def number(self, value: T) -> int:
        """Return the value's number."""
        known = self._numbers.get(value)
        if known is None:
            if len(self._numbers) >= _REMEMBERED:
                self._numbers.clear()
            known = self._numbers[value] = self._next
            self._next += 1
            self._fresh.append(value)
        return known

    def fresh(self) -> list[T]:
        """Return what was numbered since this was last asked, in the order of the numbers."""
        fresh, self._fresh = self._fresh, []
        return fresh


class _Writer:
    """Writes one server after the other; what a part refers to stands in it or in one before it."""

    def __init__(self, run: Run, answers: Answers) -> None:
        self._run = run
        self._answers = answers
        self._changes = changes_of(run)
        self._texts: _Numbered[str] = _Numbered()
        self._lists: dict[str, _Numbered[tuple[int, ...]]] = {
            name: _Numbered() for name in ("forms", "waivers", "asked")
        }
        # what a finding about the fleet rests on is asked of every server
        self._of_the_fleet = {
            question for finding in run.findings if finding.host == FLEET for question in finding.questions
        }

    def part(self, name: str, host: Host | None, findings: Iterable[Finding]) -> str:
        """Return the JSON of one server."""
        asked = set(self._of_the_fleet)
        rows = [self._row(finding, asked) for finding in findings]
        answers = self._answered(name, asked) if rows or asked else []
        head = self._host(name, host)
        lists = {name: numbered.fresh() for name, numbered in self._lists.items()}
        texts = [shown(shortened(text, _LONGEST)) for text in self._texts.fresh()]
        return _json({"host": head, "texts": texts, **lists, "rows": rows, "answers": answers})

    def _row(self, finding: Finding, asked: set[str]) -> Row:
        asked.update(finding.questions)
        number, lists = self._texts.number, self._lists
        mark = finding.waiver
        change = self._changes.get(order(finding))
        return [
            lists["forms"].number(self._form(finding)),
            _VERDICTS.index(finding.verdict),
            int(counts_as_new(finding, self._changes)),
            _NONE if change is None else list(KINDS).index(change.kind),
            _NONE if mark is None else lists["waivers"].number((number(mark.id), number(waiver_text(mark)))),
            number(finding.actual),
            number(finding.reason),
            number(since_text(self._run, change)),
            lists["asked"].number(tuple(number(question) for question in finding.questions)),
            identity(finding),
        ]

    def _form(self, finding: Finding) -> tuple[int, ...]:
        """Return what findings of the same check share on most servers."""
        told = (finding.policy, finding.check, finding.title, finding.expected, finding.remediation, finding.reference)
        return (_SEVERITIES.index(finding.severity), *map(self._texts.number, told))

    def _answered(self, server: str, asked: set[str]) -> list[list[int]]:
        answers = {} if server == FLEET else self._answers(server)
        told = ((each, answers.get(each, NotAsked())) for each in sorted(asked) if answers)
        return [
            [
                self._texts.number(question),
                ANSWER_STATES.index(state_of(answer)),
                self._texts.number(said_in(answer)),
            ]
            for question, answer in told
        ]

    def _host(self, name: str, host: Host | None) -> Mapping[str, object]:
        return {
            "name": shown(server_name(name)),
            "fleet": name == FLEET,
            "status": host.status if host else "",
            "reason": shown(shortened(host.reason, _LONGEST)) if host else "",
            "groups": [shown(group) for group in host.groups] if host else [],
            "platform": shown("; ".join(f"{key}: {host.platform[key]}" for key in sorted(host.platform)))
            if host
            else "",
        }


def embedded(run: Run, answers: Answers) -> Iterator[str]:
    """Yield the JSON text, safe to stand inside a `script` element.

    A row is the numbers of its form, verdict, newness, kind of change, waiver, found, reason, since when and
    questions, and the identity; -1 stands for none. Numbers count from the first value of the first part.
    """
    head = {
        "standings": [[each.value, SIGNS[each], WORDS[each]] for each in WORST_FIRST],
        "verdicts": _VERDICTS,
        "severities": _SEVERITIES,
        "kinds": [[kind.value, said] for kind, said in KINDS.items()],
        "states": ANSWER_STATES,
        "against": shown(run.compared.against) if run.compared else "",
        "policies": [_policy(policy) for policy in sorted(run.policies, key=lambda each: (each.id, each.version))],
    }
    yield _json(head)[:-1] + ',"parts":['
    separator = ""
    for part in _parts(run, _Writer(run, answers)):
        yield f"{separator}\n{part}"
        separator = ","
    yield "]}"


def _parts(run: Run, writer: _Writer) -> Iterator[str]:
    hosts = {host.name: host for host in run.hosts}
    silent = set(hosts)
    for name, findings in groupby(in_order(run.findings), key=lambda finding: finding.host):
        silent.discard(name)
        yield writer.part(name, hosts.get(name), findings)
    for name in sorted(silent):
        yield writer.part(name, hosts[name], ())


def _policy(policy: JudgedPolicy) -> Mapping[str, object]:
    return {
        "id": shown(policy.id),
        "title": shown(policy.title),
        "source": shown(source_text(policy.source)),
        "checks": {
            shown(check.id): [shown(check.rationale), shown(mapped_text(check)), shown(place_text(policy, check))]
            for check in policy.checks
        },
    }


def _json(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return written.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
