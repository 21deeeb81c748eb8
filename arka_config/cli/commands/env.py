"""`env`: the lines that select a profile in a shell, or in the later steps of a CI job."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, UsageError
from arka_config.exchange import github, shells

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
@click.option("--shell", type=click.Choice(shells.NAMES), help="The shell to write for; else $SHELL says which.")
@click.option("--with-token", is_flag=True, help="Export the token itself, and its URL.")
@click.option("--github", "for_github", is_flag=True, help="For the later steps of a GitHub Actions job.")
def env(session: Session, shell: str | None, with_token: bool, for_github: bool) -> None:
    """Print the lines that select a profile in a shell or a CI job.

    \b
    eval "$({app} env -p work)"                  bash, zsh
    {app} env -p work | source                   fish
    {app} env -p work | Out-String | iex         powershell
    """
    if for_github and shell:
        raise UsageError("--github and --shell are for two places", hint="keep one of them")
    variables = _variables(session, with_token)
    if for_github:
        _write_for_github(session, variables, with_token)
    elif session.json:
        session.show_json({"variables": variables}, reveal=with_token)
    else:
        if sys.stdout.isatty() and not with_token:
            terminal.note("these lines are for eval: a program cannot change the shell that runs it")
        terminal.out(shells.assignments(variables, shell or shell_of(session)))


def _variables(session: Session, with_token: bool) -> dict[str, str]:
    app = session.app
    name = session.resolution.name
    variables = {} if name is None else {app.profile_field.variable: name}
    if with_token:
        found = session.token()
        variables[app.token_field.variable] = found.secret.reveal()
        variables[app.url_field.variable] = str(found.url.value)
    elif name is None:
        raise ConfigError("no profile is in force, so there is none to select", hint=f"{app.name} env --profile NAME")
    else:
        session.note_token_choice()
    return variables


def _write_for_github(session: Session, variables: dict[str, str], with_token: bool) -> None:
    """Masks first: the runner must know the token before anything could print it."""
    path = session.environ.get("GITHUB_ENV")
    if not path:
        raise ConfigError("GITHUB_ENV is not set: this is no GitHub Actions job", hint=f"{session.app.name} env")
    found = session.resolution.token_in_force()
    if found is not None and found.secret.is_at_hand:
        terminal.out(github.mask(found.secret.reveal()))
        sys.stdout.flush()
    github.append(path, variables)
    terminal.say(f"Set {', '.join(variables)} for the later steps of this job", mark="✓")
    if not with_token:
        terminal.say("  The token itself is not among them; --with-token adds it")


def shell_of(session: Session) -> str:
    """The shell that the lines are for, where nobody says: the user's own."""
    name = os.path.basename(session.environ.get("SHELL", "")).removesuffix(".exe")
    if name in shells.NAMES:
        return name
    return "powershell" if sys.platform == "win32" else "bash"
