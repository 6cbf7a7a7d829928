"""Names that are hidden, and what stands for them: the same key gives the same stand-ins in every export. Pure.

A stand-in is `host-`, `domain-`, `address-` or `user-` and ten hexadecimal digits of an HMAC-SHA-256, so only who has
the key can tell which name it was, by trying. Upper and lower case are the same name; a full name is its short name,
a dot, and its domain, each with a stand-in of its own, so that both spellings of a server line up.
"""

import hmac
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address

from auditor.errors import UsageError

_DIGITS = 10
_LEAD = re.compile(r"[\W_]*")
_WORD = re.compile(
    # a word begins behind what is no letter or digit, and behind what can be an escape: %2F, \\u002f, \\n
    r"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=\\[nrtbf]))(?=([^\W_]+))"
)


class Kind(StrEnum):
    """What a name is the name of."""

    HOST = "host"
    DOMAIN = "domain"
    ADDRESS = "address"
    USER = "user"


class Names:
    """The names to hide. First all are added, then texts are searched for them."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, str] = {}
        self._meanings: dict[str, str] = {}
        self._by_word: dict[str, list[str]] | None = None

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, name: str) -> bool:
        return folded(name) in self._known

    @property
    def known(self) -> Iterable[str]:
        """Every spelling that is searched for, in lower case."""
        return self._known.keys()

    def add_host(self, name: str) -> None:
        """Add a server's name, short or full; an address is added as one."""
        plain = name.strip().rstrip(".")
        if is_address(plain):
            self.add_address(plain)
            return
        short, _, domain = plain.partition(".")
        if not short:
            return
        self._add(short, self.stand_in(Kind.HOST, short))
        if domain:
            self.add_domain(domain)
            self._add(plain, f"{self.stand_in(Kind.HOST, short)}.{self.stand_in(Kind.DOMAIN, domain)}")

    def add_domain(self, name: str) -> None:
        """Add a domain; one of a single word is hidden behind a server's name only, by itself it can be any word."""
        if "." in name:
            self._add(name, self.stand_in(Kind.DOMAIN, name))

    def add_netbios_domain(self, name: str) -> None:
        r"""Add what stands before the backslash of `DOMAIN\name`."""
        self._add(name, self.stand_in(Kind.DOMAIN, name))

    def add_address(self, text: str) -> None:
        """Add a network address in one of its spellings; all spellings have the same stand-in."""
        spelled = str(ip_address(text)) if is_address(text) else text.replace("-", ":")
        self._add(text, self.stand_in(Kind.ADDRESS, spelled))

    def add_user(self, name: str) -> None:
        """Add an account's or a person's name."""
        self._add(name.strip(), self.stand_in(Kind.USER, name.strip()))

    def stand_in(self, kind: Kind, name: str) -> str:
        """Return what stands for a name; raises `UsageError` should two names have the same."""
        meant = f"{kind}\0{folded(name)}"
        digest = hmac.new(self._key, meant.encode("utf-8", "surrogatepass"), sha256).hexdigest()
        made = f"{kind}-{digest[:_DIGITS]}"
        if self._meanings.setdefault(made, meant) != meant:
            raise UsageError("two names would be hidden behind the same stand-in; use another --redaction-key")
        return made

    def hidden(self, text: str, shortest: int = 1) -> str:
        """Return the text with a stand-in for each name of `shortest` letters or more in it."""
        made, end = "", 0
        for begin, name in self.found(text):
            if begin < end or len(name) < shortest:
                continue
            made += text[end:begin] + self._known[name]
            end = begin + len(name)
            if ":" in name and made and text[begin - 1 : begin] == "[" and text[end : end + 1] == "]":
                # brackets are for IPv6 addresses alone; around anything else a URL is none
                made, end = made.removesuffix(self._known[name])[:-1] + self._known[name], end + 1
        return made + text[end:] if end else text

    def found(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield where a name begins and the longest name that stands there, for each place in the text."""
        searched = folded(text)
        by_word = self._index()
        for word in _WORD.finditer(searched):
            for name in by_word.get(word[1], ()):
                begin = word.start() - _lead(name)
                end = begin + len(name)
                if begin >= 0 and searched.startswith(name, begin) and not searched[end : end + 1].isalnum():
                    yield begin, name
                    break

    def _add(self, name: str, stand_in: str) -> None:
        if _first_word(folded(name)):
            self._known.setdefault(folded(name), stand_in)
            self._by_word = None

    def _index(self) -> dict[str, list[str]]:
        if self._by_word is None:
            self._by_word = {}
            for name in sorted(self._known, key=len, reverse=True):
                self._by_word.setdefault(_first_word(name), []).append(name)
        return self._by_word


def folded(text: str) -> str:
    """Return the text in lower case, letter by letter, so that places in it stay the same."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def is_address(text: str) -> bool:
    """Return whether the text is an IPv4 or IPv6 address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _lead(name: str) -> int:
    found = _LEAD.match(name)
    return found.end() if found else 0


def _first_word(name: str) -> str:
    rest = name[_lead(name) :]
    for place, letter in enumerate(rest):
        if not letter.isalnum():
            return rest[:place]
    return rest
