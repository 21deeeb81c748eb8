"""Connecting to a workspace: certificates, proxies, the timeout, and the validation of these settings."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

import certifi
import certifi.core
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arka_config import App, Credential, CustomLayer, Origin, Resolution, Secret, open_store
from arka_config.arka import app
from arka_config.arka.settings import Settings
from arka_config.errors import ConfigError, WorkspaceUnreachable
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import TIMEOUT, Connection
from tests.cli.program import arka
from tests.no_network import VARIABLES
from tests.workspace.fake import serve_fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

TOKEN = "arka_" + "w" * 33 + "9f3c"
REMOTE_URL = "https://arka-ai.com"


class Authority(NamedTuple):
    """A test certificate authority: the files with its certificate, and with a server certificate that it signed."""

    bundle: str
    server: str


def certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    **options: object,
) -> x509.Certificate:
    def distinguished_name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(distinguished_name(subject))
        .issuer_name(distinguished_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=-1 if options.get("is_expired") else 9))
        .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if subject == issuer:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        names: list[x509.GeneralName] = [x509.DNSName(subject)]
        if not options.get("is_for_other_host"):
            names.append(x509.IPAddress(ip_address("127.0.0.1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def create_authority(folder: Path, **options: object) -> Authority:
    """Create an authority and a server certificate for arka-ai.com and 127.0.0.1."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("An authority", root_key, "An authority", root_key)
    server = certificate("arka-ai.com", key, "An authority", root_key, **options)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    bundle, server_file = folder / "authority.pem", folder / "server.pem"
    bundle.write_bytes(root.public_bytes(pem))
    server_file.write_bytes(server.public_bytes(pem) + private)
    return Authority(str(bundle), str(server_file))


def server_context(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.server)
    return context


def email_from(url: str, connection: Connection) -> str:
    return WorkspaceClient(app, url, Secret(TOKEN), connection).get_identity().user


class Proxy:
    """An HTTP proxy that tunnels every request to one local port. `requests` are the heads of the requests received."""

    def __init__(
        self, port: int, status: str = "200 Connection established", context: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[bytes] = []
        self._target_port = port
        self._status = status
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        if self._context is not None:
            try:
                client = self._context.wrap_socket(client, server_side=True)
            except OSError:  # the client does not trust the certificate
                return
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.requests.append(head)
            client.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
            if not self._status.startswith("200"):
                return
            with socket.create_connection(("127.0.0.1", self._target_port)) as server:
                response_thread = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                response_thread.start()
                self._copy(client, server)
                response_thread.join(timeout=5)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def proxy(
    port: int, status: str = "200 Connection established", context: ssl.SSLContext | None = None
) -> Iterator[Proxy]:
    server = Proxy(port, status, context)
    try:
        yield server
    finally:
        server.close()


# TLS


def test_ca_bundle_authority_is_trusted(tmp_path: Path) -> None:
    authority = create_authority(tmp_path)
    with serve_fake(context=server_context(authority)) as fake:
        fake.add(TOKEN)
        assert email_from(fake.url, Connection(ca_bundle=authority.bundle)) == "ann@example.com"


def test_unknown_authority_is_rejected_before_the_token_is_sent(tmp_path: Path) -> None:
    with serve_fake(context=server_context(create_authority(tmp_path))) as fake:
        with pytest.raises(WorkspaceUnreachable) as caught:
            email_from(fake.url, Connection(timeout=5))
        assert f"{fake.url} cannot be reached: its certificate is not trusted: " in caught.value.message
        assert "set ca_bundle" in caught.value.hint
        assert fake.requests == []


def test_ca_bundle_replaces_the_system_certificates(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = create_authority(tmp_path / "one"), create_authority(tmp_path / "other")
    with serve_fake(context=server_context(one)) as fake, pytest.raises(WorkspaceUnreachable, match="not trusted"):
        email_from(fake.url, Connection(timeout=5, ca_bundle=other.bundle))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"is_expired": True}, "certificate has expired"), ({"is_for_other_host": True}, "mismatch")],
)
def test_expired_or_mismatched_certificate_is_rejected_despite_ca_bundle(
    tmp_path: Path, options: dict[str, object], message: str
) -> None:
    authority = create_authority(tmp_path, **options)
    with serve_fake(context=server_context(authority)) as fake:
        with pytest.raises(WorkspaceUnreachable, match=message) as caught:
            email_from(fake.url, Connection(timeout=5, ca_bundle=authority.bundle))
        assert "ca_bundle" not in caught.value.hint
        assert fake.requests == []


