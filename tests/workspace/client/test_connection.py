"""How a workspace is reached: TLS that is verified, the proxy, the time, and what each setting may be."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arka_config import Origin, ProfileStore, Resolution, Secret
from arka_config.arka import app
from arka_config.arka.settings import Settings
from arka_config.errors import ConfigError, WorkspaceUnreachable
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import TIMEOUT, Connection
from tests.no_network import VARIABLES
from tests.workspace.fake import serve_fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "arka_" + "w" * 33 + "9f3c"
ELSEWHERE = "https://arka-ai.com"


class Authority(NamedTuple):
    """A certificate authority of the test's own: its certificate, and a certificate and key that it signed."""

    bundle: str
    server: str


def certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    **options: object,
) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
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
        if not options.get("is_elsewhere"):
            names.append(x509.IPAddress(ip_address("127.0.0.1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def authority(folder: Path, **options: object) -> Authority:
    """Files of a new authority, and of a server's certificate for arka-ai.com and 127.0.0.1."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = certificate("An authority", root_key, "An authority", root_key)
    server = certificate("arka-ai.com", key, "An authority", root_key, **options)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    bundle, served = folder / "authority.pem", folder / "server.pem"
    bundle.write_bytes(root.public_bytes(pem))
    served.write_bytes(server.public_bytes(pem) + private)
    return Authority(str(bundle), str(served))


def serving(made: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.server)
    return context


def me(url: str, connection: Connection) -> str:
    return WorkspaceClient(app, url, Secret(TOKEN), connection).me().email


class Proxy:
    """An HTTP proxy that tunnels whatever it is asked for to one port of this machine; `asked` is what it was told."""

    def __init__(self, port: int, status: str = "200 Connection established") -> None:
        self.asked: list[bytes] = []
        self._to = port
        self._status = status
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._tunnel, args=(near,), daemon=True).start()

    def _tunnel(self, near: socket.socket) -> None:
        with near:
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(4096)
            self.asked.append(head)
            near.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
            if not self._status.startswith("200"):
                return
            with socket.create_connection(("127.0.0.1", self._to)) as far:
                back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
                back.start()
                self._copy(near, far)
                back.join(timeout=5)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def proxy(port: int, status: str = "200 Connection established") -> Iterator[Proxy]:
    made = Proxy(port, status)
    try:
        yield made
    finally:
        made.close()


# TLS


def test_a_certificate_of_the_bundle_s_authority_is_trusted(tmp_path: Path) -> None:
    made = authority(tmp_path)
    with serve_fake(context=serving(made)) as fake:
        fake.add(TOKEN)
        assert me(fake.url, Connection(ca_bundle=made.bundle)) == "ann@example.com"


def test_without_the_bundle_it_is_not_and_the_token_is_not_sent(tmp_path: Path) -> None:
    with serve_fake(context=serving(authority(tmp_path))) as fake:
        with pytest.raises(WorkspaceUnreachable) as caught:
            me(fake.url, Connection(timeout=5))
        assert f"{fake.url} cannot be reached: its certificate is not trusted: " in caught.value.message
        assert "the setting ca_bundle" in caught.value.hint
        assert fake.requests == []


def test_a_bundle_stands_in_place_of_the_system_s_certificates(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = authority(tmp_path / "one"), authority(tmp_path / "other")
    with serve_fake(context=serving(one)) as fake, pytest.raises(WorkspaceUnreachable, match="not trusted"):
        me(fake.url, Connection(timeout=5, ca_bundle=other.bundle))


@pytest.mark.parametrize(
    ("options", "said"), [({"is_expired": True}, "certificate has expired"), ({"is_elsewhere": True}, "mismatch")]
)
def test_a_certificate_that_is_past_or_for_another_host_is_not_helped_by_a_bundle(
    tmp_path: Path, options: dict[str, object], said: str
) -> None:
    made = authority(tmp_path, **options)
    with serve_fake(context=serving(made)) as fake:
        with pytest.raises(WorkspaceUnreachable, match=said) as caught:
            me(fake.url, Connection(timeout=5, ca_bundle=made.bundle))
        assert "ca_bundle" not in caught.value.hint
        assert fake.requests == []


def test_a_server_without_tls_is_told_from_no_network(tmp_path: Path) -> None:
    made = authority(tmp_path)
    with serve_fake() as fake, pytest.raises(WorkspaceUnreachable, match="does not speak TLS"):
        me(fake.url.replace("http", "https"), Connection(timeout=5, ca_bundle=made.bundle))


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "holds no certificate"), ("x", "holds no certificate"), (None, "cannot be read: no such")],
)
def test_a_bundle_that_cannot_be_used_is_an_error_that_names_its_place(
    tmp_path: Path, home: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)
    environ = {"ARKA_HOME": str(home), "ARKA_CA_BUNDLE": str(tmp_path / "bundle.pem")}
    connection = Connection.of(Resolution(ProfileStore.open(app, environ), environ))
    with pytest.raises(ConfigError, match=said) as caught:
        me(ELSEWHERE, connection)
    assert caught.value.message.startswith(f"ARKA_CA_BUNDLE: ca_bundle {tmp_path}/bundle.pem")


# Proxies


def test_the_proxy_of_the_setting_is_asked_and_never_sees_the_token(tmp_path: Path) -> None:
    made = authority(tmp_path)
    with serve_fake(context=serving(made)) as fake, proxy(int(fake.url.rpartition(":")[2])) as between:
        fake.add(TOKEN)
        url = between.url.replace("://", "://me:secret@")
        assert me(ELSEWHERE, Connection(proxy=url, ca_bundle=made.bundle)) == "ann@example.com"
        (asked,) = between.asked
    assert asked.startswith(b"CONNECT arka-ai.com:443 ")
    assert b"Proxy-Authorization: Basic bWU6c2VjcmV0" in asked
    assert TOKEN.encode() not in asked
    assert fake.requests[0].token == TOKEN


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_without_the_setting_the_environment_s_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    made = authority(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name)
    with serve_fake(context=serving(made)) as fake, proxy(int(fake.url.rpartition(":")[2])) as between:
        fake.add(TOKEN)
        monkeypatch.setenv(variable, between.url.removeprefix("http://") if variable == "ALL_PROXY" else between.url)
        assert me(ELSEWHERE, Connection(ca_bundle=made.bundle)) == "ann@example.com"
        assert len(between.asked) == 1


@pytest.mark.parametrize("names", ["arka-ai.com", ".arka-ai.com,x", "*", "arka-ai.com:443"])
def test_no_proxy_counts_for_the_setting_and_the_environment(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    origin = Origin.of(ELSEWHERE)
    assert Connection().proxy_for(origin) == "http://127.0.0.1:9"
    monkeypatch.setenv("no_proxy", names)
    assert Connection().proxy_for(origin) == ""
    assert Connection(proxy="http://proxy.example:3128").proxy_for(origin) == ""


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.1.2.3", "http://[::1]:8000"])
def test_this_machine_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A token for it may go without TLS, and a proxy would see it."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    assert Connection(proxy="http://proxy.example:3128").proxy_for(Origin.of(url)) == ""


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_is_named_as_what_refuses(status: str) -> None:
    with proxy(9, status) as between, pytest.raises(WorkspaceUnreachable) as caught:
        me(ELSEWHERE, Connection(proxy=between.url.replace("://", "://me:secret@"), timeout=5))
    assert caught.value.message == f"{ELSEWHERE} cannot be reached: the proxy does not let the request through"
    assert len(between.asked) == 1


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:9", "ftp://127.0.0.1:9", "http://127.0.0.1:port"])
def test_a_proxy_of_the_environment_that_cannot_be_used_is_said(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("https_proxy", url.replace("://", "://me:secret@"))
    with pytest.raises(WorkspaceUnreachable, match="the proxy in the environment cannot be used") as caught:
        me(ELSEWHERE, Connection(timeout=5))
    assert "secret" not in caught.value.message


def test_a_name_that_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch, loopback_only: list[str]) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(WorkspaceUnreachable) as caught:
        me(ELSEWHERE, Connection(timeout=5))
    assert caught.value.message == f"{ELSEWHERE} cannot be reached: its name is not known here"
    assert loopback_only == ["arka-ai.com"]
    loopback_only.clear()


def test_a_name_that_is_looked_up_for_ever_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = threading.Event()
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: waiting.wait(20) and [])
    try:
        with pytest.raises(WorkspaceUnreachable, match="no answer came within 0.3 s"):
            me(ELSEWHERE, Connection(timeout=0.3))
    finally:
        waiting.set()


# What the settings may be


def connection_of(home: Path, **environ: str) -> Connection:
    environ |= {"ARKA_HOME": str(home)}
    return Connection.of(Resolution(ProfileStore.open(app, environ), environ))


def test_the_time_is_that_of_the_settings_class() -> None:
    assert Settings.model_fields["timeout"].default == TIMEOUT


def test_each_layer_is_asked_as_for_every_other_value(home: Path) -> None:
    store = ProfileStore.open(app, {"ARKA_HOME": str(home)})
    store.create(
        "work", {("settings", "timeout"): 7, ("settings", "proxy"): "http://p:1", ("settings", "ca_bundle"): "/x"}
    )
    by_variable = connection_of(home, ARKA_PROFILE="work", ARKA_TIMEOUT="2.5", ARKA_PROXY="https://q:2")
    assert (by_variable.timeout, by_variable.proxy, by_variable.ca_bundle) == (2.5, "https://q:2", "/x")
    by_flag = Connection.of(Resolution(store, {"ARKA_TIMEOUT": "2.5"}, profile="work"))
    assert (by_flag.timeout, by_flag.proxy) == (7, "http://p:1")
    assert connection_of(home).timeout == 30
    assert "p:1" not in repr(by_flag)


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "1e999", "30s", "0x10"])
def test_a_time_that_is_none_is_an_error_that_names_its_place(home: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="ARKA_TIMEOUT: timeout is not a number of seconds above 0"):
        connection_of(home, ARKA_TIMEOUT=value)


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, "x", 10**400])
def test_or_in_a_profile(home: Path, value: object) -> None:
    store = ProfileStore.open(app, {"ARKA_HOME": str(home)})
    store.create("work", {("settings", "timeout"): value})
    with pytest.raises(ConfigError, match=r"work\.toml: settings\.timeout: timeout is not a number"):
        connection_of(home, ARKA_PROFILE="work")


@pytest.mark.parametrize("value", ["proxy", "ftp://x", "http://", "http://u:secret@x:port", "http://u:secret@x:99999"])
def test_a_proxy_that_is_none_is_an_error_that_does_not_repeat_it(home: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="ARKA_PROXY: proxy is not a URL of a proxy") as caught:
        connection_of(home, ARKA_PROXY=value)
    assert "secret" not in str(caught.value) + caught.value.hint
    assert caught.value.__context__ is None


def test_a_time_beyond_a_day_is_a_day(home: Path) -> None:
    assert connection_of(home, ARKA_TIMEOUT="1e12").timeout == 86400


def test_the_bundle_s_path_may_begin_at_home(home: Path, tmp_path: Path) -> None:
    assert connection_of(home, ARKA_CA_BUNDLE="~/bundle.pem").ca_bundle == str(tmp_path / "bundle.pem")


def test_where_the_system_has_no_certificates_those_of_httpx_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert Connection().certificates().cert_store_stats()["x509_ca"] > 50
