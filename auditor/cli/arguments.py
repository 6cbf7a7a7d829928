"""Arguments that several commands take, and what they come to."""

import argparse
from collections.abc import Mapping, Sequence

from auditor.errors import DocumentError, UsageError
from auditor.formats import FORMATS
from auditor.formats.format import Format, refuse_missing
from auditor.load.policy import load_policy
from auditor.load.shipped import find_policy
from auditor.model.policy import Policy
from auditor.model.value import Value
from auditor.probes import PROBES
from auditor.suggest import unknown

REPEATABLE = "(*) may be repeated."


def add_policies(parser: argparse.ArgumentParser) -> None:
    """Add `--policy` and `--input`."""
    parser.add_argument(
        "--policy", action="append", default=[], metavar="NAME|PATH", help="policy, shipped or a file (*)"
    )
    parser.add_argument("--input", action="append", default=[], metavar="KEY=VALUE", help="value for the policies (*)")


def chosen_policies(options: argparse.Namespace) -> tuple[Policy, ...]:
    """Return the policies that `--policy` names; raises `UsageError` when there is none."""
    if not options.policy:
        raise UsageError("no policy: name one with --policy, for example --policy exchange-2007-owa-ssl-offloading")
    return policies_named(options.policy)


def policies_named(names: Sequence[str]) -> tuple[Policy, ...]:
    """Return policies by name or path, each once.

    Raises `DocumentError` with the problems of all of them, `UsageError` for a name that leads to none, and for two
    different policies of one id.
    """
    found: dict[str, Policy] = {}
    problems: list[str] = []
    for path in [find_policy(name) for name in dict.fromkeys(names)]:
        try:
            policy = load_policy(path, PROBES)
        except DocumentError as error:
            problems += error.problems
            continue
        if policy.id in found and found[policy.id].digest != policy.digest:
            raise UsageError(f"two policies have the id {policy.id!r}: {found[policy.id].path} and {policy.path}")
        found[policy.id] = policy
    if problems:
        raise DocumentError(problems)
    return tuple(found.values())


def formats_named(names: Sequence[str]) -> tuple[Format, ...]:
    """Return report formats by name, each once; raises `UsageError` for one that is not there or not installed."""
    for name in names:
        if name not in FORMATS:
            raise UsageError(unknown("format", name, FORMATS))
    chosen = tuple(FORMATS[name] for name in dict.fromkeys(names))
    for report in chosen:
        refuse_missing(report)
    return chosen


def given_inputs(options: argparse.Namespace) -> Mapping[str, Value]:
    """Return what `--input` gives, as text; `bind_inputs` makes it the declared type."""
    given: dict[str, Value] = {}
    for text in options.input:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UsageError(f"--input {text!r} is not KEY=VALUE, for example --input http_port=8080")
        given[name] = value
    return given
