"""A question: one read of one thing on one server. Plain data, hashable, with one text form used everywhere."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from urllib.parse import unquote

_UNSAFE = re.compile(r"[^ -~]|[%|=']")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Question:
    """One read of one thing; `kind` names the reader, `parameters` are sorted by name.

    It is looked up wherever there is an answer, so it knows its hash.
    """

    kind: str
    parameters: tuple[tuple[str, str], ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.kind, self.parameters)))

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Callable[[], "Question"], tuple[()]]:
        # another process hashes texts otherwise
        return partial(Question, kind=self.kind, parameters=self.parameters), ()

    def __getitem__(self, name: str) -> str:
        return dict(self.parameters)[name]


def ask(kind: str, **parameters: str) -> Question:
    """Return the question with its parameters in their one order."""
    return Question(kind=kind, parameters=tuple(sorted(parameters.items())))


@lru_cache(maxsize=10_000)
def spell(question: Question) -> str:
    r"""Return the one text form: printable ASCII, `kind|name=value|...`, the rest percent-encoded UTF-8.

    It is what the script carries, what evidence and findings cite, and what a person reads, for example
    `registry_value|hive=HKLM|key=SYSTEM\Setup|name=OOBE|view=64`. It holds no quote, so it cannot end a
    single-quoted PowerShell here-string; `System.Uri.UnescapeDataString` (.NET 2.0) reads it back.
    """
    parts = [question.kind, *(f"{name}={_escape(value)}" for name, value in question.parameters)]
    return "|".join(parts)


@lru_cache(maxsize=10_000)
def parse(text: str) -> Question:
    """Return the question whose text form this is; `parse(spell(q)) == q`.

    Servers are asked the same, so a text that comes again gives the question that it gave before.
    """
    kind, *parts = text.split("|")
    pairs = (part.partition("=") for part in parts)
    return ask(kind, **{name: unquote(value, errors="strict") for name, _, value in pairs})


def _escape(text: str) -> str:
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
