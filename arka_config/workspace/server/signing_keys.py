"""The public keys of secret-scanning partners, and the signatures of their reports.

The format of the keys' document, of the headers and of the signature is that of GitHub's secret scanning partner
program: ECDSA with P-256 and SHA-256 over the body, in base64 (ECDSA-NIST-P256V1-SHA256). cryptography is imported on
use: most workspaces have no partner.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from arka_config.errors import ConfigError
from arka_config.precedence.origin import Origin
from arka_config.store import files
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric import ec

GITHUB_URL = "https://api.github.com/meta/public_keys/secret_scanning"
KEY_ID_HEADER = "Github-Public-Key-Identifier"
SIGNATURE_HEADER = "Github-Public-Key-Signature"

_FRESH = 3600.0  # seconds; then the document is read again
_LEAST_INTERVAL = 60.0  # seconds between two attempts to read it, also for an unknown key
_USABLE = 86_400.0  # seconds that keys are used if the document cannot be read any more
_MAX_SIZE = 256 * 1024
_TIMEOUT = 10.0
_log = logging.getLogger(__name__)


class NoSigningKeys(ConfigError):
    """The partner's keys cannot be read now."""


class SigningKeys:
    """The keys in a file or at a URL, read again from time to time. Safe in threads."""

    def __init__(self, place: str) -> None:
        """Raises ConfigError for a URL that is neither https nor on loopback, and for a file that cannot be used."""
        self.place = place
        self._is_url = "://" in place
        self._lock = threading.Lock()
        self._keys: Mapping[str, ec.EllipticCurvePublicKey] = {}
        self._read_at = self._tried_at = float("-inf")
        if self._is_url:
            Origin.of(place, "--leak-keys")
        else:
            self._keys, self._read_at = parse(self._read_file(), place), time.monotonic()

    def verify(self, key_id: str, signature: str, body: bytes) -> bool:
        """Whether the body has a valid signature by the key with this id. Raises NoSigningKeys."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.hashes import SHA256

        key = self._find(key_id)
        if key is None:
            return False
        try:
            key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def _find(self, key_id: str) -> ec.EllipticCurvePublicKey | None:
        now = time.monotonic()
        with self._lock:  # not while it is read, so that a slow server delays one report only
            is_due = now - self._read_at > _FRESH or key_id not in self._keys
            must_read = is_due and now - self._tried_at > _LEAST_INTERVAL
            self._tried_at = now if must_read else self._tried_at
        if must_read:
            self._refresh(now)
        if now - self._read_at > _USABLE:
            raise NoSigningKeys(f"the keys at {self.place} cannot be read")
        return self._keys.get(key_id)

    def _refresh(self, now: float) -> None:
        reason = ""
        try:
            self._keys = parse(self._fetch() if self._is_url else self._read_file(), self.place)
            self._read_at = now
        except ConfigError as error:
            reason = error.message
        if reason:
            _log.warning("the keys of secret-scanning partners are not updated: %s", visible(reason))

    def _read_file(self) -> bytes:
        text = files.read(os.path.abspath(self.place))
        if text is None:
            raise ConfigError(f"{self.place} does not exist", hint=f"download it from {GITHUB_URL}")
        return text.encode()

    def _fetch(self) -> bytes:
        import httpx

        content = bytearray()
        try:
            with httpx.stream("GET", self.place, timeout=_TIMEOUT) as response:
                response.raise_for_status()
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > _MAX_SIZE:
                        raise ConfigError(f"{self.place} sent more than {_MAX_SIZE >> 10} KiB")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ConfigError(f"{self.place} cannot be read: {error}") from None
        return bytes(content)


def parse(content: bytes, place: str) -> dict[str, ec.EllipticCurvePublicKey]:
    """Parse the document with the keys. Those that are not of P-256 are left out. Raises ConfigError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    keys: dict[str, ec.EllipticCurvePublicKey] = {}
    try:
        for each in json.loads(content)["public_keys"]:
            key: Any = load_pem_public_key(each["key"].encode())
            if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
                keys[str(each["key_identifier"])] = key
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UnsupportedAlgorithm):
        keys = {}
    if not keys:
        raise ConfigError(f"{place}: no list of P-256 keys in GitHub's format", hint=f"see {GITHUB_URL}")
    return keys