def test_server_without_tls_is_reported_as_failed_handshake(tmp_path: Path) -> None:
    authority = create_authority(tmp_path)
    with serve_fake() as fake, pytest.raises(WorkspaceUnreachable, match="the TLS handshake failed"):
        email_from(fake.url.replace("http", "https"), Connection(timeout=5, ca_bundle=authority.bundle))


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "has no readable certificate"), ("x", "has no readable certificate"), (None, "cannot be read: no such")],
)
def test_unusable_ca_bundle_is_an_error_naming_its_place(
    tmp_path: Path, home: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)
    write_preferences(home, f'ca_bundle = "{tmp_path}/bundle.pem"')
    with pytest.raises(ConfigError, match=message) as caught:
        email_from(REMOTE_URL, connection_from(home))
    assert caught.value.message.startswith(f"{home}/config/config.toml: ca_bundle: ca_bundle {tmp_path}/bundle.pem")


@pytest.fixture
def impostor(tmp_path: Path) -> Iterator[FakeWorkspace]:
    """A workspace with an authority that only the attacker trusts. Its certificate is in `tmp_path`."""
    with serve_fake(context=server_context(create_authority(tmp_path))) as fake:
        fake.add(TOKEN)
        yield fake


def test_certificates_of_the_environment_are_ignored(
    impostor: FakeWorkspace, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(WorkspaceUnreachable, match="its certificate is not trusted") as caught:
        email_from(impostor.url, connection_from(home))
    assert impostor.requests == []
    assert caught.value.hint.endswith(
        "SSL_CERT_FILE and SSL_CERT_DIR are ignored without arka config set trust_env_ca=true"
    )
    write_preferences(home, "trust_env_ca = true")
    assert email_from(impostor.url, connection_from(home)) == "ann@example.com"


def test_ca_bundle_of_the_environment_is_refused(impostor: FakeWorkspace, home: Path, tmp_path: Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(home)})
    store.log_in("work", Credential(Secret(TOKEN), Origin.of(impostor.url)))
    variables = {"ARKA_CA_BUNDLE": str(tmp_path / "authority.pem")}
    done = arka("tokens", "list", environ=variables)
    assert impostor.requests == []
    assert (done.code, done.err.splitlines()[0]) == (
        1,
        "error: ARKA_CA_BUNDLE: a file of certificates to trust is only accepted from your own configuration",
    )
    write_preferences(home, "trust_env_ca = true")
    arka("tokens", "list", environ=variables)
    assert {request.token for request in impostor.requests} == {TOKEN}


def test_ca_bundle_of_an_app_s_own_layer_is_refused(home: Path, tmp_path: Path) -> None:
    layer = CustomLayer("project", lambda field, _: ("/bundle.pem", "ci.yaml") if field.name == "ca_bundle" else None)
    other = App("other", settings=app.settings, layers=[layer])
    with pytest.raises(ConfigError, match=r"ci\.yaml: a file of certificates to trust is only accepted from"):
        Connection.from_settings(Resolution(open_store(other, {"OTHER_HOME": str(home)}), {}))


@pytest.mark.parametrize(
    "path", ["authority.pem", "./authority.pem", "../authority.pem", "/proc/self/cwd/authority.pem"]
)
def test_relative_ca_bundle_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    open_store(app, {"ARKA_HOME": str(home)}).create("work", {("settings", "ca_bundle"): path})
    with pytest.raises(ConfigError, match=r"settings\.ca_bundle: ca_bundle is not the full path of a file"):
        connection_from(home, ARKA_PROFILE="work")
    assert arka("profiles", "set", "work", f"ca_bundle={path}").code == 1


