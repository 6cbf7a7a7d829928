r"""Values of the model with names hidden, whatever is in them and however it is written. Pure.

Beside plain text, names are found percent-encoded (`%63as01`), escaped as in JSON (`\u0063as01`), and in runs of
hexadecimal digits or base64 as UTF-8 or UTF-16 (registry values of type REG_BINARY). Not found are names that are cut
in pieces, compressed, encrypted or hashed.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from dataclasses import replace as with_fields
from enum import Enum
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from auditor.export.names import Names
from auditor.model.question import Question

T = TypeVar("T")

_TOKEN = re.compile(r"[^\s|=\"']+")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}")
_JSON_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}){4,}(?![0-9A-Za-z])")
_BASE64 = re.compile(
    r"(?<![0-9A-Za-z+/])(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![0-9A-Za-z+/=])"
)
_IN_BYTES = 4
"""A shorter name can stand in any bytes by chance."""
_REMEMBERED = 50_000
_SHORT = 1_000


class Redactor:
    """Hides names in values."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._texts: dict[str, str] = {}

    @property
    def names(self) -> Names:
        """The names that are hidden."""
        return self._names

    def text(self, text: str) -> str:
        """Return the text with all names hidden."""
        if (known := self._texts.get(text)) is not None:
            return known
        made = self._hidden(text)
        if len(text) <= _SHORT and len(self._texts) < _REMEMBERED:
            self._texts[text] = made
        return made

    def value(self, value: T) -> T:
        """Return the value with all names hidden in its texts: a dataclass, a tuple, JSON, or a text."""
        return cast("T", self._value(value))

    def _value(self, value: Any) -> Any:
        match value:
            case Enum() | None | bool() | int() | float():
                return value
            case str():
                return self.text(value)
            case _:
                return self._within(value)

    def _within(self, value: Any) -> Any:
        match value:
            case Question():
                hidden = tuple((name, self.text(said)) for name, said in value.parameters)
                return Question(kind=value.kind, parameters=hidden)
            case tuple():
                return tuple(map(self._value, value))
            case list():
                return list(map(self._value, value))
            case Mapping():
                return {self._value(key): self._value(item) for key, item in value.items()}
            case _ if is_dataclass(value) and not isinstance(value, type):
                return with_fields(
                    value, **{each.name: self._value(getattr(value, each.name)) for each in fields(value)}
                )
            case _:
                raise TypeError(f"{type(value).__name__} is nothing that names are hidden in")

    def _hidden(self, text: str) -> str:
        made = self._names.hidden(text)
        if "%" in made or "\\u" in made:
            made = _TOKEN.sub(lambda found: self._unescaped(found[0]), made)
        made = _HEX.sub(lambda found: self._in_hex(found[0]), made)
        return _BASE64.sub(lambda found: self._in_base64(found[0]), made)

    def _unescaped(self, token: str) -> str:
        if not _ESCAPE.search(token):
            return token
        plain = _JSON_ESCAPE.sub(lambda found: chr(int(found[1], 16)), unquote(token))
        made = self._names.hidden(plain)
        return token if made == plain else made

    def _in_hex(self, token: str) -> str:
        data = bytes.fromhex(token)
        made = self._in_bytes(data)
        return token if made == data else made.hex()

    def _in_base64(self, token: str) -> str:
        data = base64.b64decode(token)
        made = self._in_bytes(data)
        return token if made == data else base64.b64encode(made).decode("ascii")

    def _in_bytes(self, data: bytes) -> bytes:
        made = self._decoded(data, "utf-8", "surrogateescape")
        made = self._decoded(made, "utf-16-le", "surrogatepass")
        return made[:1] + self._decoded(made[1:], "utf-16-le", "surrogatepass")

    def _decoded(self, data: bytes, encoding: str, errors: str) -> bytes:
        odd = data[len(data) - len(data) % 2 :] if encoding == "utf-16-le" else b""
        text = data.removesuffix(odd).decode(encoding, errors)
        made = self._names.hidden(text, _IN_BYTES)
        return data if made == text else made.encode(encoding, errors) + odd
