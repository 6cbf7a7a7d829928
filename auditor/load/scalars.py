"""Plain (unquoted) YAML scalars: read where every reader of YAML agrees, refused where they do not.

The rules compared are the YAML 1.1 types (yaml.org/type: bool, int, float, timestamp) and the YAML 1.2 core schema
(section 10.3). A word on which the two differ, or that a person would take for text, is never guessed.
"""

import re

from auditor.model.value import Json

_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_DIGITS = 20
"""As many as the greatest unsigned 64-bit integer has."""

_AMBIGUOUS = (
    (re.compile(r"(?i:y|n|yes|no|on|off|true|false)"), "is a boolean to some readers of YAML and text to others"),
    (re.compile(r"(?i:null)"), "is nothing to some readers of YAML and text to others"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?"), "is a date to some readers of YAML"),
    (re.compile(r"[-+]?[0-9][0-9_]*(?::[0-9]{1,2})+(?:\.[0-9_]*)?"), "is a number to base 60 to some readers of YAML"),
    (re.compile(r"[-+]?0[0-9_]+"), "begins with 0, which makes it an octal number to some readers of YAML"),
    (re.compile(r"[-+]?0(?:[xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)"), "is a number in another base"),
    (re.compile(r"[-+]?[0-9]+_[0-9_]*|\+[0-9]+|-0"), "is a number to some readers of YAML and text to others"),
    (re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"), "is a decimal fraction"),
    (re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"), "is a decimal fraction"),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)"), "is a decimal fraction"),
)


class AmbiguousScalarError(ValueError):
    """Readers of YAML do not agree on this plain scalar, or it is of a type that is not used; the text says which."""


def read_plain(text: str) -> Json:
    """Return what a plain scalar means: a boolean, an integer, None, or the text itself.

    Raises `AmbiguousScalarError` where this cannot be said for certain.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    for pattern, why in _AMBIGUOUS:
        if pattern.fullmatch(text):
            raise AmbiguousScalarError(why)
    return text


def is_text(text: str) -> bool:
    """Tell whether a plain scalar, used as a key, can only be meant as text; `on` and `no` are, as a key."""
    if text.lower() in {"y", "n", "yes", "no", "on", "off"}:
        return True
    try:
        return isinstance(read_plain(text), str)
    except AmbiguousScalarError:
        return False


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _DIGITS:
        raise AmbiguousScalarError("is larger than any 64-bit integer")
    return int(text)
