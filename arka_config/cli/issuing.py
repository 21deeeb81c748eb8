"""Has the workspace issue a token for a profile, with the token in force: what a template's `issue` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from arka_config.cli.session import Session
    from arka_config.precedence.origin import Origin
    from arka_config.store.tokens import Credential
    from arka_config.templates.applying import TokenIssuer


def issuer(session: Session) -> TokenIssuer:
    """Issues tokens for the workspace of the token in force."""

    def issue(label: str, expires: str, origin: Origin) -> Credential:
        raise ConfigError(
            f"a token '{label}' would have to be issued, and no workspace can be asked yet",
            hint="give the template another source: prompt = true",
        )

    return issue
