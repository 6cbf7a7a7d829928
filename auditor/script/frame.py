"""The frame around a reply: a first line, one checksummed line per answer, a last line that counts and sums them.

    AUDITOR-REPLY 1
    platform <sha1> {"powershell":"2.0",...}
    1 <sha1> {"state":"observed","data":{...}}
    AUDITOR-END 2 <sha1>

A line's checksum covers its label and its JSON, so that an answer can neither be damaged nor change places with
another unnoticed; the last one covers all lines between. SHA-1 because .NET offers it on every version and
under FIPS policy; it finds noise and cuts, it does not resist an attacker (the transport does that).
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FIRST = "AUDITOR-REPLY 1"
LAST = "AUDITOR-END"
REFUSED = "AUDITOR-REFUSED"
"""What the bootstrap says instead when PowerShell is not allowed to run the script; the language mode follows."""

_LINE = re.compile(r"(platform|[1-9][0-9]{0,8}) ([0-9a-f]{40}) ([ -~]*)")
_END = re.compile(rf"{LAST} (0|[1-9][0-9]{{0,8}}) ([0-9a-f]{{40}})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What stood between first and last line: JSON text by label, labels to distrust, and why it is not whole."""

    texts: Mapping[str, str]
    damaged: frozenset[str]
    problem: str


def checksum(text: str) -> str:
    """Return the SHA-1 of ASCII text as 40 lower-case hexadecimal digits."""
    return hashlib.sha1(text.encode("latin-1"), usedforsecurity=False).hexdigest()


def write_frame(texts: Mapping[str, str]) -> bytes:
    """Return the reply made of these JSON texts by label; lines end with a line feed."""
    lines = [f"{label} {checksum(f'{label} {text}')} {text}" for label, text in texts.items()]
    last = f"{LAST} {len(lines)} {checksum(_joined(lines))}"
    return _joined([FIRST, *lines, last]).encode("ascii")


def read_frame(output: bytes) -> Frame | None:
    """Read the first frame in what a server wrote, whatever stands around it; None when there is none."""
    lines = [line.removesuffix("\r") for line in output.decode("latin-1").split("\n")]
    if FIRST not in lines:
        return None
    body = lines[lines.index(FIRST) + 1 :]
    ends = [position for position, line in enumerate(body) if _END.fullmatch(line)]
    inside = body[: ends[0]] if ends else body
    texts, damaged = _labelled(inside)
    problem = _problem(inside, body[ends[0]]) if ends else "the reply was cut off before its last line"
    return Frame(texts=texts, damaged=damaged, problem=problem)


def _labelled(lines: Iterable[str]) -> tuple[dict[str, str], frozenset[str]]:
    texts: dict[str, str] = {}
    damaged: set[str] = set()
    for line in lines:
        label, _, _ = line.partition(" ")
        found = _LINE.fullmatch(line)
        if found is None or found[2] != checksum(f"{label} {found[3]}") or label in texts:
            damaged.add(label)
        else:
            texts[label] = found[3]
    return {label: text for label, text in texts.items() if label not in damaged}, frozenset(damaged)


def _problem(lines: list[str], last: str) -> str:
    _, count, digest = last.split(" ")
    if count != str(len(lines)):
        return f"the reply has {len(lines)} lines where the server counted {count}"
    return "" if digest == checksum(_joined(lines)) else "the reply was changed on its way: its checksum is wrong"


def _joined(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
