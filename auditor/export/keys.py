"""Ed25519 keys that seal exports, as PEM files (RFC 8410: PKCS #8, SubjectPublicKeyInfo), and keys that hide names."""

import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from auditor.errors import UsageError

PRIVATE, PUBLIC = ".pem", ".pub.pem"
_REDACTION_BYTES = 32
_LARGEST = 64 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyFiles:
    """Where a pair of keys was written, and the SHA-256 of the public one (DER), hexadecimal."""

    private: Path
    public: Path
    fingerprint: str


def make_keys(private: Path, passphrase: str | None) -> KeyFiles:
    """Write a new pair: `NAME.pem` for its owner only, `NAME.pub.pem` beside it.

    Raises `UsageError` when one of the files is there already: a key is never overwritten.
    """
    public = private.with_name(private.name.removesuffix(PRIVATE) + PUBLIC)
    key = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    if public.exists():
        raise UsageError(f"{public}: is there already, and no key is ever overwritten; name another with --out")
    _write_new(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock), 0o600)
    try:
        _write_new(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    except UsageError:
        private.unlink()
        raise
    return KeyFiles(private=private, public=public, fingerprint=fingerprint(key.public_key()))


def make_redaction_key(path: Path) -> None:
    """Write a new key for hiding names; raises `UsageError` when the file is there already."""
    _write_new(path, secrets.token_hex(_REDACTION_BYTES).encode() + b"\n", 0o600)


def fingerprint(key: Ed25519PublicKey) -> str:
    """Return the SHA-256 of the key: `openssl pkey -pubin -in KEY -outform DER | sha256sum`."""
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def load_private_key(path: Path, passphrase: str | None) -> Ed25519PrivateKey:
    """Read the key that seals; raises `UsageError`, which never holds any of it."""
    data = _read(path)
    if passphrase is None and b"ENCRYPTED" in data:
        raise UsageError(f"{path}: this key is encrypted; name its passphrase with --passphrase, for example prompt")
    if passphrase is not None and b"ENCRYPTED" not in data:
        raise UsageError(f"{path}: this key is not encrypted; leave --passphrase out")
    try:
        key = load_pem_private_key(data, passphrase.encode() if passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        wrong = "the passphrase is wrong, or this is" if passphrase else "this is"
        raise UsageError(f"{path}: {wrong} no private key in PEM; make one with `auditor keys new`") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"{path}: exports are sealed with Ed25519, and this is another key; use `auditor keys new`")
    return key


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Read the key that checks; raises `UsageError`."""
    data = _read(path)
    if b"PRIVATE KEY" in data:
        raise UsageError(f"{path}: this is a private key, which only who seals needs; name the public one (*{PUBLIC})")
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError(f"{path}: this is no public key in PEM; ask for it whoever sealed the export") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"{path}: exports are sealed with Ed25519, and this is another key")
    return key


def load_redaction_key(path: Path) -> bytes:
    """Read a key for hiding names; raises `UsageError`, which never holds any of it."""
    try:
        key = bytes.fromhex(_read(path).decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) < _REDACTION_BYTES:
        raise UsageError(f"{path}: this is no key for redaction; make one with `auditor keys redaction --out FILE`")
    return key


def redaction_key_of(key: Ed25519PrivateKey) -> bytes:
    """Return the key for hiding names that belongs to a key that seals, of which it tells nothing (HKDF, RFC 5869)."""
    seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return HKDF(algorithm=SHA256(), length=_REDACTION_BYTES, salt=None, info=b"auditor redaction 1").derive(seed)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be read ({error.strerror}); check the path") from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise UsageError(f"{path}: is there already, and no key is ever overwritten; name another with --out") from None
    except OSError as error:
        raise UsageError(f"{path}: the key cannot be written ({error.strerror}); name another with --out") from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
