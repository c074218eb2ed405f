"""A TURN server of one's own: Debian's coturn on loopback, over UDP, TCP and TLS, with time-limited credentials."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.service import free_port

HOST: Final = "127.0.0.1"
SECRET: Final = "a secret between the service and coturn"
STARTUP_S: Final = 20


@dataclass(frozen=True)
class Coturn:
    """A running server; `log` is what it has to say."""

    port: int
    tls_port: int
    log: Path

    def url(self, transport: str) -> str:
        """Its address by "udp", "tcp" or "tls"."""
        if transport == "tls":
            return f"turns:{HOST}:{self.tls_port}?transport=tcp"
        return f"turn:{HOST}:{self.port}?transport={transport}"


@contextmanager
def running_coturn(folder: Path) -> Iterator[Coturn]:
    """Start coturn on free ports and end it after. Its peers are on loopback too, which it forbids unless told."""
    program = shutil.which("turnserver")
    assert program is not None, "the Debian package coturn is missing (scripts/debian-test.txt)"
    folder.mkdir(parents=True, exist_ok=True)
    server = Coturn(free_port(), free_port(), folder / "coturn.log")
    certificate, key = _write_certificate(folder)
    config = folder / "turnserver.conf"
    config.write_text(
        "\n".join(
            [
                f"listening-ip={HOST}",
                f"relay-ip={HOST}",
                f"listening-port={server.port}",
                f"tls-listening-port={server.tls_port}",
                f"cert={certificate}",
                f"pkey={key}",
                "use-auth-secret",
                f"static-auth-secret={SECRET}",
                "realm=heshi.test",
                "fingerprint",
                "allow-loopback-peers",
                "no-cli",
                "verbose",
                "log-file=stdout",
                f"pidfile={folder / 'coturn.pid'}",
                f"userdb={folder / 'turndb'}",
            ]
        )
    )
    with server.log.open("wb") as log:
        process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        for port in (server.port, server.tls_port):
            _wait_until_up(process, port, server.log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTUP_S
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)


def _write_certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
