"""A message -> mail, chat, webhook, through apprise.

A notifier that is dead changes nothing about the audit; what became of it is returned, to be shown and logged. The
addresses are secrets: a chat's or a webhook's URL lets whoever has it write there.
"""

import logging
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING
from urllib.parse import unquote

from auditor.credentials import Credentials
from auditor.errors import SecretError, UsageError
from auditor.formats.escape import visible
from auditor.message import Message
from auditor.model.inventory import Connection, SecretReference, SecretSource
from auditor.secret import Secret

if TYPE_CHECKING:
    import apprise

# The host of these is a host. That of slack://, msteams:// and many more is part of the secret.
_OPEN_SCHEMES = re.compile(r"(json|xml|form)s?|mailtos?")
_PLACE = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
_SEPARATORS = re.compile(r"[/:@?&=#,+]+")
_SHORTEST_SECRET = 3
_MISSING = "notifications need the package apprise, which is not installed: pip install auditor[notify]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A notifier that did not take the message; neither text holds anything secret."""

    place: str
    reason: str


def tell(addresses: Sequence[str], message: Message, credentials: Credentials) -> tuple[Failure, ...]:
    """Send the message to addresses as written in `--notify`: URLs, or references such as `environment:NAME`."""
    urls: list[Secret] = []
    failures = []
    for address in addresses:
        try:
            urls.append(_url(address, credentials))
        except SecretError as error:
            # the words of a command may hold a secret themselves
            place = "command:****" if address.startswith("command:") else address
            failures.append(Failure(place=place, reason=str(error)))
    return (*failures, *notify(urls, message))


def refuse_bad_addresses(addresses: Sequence[str]) -> None:
    """Raise `UsageError` before anything is contacted, when a message could not be sent later for want of sense."""
    if addresses and not _installed():
        raise UsageError(_MISSING)
    for number, address in enumerate(addresses, start=1):
        if reference_of(address) is None and _notifier(Secret(address))[0] is None:
            # The text is not repeated: it may hold a password.
            raise UsageError(f"--notify number {number} is no URL that apprise knows: see its list of services")


def reference_of(address: str) -> SecretReference | None:
    """Return where an address is taken from; None when it is a URL itself."""
    source, _, rest = address.partition(":")
    if source not in tuple(SecretSource) or rest.startswith("//") or not rest:
        return None
    return SecretReference(source=SecretSource(source), reference=rest)


def notify(urls: Sequence[Secret], message: Message) -> tuple[Failure, ...]:
    """Send the message to each URL, one after the other; return those that did not take it. Never raises."""
    if urls and not _installed():
        return tuple(Failure(place=_shown(url), reason=_MISSING) for url in urls)
    return tuple(failure for url in urls if (failure := _send(url, message)) is not None)


def _send(url: Secret, message: Message) -> Failure | None:
    import apprise  # noqa: PLC0415  an extra: only who uses it needs it, and it takes long to load

    notifier, why = _notifier(url)
    if notifier is None:
        return Failure(place=_shown(url), reason=why or "no URL that apprise knows")
    with _caught() as said:
        try:
            taken = notifier.notify(title=message.title, body=message.body, body_format=apprise.NotifyFormat.TEXT)
        except Exception as error:  # noqa: BLE001  other people's plugins: whatever they raise, the audit stands
            return Failure(place=_shown(url), reason=f"apprise ended with {type(error).__name__}")
        return None if taken else Failure(place=_shown(url), reason=_hidden(said.getvalue(), url) or "not delivered")


def _notifier(url: Secret) -> "tuple[apprise.NotifyBase | None, str]":
    """Return what sends to the URL, or None and why not; apprise logs URLs it does not know, so its log is caught."""
    import apprise  # noqa: PLC0415  an extra

    # without the logo's address no mail makes its reader's program fetch one from elsewhere
    asset = apprise.AppriseAsset(app_id="auditor", app_desc="auditor", app_url="", image_url_mask="", image_url_logo="")
    with _caught() as said:
        found = apprise.Apprise.instantiate(url.reveal(), asset=asset, suppress_exceptions=True)
        return found or None, _hidden(said.getvalue(), url)


def _caught() -> AbstractContextManager[StringIO]:
    """Catch what apprise logs: nothing of it is to appear elsewhere."""
    import apprise  # noqa: PLC0415  an extra

    capture: AbstractContextManager[StringIO] = apprise.LogCapture(  # type: ignore[no-untyped-call]  # not typed there
        level=logging.WARNING, fmt="%(message)s"
    )
    return capture


def _installed() -> bool:
    try:
        import apprise  # noqa: F401, PLC0415  an extra
    except ImportError:
        return False
    return True


def _url(address: str, credentials: Credentials) -> Secret:
    reference = reference_of(address)
    if reference is None:
        return Secret(address)
    return credentials.of(Connection(address="", username="notify", secret=reference))


def _shown(url: Secret) -> str:
    """Return as much of a URL as nobody can write with: the scheme, and the host where it is no secret."""
    scheme, separator, _ = url.reveal().partition("://")
    return f"{scheme}://{_place(url) or '****'}" if separator and scheme.isalnum() else "****"


def _place(url: Secret) -> str:
    """Return host and port, empty where the host is a secret, or what stands in its place is no host."""
    scheme, _, rest = url.reveal().partition("://")
    place = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return place if _OPEN_SCHEMES.fullmatch(scheme.lower()) and _PLACE.fullmatch(place) else ""


def _hidden(said: str, url: Secret) -> str:
    """Return what apprise said on one line, without any part of the URL that may be secret."""
    rest = url.reveal().partition("://")[2]
    text = visible(" ".join(said.split())).replace(url.reveal(), _shown(url))
    parts = {part for each in (rest, unquote(rest)) for part in _SEPARATORS.split(each)}
    for part in sorted(parts - set(_SEPARATORS.split(_place(url))), key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, "****")
    return text