def test_session_keys_are_not_written_for_the_environment(
    impostor: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))
    bundle = str(tmp_path / "authority.pem")
    assert email_from(impostor.url, Connection(ca_bundle=bundle)) == "ann@example.com"
    with pytest.raises(WorkspaceUnreachable):
        email_from(impostor.url, Connection())
    assert not log.exists()


def test_https_proxy_is_trusted_like_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = create_authority(tmp_path)
    with proxy(9, "403 Forbidden", server_context(authority)) as tunnel:
        url = tunnel.url.replace("http", "https")
        with pytest.raises(WorkspaceUnreachable, match="the proxy rejected the request"):
            email_from(REMOTE_URL, Connection(proxy=url, ca_bundle=authority.bundle))
        monkeypatch.setenv("SSL_CERT_FILE", authority.bundle)
        monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
        with pytest.raises(WorkspaceUnreachable, match="its certificate is not trusted"):
            email_from(REMOTE_URL, Connection(proxy=url))
    assert not (tmp_path / "keys.log").exists()


# Proxies


def test_proxy_setting_is_used_and_proxy_never_sees_the_token(tmp_path: Path) -> None:
    authority = create_authority(tmp_path)
    with serve_fake(context=server_context(authority)) as fake, proxy(int(fake.url.rpartition(":")[2])) as tunnel:
        fake.add(TOKEN)
        url = tunnel.url.replace("://", "://me:secret@")
        assert email_from(REMOTE_URL, Connection(proxy=url, ca_bundle=authority.bundle)) == "ann@example.com"
        (request,) = tunnel.requests
    assert request.startswith(b"CONNECT arka-ai.com:443 ")
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0" in request
    assert TOKEN.encode() not in request
    assert fake.requests[0].token == TOKEN


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_proxy_from_environment_is_used_without_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    authority = create_authority(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name)
    with serve_fake(context=server_context(authority)) as fake, proxy(int(fake.url.rpartition(":")[2])) as tunnel:
        fake.add(TOKEN)
        monkeypatch.setenv(variable, tunnel.url.removeprefix("http://") if variable == "ALL_PROXY" else tunnel.url)
        assert email_from(REMOTE_URL, Connection(ca_bundle=authority.bundle)) == "ann@example.com"
        assert len(tunnel.requests) == 1


@pytest.mark.parametrize("names", ["arka-ai.com", ".arka-ai.com,x", "*", "arka-ai.com:443"])
def test_no_proxy_applies_to_setting_and_environment(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    origin = Origin.of(REMOTE_URL)
    assert Connection().proxy_for(origin) == "http://127.0.0.1:9"
    monkeypatch.setenv("no_proxy", names)
    assert Connection().proxy_for(origin) == ""
    assert Connection(proxy="http://proxy.example:3128").proxy_for(origin) == ""


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.1.2.3", "http://[::1]:8000"])
def test_loopback_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Loopback may be reached without TLS. If that went through a proxy, the proxy would see the token."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    assert Connection(proxy="http://proxy.example:3128").proxy_for(Origin.of(url)) == ""


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
def test_rejection_by_proxy_is_reported_as_the_proxy_s(status: str) -> None:
    with proxy(9, status) as tunnel, pytest.raises(WorkspaceUnreachable) as caught:
        email_from(REMOTE_URL, Connection(proxy=tunnel.url.replace("://", "://me:secret@"), timeout=5))
    assert caught.value.message == f"{REMOTE_URL} cannot be reached: the proxy rejected the request"
    assert len(tunnel.requests) == 1


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9", "http://127.0.0.1:port"])
def test_unusable_proxy_in_environment_is_reported_without_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("https_proxy", url.replace("://", "://me:secret@"))
    with pytest.raises(WorkspaceUnreachable, match="the proxy in the environment cannot be used") as caught:
        email_from(REMOTE_URL, Connection(timeout=5))
    assert "secret" not in caught.value.message


def test_unresolvable_name_is_reported(monkeypatch: pytest.MonkeyPatch, loopback_only: list[str]) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(WorkspaceUnreachable) as caught:
        email_from(REMOTE_URL, Connection(timeout=5))
    assert caught.value.message == f"{REMOTE_URL} cannot be reached: its name cannot be resolved"
    assert loopback_only == ["arka-ai.com"]
    loopback_only.clear()


def test_timeout_applies_to_name_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = threading.Event()
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: waiting.wait(20) and [])
    try:
        with pytest.raises(WorkspaceUnreachable, match="no response within 0.3 s"):
            email_from(REMOTE_URL, Connection(timeout=0.3))
    finally:
        waiting.set()


