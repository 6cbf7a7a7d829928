r"""Finds the names that are to be hidden in what servers, inventories and waivers said. Pure.

What a field says is taken as it is: the server's name, its computer name, who answers for a waiver. In texts, names
are found by their shape: hosts in URLs, in `\\server\share`, before a port and below a known domain; addresses;
`DOMAIN\name` and `name@realm`; identifiers of accounts (SIDs).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from urllib.parse import unquote

from auditor.export.bundle import Hidden
from auditor.export.names import Names, is_address

_URL_HOST = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{1,20}://(?:[^\s/?#@\"'<>]*@)?([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)")
_SHARE_HOST = re.compile(r"(?<!\\)\\\\([A-Za-z0-9_][A-Za-z0-9_.-]*)\\")
_BEFORE_PORT = re.compile(r"((?:^|(?<![\w.:/-])[A-Za-z0-9_-]+\.)[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*):\d{2,5}\b(?!\.\d)")
_BEGIN = r"(?:(?<![0-9A-Za-z.:])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf]))"
_IPV4 = re.compile(_BEGIN + r"(?:\d{1,3}\.){3}\d{1,3}(?!\.?\w)")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])(?=[0-9A-Fa-f.]{0,4}:)[0-9A-Fa-f:.]{1,44}[0-9A-Fa-f:](?![\w:])")
_MAC = re.compile(r"(?<![0-9A-Za-z:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![0-9A-Za-z:-])")
_ACCOUNT = re.compile(r"(?<![\\/\w:.-])([A-Za-z0-9][A-Za-z0-9.-]{0,63})\\([\w.$-]{1,64})(?![\\/\w])")
_AT = re.compile(r"(?<![\w.+-])([\w.+-]{2,64})@([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)")
_SID = re.compile(r"\bS-1-5-21(?:-\d{1,10}){3,4}\b", re.IGNORECASE)
_NO_DOMAINS = frozenset(
    {"hklm", "hkcu", "hkcr", "hku", "hkcc", "root", "software", "system", "apppool", "authority", "service", "builtin"}
    | {"domain"}
)
r"""What stands before a backslash and is no domain: registry hives and keys, `root\cimv2`, `NT AUTHORITY`; and the word
itself, in what `auditor` advises to write."""


class Finder:
    """Adds what it finds to the names, as far as it is asked to hide that kind."""

    def __init__(self, names: Names, kinds: Collection[Hidden]) -> None:
        self._names = names
        self._kinds = frozenset(kinds)
        self._domains: set[str] = set()

    def host(self, name: str) -> None:
        """Take the name of a server."""
        if Hidden.HOSTS in self._kinds and name:
            self._names.add_host(name)
            if not is_address(name):
                self._domain(name.rstrip(".").partition(".")[2])

    def user(self, name: str) -> None:
        """Take the name of an account or a person."""
        if Hidden.USERS in self._kinds and name:
            self._names.add_user(name)

    def text(self, text: str) -> None:
        """Take the hosts and accounts that a text of a server, of the network or of a person names."""
        for spelled in _spellings(text):
            self._hosts(spelled)
            self._users(spelled)

    def addresses(self, text: str, but: Collection[str] = ()) -> None:
        """Take the addresses in a text, other than those known to be the numbers of versions."""
        if Hidden.ADDRESSES in self._kinds:
            for spelled in _spellings(text):
                for found in shaped_addresses(spelled):
                    if found not in but:
                        self._names.add_address(found)

    def below_domains(self, texts: Callable[[], Iterable[str]]) -> None:
        """Take every name below the domains that are known by now."""
        if not self._domains:
            return
        known = "|".join(sorted(map(re.escape, self._domains), key=len, reverse=True))
        below = re.compile(rf"(?i)(?<![a-z0-9_.-])(?:[a-z0-9_-]+\.)+(?:{known})(?![a-z0-9-]|\.[a-z0-9])")
        for text in texts():
            for spelled in _spellings(text):
                for found in below.finditer(spelled):
                    self._names.add_host(found[0])

    def _hosts(self, text: str) -> None:
        if Hidden.HOSTS not in self._kinds:
            return
        for pattern in (_URL_HOST, _SHARE_HOST, _BEFORE_PORT):
            for found in pattern.finditer(text):
                if not is_address(found[1]) and not found[1].isdigit():
                    self.host(found[1])

    def _users(self, text: str) -> None:
        if Hidden.USERS not in self._kinds:
            return
        for found in _ACCOUNT.finditer(text):
            if found[1].lower() not in _NO_DOMAINS:
                self._names.add_netbios_domain(found[1])
                self._names.add_user(found[2])
        for found in _AT.finditer(text):
            if found[2].lower() == "realm":
                continue  # advice of ours, too
            self._names.add_user(found[1])
            self._names.add_netbios_domain(found[2])
        for found in _SID.finditer(text):
            self._names.add_user(found[0])

    def _domain(self, domain: str) -> None:
        """Remember a domain and those above it, down to two words: `corp.example`, not `example`."""
        while domain.count(".") >= 1 and domain.lower() not in self._domains:
            self._domains.add(domain.lower())
            self._names.add_domain(domain)
            domain = domain.partition(".")[2]


def shaped_addresses(text: str) -> Iterator[str]:
    """Yield what has the shape of an IPv4, IPv6 or hardware address."""
    for pattern in (_IPV4, _IPV6):
        for found in pattern.finditer(text):
            if is_address(found[0]) and found[0] != "::":
                yield found[0]
    yield from (found[0] for found in _MAC.finditer(text))


def _spellings(text: str) -> tuple[str, ...]:
    return (text, unquote(text)) if "%" in text else (text,)
