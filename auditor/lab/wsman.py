"""WS-Management requests: bytes in, typed request out; every refusal is a `FaultError` or a `NotSoapError`.

Sources: DSP0226 (WS-Management), MS-WSMV, and the recorded messages that the tests replay.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, fromstring

from auditor.lab import faults

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
MICROSOFT = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CONFIGURATION = "http://schemas.microsoft.com/wbem/wsman/1/config"
COMMAND_SHELL = f"{SHELL}/cmd"

MAX_TIMEOUT_SECONDS = 60.0
"""MaxTimeoutms of all WinRM versions; also what an absent OperationTimeout means."""

_SMALLEST_ENVELOPE = 8192
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_UNDERSTOOD = frozenset(
    f"{{{namespace}}}{name}"
    for namespace, names in {
        ADDRESSING: "To ReplyTo FaultTo From MessageID Action RelatesTo",
        WSMAN: "ResourceURI MaxEnvelopeSize OperationTimeout SelectorSet OptionSet FragmentTransfer RequestEPR",
        MICROSOFT: "DataLocale SessionId OperationID SequenceId CompressionType ActivityId",
    }.items()
    for name in names.split()
)


class NotSoapError(Exception):
    """The body is not XML at all: HTTP 400, no fault."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request. `max_envelope_size` is bytes, `operation_timeout` seconds; `body` the first element in the Body."""

    action: str
    resource_uri: str
    message_id: str
    to: str
    selectors: Mapping[str, str]
    options: Mapping[str, str]
    max_envelope_size: int
    operation_timeout: float
    body: Element | None


def read_request(message: bytes) -> Request:
    """Return the request in the envelope; raises `FaultError`, or `NotSoapError` when it is no XML."""
    header, body = _parts(_parse(message))
    _refuse_what_is_not_understood(header)
    return Request(
        action=_required(header, ADDRESSING, "Action"),
        resource_uri=_text(header, WSMAN, "ResourceURI"),
        message_id=_required(header, ADDRESSING, "MessageID"),
        to=_required(header, ADDRESSING, "To"),
        selectors=_named(header, "Selector"),
        options=_named(header, "Option"),
        max_envelope_size=_size(_text(header, WSMAN, "MaxEnvelopeSize")),
        operation_timeout=_timeout(_text(header, WSMAN, "OperationTimeout")),
        body=body[0] if len(body) else None,
    )


def message_id_of(message: bytes) -> str:
    """Return the MessageID if one can be read, so that a fault can say what it relates to; else empty."""
    try:
        root = _parse(message)
    except NotSoapError:
        return ""
    return root.findtext(f"{{{SOAP}}}Header/{{{ADDRESSING}}}MessageID", default="").strip()


def seconds(duration: str) -> float:
    """Return the seconds of an `xs:duration` without years and months, e.g. `PT20S`; raises `ValueError`."""
    match = _DURATION.fullmatch(duration.strip())
    if match is None or not any(match.groups()):
        raise ValueError(f"{duration!r} is not a duration like PT20S")
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def _parse(message: bytes) -> Element:
    if b"<!DOCTYPE" in message:
        raise NotSoapError("SOAP messages have no document type declaration (SOAP 1.2 part 1, section 5)")
    try:
        return fromstring(message)  # noqa: S314  without a DOCTYPE there are no entities to expand
    except ParseError as error:
        raise NotSoapError(str(error)) from error


def _parts(root: Element) -> tuple[Element, Element]:
    header, body = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or header is None or body is None:
        raise faults.not_valid("The message is not a SOAP 1.2 envelope with Header and Body.")
    return header, body


def _refuse_what_is_not_understood(header: Element) -> None:
    for block in header:
        if block.get(f"{{{SOAP}}}mustUnderstand", "false").lower() not in {"true", "1"}:
            continue
        if block.tag == f"{{{WSMAN}}}Locale":
            raise faults.locale_not_supported()
        if block.tag not in _UNDERSTOOD:
            raise faults.not_understood(block.tag)


def _text(header: Element, namespace: str, name: str) -> str:
    return header.findtext(f"{{{namespace}}}{name}", default="").strip()


def _required(header: Element, namespace: str, name: str) -> str:
    text = _text(header, namespace, name)
    if not text:
        raise faults.header_missing(name)
    return text


def _named(header: Element, kind: str) -> dict[str, str]:
    path = f"{{{WSMAN}}}{kind}Set/{{{WSMAN}}}{kind}"
    return {element.get("Name", ""): element.text or "" for element in header.findall(path)}


def _size(text: str) -> int:
    if not text:
        return 150 * 1024
    if not text.isascii() or not text.isdigit():
        raise faults.not_valid("MaxEnvelopeSize is not a number.")
    return max(int(text), _SMALLEST_ENVELOPE)


def _timeout(text: str) -> float:
    try:
        return min(seconds(text), MAX_TIMEOUT_SECONDS) if text else MAX_TIMEOUT_SECONDS
    except ValueError as error:
        raise faults.not_valid(f"OperationTimeout: {error}.") from error
