"""YAML text -> plain values with positions; what YAML 1.1 and 1.2 take differently is refused, not guessed.

Two passes: over the events, which cost nothing to leave early, for depth, size, anchors and tags (libyaml's composer
recurses and ends the process on very deep nesting); then over the composed nodes, for values and positions.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from auditor.load.parsed import MAX_DEPTH, MAX_NODES, Parsed, Position
from auditor.load.problem import Steps, is_private
from auditor.load.scalars import AmbiguousScalarError, is_text, read_plain
from auditor.model.value import Json

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""YAML 1.2, section 5.1: what is not in c-printable."""


class _Loader(_LOADER):  # type: ignore[misc]  # which loader it is, is known at run time only
    """Resolves no scalar by its looks; `scalars.read_plain` does."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  the name and shape PyYAML looks for


class _Stop(Exception):  # noqa: N818  ends the first pass; not an error of the program
    """Reading on is pointless or dangerous."""


def read_yaml(text: str) -> Parsed:
    """Return the one document in the text; never raises, but lists problems."""
    parsed = Parsed()
    if forbidden := _FORBIDDEN.search(text):
        line = text.count("\n", 0, forbidden.start()) + 1
        column = forbidden.start() - text.rfind("\n", 0, forbidden.start())
        parsed.report((line, column), (), f"the character U+{ord(forbidden[0]):04X} may not stand in YAML; remove it")
        return parsed
    try:
        _scan(text, parsed)
        if not parsed.problems:
            _compose(text, parsed)
    except _Stop:
        pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        parsed.report(_position(mark), (), f"this is not YAML: {_complaint(error)}")
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        parsed.report((1, 1), (), f"this is not YAML: {error}")
    return parsed


def _complaint(error: yaml.MarkedYAMLError) -> str:
    """Return what the parser says, with what its author did when it says something that puzzles people."""
    context = f" {error.context}" if error.context else ""
    causes = {
        "cannot start any token": "; quote text that begins with a special character, and indent with blanks, not tabs",
        "mapping values are not allowed": "; quote text that holds ': ', and look at the indentation",
    }
    cause = next((cause for words, cause in causes.items() if words in str(error.problem)), "")
    return f"{error.problem}{context}{cause}"


def _scan(text: str, parsed: Parsed) -> None:
    depth = nodes = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += _step(event)
        nodes += isinstance(event, yaml.NodeEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        for complaint in _complaints(event):
            parsed.report(_position(event.start_mark), (), complaint)
        if limit := _limit(depth, nodes, documents):
            parsed.report(_position(event.start_mark), (), limit)
            raise _Stop


def _step(event: Any) -> int:
    if isinstance(event, yaml.CollectionStartEvent):
        return 1
    return -1 if isinstance(event, yaml.CollectionEndEvent) else 0


def _complaints(event: Any) -> Iterator[str]:
    if isinstance(event, yaml.AliasEvent):
        yield f"the alias '*{event.anchor}' is not allowed; write the value out"
    elif getattr(event, "anchor", None):
        yield f"the anchor '&{event.anchor}' is not allowed; write the value out where it is needed"
    if getattr(event, "tag", None):
        yield f"the tag {_short(event.tag)} is not allowed; quote the value if it is meant as text"


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _limit(depth: int, nodes: int, documents: int) -> str:
    if depth > MAX_DEPTH:
        return f"this is nested more than {MAX_DEPTH} deep; make it flatter"
    if nodes > MAX_NODES:
        return f"the file holds more than {MAX_NODES} values; split it"
    return "a second document begins here; put it into a file of its own" if documents > 1 else ""


def _compose(text: str, parsed: Parsed) -> None:
    node = yaml.compose(text, Loader=_Loader)
    if node is None:
        parsed.report((1, 1), (), "the file is empty")
        return
    parsed.value = _value(node, (), parsed)
    parsed.is_whole = True


def _value(node: Any, steps: Steps, parsed: Parsed) -> Json:
    parsed.values[steps] = _position(node.start_mark)
    match node:
        case yaml.MappingNode():
            return _mapping(node, steps, parsed)
        case yaml.SequenceNode():
            return [_value(item, (*steps, index), parsed) for index, item in enumerate(node.value)]
        case _:
            return _scalar(node, steps, parsed)


def _mapping(node: Any, steps: Steps, parsed: Parsed) -> dict[str, Json]:
    values = {}
    for key, item in node.value:
        name = _key(key, steps, parsed)
        if name is None:
            continue
        here = (*steps, name)
        if parsed.enter_key(here, _position(key.start_mark)):
            values[name] = _value(item, here, parsed)
    return values


def _key(node: Any, steps: Steps, parsed: Parsed) -> str | None:
    """Return the key, or None, and a problem, for one that is not text."""
    position = _position(node.start_mark)
    if not isinstance(node, yaml.ScalarNode):
        parsed.report(position, steps, "a list or mapping cannot be a key; use text")
    elif not node.value and not node.style:
        parsed.report(position, steps, "a key is missing before ':'; name it")
    elif node.value == "<<" and not node.style:
        parsed.report(position, steps, "'<<' does not merge here; write the keys out")
    elif not node.style and not is_text(node.value):
        parsed.report(position, steps, f"the key {node.value} is not certainly text; quote it: {_quoted(node.value)}")
    else:
        return str(node.value)
    return None


def _scalar(node: Any, steps: Steps, parsed: Parsed) -> Json:
    parsed.check_text(node.value, parsed.values[steps], steps)
    if node.style:
        return str(node.value)
    try:
        return read_plain(node.value)
    except AmbiguousScalarError as error:
        shown, quoted = ("this", "") if is_private(steps) else (node.value, f": {_quoted(node.value)}")
        parsed.report(parsed.values[steps], steps, f"{shown} {error}; quote it{quoted}{_boolean(node.value)}")
        return str(node.value)


def _boolean(text: str) -> str:
    known = {"y": "true", "yes": "true", "on": "true", "n": "false", "no": "false", "off": "false"}
    known |= {"true": "true", "false": "false", "null": "null"}
    meant = known.get(text.lower())
    return f", or write {meant}" if meant else ""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _position(mark: Any) -> Position:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
