"""Flower's own processes on loopback with TLS: a SuperLink, SuperNodes, and runs of the app."""

import os
import signal
import socket
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.helpers.waiting import output_of, wait_for

ROOT = Path(__file__).resolve().parents[3]
BIN = ROOT / ".venv" / "flower" / "bin"
HERE = "127.0.0.1"


def needs_flower() -> None:
    """Skip the test, saying so, where Flower's environment is not made."""
    if not (BIN / "flower-superlink").is_file():
        pytest.skip("Flower is not installed: `make flower` makes .venv/flower and runs this")


def free_port() -> int:
    """A port of loopback that nothing uses now."""
    with socket.socket() as one:
        one.bind((HERE, 0))
        return int(one.getsockname()[1])


def make_certificates(folder: Path) -> list[str]:
    """An authority and a server certificate for loopback; the arguments of SuperLink and SuperNode."""
    folder.mkdir()
    authority = generate_private_key(SECP256R1())
    _write(folder, "authority", authority, authority)
    _write(folder, "server", generate_private_key(SECP256R1()), authority)
    return [
        *("--ssl-ca-certfile", str(folder / "authority.pem")),
        *("--ssl-certfile", str(folder / "server.pem"), "--ssl-keyfile", str(folder / "server.key")),
    ]


def _write(folder: Path, name: str, key: EllipticCurvePrivateKey, signer: EllipticCurvePrivateKey) -> None:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=key is signer, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), critical=False)
    )
    (folder / f"{name}.pem").write_bytes(builder.sign(signer, SHA256()).public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(pem)


class Engine:
    """Processes that are started in a folder, and all ended with it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.certificates = make_certificates(folder / "certificates")
        self._started: list[subprocess.Popen[str]] = []

    def superlink(self, *options: str) -> None:
        """Start the coordinator's server, and name it to ``flwr``; return when it answers."""
        where = ("--host", HERE, "--port", str(self.port))
        command = ["flower-superlink", *self.certificates, *where, "--disable-runtime-dependency-installation"]
        self.start("superlink", *command, *options)
        authority = self.folder / "certificates" / "authority.pem"
        address = f'address = "{HERE}:{self.port}"\nroot-certificates = "{authority}"\n'
        (self._home("flwr") / "config.toml").write_text(f"[superlink.here]\n{address}")
        wait_for(self._answers, "the SuperLink", evidence=(self.folder / "superlink.log").read_text)

    def supernode(self, name: str, node_config: str) -> None:
        """Start one site."""
        authority = str(self.folder / "certificates" / "authority.pem")
        to = ("--superlink", f"{HERE}:{self.port}", "--root-certificates", authority, "--port", str(free_port()))
        self.start(name, "flower-supernode", *self.certificates, *to, "--node-config", node_config)

    def flwr(self, run_config: str, *options: str, app: Path = ROOT / "infra" / "flower") -> str:
        """Run an app; what the coordinator logged."""
        command = [str(BIN / "flwr"), "run", str(app), "here", "--stream"]
        configured = [*command, "--run-config", run_config, *options]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        running = subprocess.Popen(configured, env=self._environment("flwr"), **pipes)  # type: ignore[call-overload]
        said, _ = output_of(running, "the end of the run")
        return str(said)

    def start(self, name: str, command: str, *arguments: str) -> None:
        """Start a process in a group of its own, with its log in the folder."""
        with (self.folder / f"{name}.log").open("w") as log:
            started = subprocess.Popen(
                [str(BIN / command), *arguments],
                env=self._environment(name),
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self._started.append(started)

    def end(self) -> None:
        """End every process group, the last one first."""
        for started in reversed(self._started):
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                started.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)
            started.wait()

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection((HERE, self.port), 1):
            return True
        return False

    def _home(self, name: str) -> Path:
        home = self.folder / "homes" / name
        home.mkdir(parents=True, exist_ok=True)
        return home

    def _environment(self, name: str) -> dict[str, str]:
        home = str(self._home(name))
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        quiet = {"FLWR_TELEMETRY_ENABLED": "0", "RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
        return {"PATH": path, "HOME": home, "FLWR_HOME": home, "PYTHONPATH": str(ROOT), **quiet}
