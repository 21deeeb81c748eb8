"""What the operator sets for single sign-on."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from arka_config.errors import ConfigError, UsageError
from arka_config.precedence.origin import is_loopback

CREATE = "create"
LINK = "link"
REFUSE = "refuse"
_HINT = "as in --sso-issuer https://accounts.example.com"


class Settings(NamedTuple):
    """The provider, and which of its accounts may sign in.

    `domains` are those of their verified e-mail addresses, `claims` have to be in the ID token. `policy` is for an
    account that is not linked to a user: CREATE a user or LINK the one with the same address, only LINK, or REFUSE. New
    users have `plan`. With `only`, users cannot sign in with a link.
    """

    issuer: str
    client_id: str
    client_secret_file: str = ""
    domains: tuple[str, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    policy: str = CREATE
    plan: str = "free"
    only: bool = False

    def check(self) -> Settings:
        """Return the settings. Raises UsageError for one that cannot be used, ConfigError for the secret's file."""
        parts = urlsplit(self.issuer)
        if not is_secure(self.issuer) or parts.query or parts.fragment:
            raise UsageError("--sso-issuer: that is not the https URL of a provider", hint=_HINT)
        if not self.client_id:
            raise UsageError(
                "--sso-issuer needs --sso-client-id", hint="the provider gives it when you register the client"
            )
        if self.policy == CREATE and not self.domains and not self.claims:
            raise UsageError(
                "every account at the provider could sign in",
                hint="name who may: --sso-domain example.com or --sso-claim NAME=VALUE; or --sso-new-users link",
            )
        self.read_secret()
        return self

    def read_secret(self) -> str:
        """Read the client's secret; empty for a public client. Raises ConfigError."""
        if not self.client_secret_file:
            return ""
        try:
            with open(self.client_secret_file, encoding="utf-8") as file:
                secret = file.read(4096).strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
        else:
            if secret:
                return secret
            reason = "it is empty"
        raise ConfigError(f"--sso-client-secret-file: {self.client_secret_file} cannot be read: {reason}")


def is_secure(url: object) -> bool:
    """Whether a URL of the provider is https, or on this machine."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        )
    except ValueError:
        return False
