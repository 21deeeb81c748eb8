"""The options of `workspace serve` for single sign-on, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.app_identity import PLANS
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import feature_option
from arka_config.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from arka_config.workspace.server.single_sign_on.settings import Settings

_OPTIONS = (
    click.option("--sso-issuer", metavar="URL", default="", help="Let users sign in at this OpenID Connect provider."),
    click.option("--sso-client-id", metavar="ID", default="", help="The workspace's client id at the provider."),
    click.option(
        "--sso-client-secret-file", metavar="PATH", type=words.FILE, default="", help="A file with the client's secret."
    ),
    click.option(
        "--sso-domain",
        metavar="DOMAIN",
        multiple=True,
        help="Accept accounts with a verified e-mail address of this domain; repeatable.",
    ),
    click.option(
        "--sso-claim",
        metavar="NAME=VALUE",
        multiple=True,
        help="Accept accounts with this claim, as in groups=developers; repeatable, all are needed.",
    ),
    click.option(
        "--sso-new-users",
        type=click.Choice(["create", "link", "refuse"]),
        default="create",
        show_default=True,
        help="What a first sign-in does: create a user or link the one with the same address; only link; neither.",
    ),
    feature_option(
        "--sso-plan",
        type=click.Choice(["pro", "free"]),
        default="free",
        show_default=True,
        help="The plan of users that a first sign-in creates.",
        needs=PLANS,
    ),
    click.option("--sso-only", is_flag=True, help="Do not accept sign-in links."),
)


def sign_on_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add the options to a command, which gets them as `sso_…`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def parse_sign_on(given: Mapping[str, Any]) -> Settings | None:
    """Return what the options say; None without an issuer. Raises UsageError, ConfigError."""
    from arka_config.workspace.server.single_sign_on.settings import Settings

    issuer = given["sso_issuer"]
    if not issuer:
        if any(
            given[name] for name in ("sso_client_id", "sso_client_secret_file", "sso_domain", "sso_claim", "sso_only")
        ):
            raise UsageError("the options --sso-… need --sso-issuer", hint="--sso-issuer https://accounts.example.com")
        return None
    claims = [tuple(each.partition("=")[::2]) for each in given["sso_claim"]]
    if not all(name and value for name, value in claims):
        raise UsageError("--sso-claim is written as NAME=VALUE", hint="--sso-claim groups=developers")
    return Settings(
        issuer,
        given["sso_client_id"],
        given["sso_client_secret_file"],
        tuple(each.lower() for each in given["sso_domain"]),
        tuple((name, value) for name, value in claims),
        given["sso_new_users"],
        given["sso_plan"],
        given["sso_only"],
    ).check()
