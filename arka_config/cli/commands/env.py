"""`env`: print the lines that select a profile in a shell, or in the later steps of a CI job."""

from __future__ import annotations

import sys

import click

from arka_config.cli.input.options import shell_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import Session, command
from arka_config.errors import ConfigError, UsageError
from arka_config.exchange import variables as formats


@command()
@shell_option
@click.option("--with-token", is_flag=True, help="Include the token and its URL.")
@click.option("--github", "for_github", is_flag=True, help="Set the variables for later steps of a GitHub Actions job.")
def env(session: Session, shell: str | None, with_token: bool, for_github: bool) -> None:
    """Print the lines that select a profile in a shell or a CI job.

    \b
    eval "$({app} env -p work)"                  bash, zsh
    {app} env -p work | source                   fish
    {app} env -p work | Out-String | iex         powershell
    """
    if for_github and shell:
        raise UsageError("--github and --shell cannot be combined", hint="keep one of them")
    variables = _variables(session, with_token)
    if for_github:
        _append_for_github(session, variables, with_token)
    elif session.json:
        session.show_json({"variables": variables}, reveal=with_token)
    else:
        if sys.stdout.isatty() and not with_token:
            terminal.note("these lines are for eval: a program cannot change the shell that runs it")
        terminal.out(formats.shell_lines(variables, shell or formats.current_shell(session.environ)))


def _variables(session: Session, with_token: bool) -> dict[str, str]:
    app = session.app
    name = session.resolution.name
    variables = {} if name is None else {app.profile_field.variable: name}
    if with_token:
        effective = session.token()
        variables[app.token_field.variable] = effective.secret.reveal()
        variables[app.url_field.variable] = str(effective.url.value)
    elif name is None:
        raise ConfigError("no profile is selected", hint=f"{app.name} env --profile NAME")
    else:
        session.note_token_choice()
    return variables


def _append_for_github(session: Session, variables: dict[str, str], with_token: bool) -> None:
    path = session.environ.get("GITHUB_ENV")
    if not path:
        raise ConfigError("GITHUB_ENV is not set: this is not a GitHub Actions job", hint=f"{session.app.name} env")
    # Mask first: the runner must know the token before anything can print it.
    effective = session.resolution.effective_token()
    if effective is not None and effective.secret.is_at_hand:
        terminal.out(formats.github_mask(effective.secret.reveal()))
        sys.stdout.flush()
    formats.append_github_env(path, variables)
    terminal.say(f"Set {', '.join(variables)} for the later steps of this job", mark="✓")
    if not with_token:
        terminal.say("  The token is not included; --with-token adds it")
