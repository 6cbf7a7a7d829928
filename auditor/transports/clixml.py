"""What PowerShell writes to standard error when nobody asked for text: CLIXML -> the error lines in it. Pure.

[MS-PSRP] 2.2.5: `#< CLIXML`, then `<Objs>`; errors are `<S S="Error">`, progress records are noise; characters are
escaped as `_xHHHH_`.
"""

import re
import xml.etree.ElementTree as ET

_MARK = "#< CLIXML"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_OBJECTS = re.compile(r"<Objs .*?</Objs>", re.DOTALL)


def error_text(stderr: bytes, limit: int = 300) -> str:
    """Return at most `limit` characters of what went wrong, on one line; empty when there is only noise."""
    text = stderr.decode("cp437")
    plain = _OBJECTS.sub(lambda found: _errors(found[0]), text.replace(_MARK, ""))
    return " ".join(plain.split())[:limit]


def _errors(objects: str) -> str:
    try:
        # The standard library's parser refuses external entities, and the text was cut at the end tag of its root.
        root = ET.fromstring(objects)  # noqa: S314
    except ET.ParseError:
        return objects
    lines = (node.text or "" for node in root.iter() if node.tag.endswith("}S") and node.get("S") == "Error")
    return "".join(_ESCAPED.sub(lambda found: chr(int(found[1], 16)), line) for line in lines)
