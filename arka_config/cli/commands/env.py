"""`env`: print the lines that select a profile in a shell, or in the later steps of a CI job."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import shell_option, strict_expiry_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, UsageError
from arka_config.exchange import variables as formats

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import VariablesDocument
    from arka_config.cli.runtime.session import Session


@command()
@shell_option
@click.option("--with-token", is_flag=True, help="Include the token and its URL.")
@click.option("--github", "for_github", is_flag=True, help="Set the variables for later steps of a GitHub Actions job.")
@strict_expiry_option
def env(session: Session, shell: str | None, with_token: bool, for_github: bool, strict_expiry: bool) -> None:
    """Print the lines that select a profile in a shell or a CI job.

    \b
    eval "$({app} env -p work)"                  bash, zsh
    {app} env -p work | source                   fish
    {app} env -p work | Out-String | iex         powershell
    """
    if for_github and shell:
        raise UsageError("--github and --shell cannot be combined", hint="keep one of them")
    if strict_expiry and not with_token:
        raise UsageError("--strict-expiry is for the token, which is not included", hint="add --with-token")
    variables = _variables(session, with_token, strict_expiry)
    if for_github:
        _append_for_github(session, variables)
    elif session.json:
        document: VariablesDocument = {"variables": variables}
        session.show_json(document, reveal=with_token)
    else:
        if sys.stdout.isatty() and not with_token:
            terminal.note("these lines are for eval: a program cannot change the shell that runs it")
        terminal.out(formats.shell_lines(variables, shell or formats.current_shell(session.environ)))


def _variables(session: Session, with_token: bool, strict_expiry: bool) -> dict[str, str]:
    app = session.app
    name = session.resolution.name
    variables = {} if name is None else {app.profile_field.variable: name}
    if with_token:
        effective = session.fetch_token(strict_expiry=strict_expiry)
        variables[app.token_field.variable] = effective.secret.reveal()
        variables[app.url_field.variable] = str(effective.url.value)
    elif name is None:
        raise ConfigError("no profile is selected", hint=f"{app.name} env --profile NAME")
    else:
        session.note_token_choice()
    return variables


def _append_for_github(session: Session, variables: dict[str, str]) -> None:
    path = session.environ.get("GITHUB_ENV")
    if not path:
        raise ConfigError("GITHUB_ENV is not set: this is not a GitHub Actions job", hint=f"{session.app.name} env")
    written = variables.get(session.app.token_field.variable)
    # Mask first, and mask the very value that is written: the runner must know it before anything can print it.
    if secret := written or _read_stored_token(session):
        _print_mask(formats.github_mask(secret))
    formats.append_github_env(path, variables)
    terminal.say(f"Set {', '.join(variables)} for the later steps of this job", mark="✓")
    if written is None:
        terminal.say("  The token is not included; --with-token adds it")


def _read_stored_token(session: Session) -> str | None:
    """The effective token, which a later step may print, unless a token reference would have to be followed."""
    effective = session.resolution.effective_token()
    return effective.secret.reveal() if effective is not None and effective.secret.is_at_hand else None


def _print_mask(line: str) -> None:
    """Print the line that masks a token. Raises ConfigError if it is lost: the token must not be written then."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        terminal.discard_stdout()
    else:
        return
    raise ConfigError(
        "stdout is closed, so the token cannot be masked in the job's log; nothing was written",
        hint="run it without a pipe",
    )
