"""A site for tests: nginx with TLS, configured by deploy/nginx.conf, as the proxy of replicas on this machine."""

from __future__ import annotations

import re
import ssl
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests import peers

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
TIMEOUT = 30  # seconds


class Site(NamedTuple):
    """The command that runs nginx in the foreground, the site's URL, and its certificate."""

    command: tuple[str, ...]
    url: str
    certificate: Path

    def tls(self) -> ssl.SSLContext:
        """Return the SSL context with which a client verifies the site."""
        return ssl.create_default_context(cafile=str(self.certificate))


def write_nginx_configuration(folder: Path, ports: tuple[int, int], port: int = 0) -> Site:
    """Write deploy/nginx.conf for replicas on these ports, listening on a port of this machine."""
    certificate, key = create_certificate(folder)
    text = CONFIGURATION.read_text()
    for old, new in (
        ("workspace-1:8765", f"127.0.0.1:{ports[0]}"),
        ("workspace-2:8765", f"127.0.0.1:{ports[1]}"),
        ("listen 8443", f"listen 127.0.0.1:{port or 1}"),
        ("listen 8080", f"listen unix:{folder}/redirect.sock"),
        ("tokens.example.com", "localhost"),
        ("/etc/nginx/tls/fullchain.pem", str(certificate)),
        ("/etc/nginx/tls/privkey.pem", str(key)),
        ("/dev/stdout", str(folder / "access.log")),
        ("/tmp/nginx", str(folder / "nginx")),
    ):
        assert old in text, f"deploy/nginx.conf has no {old}"
        text = text.replace(old, new)
    file = folder / "nginx.conf"
    file.write_text(re.sub(r"^worker_processes auto;", "worker_processes 1;", text))
    nginx = peers.executable("nginx")
    command = (nginx, "-p", str(folder), "-c", str(file), "-e", "stderr", "-g", "daemon off;")
    return Site(command, f"https://localhost:{port}", certificate)


@contextmanager
def run_nginx(site: Site) -> Iterator[None]:
    """Run nginx until the block ends."""
    with subprocess.Popen(site.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as nginx:
        try:
            _wait_until_it_listens(site, nginx)
            yield
        finally:
            nginx.terminate()
            assert nginx.stderr is not None
            nginx.stderr.close()
            nginx.wait(TIMEOUT)


def _wait_until_it_listens(site: Site, nginx: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            httpx.get(f"{site.url}/healthz", verify=site.tls(), trust_env=False)
        except httpx.ConnectError:
            assert nginx.poll() is None, nginx.stderr and nginx.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def create_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for localhost and its key, with the names that certbot uses."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "fullchain.pem", folder / "privkey.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    return paths
