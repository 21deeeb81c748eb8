"""`login`: sign in through the browser, or take a token from the user, stdin or a file, and store it in a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.app_identity import VERIFY
from arka_config.cli.input.options import check_label, no_browser_option, parse_expires, paste_option
from arka_config.cli.input.profile_name import ask_profile_name
from arka_config.cli.output import terminal
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command, feature_option
from arka_config.cli.runtime.login_steps import Input, Target, log_in
from arka_config.errors import OriginConflict, UsageError
from arka_config.precedence.origin import Origin
from arka_config.precedence.profile import DEFAULT_PROFILE
from arka_config.precedence.values import ENV, PROFILE, flatten, resolve
from arka_config.store.tokens import STORAGES

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue


@command()
@click.option("--with-token", is_flag=True, help="Read the token from standard input.")
@click.option("--token-file", metavar="PATH", type=words.FILE, help="Read the token from a file.")
@paste_option
@no_browser_option
@click.option(
    "--label", metavar="TEXT", type=words.TOKEN_LABEL, default="", help="The name of the token on the tokens page."
)
@click.option("--expires", metavar="DATE|90d", help="When the token expires, as chosen on the tokens page.")
@click.option("--api-url", metavar="URL", type=words.WORKSPACE_URL, help="The workspace that issued the token.")
@feature_option(
    "--expect-user", metavar="USER", type=words.USER, help="Fail unless the token belongs to this user.", needs=VERIFY
)
@feature_option(
    "--verify/--no-verify",
    default=None,
    help="Fail unless the workspace confirms the token, or skip asking it (default: ask if possible).",
    needs=VERIFY,
)
@click.option(
    "--storage",
    type=click.Choice(STORAGES),
    help="Where to store the token (default: as before, else as config.toml says).",
)
@click.option("--use", "activate", is_flag=True, help="Make the profile the active one.")
@click.option("--force", is_flag=True, help="Replace a token of another workspace or user.")
def login(
    session: Session,
    with_token: bool,
    token_file: str | None,
    paste: bool,
    no_browser: bool,
    label: str,
    expires: str | None,
    api_url: str | None,
    expect_user: str | None,
    verify: bool | None,
    storage: str | None,
    activate: bool,
    force: bool,
) -> None:
    """Log in to a workspace and store the token in a profile.

    [[sign-in:If the workspace supports it, approve the sign-in in your browser: there is nothing to copy. Without a
    browser on this machine, you enter a code in the browser of another device. Otherwise, the tokens page is
    opened:]][[no-sign-in:The tokens page is opened:]] create a token there, copy it, and paste it here. [[verify:The
    token is verified with the workspace before it is stored; if the workspace has no API or cannot be reached, the
    token is stored unverified.]][[no-verify:The token is stored unverified.]]

    The workspace is that of `--api-url`, of a profile named with `--profile`, or of the variable for it, else the
    profile's, else the default one.

    \b
    {app} login --profile work
    {app} login --profile ci --label "CI/CD Pipeline" --expires 90d
    printf %s "$TOKEN" | {app} login --profile ci --with-token
    """
    source = Input(with_token, token_file, paste, no_browser)
    ends = parse_expires(expires) or ""
    _check_options(session, label, expect_user, verify=verify)
    if session.can_ask and not source.is_given(session) and _prepare_first_login(session, api_url):
        return
    name, url = _target(session, api_url)
    target = Target(
        name,
        url,
        label=label,
        expires=ends,
        expect_user=expect_user,
        verify=verify,
        storage=storage,
        activate=activate,
        force=force,
    )
    log_in(session, target, source)


def _check_options(session: Session, label: str, expect_user: str | None, *, verify: bool | None) -> None:
    """Raise UsageError for a label that is a token, and for options that contradict each other."""
    check_label(session.app, label, "--label", hint="--with-token reads the token from stdin")
    if expect_user is not None and verify is False:
        raise UsageError("--expect-user and --no-verify cannot be combined", hint="keep one of them")


def _prepare_first_login(session: Session, api_url: str | None) -> bool:
    """Ask for the profile's name if none is chosen, and whether to import the Node CLI's token. Return whether it was.

    That token is offered only if no other one is stored, so that the question is asked once.
    """
    from arka_config.cli.runtime import legacy_import

    legacy = None if session.store.tokens.names() else legacy_import.find_file(session)
    has_copy = legacy is not None and terminal.confirm(
        f"{session.with_tilde(legacy)} has a token of the Node CLI. Import it instead of getting a new one?"
    )
    name = session.login_resolution(api_url).name
    if name is None:
        name = ask_profile_name()
        session.choose(name)
    if has_copy:
        legacy_import.import_token(session, name, api_url=api_url)
    return has_copy


def _target(session: Session, api_url: str | None) -> tuple[str, ResolvedValue]:
    """The profile to store the token in, and the URL that the token is for."""
    resolution = session.login_resolution(api_url)
    field = session.app.url_field
    url = resolve(field, flatten(resolution.ranks))
    if url is None:
        raise UsageError("the workspace's URL is not known", hint=f"{field.option} URL")
    origin = Origin.of(str(url.value), url.place)
    profile = resolution.profile.profile
    if url.layer == ENV and profile is not None and profile.api_url and Origin.of(profile.api_url) != origin:
        raise OriginConflict(
            f"{url.source} says {url.value}, but {profile.path}: api_url says {profile.api_url}",
            hint=f"unset {url.source}, or choose one of them: {field.option} URL",
        )
    _note_unused_url(session, url, origin)
    return resolution.name or DEFAULT_PROFILE, url


def _note_unused_url(session: Session, url: ResolvedValue, origin: Origin) -> None:
    """Print that the profile's URL is used, and not another one in the environment."""
    field = session.app.url_field
    other = session.environ.get(field.variable)
    if url.layer == PROFILE and other and str(Origin.of(other, field.variable)) != str(origin):
        terminal.note(
            f"using {origin}, from {session.with_tilde(url.place)}; {field.variable} is not used. To change it: "
            f"{field.option} {Origin.of(other)}"
        )
