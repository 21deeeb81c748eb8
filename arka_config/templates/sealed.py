"""Sealed tokens: a token inside a template, encrypted with age (https://age-encryption.org/v1) for certain machines.

The payload names the token's profile and origin, so a sealed text that is copied into another template cannot send the
token somewhere else. Only X25519 and ssh keys are allowed. Passphrase stanzas are rejected by their header, before any
decryption: they specify themselves how much memory an attempt takes.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import ConfigError, SealedTokenError
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.text import is_printable, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = 1
LARGEST = 1 << 16  # bytes, armor and all
MOST_STANZAS = 256
_BEGIN, _END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
_KEYS = {"version", "app", "profile", "origin", "token"}


class SealedToken(NamedTuple):
    """The payload: the token, and the app, profile and origin that it is for."""

    app: str
    profile: str
    origin: str
    token: Secret


class NotForThisMachine(SealedTokenError):
    """None of this machine's identities is a recipient."""


def age() -> Any:
    """Import the age library. Raises ConfigError if it is not installed."""
    try:
        import pyrage  # type: ignore[import-untyped]  # it has no types
    except ImportError:
        raise ConfigError(
            "sealed tokens need the age library, which is not installed",
            hint="python3 -m pip install 'arka-config[age]'",
        ) from None
    return pyrage


def parse_recipient(text: str, source: str) -> Any:
    """Parse a recipient: `age1…`, or an ssh public key. Raises SealedTokenError, naming the source."""
    library = age()
    if text.startswith("AGE-SECRET-KEY-") or "PRIVATE KEY" in text:
        raise SealedTokenError(
            f"{source}: this is an identity, which is secret, not a recipient",
            hint="age-keygen -y prints its recipient",
        )
    kind = library.ssh if text.startswith("ssh-") else library.x25519
    try:
        return kind.Recipient.from_str(text)
    except (library.RecipientError, UnicodeEncodeError):  # the latter for bytes that are not text
        pass
    raise SealedTokenError(
        f"{source}: '{visible(text[:40])}' is not a recipient, which starts with age1, ssh-ed25519 or ssh-rsa",
        hint="run `identity show` on the machine that should open it",
    )


def seal(sealed: SealedToken, recipients: Sequence[Any]) -> str:
    """Seal a token for these recipients; return the armored text."""
    payload = {
        "version": VERSION,
        "app": sealed.app,
        "profile": sealed.profile,
        "origin": sealed.origin,
        "token": sealed.token.reveal(),
    }
    text: bytes = age().encrypt(json.dumps(payload).encode(), list(recipients), armored=True)
    return text.decode("ascii")


def unseal(text: str, identities: Sequence[Any]) -> SealedToken:
    """Decrypt an armored text. Raises NotForThisMachine, and SealedTokenError if it is damaged or not allowed."""
    content = _dearmor(text)
    check_header(content)
    library = age()
    try:
        payload = library.decrypt(content, list(identities))
    except library.DecryptError as error:
        is_for_others = "No matching keys" in str(error)  # the library has one error type for all reasons
    else:
        return _parse(payload)
    # Raised outside of the handler, so that the library's error is not chained: it may hold a secret.
    if is_for_others:
        raise NotForThisMachine(
            "it is not sealed for this machine",
            hint="have it sealed again, also for the recipient that `identity show` prints",
        )
    raise SealedTokenError("it is damaged, or was changed after it was sealed", hint="have it sealed again")


def _dearmor(text: str) -> bytes:
    """Decode an armored text, so that the header that is checked is the one that the library reads."""
    lines = text.strip().replace("\r\n", "\n").split("\n")
    if len(text) > LARGEST or len(lines) < 3 or lines[0].strip() != _BEGIN or lines[-1].strip() != _END:
        raise SealedTokenError("it is not an armored age text", hint="create one with the `seal` command")
    try:
        return base64.b64decode("".join(line.strip() for line in lines[1:-1]), validate=True)
    except ValueError:
        raise SealedTokenError("its armor is damaged", hint="have it sealed again") from None


def check_header(content: bytes) -> None:
    """Check the recipient stanzas. Raises SealedTokenError for a passphrase, or if there is no valid header."""
    first, _, rest = content.partition(b"\n")
    header, separator, _ = rest.partition(b"\n--- ")
    if first != b"age-encryption.org/v1" or not separator:
        raise SealedTokenError("it is not an age text of version 1", hint="create one with the `seal` command")
    stanzas = [line for line in header.split(b"\n") if line.startswith(b"-> ")]
    if any(line.split(b" ")[1] == b"scrypt" for line in stanzas):
        raise SealedTokenError(
            "it is sealed with a passphrase, which is not allowed: an attempt can take any amount of memory",
            hint="have it sealed for a recipient: seal --to age1…",
        )
    if len(stanzas) > MOST_STANZAS:
        raise SealedTokenError(f"it is sealed for more than {MOST_STANZAS} recipients")


def _parse(payload: bytes) -> SealedToken:
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        document = None
    # Raised outside of the handler, so that the error is not chained: it holds the whole payload.
    if isinstance(document, dict) and document.get("version") != VERSION and "token" in document:
        raise SealedTokenError("its format is newer than this program", hint="update this program")
    if (
        not isinstance(document, dict)
        or document.keys() != _KEYS
        or not all(isinstance(document[key], str) and is_printable(document[key]) for key in _KEYS - {"version"})
    ):
        raise SealedTokenError(
            "it does not contain a token sealed by this program", hint="create one with the `seal` command"
        )
    Origin.of(document["origin"], "the sealed token's origin")
    return SealedToken(document["app"], document["profile"], document["origin"], Secret(document["token"]))
