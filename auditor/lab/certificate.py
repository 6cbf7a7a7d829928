"""An authority of our own and certificates for the simulated servers, good ones and each kind of bad one."""

import ssl
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auditor.lab.login import write_private


class CertificateKind(StrEnum):
    """A certificate a client must accept, and three it must refuse."""

    GOOD = "good"
    EXPIRED = "expired"
    WRONG_NAME = "wrong_name"
    SELF_SIGNED = "self_signed"


_DAY = timedelta(days=1)
_WRONG_NAME = "another-server.invalid"


class Authority:
    """A certificate authority that lives in a folder as long as the fleet; `ca_file` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = _name("auditor lab authority")
        self._certificate = _authority_certificate(self._name, self._key)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(_pem(self._certificate))

    def context_for(self, server: str, kind: CertificateKind = CertificateKind.GOOD) -> ssl.SSLContext:
        """Return a server's TLS context with a new certificate for its name, `localhost`, 127.0.0.1 and ::1."""
        key = generate_private_key(SECP256R1())
        certificate = self._issue(server, key, kind)
        path = self._folder / f"{_file_name(server)}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_private(path, (private + _pem(certificate)).decode("ascii"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(path)
        path.unlink()
        return context

    def _issue(self, server: str, key: EllipticCurvePrivateKey, kind: CertificateKind) -> x509.Certificate:
        own = kind is CertificateKind.SELF_SIGNED
        begins, ends = _validity(kind)
        subject = _name(server)
        signer = key if own else self._key
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if own else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName(_alternative_names(server, kind)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )


def _authority_certificate(name: x509.Name, key: EllipticCurvePrivateKey) -> x509.Certificate:
    begins, ends = _validity(CertificateKind.GOOD)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _signing_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def _validity(kind: CertificateKind) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return (now - 30 * _DAY, now - _DAY) if kind is CertificateKind.EXPIRED else (now - _DAY, now + 30 * _DAY)


def _alternative_names(server: str, kind: CertificateKind) -> list[x509.GeneralName]:
    if kind is CertificateKind.WRONG_NAME:
        return [x509.DNSName(_WRONG_NAME)]
    addresses = [x509.IPAddress(ip_address(text)) for text in ("127.0.0.1", "::1")]
    return [x509.DNSName(server.lower()), x509.DNSName("localhost"), *addresses]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _file_name(server: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in server)
