"""The keys of secret-scanning partners: which are accepted, and when they are read again."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from arka_config.errors import ConfigError, InvalidUrl
from arka_config.workspace.server import signing_keys
from arka_config.workspace.server.signing_keys import KEY_ID_HEADER, SIGNATURE_HEADER, NoSigningKeys, SigningKeys
from tests.http_server import serve_in_thread
from tests.workspace.server.signer import Partner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b'[{"token": "x"}]'


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(signing_keys, "time", clock)
    return clock


def is_signed(keys: SigningKeys, partner: Partner, body: bytes = BODY, *, signed: bytes = BODY) -> bool:
    headers = partner.headers(signed)
    return keys.verify(headers[KEY_ID_HEADER], headers[SIGNATURE_HEADER], body)


def test_signature_must_be_of_this_body_by_this_key(tmp_path: Path) -> None:
    partner, other = Partner(), Partner()
    keys = SigningKeys(str(partner.write_keys(tmp_path / "keys.json")))
    assert is_signed(keys, partner)
    assert not is_signed(keys, partner, BODY + b" ")
    assert not is_signed(keys, other)
    for signature in ("", "x", "é", "AAAA", partner.headers(BODY)[SIGNATURE_HEADER][:-4]):
        assert not keys.verify("k1", signature, BODY)


def test_the_example_of_github_is_accepted(tmp_path: Path) -> None:
    # The key, the body and the signature of the documentation of GitHub's secret scanning partner program.
    document = {
        "public_keys": [
            {
                "key_identifier": "90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a",
                "key": "-----BEGIN PUBLIC KEY-----\n"
                "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\n"
                "kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n"
                "-----END PUBLIC KEY-----\n",
                "is_current": True,
            }
        ]
    }
    (tmp_path / "keys.json").write_text(json.dumps(document))
    keys = SigningKeys(str(tmp_path / "keys.json"))
    body = b'[{"token":"some_token","type":"some_type","url":"some_url"}]'
    signature = "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc="
    assert keys.verify("90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a", signature, body)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"public_keys": [{"key_identifier": "x", "key": "y"}]}', "[" * 5000])
def test_file_without_keys_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(ConfigError, match="no list of P-256 keys"):
        SigningKeys(str(tmp_path / "keys.json"))


def test_key_of_another_curve_is_not_accepted(tmp_path: Path) -> None:
    partner, other = Partner(), Partner("k2", ec.SECP384R1())
    document = {"public_keys": [partner.entry(), other.entry()]}
    (tmp_path / "keys.json").write_text(json.dumps(document))
    keys = SigningKeys(str(tmp_path / "keys.json"))
    assert is_signed(keys, partner)
    assert not is_signed(keys, other)


def test_url_must_be_https_or_loopback() -> None:
    with pytest.raises(InvalidUrl, match="--leak-keys"):
        SigningKeys("http://example.com/keys")


@contextmanager
def serve(document: dict[str, object]) -> Iterator[tuple[str, list[str]]]:
    """Serve the document on loopback, and list the requests. If it has no `public_keys`, answer 500."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            requests.append(self.path)
            body = json.dumps(document).encode()
            self.send_response(200 if document else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *rest: object) -> None:  # noqa: A002  # http.server's name
            """Log nothing."""

    with serve_in_thread(HTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield f"http://{address}/keys", requests


def test_url_is_read_once_an_hour_and_for_a_new_key_once_a_minute(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    old, new = Partner("old"), Partner("new")
    document: dict[str, object] = {"public_keys": [old.entry()]}
    with serve(document) as (url, requests):
        keys = SigningKeys(url)
        assert requests == []  # the server starts without the network
        assert is_signed(keys, old)
        assert is_signed(keys, old)
        assert not is_signed(keys, new)
        assert len(requests) == 1
        document["public_keys"] = [new.entry()]
        clock.now = 61
        assert is_signed(keys, new)
        assert not is_signed(keys, old)  # withdrawn
        assert len(requests) == 2
        document.clear()
        clock.now = 3_700
        with caplog.at_level(logging.WARNING):
            assert is_signed(keys, new)  # still usable, because the keys cannot be read now
        assert "are not updated" in caplog.text
        clock.now = 90_000
        with pytest.raises(NoSigningKeys):
            is_signed(keys, new)
