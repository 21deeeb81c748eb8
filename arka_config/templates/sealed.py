"""Sealed tokens, and the identities that open them. A sealed token is a token inside a template, encrypted with
age (https://age-encryption.org/v1) for certain machines. An identity is a secret key, in a file of age's own format.

The payload names the token's profile and origin, so a sealed text that is copied into another template cannot send the
token somewhere else. Only X25519 and ssh keys are allowed. Passphrase stanzas are rejected by their header, before any
decryption: they specify themselves how much memory an attempt takes.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config import timestamps
from arka_config.errors import ConfigError, SealedTokenError
from arka_config.extras import install_command
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.store import files
from arka_config.templates.age_format import check_header, dearmor
from arka_config.text import is_printable, shorten, visible

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

VERSION = 1
SEAL_AGAIN = "seal the token again for this template: a sealed token works nowhere else"
_SECRET_KEY = "AGE-SECRET-KEY-"


class SealedToken(NamedTuple):
    """The payload: the token, and the app, profile and origin that it is for."""

    app: str
    profile: str
    origin: str
    token: Secret

    def mismatch(self, app: str, profiles: Collection[str], origin: str | None) -> str:
        """Return for which app, profile or origin the token is, if not for these; else an empty string."""
        for what, found, expected in (
            ("app", self.app, {app}),
            ("profile", self.profile, profiles),
            ("origin", self.origin, {origin}),
        ):
            if found not in expected:
                return f"token.sealed is for {what} '{visible(found)}', not for the one in this template"
        return ""


class NotForThisMachine(SealedTokenError):
    """None of this machine's identities is a recipient."""


def age() -> Any:
    """Import the age library. Raises ConfigError if it is not installed."""
    try:
        import pyrage  # type: ignore[import-untyped]  # it has no types
    except ImportError:
        raise ConfigError(
            "sealed tokens need the age library, which is not installed",
            hint=install_command("age"),
        ) from None
    return pyrage


def parse_recipient(text: str, source: str) -> Any:
    """Parse a recipient: `age1…`, or an ssh public key. Raises SealedTokenError, naming the source."""
    library = age()
    if text.startswith(_SECRET_KEY) or "PRIVATE KEY" in text:
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
        f"{source}: '{shorten(text, 40)}' is not a recipient, which starts with age1, ssh-ed25519 or ssh-rsa",
        hint="run `identity show` on the machine that should open it",
    )


def seal(sealed: SealedToken, recipients: Sequence[Any]) -> str:
    """Seal a token for these recipients; return the armored text."""
    payload = {"version": VERSION, **sealed._asdict(), "token": sealed.token.reveal()}
    text: bytes = age().encrypt(json.dumps(payload).encode(), list(recipients), armored=True)
    return text.decode("ascii")


def unseal(text: str, identities: Sequence[Any]) -> SealedToken:
    """Decrypt an armored text. Raises NotForThisMachine, and SealedTokenError if it is damaged or not allowed."""
    content = dearmor(text)  # so that the header that is checked is the one that the library reads
    check_header(content)
    library = age()
    try:
        payload = library.decrypt(content, list(identities))
    except library.DecryptError as error:
        # The library has one error type, without fields, for all reasons: only its message tells this one.
        is_for_others = "No matching keys" in str(error)
    else:
        return _parse(payload)
    # Raised outside of the handler, so that the library's error is not chained: it may hold a secret.
    if is_for_others:
        raise NotForThisMachine(
            "it is not sealed for this machine",
            hint="have it sealed again, also for the recipient that `identity show` prints",
        )
    raise SealedTokenError("it is damaged, or was changed after it was sealed", hint="have it sealed again")


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
        or document.keys() != {"version", *SealedToken._fields}
        or not all(isinstance(document[key], str) and is_printable(document[key]) for key in SealedToken._fields)
    ):
        raise SealedTokenError(
            "it does not contain a token sealed by this program", hint="create one with the `seal` command"
        )
    Origin.of(document["origin"], "the sealed token's origin")
    return SealedToken(document["app"], document["profile"], document["origin"], Secret(document["token"]))


# Identities


class IdentityFile:
    """This machine's identity: `identity.txt` in the data folder, with mode 0600. It is never overwritten."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, "identity.txt")

    def exists(self) -> bool:
        """Whether this machine has an identity."""
        return files.exists(self.path)

    def create(self) -> str:
        """Create the identity and return its recipient. The caller holds the lock. Raises ConfigError if it exists."""
        library = age()
        if self.exists():
            raise ConfigError(
                f"{visible(self.path)} already exists, and tokens sealed for it would be lost",
                hint="run `identity show` to print its recipient",
            )
        files.sweep([os.path.dirname(self.path)])  # a killed process may have left a temporary file with a key
        identity = library.x25519.Identity.generate()
        recipient = str(identity.to_public())
        created = timestamps.to_text(timestamps.now())
        text = f"# created: {created}\n# public key: {recipient}\n{identity}\n"
        files.write(self.path, text, follow_links=False)  # a broken link is replaced
        return recipient

    def recipient(self) -> str:
        """Return the recipient to seal for. Raises ConfigError if this machine has no identity."""
        if not self.exists():
            raise ConfigError("this machine has no identity", hint="create one with `identity create`")
        return str(read_identities(self.path)[0].to_public())


def read_identities(path: str) -> list[Any]:
    """Read the identities in a file: age's, or one ssh private key. Raises SealedTokenError, UnsafeFile."""
    library = age()
    text = files.read(os.path.abspath(os.path.expanduser(path)), secret=True)
    if text is None:
        raise SealedTokenError(
            f"{visible(path)} does not exist", hint="pass a file of age identities, or an ssh private key"
        )
    try:
        if "PRIVATE KEY-----" in text:
            return [library.ssh.Identity.from_buffer(text.encode())]
        lines = [line.strip() for line in text.splitlines()]
        if others := [at for at, line in enumerate(lines, 1) if line and not line.startswith(("#", "AGE-"))]:
            # The line is not repeated: it may be a part of a key.
            raise SealedTokenError(f"{visible(path)}:{others[0]}: neither an identity nor a comment", hint="remove it")
        identities = [library.x25519.Identity.from_str(line) for line in lines if line.startswith(f"{_SECRET_KEY}1")]
    except library.IdentityError:
        identities = []
    # Raised outside of the handler, so that the library's error is not chained: it may hold the key.
    if not identities:
        raise SealedTokenError(
            f"{visible(path)} contains no identity: neither {_SECRET_KEY}1… nor an ssh private key without a "
            "passphrase",
            hint="create one with age-keygen or `identity create`",
        )
    return identities


def load_identities(machine: IdentityFile, others: Sequence[str]) -> list[Any]:
    """Read this machine's identity, if it has one, and those in other files."""
    paths = [*([machine.path] if machine.exists() else []), *others]
    return [identity for path in paths for identity in read_identities(path)]
