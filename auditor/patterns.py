"""Names and patterns of names: `*` is any characters, `?` is one; nothing else is special: pure."""

import re
from collections.abc import Iterable
from functools import lru_cache


def matches(pattern: str, name: str) -> bool:
    """Tell whether the whole name is what the pattern says; upper and lower case differ."""
    return _compiled(pattern).fullmatch(name) is not None


def matches_any(patterns: Iterable[str], name: str) -> bool:
    """Tell whether one of the patterns matches."""
    return any(matches(pattern, name) for pattern in patterns)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    # runs of stars are one star: several would make the regular expression try every way to share a name among them
    words = re.split(r"(\*+|\?)", pattern)
    spelled = (".*" if word.startswith("*") else "." if word == "?" else re.escape(word) for word in words)
    return re.compile("".join(spelled), re.DOTALL)
