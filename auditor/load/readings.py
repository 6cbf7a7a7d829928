"""What an example gives the probes to read -> readings; wrong names, types and values are problems."""

from collections.abc import Iterator, Mapping

from auditor.load.node import Node
from auditor.load.parameters import Surroundings
from auditor.model.example import GivenReading
from auditor.model.probe import Fact, Facts, NotKnown, Parameter, Probe
from auditor.model.value import Value, ValueType, type_of
from auditor.operands import article
from auditor.suggest import advice, unknown

_SUMMARY = "as the example says"


def read_readings(node: Node, around: Surroundings) -> Iterator[GivenReading]:
    """Yield what each probe is to read: `probe: [{parameters: ..., facts: ...}, {not_known: reason}]`."""
    for name, readings in node.fields():
        probe = around.probes.get(name)
        if probe is None:
            around.problems.append(readings.key_problem(unknown("probe", name, around.probes)))
            continue
        for reading in readings.items():
            yield _read(reading, probe, around)


def _read(node: Node, probe: Probe, around: Surroundings) -> GivenReading:
    if isinstance(node.value, dict) and ("facts" in node) == ("not_known" in node):
        around.problems.append(node.problem("a reading needs either 'facts' or 'not_known', and not both"))
    parameters = {parameter.name: parameter for parameter in probe.parameters}
    facts = {fact.name: fact for fact in probe.facts}
    asked = dict(_values(node["parameters"], parameters, f"parameter of {probe.name}", around))
    known = dict(_values(node["facts"], facts, f"fact of {probe.name}", around))
    reason = node["not_known"].text()
    reading = NotKnown(reason=reason) if reason else Facts(values=known, summary=_SUMMARY)
    return GivenReading(probe=probe.name, parameters=asked, reading=reading)


def _values(
    node: Node, known: Mapping[str, Fact] | Mapping[str, Parameter], what: str, around: Surroundings
) -> Iterator[tuple[str, Value]]:
    for name, item in node.fields():
        value = item.plain()
        if name not in known:
            around.problems.append(item.key_problem(unknown(what, name, known)))
        elif value is not None:
            around.problems.extend(item.problem(wrong) for wrong in _wrong(name, known[name], value))
            yield name, value


def _wrong(name: str, declared: Fact | Parameter, value: Value) -> Iterator[str]:
    if declared.type not in {ValueType.ANY, type_of(value)}:
        yield f"{name!r} must be {article(declared.type)}"
    elif isinstance(declared, Fact) and declared.choices:
        texts = value if isinstance(value, tuple) else (str(value),)
        for text in texts:
            if text not in declared.choices:
                yield f"{name!r} is never {text!r}{advice(text, declared.choices)}"
