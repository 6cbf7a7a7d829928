"""What a parser hands over: the value, where everything stands, and what is wrong."""

from dataclasses import dataclass, field
from typing import TypeAlias

from auditor.load.problem import Problem, Steps
from auditor.model.value import Json

Position: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""

MAX_DEPTH = 40
MAX_NODES = 1_000_000


@dataclass(kw_only=True, slots=True)
class Parsed:
    """The outcome of parsing, filled while parsing goes on; `is_whole` when it came to the end.

    `names` has, for a value that was taken over from elsewhere, the way to where it was.
    """

    value: Json = None
    is_whole: bool = False
    values: dict[Steps, Position] = field(default_factory=dict)
    keys: dict[Steps, Position] = field(default_factory=dict)
    names: dict[Steps, Steps] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(self, position: Position, steps: Steps, text: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(line=position[0], column=position[1], steps=steps, text=text))

    def enter_key(self, steps: Steps, position: Position) -> bool:
        """Note where a key stands; False, and a problem, when the same mapping already has it."""
        if steps in self.keys:
            line, column = self.keys[steps]
            self.report(
                position, steps, f"the key {steps[-1]!r} is also in line {line}, column {column}; keep one of the two"
            )
            return False
        self.keys[steps] = position
        self.check_text(str(steps[-1]), position, steps[:-1])
        return True

    def check_text(self, text: str, position: Position, steps: Steps) -> None:
        """Add a problem when a string holds half a surrogate pair, which no UTF-8 text can carry."""
        if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
            self.report(position, steps, "the text holds half a surrogate pair; write the whole character")
