"""Encrypted envelopes: `multipart/encrypted` with NTLM or SPNEGO sealing (MS-WSMV 2.2.9.1)."""

import re
import struct

from spnego import ContextProxy
from spnego.exceptions import SpnegoError

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
CONTENT_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'

_DELIMITER = rb"--\s*Encrypted Boundary"
_MESSAGE = re.compile(
    _DELIMITER + rb"\r\n(?P<headers>.*?)" + _DELIMITER + rb"\r\n\s*Content-Type: application/octet-stream\r\n"
    rb"(?P<sealed>.*)" + _DELIMITER + rb"--(?:\r\n)?",
    re.DOTALL | re.IGNORECASE,
)
_LENGTH = re.compile(rb"Length=(\d+)")


class SealError(Exception):
    """The body is not an envelope sealed by this connection's security context."""


def is_sealed(content_type: str) -> bool:
    """Tell whether the Content-Type says that the body is encrypted."""
    return content_type.lower().startswith("multipart/encrypted")


def seal(context: ContextProxy, message: bytes) -> bytes:
    """Return the multipart body with the message encrypted by the context."""
    sealed = context.wrap_winrm(message)
    length = len(message) + sealed.padding_length
    return (
        b"--Encrypted Boundary\r\n"
        b"\tContent-Type: " + PROTOCOL.encode() + b"\r\n"
        b"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=" + str(length).encode() + b"\r\n"
        b"--Encrypted Boundary\r\n"
        b"\tContent-Type: application/octet-stream\r\n"
        + struct.pack("<i", len(sealed.header))
        + sealed.header
        + sealed.data
        + b"--Encrypted Boundary--\r\n"
    )


def unseal(context: ContextProxy, body: bytes) -> bytes:
    """Return the decrypted message of a multipart body; raises `SealError`."""
    match = _MESSAGE.fullmatch(body)
    length = match and _LENGTH.search(match["headers"])
    if match is None or length is None:
        raise SealError("the multipart body has not the shape of MS-WSMV 2.2.9.1")
    message = _decrypt(context, match["sealed"])
    if len(message) != int(length[1]):
        raise SealError("the decrypted message has another length than announced")
    return message


def _decrypt(context: ContextProxy, sealed: bytes) -> bytes:
    (header_length,) = struct.unpack_from("<i", sealed.ljust(4, b"\xff"))
    if not 0 <= header_length <= len(sealed) - 4:
        raise SealError("the signature is longer than the body")
    try:
        return context.unwrap_winrm(sealed[4 : 4 + header_length], sealed[4 + header_length :])
    except SpnegoError as error:
        raise SealError("the message was not sealed by this connection's client") from error
