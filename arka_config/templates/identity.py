"""Identities: the secret keys that open what was sealed for this machine. The file is age's own, and `age -d -i` reads
it as well."""

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
    """This machine's identity, `identity.txt` in the data folder: 0600, and written once."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, "identity.txt")

    def exists(self) -> bool:
        """Whether this machine has an identity."""
        return files.exists(self.path)

    def create(self) -> str:
        """Makes an identity; its recipient. For who holds the lock. Raises ConfigError where there is one already."""
        library = age()
        if self.exists():
            raise ConfigError(
                f"{visible(self.path)} is there already, and what was sealed for it would be lost",
                hint="`identity show` prints its recipient",
            )
        files.sweep([os.path.dirname(self.path)])  # what a killed one left: it holds a secret key
        identity = library.x25519.Identity.generate()
        recipient = str(identity.to_public())
        created = timestamps.to_text(timestamps.now())
        files.write(self.path, f"# created: {created}\n# public key: {recipient}\n{identity}\n")
        return recipient

    def recipient(self) -> str:
        """Whom to seal for, so that this machine can open it. Raises ConfigError where it has no identity."""
        if not self.exists():
            raise ConfigError("this machine has no identity", hint="`identity create` makes one")
        return str(read_identities(self.path)[0].to_public())


def read_identities(path: str) -> list[Any]:
    """The identities in a file: age's own, or one ssh private key. Raises SealedTokenError, UnsafeFile."""
    library = age()
    text = files.read(os.path.abspath(os.path.expanduser(path)), secret=True)
    if text is None:
        raise SealedTokenError(
            f"{visible(path)} does not exist", hint="name a file of age identities, or an ssh private key"
        )
    try:
        if "PRIVATE KEY-----" in text:
            return [library.ssh.Identity.from_buffer(text.encode())]
        lines = [line.strip() for line in text.splitlines()]
        found = [library.x25519.Identity.from_str(line) for line in lines if line.startswith(_PREFIX)]
    except library.IdentityError:
        found = []
    # Outside of the handler: the library's error may hold what it could not read.
    if not found:
        raise SealedTokenError(
            f"{visible(path)} holds no identity: neither {_PREFIX}… nor an ssh private key without a passphrase",
            hint="age-keygen makes one, and so does `identity create`",
        )
    return found


def identities(machine: IdentityFile, others: Sequence[str]) -> list[Any]:
    """This machine's identity, where it has one, and those of other files."""
    paths = [*([machine.path] if machine.exists() else []), *others]
    return [identity for path in paths for identity in read_identities(path)]
