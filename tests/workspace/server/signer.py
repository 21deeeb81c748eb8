"""A secret-scanning partner for tests: its keys, and the reports that it signs."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from pathlib import Path


class Partner:
    """A partner with one key, in the format of GitHub."""

    def __init__(self, key_id: str = "k1", curve: ec.EllipticCurve | None = None) -> None:
        self.key_id = key_id
        self._key = ec.generate_private_key(curve or ec.SECP256R1())

    def entry(self) -> dict[str, object]:
        """Return the key as an entry of the document of keys."""
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return {"key_identifier": self.key_id, "key": pem.decode(), "is_current": True}

    def write_keys(self, path: Path) -> Path:
        """Write the document of keys."""
        path.write_text(json.dumps({"public_keys": [self.entry()]}))
        return path

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the headers of a report with this body."""
        signature = base64.b64encode(self._key.sign(body, ec.ECDSA(SHA256()))).decode()
        return {
            "Content-Type": "application/json",
            "Github-Public-Key-Identifier": self.key_id,
            "Github-Public-Key-Signature": signature,
        }
