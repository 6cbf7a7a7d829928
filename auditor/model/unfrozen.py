"""Frozen values made quickly, where there are millions of them."""

from typing import Any


def unfrozen(kind: Any) -> type[Any]:
    """Return a class with the slots of a frozen dataclass, whose instances are filled by plain assignments.

    Filled, an instance becomes one of the frozen class when its `__class__` is set to that. The dataclass's own
    `__init__` goes around its `__setattr__` for each field, which takes three times as long.
    """
    return type(f"Unfrozen{kind.__name__}", (), {"__slots__": kind.__slots__})
