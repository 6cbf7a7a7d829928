"""Names of pages: safe on every file system and in every URL, whatever the thing is called, and always the same."""

import re
from hashlib import sha256

_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST = 60
_DIGITS = 20


def page_name(*parts: str) -> str:
    """Return the name of the page about a thing, for example `cas01-corp-example-1f3a....html`.

    The digits tell apart what reads alike, in capitals or not, and no name is one that Windows reserves (`con.html`).
    """
    return f"{anchor(*parts)}.html"


def anchor(*parts: str) -> str:
    """Return the name of the thing within a page."""
    said = _UNSAFE.sub("-", "-".join(parts).lower())[:_LONGEST].strip("-")
    digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{said or 'all'}-{digest}"
