"""Did you mean: the known name nearest to an unknown one: pure."""

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 12


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for an unknown name: what it is not, and what was probably meant or is known."""
    return f"unknown {what} {name!r}{advice(name, known)}"


def advice(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?`, or a list of all known names, to be appended to a sentence."""
    names = sorted(known)
    lowered = {each.lower(): each for each in names}
    near = get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    if near:
        return f"; did you mean {lowered[near[0]]!r}?"
    if not names:
        return "; there are none here"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"; known are {', '.join(names[:_LISTED])}{more}"