# Settings


def write_preferences(home: Path, text: str) -> None:
    (home / "config").mkdir(parents=True, exist_ok=True)
    (home / "config" / "config.toml").write_text(text)


def connection_from(home: Path, **environ: str) -> Connection:
    environ |= {"ARKA_HOME": str(home)}
    return Connection.from_settings(Resolution(open_store(app, environ), environ))


def test_default_timeout_matches_the_settings_class() -> None:
    assert Settings.model_fields["timeout"].default == TIMEOUT


def test_settings_come_from_all_layers(home: Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(home)})
    store.create(
        "work", {("settings", "timeout"): 7, ("settings", "proxy"): "http://p:1", ("settings", "ca_bundle"): "/x"}
    )
    from_environment = connection_from(home, ARKA_PROFILE="work", ARKA_TIMEOUT="2.5", ARKA_PROXY="https://q:2")
    assert (from_environment.timeout, from_environment.proxy, from_environment.ca_bundle) == (2.5, "https://q:2", "/x")
    from_profile_flag = Connection.from_settings(Resolution(store, {"ARKA_TIMEOUT": "2.5"}, profile="work"))
    assert (from_profile_flag.timeout, from_profile_flag.proxy) == (7, "http://p:1")
    assert connection_from(home).timeout == 30
    assert "p:1" not in repr(from_profile_flag)


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "1e999", "30s", "0x10"])
def test_invalid_timeout_in_environment_is_an_error_naming_its_place(home: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="ARKA_TIMEOUT: timeout is not a number of seconds above 0"):
        connection_from(home, ARKA_TIMEOUT=value)


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, "x", 10**400])
def test_invalid_timeout_in_profile_is_an_error_naming_its_place(home: Path, value: object) -> None:
    store = open_store(app, {"ARKA_HOME": str(home)})
    store.create("work", {("settings", "timeout"): value})
    with pytest.raises(ConfigError, match=r"work\.toml: settings\.timeout: timeout is not a number"):
        connection_from(home, ARKA_PROFILE="work")


@pytest.mark.parametrize("value", ["proxy", "ftp://x", "http://", "http://u:secret@x:port", "http://u:secret@x:99999"])
def test_invalid_proxy_is_an_error_that_does_not_repeat_it(home: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="ARKA_PROXY: proxy is not the URL of a proxy") as caught:
        connection_from(home, ARKA_PROXY=value)
    assert "secret" not in str(caught.value) + caught.value.hint
    assert caught.value.__context__ is None


def test_profiles_set_checks_the_proxy_in_the_same_way(home: Path) -> None:
    arka("profiles", "create", "work")
    done = arka("profiles", "set", "work", "proxy=http://u:secret@x:port")
    assert (done.code, done.err) == (1, "error: proxy: not the URL of a proxy\n")


def test_timeout_is_at_most_one_day(home: Path) -> None:
    assert connection_from(home, ARKA_TIMEOUT="1e12").timeout == 86400


def test_ca_bundle_path_may_start_with_tilde(home: Path, tmp_path: Path) -> None:
    write_preferences(home, 'ca_bundle = "~/bundle.pem"')
    assert connection_from(home).ca_bundle == str(tmp_path / "bundle.pem")


def test_certifi_is_used_without_system_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = ssl.get_default_verify_paths()._replace(openssl_cafile=str(tmp_path / "none"), openssl_capath=str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(certifi, "where", certifi.core.where)  # not the one authority that most tests trust
    assert Connection().certificates().cert_store_stats()["x509_ca"] > 50
