"""`token`: print the effective token and a newline, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import strict_expiry_option
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.errors import OriginConflict
from arka_config.precedence.origin import Origin

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import TokenDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.option(
    "--for", "url", metavar="URL", type=words.WORKSPACE_URL, help="Fail unless the token is for this URL's origin."
)
@strict_expiry_option
def token(session: Session, url: str | None, strict_expiry: bool) -> None:
    """Print the effective token.

    \b
    curl -H "Authorization: Bearer $({app} token --for "$URL")" "$URL"
    """
    effective = session.fetch_token(strict_expiry=strict_expiry)
    if url is not None and (wanted := Origin.of(url, "--for")) != effective.origin:
        raise OriginConflict(
            f"the token from {effective.token.place} is for {effective.origin}, not for {wanted}; nothing was printed",
            hint=f"{session.app.name} profiles list",
        )
    text = effective.secret.reveal()
    document: TokenDocument = {"token": text, "origin": str(effective.origin), "profile": session.resolution.name}
    session.show(document, text, reveal=True)
