"""Identities: the secret keys that open tokens sealed for this machine, in files of age's own format."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from arka_config import timestamps
from arka_config.errors import ConfigError, SealedTokenError
from arka_config.store import files
from arka_config.templates.sealed import age
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIX = "AGE-SECRET-KEY-1"


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
        files.write(self.path, f"# created: {created}\n# public key: {recipient}\n{identity}\n")
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
        identities = [library.x25519.Identity.from_str(line) for line in lines if line.startswith(_PREFIX)]
    except library.IdentityError:
        identities = []
    # Raised outside of the handler, so that the library's error is not chained: it may hold the key.
    if not identities:
        raise SealedTokenError(
            f"{visible(path)} contains no identity: neither {_PREFIX}… nor an ssh private key without a passphrase",
            hint="create one with age-keygen or `identity create`",
        )
    return identities


def load_identities(machine: IdentityFile, others: Sequence[str]) -> list[Any]:
    """Read this machine's identity, if it has one, and those in other files."""
    paths = [*([machine.path] if machine.exists() else []), *others]
    return [identity for path in paths for identity in read_identities(path)]
