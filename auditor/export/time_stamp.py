"""Time stamps (RFC 3161): a third party's word that something was there at a moment. HTTP as in section 3.4."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from cryptography.x509 import Certificate, load_pem_x509_certificates

from auditor.errors import UsageError
from auditor.export.bundle import BundleError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

_SECONDS = 30
_LARGEST = 1 << 20


def fetch_stamp(url: str, data: bytes) -> bytes:
    """Return the reply of a time stamping authority for the data, of which it gets the SHA-256 only.

    Raises `UsageError` when there is none, or it is for something else.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder  # noqa: PLC0415  an extra: only who stamps needs it

    query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
    reply = _posted(url, query.as_bytes())
    try:
        stamped_at(reply, data)
        nonce = _read(reply).tst_info.nonce
    except BundleError as error:
        raise UsageError(f"{url}: the reply is no time stamp: {error}; try again, or name another authority") from error
    if nonce != query.nonce:
        raise UsageError(f"{url}: the reply is the time stamp of an earlier request; name another authority")
    return reply


def stamped_at(stamp: bytes, data: bytes) -> datetime:
    """Return the moment that a stamp of the data names, whoever says so; raises `BundleError` for other data."""
    read = _read(stamp)
    if read.tst_info.message_imprint.message != sha256(data).digest():
        raise BundleError(("it is the time stamp of something else",))
    return read.tst_info.gen_time


def refuse_untrusted(stamp: bytes, data: bytes, certificates: Sequence[Certificate]) -> None:
    """Raise `BundleError` unless the stamp is for the data and leads to a certificate among these that signs itself."""
    from rfc3161_client import VerificationError, VerifierBuilder  # noqa: PLC0415  as above

    roots = [each for each in certificates if each.issuer == each.subject]
    others = [each for each in certificates if each.issuer != each.subject]
    try:
        VerifierBuilder(roots=roots, intermediates=others).build().verify_message(_read(stamp), data)
    except (VerificationError, ValueError) as error:
        raise BundleError((f"it is not from an authority named by --time-stamp-ca ({error})",)) from error


def load_authorities(path: Path) -> tuple[Certificate, ...]:
    """Read the certificates to trust; raises `UsageError` when none of them is a root."""
    try:
        found = tuple(load_pem_x509_certificates(path.read_bytes()))
    except OSError as error:
        raise UsageError(f"{path}: the certificates cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        raise UsageError(
            f"{path}: these are no certificates in PEM; name those of the time stamp's authority"
        ) from error
    if not any(each.issuer == each.subject for each in found):
        raise UsageError(
            f"{path}: no root certificate is among these; add the one that the authority's chain ends with"
        )
    return found


def _posted(url: str, query: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        with requests.post(url, data=query, headers=headers, timeout=_SECONDS, stream=True) as reply:
            reply.raise_for_status()
            content: bytes = reply.raw.read(_LARGEST, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise UsageError(f"{url}: no time stamp came ({type(error).__name__}: {error}); try again") from error
    return content


def _read(stamp: bytes) -> "TimeStampResponse":
    from rfc3161_client import PKIStatus, decode_timestamp_response  # noqa: PLC0415  as above

    try:
        read = decode_timestamp_response(stamp)
        if PKIStatus(read.status) is not PKIStatus.GRANTED:
            raise BundleError((f"it was refused with status {read.status}",))
        read.tst_info.gen_time  # noqa: B018  a reply without a stamp fails here
    except ValueError as error:
        raise BundleError((f"it cannot be read ({error})",)) from error
    return read
