"""What libraries raise -> why a server was not reached, in words that end with the next step. Pure."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

from auditor.errors import NotReached, ServerNotReachedError

# X.509 verification results of OpenSSL (x509_vfy.h)
_EXPIRED = (9, 10)
_UNTRUSTED = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)
_Told = tuple[NotReached, str, str]
_NETWORK: tuple[tuple[tuple[type[BaseException], ...], frozenset[str], _Told], ...] = (
    (
        (),
        frozenset({"ProxyError"}),
        (NotReached.BROKEN, "the proxy did not lead there", "check `proxy` in the inventory, and the proxy itself"),
    ),
    (
        (),
        frozenset({"InvalidURL", "LocationParseError"}),
        (NotReached.DNS, "this cannot be an address", "check the address in the inventory"),
    ),
    (
        (socket.gaierror,),
        frozenset({"NameResolutionError"}),
        (NotReached.DNS, "the name is not known", "check the address in the inventory, and DNS"),
    ),
    (
        (ConnectionRefusedError,),
        frozenset(),
        (
            NotReached.REFUSED,
            "nothing listens there (connection refused)",
            "run `winrm quickconfig` on the server, and check the port and the firewall",
        ),
    ),
    (
        (ssl.SSLError,),
        frozenset(),
        (
            NotReached.TLS,
            "TLS could not be agreed on",
            "check that the port is the HTTPS port; Server 2003 and 2008 speak only old TLS: use http with NTLM",
        ),
    ),
    (
        (),
        frozenset({"TooManyRedirects"}),
        (NotReached.NOT_WINRM, "the answer is a redirect, so this is not WinRM", "check the port"),
    ),
    (
        (),
        frozenset({"BadStatusLine", "LineTooLong", "InvalidHeader", "DecodeError", "InvalidChunkLength"}),
        (NotReached.NOT_WINRM, "the answer is not HTTP", "check the port; something else listens there"),
    ),
    (
        (OSError, http.client.HTTPException),
        frozenset(),
        (
            NotReached.BROKEN,
            "the connection was lost before the answer was complete",
            "run the audit again; look for a firewall that cuts connections, or an HTTPS port (scheme: https)",
        ),
    ),
)


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and every error in it: cause, context, reason, arguments; each once."""
    waiting, seen = [error], set()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inside = (current.__cause__, current.__context__, getattr(current, "reason", None), *current.args)
        waiting += [part for part in inside if isinstance(part, BaseException)]


def network_failure(error: BaseException, place: str, *, late: bool) -> ServerNotReachedError:
    """Return why a connection to `place` failed; `late` says that the deadline had passed."""
    found = list(causes(error))
    names = {type(each).__name__ for each in found}
    certificate = next((each for each in found if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return _certificate(certificate, place)
    if late or any(isinstance(each, TimeoutError) for each in found) or names & {"ReadTimeout", "ConnectTimeout"}:
        return timed_out(place)
    for classes, called, (kind, what, step) in _NETWORK:
        if names & called or any(isinstance(each, classes) for each in found):
            return _said(kind, place, what, step)
    return strange_answer(error, place)


def timed_out(place: str) -> ServerNotReachedError:
    """Return that there was no answer in time."""
    step = "check that the server is up and the port is open, or raise --timeout"
    return _said(NotReached.TIMED_OUT, place, "there was no answer in time", step)


def strange_answer(error: BaseException, place: str) -> ServerNotReachedError:
    """Return that the answer is not WS-Management: not XML, no encryption where there must be some, half a message."""
    kind = "not XML" if isinstance(error, ParseError) else type(error).__name__
    what = f"the answer is not one of a WinRM service ({kind})"
    return _said(NotReached.NOT_WINRM, place, what, "check address and port; a web server or a proxy may answer there")


def _certificate(error: ssl.SSLCertVerificationError, place: str) -> ServerNotReachedError:
    match error.verify_code:
        case code if code in _EXPIRED:
            return _said(
                NotReached.TLS_EXPIRED,
                place,
                "the certificate has expired or is not valid yet",
                "renew it on the server",
            )
        case code if code in _WRONG_NAME:
            what = f"the certificate is for another name ({error.verify_message})"
            return _said(NotReached.TLS_NAME, place, what, "use the name in the certificate as the address")
        case code if code in _UNTRUSTED:
            step = "name the issuing authority with ca_file (or --ca-file)"
            return _said(NotReached.TLS_UNTRUSTED, place, "the certificate is not trusted", step)
        case _:
            return _said(
                NotReached.TLS, place, f"the certificate is refused: {error.verify_message}", "look at the certificate"
            )


def _said(kind: NotReached, place: str, what: str, step: str) -> ServerNotReachedError:
    return ServerNotReachedError(kind, f"{place}: {what}; {step}")
