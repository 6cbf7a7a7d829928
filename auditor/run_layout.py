"""The findings of a `run.json` in the layout in which this program writes it (`auditor.formats.json`), part by part.

There each member of a finding stands on a line of its own, and most lines are those of other findings too: what such a
line says is worked out once. Whatever is laid out otherwise is refused, be it JSON or not.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, BinaryIO

from auditor.model.finding import Finding, Verdict
from auditor.model.policy import Level, Severity
from auditor.model.stating import Stating, stating
from auditor.model.waiver import WaiverMark

BEGIN = b'  "findings": [\n'
END = b"\n    }\n  ]"
"""What stands before the lines of the first finding, and behind those of the last."""
_NEXT = b"\n    },\n"

_PART = 1 << 16
"""Bytes that are read at once: few enough for their memory to be used again and again, and not asked for anew."""
_KEPT = 2000
_LONGEST = 1000
"""How many different lines of a kind are known again, and how long: a fleet has more of them than should be held."""

_OPENING = "    {"
_HOST = '      "host": "'
_ACTUAL = '      "actual": "'
_REASON = '      "reason": "'
_SHARED = tuple(
    f'      "{name}": "'
    for name in ("policy", "check", "title", "level", "severity", "expected", "reference", "remediation")
)
"""How lines begin; the last are those that the findings of a check have in common."""

_VERDICTS: Mapping[str, Verdict] = {f'      "verdict": "{each}",': each for each in Verdict}
_LEVELS: Mapping[str, Level] = {str(each): each for each in Level}
_SEVERITIES: Mapping[str, Severity] = {str(each): each for each in Severity}
_MARK = {each.name for each in fields(WaiverMark)}

_decoded = json.JSONDecoder().raw_decode


def _stating_of(policy: str, check: str, title: str, level: str, severity: str, *others: str) -> Stating:
    """Return what states the findings of a check; raise `LookupError` for a level or severity that there is not."""
    expected, reference, remediation = others
    return stating(
        policy=policy,
        check=check,
        title=title,
        level=_LEVELS[level],
        severity=_SEVERITIES[severity],
        expected=expected,
        reference=reference,
        remediation=remediation,
    )


class Parts:
    """A file in our layout. No line of it begins within a text: in JSON a text has no line feed.

    What stands there is to be taken in this order: `head`, `findings`, `rest`. Each raises `ValueError` for another
    layout.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting = b""

    def head(self) -> bytes:
        """Return what stands before the findings."""
        head: list[bytes] = []
        for line in self._file:
            if line == BEGIN:
                return b"".join(head)
            head.append(line)
        raise ValueError("another layout")

    def findings(self) -> Iterator[list[Finding]]:
        """Yield the findings, many at once."""
        lines = _Lines()
        while (end := self._waiting.find(END)) < 0:
            if (place := self._waiting.rfind(_NEXT)) > 0:
                yield lines.findings(self._waiting[:place])
                self._waiting = self._waiting[place + len(_NEXT) :]
            self._more()
        yield lines.findings(self._waiting[:end])
        self._waiting = self._waiting[end + len(END) :]

    def rest(self) -> bytes:
        """Return what stands behind the findings."""
        return self._waiting + self._file.read()

    def _more(self) -> None:
        more = self._file.read(max(_PART, len(self._waiting)))  # a finding may be longer than many parts
        if not more:
            raise ValueError("another layout")
        self._waiting += more


class _Stated(dict[tuple[str, ...], Stating]):
    """What states the findings of a check, by the lines that they have in common."""

    def __missing__(self, lines: tuple[str, ...]) -> Stating:
        self[lines] = _stating_of(*map(_text, _SHARED, lines))
        return self[lines]


class _Texts(dict[str, str]):
    """The text on a line that begins in this way."""

    def __init__(self, begin: str) -> None:
        super().__init__()
        self._begin = begin

    def __missing__(self, line: str) -> str:
        text = _text(self._begin, line)
        if len(line) <= _LONGEST:
            if len(self) == _KEPT:
                self.clear()
            self[line] = text
        return text


class _Ends(dict[str, tuple[tuple[str, ...], WaiverMark | None]]):
    """The questions and the waiver, by the lines from there to the end of the finding."""

    def __missing__(self, lines: str) -> tuple[tuple[str, ...], WaiverMark | None]:
        if len(self) == _KEPT:
            self.clear()
        end = self[lines] = _end(json.loads(f"{{{lines}}}"))
        return end


class _Lines:
    """What the lines of findings say."""

    def __init__(self) -> None:
        self._stated = _Stated()
        self._hosts, self._actuals, self._reasons = _Texts(_HOST), _Texts(_ACTUAL), _Texts(_REASON)
        self._ends = _Ends()

    def findings(self, part: bytes) -> list[Finding]:
        """Return the findings of a part that ends before the brace of its last one."""
        try:
            return [self._finding(lines) for lines in part.decode("ascii").split(_NEXT.decode())]
        except (LookupError, RecursionError):
            raise ValueError("another layout") from None

    def _finding(self, lines: str) -> Finding:
        opening, host, *shared, end = lines.split("\n", 13)
        policy, check, title, level, severity, verdict, expected, actual, reason, reference, remediation = shared
        if opening != _OPENING:
            raise ValueError("another layout")
        state = self._stated[policy, check, title, level, severity, expected, reference, remediation]
        questions, waiver = self._ends[end]
        return state(
            self._hosts[host], _VERDICTS[verdict], self._actuals[actual], self._reasons[reason], questions, waiver
        )


def _text(begin: str, line: str) -> str:
    """Return the text whose quote is the last of `begin`; there is nothing on the line but that and a comma."""
    if line.startswith(begin):
        text, end = _decoded(line, len(begin) - 1)
        if line[end:] == ",":
            return str(text)
    raise ValueError("another layout")


def _end(members: dict[str, Any]) -> tuple[tuple[str, ...], WaiverMark | None]:
    if members.keys() != {"questions", "waiver"}:
        raise ValueError("another layout")
    questions, waiver = members["questions"], members["waiver"]
    if type(questions) is not list or not _are_texts(questions):
        raise ValueError("another layout")
    if waiver is None:
        return tuple(questions), None
    if type(waiver) is not dict or waiver.keys() != _MARK or not _are_texts(waiver.values()):
        raise ValueError("another layout")
    return tuple(questions), WaiverMark(**waiver)


def _are_texts(values: Iterable[Any]) -> bool:
    return all(type(each) is str for each in values)
