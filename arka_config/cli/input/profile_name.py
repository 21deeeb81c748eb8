"""Ask for the name of the profile to log in to."""

from __future__ import annotations

from arka_config.cli.input.retry import retry
from arka_config.cli.output import terminal
from arka_config.errors import InvalidName
from arka_config.precedence.profile import DEFAULT_PROFILE
from arka_config.text import check_profile_name, suggest_profile_name


def ask_profile_name() -> str:
    """Ask for a profile's name, and suggest this machine's. Raises InvalidName, Cancelled."""
    suggestion = suggest_machine()
    return retry(
        lambda: check_profile_name(terminal.ask(f"Name of the profile [{suggestion}]") or suggestion), InvalidName
    )


def suggest_machine() -> str:
    """A profile's name that is like this machine's name: `macbook-pro` for `MacBook-Pro.local`."""
    import socket

    name = suggest_profile_name(socket.gethostname().partition(".")[0])
    return DEFAULT_PROFILE if name in ("", "localhost") else name
