"""Facts: what a template may know of the machine that it is applied to. None of them comes from the environment."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


class Facts(NamedTuple):
    """The machine's name, the user's, and the system: `linux`, `macos` or `windows`. Empty where there is none."""

    hostname: str
    user: str
    os: str

    @classmethod
    def here(cls) -> Facts:
        """The facts of this machine."""
        import socket

        return cls(socket.gethostname(), _user(), SYSTEMS.get(sys.platform, sys.platform))

    @classmethod
    def elsewhere(cls) -> Facts:
        """Facts of some other machine, by which its templates can be looked at here."""
        return cls("hostname", "user", "linux")

    def matches(self, hostname: str | None, system: str | None) -> bool:
        """Whether the machine's name matches a pattern (`runner-*`, case aside) and its system is the one named."""
        from fnmatch import fnmatchcase

        if hostname is not None and not fnmatchcase(self.hostname.lower(), hostname.lower()):
            return False
        return system in (None, self.os)


def _user() -> str:
    """The account's name by its number: `getpass.getuser` would take it from the environment."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container that runs with a number that nobody has
        return ""
