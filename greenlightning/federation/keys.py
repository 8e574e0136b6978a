"""Ed25519 keys (RFC 8032): a site signs what it sends, a coordinator what it publishes."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from greenlightning.errors import InputError, IntegrityError

HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
"""A public key as text."""


@dataclass(frozen=True)
class SigningKey:
    """A private Ed25519 key.

    Attributes
    ----------
    private : Ed25519PrivateKey
        The key; only its public half is ever sent.
    """

    private: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """Read a key that ``save`` wrote.

        Raises
        ------
        InputError
            Where the file cannot be read, or holds no Ed25519 key.
        """
        try:
            private = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"{path} cannot be read as a key: {error}", "Name the file of an Ed25519 key"
            ) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise InputError(f"{path} holds another kind of key", "Name the file of an Ed25519 key")
        return cls(private)

    @classmethod
    def of(cls, path: Path) -> "SigningKey":
        """Read the key at ``path``; make it where there is none yet."""
        if not path.exists():
            cls.generate().save(path)
        return cls.load(path)

    def save(self, path: Path) -> None:
        """Write the key as PEM that only its owner may read; an existing file is never replaced."""
        path.parent.mkdir(parents=True, exist_ok=True)
        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)

    @property
    def public(self) -> str:
        """The public key: 64 hexadecimal digits."""
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, content: bytes) -> str:
        """Return the signature of ``content``: 128 hexadecimal digits."""
        return self.private.sign(content).hex()


def verify_signature(public: str, content: bytes, signature: str) -> None:
    """Check that the owner of the key ``public`` signed ``content``.

    Parameters
    ----------
    public, signature : str
        Hexadecimal digits.
    content : bytes
        What was signed.

    Raises
    ------
    IntegrityError
        Where it is not so.
    """
    if not HEXADECIMAL.fullmatch(public):
        raise IntegrityError("The signature does not begin with a public key", "Ask the sender to send it again")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError) as error:
        raise IntegrityError(
            f"The signature is not that of key {public[:12]}", "Ask the sender to send it again"
        ) from error
