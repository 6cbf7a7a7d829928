"""Files of waivers -> `Waiver`s, or every problem in all of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

from auditor.errors import DocumentError
from auditor.load.document import Document, read_document
from auditor.load.node import Node, top
from auditor.load.problem import Problem
from auditor.load.structure import structure_problems
from auditor.model.policy import Policy
from auditor.model.waiver import Waiver
from auditor.patterns import matches
from auditor.schema.waivers import LONGEST_MAXIMUM, MAXIMUM_DAYS, waivers_schema
from auditor.suggest import advice, unknown


def load_waivers(path: Path, policies: Sequence[Policy], today: date) -> tuple[Waiver, ...]:
    """Read a file of waivers, or all files (`*.yaml`, `*.yml`) of a folder, in the order of their names.

    Raises `DocumentError` with all problems of all files. Waivers are for the given policies; none may expire later
    than the maximum number of days after `today`.
    """
    documents, told = _documents(waiver_files(path))
    days = min((days for document in documents if (days := _maximum(document))), default=MAXIMUM_DAYS)
    known = {policy.id: policy for policy in policies}
    places: dict[str, str] = {}
    found: list[Waiver] = []
    for document in documents:
        problems = structure_problems(document, waivers_schema())
        nodes = list(top(document)["waivers"].items())
        problems.extend(_duplicates(nodes, places))
        for node in nodes:
            problems.extend(_problems(node, known, today, days))
        try:
            document.refuse(problems)
        except DocumentError as error:
            told.extend(error.problems)
        found.extend(_waiver(node) for node in nodes)
    if told:
        raise DocumentError(told)
    return tuple(found)


def waiver_files(path: Path) -> list[Path]:
    """Return the files that `load_waivers` reads; raises `DocumentError` for a folder without any."""
    if not path.is_dir():
        return [path]
    files = sorted(file for pattern in ("*.yaml", "*.yml") for file in path.glob(pattern))
    if not files:
        raise DocumentError([f"{path}: no YAML file is in this folder; put waivers into it, or name another"])
    return files


def _documents(files: Sequence[Path]) -> tuple[list[Document], list[str]]:
    """Return the files that can be read, and why the others cannot."""
    documents: list[Document] = []
    problems: list[str] = []
    for file in files:
        try:
            documents.append(read_document(file))
        except DocumentError as error:
            problems.extend(error.problems)
    return documents, problems


def _maximum(document: Document) -> int | None:
    days = top(document)["maximum_days"].number()
    return days if days is not None and 1 <= days <= LONGEST_MAXIMUM else None


def _duplicates(nodes: Sequence[Node], places: dict[str, str]) -> Iterator[Problem]:
    """Yield a problem for each id that was seen before; `places` has those seen, and is filled."""
    for waiver in nodes:
        node = waiver["id"]
        if node.text() in places:
            yield node.problem(f"the id {node.text()!r} is also in {places[node.text()]}; ids are unique")
        elif node.text():
            places[node.text()] = f"{node.document.path.name}:{node.line}"


def _problems(node: Node, known: Mapping[str, Policy], today: date, days: int) -> Iterator[Problem]:
    yield from _strange_names(node, known)
    yield from _spoiled_date(node["expires"], today, days)
    if (zone := node["zone"]).text() and zone.text() not in zones():
        yield zone.problem(unknown("time zone", zone.text(), zones()))
    for name in ("owner", "reason"):
        if node[name].text() and not node[name].text().strip():
            yield node[name].problem("this is blank; write something")


def _strange_names(node: Node, known: Mapping[str, Policy]) -> Iterator[Problem]:
    policy = node["policy"]
    if not policy.text():
        return
    if policy.text() not in known:
        yield policy.problem(unknown("policy", policy.text(), known))
        return
    ids = [check.id for check in known[policy.text()].checks]
    for item in node["checks"].items():
        pattern = item.text()
        if pattern and not any(matches(pattern, each) for each in ids):
            is_pattern = "*" in pattern or "?" in pattern
            wrong = f"no check matches {pattern!r}" if is_pattern else f"unknown check {pattern!r}"
            yield item.problem(wrong + advice(pattern, ids))


def _spoiled_date(node: Node, today: date, days: int) -> Iterator[Problem]:
    if not node.text():
        return
    day = read_date(node.text())
    if day is None:
        yield node.problem(f'{node.text()!r} is no date; write year, month and day, like "{today}"')
    elif day > (latest := today + timedelta(days=days)):
        yield node.problem(f"{day} is more than {days} days ahead; the latest possible is {latest}")


def read_date(text: str) -> date | None:
    """Return the day that `YYYY-MM-DD` names, None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


@cache
def zones() -> frozenset[str]:
    """Return the names of time zones that mean the same everywhere: `localtime` depends on the machine."""
    return frozenset(available_timezones() | {"UTC"}) - {"localtime", "Factory"}


def _waiver(node: Node) -> Waiver:
    return Waiver(
        id=node["id"].text(),
        policy=node["policy"].text(),
        checks=node["checks"].texts(),
        hosts=node["hosts"].texts(),
        groups=node["groups"].texts(),
        owner=node["owner"].text(),
        reason=node["reason"].text(),
        ticket=node["ticket"].text(),
        expires=node["expires"].text(),
        zone=node["zone"].text() or "UTC",
        accepted=node["accepted"].text(),
        path=str(node.document.path),
        line=node.line,
    )
