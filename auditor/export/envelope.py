"""The signed envelope around a statement: DSSE (Dead Simple Signing Envelope) 1.0, one Ed25519 signature."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from auditor.export.bundle import BundleError
from auditor.export.statement import PAYLOAD_TYPE

_NOT_SIGNED = "the signature is not one of this key over what stands here: another key, or something was changed"


def sign(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the envelope in its one spelling; the same payload and key always give the same."""
    from securesystemslib.dsse import Envelope  # noqa: PLC0415  an extra: only who seals or checks needs it
    from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]  # noqa: PLC0415  exported, though not by name

    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(key))
    return _spelled(envelope.to_dict())


def payload_in(envelope: bytes) -> bytes:
    """Return what an envelope holds, whoever signed it; raises `BundleError` for one that is not in its one spelling.

    A signature covers payload and type only: without this, white space and encodings could be exchanged.
    """
    try:
        data = json.loads(envelope)
        payload = base64.b64decode(data["payload"])
        ((key, signature),) = ((each["keyid"], each["sig"]) for each in data["signatures"])
        again = _spelled(_members(payload, str(key), base64.b64decode(signature)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError((f"it is no envelope of an export ({error})",)) from error
    if again != envelope:
        raise BundleError(("it is not written as the envelope of an export is",))
    return payload


def refuse_forged(envelope: bytes, key: Ed25519PublicKey) -> None:
    """Raise `BundleError` unless the envelope's signature is one of this key."""
    from securesystemslib.dsse import Envelope  # noqa: PLC0415  as above
    from securesystemslib.exceptions import VerificationError  # noqa: PLC0415  as above
    from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]  # noqa: PLC0415  as above

    try:
        Envelope.from_dict(json.loads(envelope)).verify([SSlibKey.from_crypto(key)], 1)
    except VerificationError as error:
        raise BundleError((_NOT_SIGNED,)) from error


def _members(payload: bytes, key: str, signature: bytes) -> dict[str, object]:
    signatures = [{"keyid": key, "sig": base64.b64encode(signature).decode("ascii")}]
    return {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadType": PAYLOAD_TYPE,
        "signatures": signatures,
    }


def _spelled(envelope: object) -> bytes:
    return json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"
