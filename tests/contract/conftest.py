"""PowerShell, as its grammar sees it: what the contract tests of the script walk over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

import auditor.readers
import auditor.script
from auditor.model.question import ask
from auditor.model.reader import Side
from auditor.readers import READERS
from auditor.script.build import script_for

Walk = Callable[[str], list[Node]]


@pytest.fixture(scope="session")
def walk() -> Walk:
    """Return a function that gives every node of a PowerShell text, from the top down."""
    parser = Parser(Language(tree_sitter_powershell.language()))

    def nodes(node: Node) -> Iterator[Node]:
        yield node
        for child in node.children:
            yield from nodes(child)

    return lambda text: list(nodes(parser.parse(text.encode()).root_node))


@pytest.fixture(scope="session")
def powershell() -> dict[str, str]:
    """Return every text of PowerShell by its name: the files, and whole scripts as they are sent."""
    folders = [Path(str(package.__file__)).parent for package in (auditor.readers, auditor.script)]
    texts = {file.name: file.read_text("ascii") for folder in folders for file in folder.glob("*.ps1")}
    kinds = [kind for kind, reader in READERS.items() if reader.side is Side.SERVER]
    texts |= {f"script for {kind}": script_for([ask(kind, x="'@ $(1) `")]) for kind in kinds}
    return texts | {"script for nothing": script_for([]), "script for all": script_for([ask(kind) for kind in kinds])}
