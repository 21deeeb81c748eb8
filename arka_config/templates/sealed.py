"""Sealed tokens: a token inside a template, encrypted with age (https://age-encryption.org/v1) for certain machines.

What is sealed names the profile and the origin that the token is for, so that nobody can put the text into another
template and have the token sent somewhere else. X25519 and ssh keys only: a passphrase stanza is refused by looking at
the header, before anything is tried, since it says itself how much memory trying it takes.
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
    """What is sealed: the token, and the app, the profile and the origin that it is for."""

    app: str
    profile: str
    origin: str
    token: Secret


class NotForThisMachine(SealedTokenError):
    """It is sealed for recipients whose identities are not here."""


def age() -> Any:
    """The age library. Raises ConfigError where it is not installed."""
    try:
        import pyrage  # type: ignore[import-untyped]  # it has no types
    except ImportError:
        raise ConfigError(
            "sealed tokens need the age library, which is not installed",
            hint="python3 -m pip install 'arka-config[age]'",
        ) from None
    return pyrage


def recipient(text: str, source: str) -> Any:
    """The recipient that a text names: `age1…`, or an ssh public key. Raises SealedTokenError, naming the source."""
    library = age()
    if text.startswith("AGE-SECRET-KEY-") or "PRIVATE KEY" in text:
        raise SealedTokenError(
            f"{source}: this is an identity, which is secret, and not a recipient",
            hint="age-keygen -y shows its recipient",
        )
    kind = library.ssh if text.startswith("ssh-") else library.x25519
    try:
        return kind.Recipient.from_str(text)
    except (library.RecipientError, UnicodeEncodeError):  # the latter for bytes that are no text
        pass
    raise SealedTokenError(
        f"{source}: '{visible(text[:40])}' is not a recipient: it begins with age1, ssh-ed25519 or ssh-rsa",
        hint="`identity show`, on the machine that is to open it, prints one",
    )


def seal(sealed: SealedToken, recipients: Sequence[Any]) -> str:
    """The armored text of a token, sealed for all of these recipients."""
    payload = {
        "version": VERSION,
        "app": sealed.app,
        "profile": sealed.profile,
        "origin": sealed.origin,
        "token": sealed.token.reveal(),
    }
    text: bytes = age().encrypt(json.dumps(payload).encode(), list(recipients), armored=True)
    return text.decode("ascii")


def opened(text: str, identities: Sequence[Any]) -> SealedToken:
    """What an armored text holds. Raises NotForThisMachine, and SealedTokenError for what is damaged or refused."""
    content = _dearmored(text)
    check_header(content)
    library = age()
    try:
        payload = library.decrypt(content, list(identities))
    except library.DecryptError as error:
        is_for_others = "No matching keys" in str(error)
    else:
        return _parsed(payload)
    # Outside of the handler: what a library says of a text is not ours to repeat.
    if is_for_others:
        raise NotForThisMachine(
            "it is sealed for other recipients than this machine",
            hint="have it sealed anew, for what `identity show` prints as well",
        )
    raise SealedTokenError("it is damaged, or was changed since it was sealed", hint="have it sealed anew")


def _dearmored(text: str) -> bytes:
    """The bytes of an armored text, so that what is checked below is what the library gets."""
    lines = text.strip().replace("\r\n", "\n").split("\n")
    if len(text) > LARGEST or len(lines) < 3 or lines[0].strip() != _BEGIN or lines[-1].strip() != _END:
        raise SealedTokenError("it is not an armored age text", hint="the `seal` command makes one")
    try:
        return base64.b64decode("".join(line.strip() for line in lines[1:-1]), validate=True)
    except ValueError:
        raise SealedTokenError("its armor is damaged", hint="have it sealed anew") from None


def check_header(content: bytes) -> None:
    """Looks at who a text is sealed for. Raises SealedTokenError for a passphrase, and for what has no header."""
    first, _, rest = content.partition(b"\n")
    header, separator, _ = rest.partition(b"\n--- ")
    if first != b"age-encryption.org/v1" or not separator:
        raise SealedTokenError("it is not an age text of version 1", hint="the `seal` command makes one")
    stanzas = [line for line in header.split(b"\n") if line.startswith(b"-> ")]
    if any(line.split(b" ")[1] == b"scrypt" for line in stanzas):
        raise SealedTokenError(
            "it is sealed with a passphrase, which is refused untried: trying one can take any amount of memory",
            hint="have it sealed for a recipient: seal --to age1…",
        )
    if len(stanzas) > MOST_STANZAS:
        raise SealedTokenError(f"it is sealed for more than {MOST_STANZAS} recipients")


def _parsed(payload: bytes) -> SealedToken:
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        document = None
    # Outside of the handler, as everywhere: that error holds the whole payload.
    if isinstance(document, dict) and document.get("version") != VERSION and "token" in document:
        raise SealedTokenError("it is of another version than this program knows", hint="update this program")
    if (
        not isinstance(document, dict)
        or document.keys() != _KEYS
        or not all(isinstance(document[key], str) and is_printable(document[key]) for key in _KEYS - {"version"})
    ):
        raise SealedTokenError(
            "it holds something else than a token that this program sealed", hint="the `seal` command makes one"
        )
    Origin.of(document["origin"], "the sealed token's origin")
    return SealedToken(document["app"], document["profile"], document["origin"], Secret(document["token"]))
