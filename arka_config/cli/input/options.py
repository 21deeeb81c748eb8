"""Options that several commands take: their declarations, and the checks of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.errors import UsageError
from arka_config.exchange.variables import SHELLS
from arka_config.text import check_printable

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity

yes_option = click.option("-y", "--yes", is_flag=True, help="Skip the confirmation prompt.")
show_token_option = click.option("--show-token", is_flag=True, help="Show the token unmasked.")
no_browser_option = click.option("--no-browser", is_flag=True, help="Print the URL of the page instead of opening it.")
paste_option = click.option(
    "--paste", is_flag=True, help="Paste a token, even if the workspace supports signing in through the browser."
)
strict_expiry_option = click.option(
    "--strict-expiry", is_flag=True, help="Fail if the token is known to have expired (default: warn)."
)
follow_links_option = click.option(
    "--follow-links", is_flag=True, help="Write to the file that a symbolic link leads to."
)
shell_option = click.option("--shell", type=click.Choice(SHELLS), help="The shell to write for (default: from $SHELL).")


def parse_expires(text: str | None, *, allow_never: bool = False, name: str = "--expires") -> str | None:
    """Return the option's time as a stored timestamp: None if it was not given, an empty string for `never`.

    Raises UsageError, for a time in the past too.
    """
    if text is None:
        return None
    if allow_never and text.strip().lower() == "never":
        return ""
    try:
        ends = timestamps.parse_expiry(text)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None
    if ends <= timestamps.now():
        raise UsageError(f"{name}: {timestamps.to_text(ends)} is in the past", hint=f"{name} 90d")
    return timestamps.to_text(ends)


def parse_past(text: str | None, *, name: str) -> str | None:
    """Return the option's time as a stored timestamp; None if it was not given. Raises UsageError for the future."""
    if text is None:
        return None
    try:
        since = timestamps.parse_past(text)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None
    if since > timestamps.now():
        raise UsageError(f"{name}: {timestamps.to_text(since)} is in the future", hint=f"{name} 90d")
    return timestamps.to_text(since)


def check_label(app: AppIdentity, label: str, what: str, *, hint: str) -> None:
    """Raise InvalidValue for an unprintable label, and UsageError for one that contains a token."""
    check_printable(label, what)
    if app.redact(label) != label:
        raise UsageError(f"{what} contains a token, but labels are not secret", hint=hint)
