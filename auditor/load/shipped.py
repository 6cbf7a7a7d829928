"""Where policies are: a path, or the name of one that is shipped with `auditor`."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from auditor.errors import UsageError
from auditor.load.node import Node
from auditor.load.paths import policy_beside
from auditor.load.problem import Problem
from auditor.suggest import unknown

EXAMPLES = ".examples.yaml"


def shipped_folder() -> Path:
    """Return the folder of the shipped policies: inside the installed package, or beside it in a checkout."""
    package = Path(str(files("auditor")))
    installed = package / "policies"
    return installed if installed.is_dir() else package.parent / "policies"


def shipped_policies() -> dict[str, Path]:
    """Return the shipped policies by name."""
    found = sorted(shipped_folder().glob("*.yaml"))
    return {path.stem: path for path in found if not path.name.endswith(EXAMPLES)}


def find_policy(text: str, relative_to: Path | None = None) -> Path:
    """Return the file of a policy given by path or shipped name; raises `UsageError` when there is none."""
    path = (relative_to or Path()) / text
    if path.suffix in (".yaml", ".yml", ".json") or path.is_file():
        return path
    shipped = shipped_policies()
    if text in shipped:
        return shipped[text]
    raise UsageError(f"{unknown('policy', text, shipped)}; name a shipped policy, or a path that ends in .yaml")


def missing_policies(policies: Node) -> Iterator[Problem]:
    """Yield a problem, at its place, for each policy of a list that is neither a file nor shipped."""
    for item in policies.items():
        if isinstance(item.value, str) and item.value:
            try:
                path = find_policy(policy_beside(policies.document.path, item.value))
            except UsageError as error:
                yield item.problem(str(error))
            else:
                if not path.is_file():
                    yield item.problem(f"there is no such file: {path}; check the path, which is relative to this file")


def examples_of(policy: Path) -> Path:
    """Return where the example evidence of a policy is: beside it."""
    return policy.with_name(policy.stem + EXAMPLES)
