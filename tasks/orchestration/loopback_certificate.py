"""A certificate for clients of servers on loopback, which have no TLS and so need none.

Each client of Prefect reads all authorities that machines trust, 14 ms a client, a dozen clients in a run. Of the
workspace's server nothing is read over TLS, so its clients are given one authority, whose key nobody has.
"""

from datetime import UTC, datetime, timedelta

from tasks.core import atomic
from tasks.core.workspace import Workspace

SETTING = "PREFECT_API_SSL_CERT_FILE"
YEARS = 100


def loopback_setting(workspace: Workspace) -> dict[str, str]:
    """The setting that gives clients of the workspace's server the certificate, made at its first use."""
    file = workspace.root / ".prefect" / "loopback.pem"
    if not file.is_file():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic.write_text(file, _certificate())
    return {SETTING: str(file)}


def _certificate() -> str:
    """A self-signed certificate as PEM; its key is thrown away."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID

    key, now = generate_private_key(SECP256R1()), datetime.now(UTC).replace(tzinfo=None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback has no TLS")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now)
    made = made.not_valid_after(now + timedelta(days=365 * YEARS))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
