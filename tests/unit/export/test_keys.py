"""Keys: made once, for their owner only, and refused with what to do."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from auditor.errors import UsageError
from auditor.export.keys import (
    fingerprint,
    load_private_key,
    load_public_key,
    load_redaction_key,
    make_keys,
    make_redaction_key,
    redaction_key_of,
)


def test_a_pair_is_written_and_belongs_together(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "review.pem", None)

    private, public = load_private_key(made.private, None), load_public_key(made.public)
    assert (made.private.name, made.public.name) == ("review.pem", "review.pub.pem")
    assert fingerprint(private.public_key()) == fingerprint(public) == made.fingerprint


def test_the_private_key_is_for_its_owner_only(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "review.pem", None)

    assert stat.S_IMODE(made.private.stat().st_mode) == 0o600


@pytest.mark.parametrize("there", ["review.pem", "review.pub.pem"])
def test_no_key_is_ever_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_bytes(b"precious")

    with pytest.raises(UsageError, match="no key is ever overwritten"):
        make_keys(tmp_path / "review.pem", None)

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(there, b"precious")]


def test_an_encrypted_key_opens_with_its_passphrase_only(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "review.pem", "open sesame")

    load_private_key(made.private, "open sesame")
    with pytest.raises(UsageError, match="the passphrase is wrong"):
        load_private_key(made.private, "open barley")
    with pytest.raises(UsageError, match="name its passphrase with --passphrase"):
        load_private_key(made.private, None)


def test_a_passphrase_for_a_key_that_has_none_is_told(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "review.pem", None)

    with pytest.raises(UsageError, match="leave --passphrase out"):
        load_private_key(made.private, "anything")


def test_the_private_key_is_refused_where_the_public_one_is_meant(tmp_path: Path) -> None:
    made = make_keys(tmp_path / "review.pem", None)

    with pytest.raises(UsageError, match="this is a private key"):
        load_public_key(made.private)


def test_other_kinds_of_keys_are_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = tmp_path / "ec.pem", tmp_path / "ec.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    with pytest.raises(UsageError, match="sealed with Ed25519"):
        load_private_key(private, None)
    with pytest.raises(UsageError, match="sealed with Ed25519"):
        load_public_key(public)


@pytest.mark.parametrize("content", [b"", b"\xff", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.pem"
    path.write_bytes(content)

    for load in (lambda: load_private_key(path, None), lambda: load_public_key(path), lambda: load_redaction_key(path)):
        with pytest.raises(UsageError, match=r"no\.pem: this is no "):
            load()


def test_a_key_that_is_not_there_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.pem: the key cannot be read \(No such file"):
        load_public_key(tmp_path / "gone.pem")


def test_a_redaction_key_is_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "names.key"
    make_redaction_key(path)

    assert len(load_redaction_key(path)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(UsageError, match="ever overwritten"):
        make_redaction_key(path)


def test_the_redaction_key_of_a_key_is_its_own_and_always_the_same() -> None:
    one, other = ed25519.Ed25519PrivateKey.generate(), ed25519.Ed25519PrivateKey.generate()

    assert redaction_key_of(one) == redaction_key_of(one)
    assert redaction_key_of(one) != redaction_key_of(other)
    assert redaction_key_of(one) != one.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
