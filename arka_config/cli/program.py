"""The tree of commands, and how click runs a command line of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import errors
from arka_config.cli import session as sessions
from arka_config.cli import terminal
from arka_config.cli.group import LazyGroup, Program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.app import App

_HERE = "arka_config.cli"

COMMANDS = {
    "Sign in": {
        "login": (f"{_HERE}.login:login", "Store a token under a profile's name."),
        "logout": (f"{_HERE}.logout:logout", "Forget a profile's token; its settings stay."),
        "status": (f"{_HERE}.status:status", "Show the profile and the token in force, and why."),
        "rotate": (f"{_HERE}.rotate:rotate", "Replace a profile's token by a new one."),
        "revoke": (f"{_HERE}.revoke:revoke", "Revoke a profile's token at the workspace, and forget it."),
        "tokens": (f"{_HERE}.program:tokens", "List, make and revoke the tokens of the workspace."),
    },
    "Switch": {
        "use": (f"{_HERE}.use:use", "Make a profile the active one, or pin a directory to it."),
        "prompt": (f"{_HERE}.prompt:prompt", "Print the profile's name for a shell prompt."),
    },
    "Hand on": {
        "token": (f"{_HERE}.token:token", "Print the token in force."),
        "exec": (f"{_HERE}.exec:exec_", "Run a command with the token in its environment."),
        "env": (f"{_HERE}.env:env", "Print the lines that select a profile in a shell or a CI job."),
        "export": (f"{_HERE}.program:export", "Write a profile as another program reads it."),
        "import": (f"{_HERE}.program:import_", "Take a token over from another program."),
    },
    "Describe in a repository": {
        "plan": (f"{_HERE}.plan:plan", "Show what templates would change on this machine."),
        "apply": (f"{_HERE}.apply:apply", "Make this machine's profiles what templates say."),
        "seal": (f"{_HERE}.seal:seal", "Seal a token for certain machines, to stand in a template."),
        "identity": (f"{_HERE}.program:identity", "Make this machine able to open sealed tokens."),
    },
    "Look after": {
        "profiles": (f"{_HERE}.program:profiles", "List, make, change and remove profiles."),
        "config": (f"{_HERE}.program:config", "Show every setting and where it came from."),
        "vault": (f"{_HERE}.program:vault", "Encrypt stored tokens, and say what opens them."),
        "completion": (f"{_HERE}.completion:completion", "Print a shell's completion script."),
    },
    "Serve": {
        "workspace": (f"{_HERE}.program:workspace", "Run a workspace, which issues tokens."),
    },
}

profiles = LazyGroup(
    "profiles",
    {
        "Look": {
            "list": (f"{_HERE}.profiles.list:list_", "List the profiles."),
            "show": (f"{_HERE}.profiles.show:show", "Show what a profile holds."),
            "verify": (f"{_HERE}.profiles.verify:verify", "Ask the workspace whether the profiles' tokens work."),
        },
        "Change": {
            "create": (f"{_HERE}.profiles.create:create", "Make a profile."),
            "set": (f"{_HERE}.profiles.set:set_", "Set values in a profile."),
            "unset": (f"{_HERE}.profiles.unset:unset", "Take values out of a profile."),
            "rename": (f"{_HERE}.profiles.rename:rename", "Rename a profile with its token."),
            "copy": (f"{_HERE}.profiles.copy:copy", "Copy a profile's settings to a new one."),
            "remove": (f"{_HERE}.profiles.remove:remove", "Remove a profile and its token."),
        },
    },
    help="List, make, change and remove profiles.",
)

tokens = LazyGroup(
    "tokens",
    {
        "Commands": {
            "list": (f"{_HERE}.tokens.list:list_", "List the tokens of the workspace."),
            "create": (f"{_HERE}.tokens.create:create", "Make a new token."),
            "revoke": (f"{_HERE}.tokens.revoke:revoke", "Revoke a token."),
        }
    },
    help="List, make and revoke the tokens of the workspace.",
)

config = LazyGroup(
    "config",
    {
        "Commands": {
            "show": (f"{_HERE}.config.show:show", "Show every setting, its value and where it came from."),
            "get": (f"{_HERE}.config.get:get", "Print one setting's value."),
            "path": (f"{_HERE}.config.path:path", "Print where the files are."),
        }
    },
    help="Show every setting and where it came from.",
)

vault = LazyGroup(
    "vault",
    {
        "Look": {"status": (f"{_HERE}.vault.status:status", "Show whether sealing is on, and what opens it.")},
        "Seal": {
            "enable": (f"{_HERE}.vault.enable:enable", "Turn sealing on: encrypt every stored token."),
            "disable": (f"{_HERE}.vault.disable:disable", "Turn sealing off: put tokens back into plain files."),
            "rekey": (f"{_HERE}.vault.rekey:rekey", "Make a new data key."),
        },
        "Open": {
            "unlock": (f"{_HERE}.vault.unlock:unlock", "Print the line that keeps the vault open in this shell."),
            "lock": (f"{_HERE}.vault.lock:lock", "End what unlock began, in all shells."),
            "add-unlocker": (f"{_HERE}.vault.add_unlocker:add_unlocker", "Add a way to open the vault."),
            "remove-unlocker": (f"{_HERE}.vault.remove_unlocker:remove_unlocker", "Take a way to open it away."),
        },
    },
    help="Encrypt stored tokens, and say what opens them.",
)

export = LazyGroup(
    "export",
    {
        "Commands": {
            "legacy": (f"{_HERE}.export.legacy:legacy", "Write the file that the Node CLI reads."),
            "dotenv": (f"{_HERE}.export.dotenv:dotenv", "Write the token and its URL as a .env file."),
            "template": (f"{_HERE}.export.template:template", "Print the template that describes a profile."),
        }
    },
    help="Write a profile as another program reads it.",
)

identity = LazyGroup(
    "identity",
    {
        "Commands": {
            "create": (f"{_HERE}.identity.create:create", "Make this machine's identity."),
            "show": (f"{_HERE}.identity.show:show", "Print whom to seal for, so that this machine can open it."),
        }
    },
    help="Make this machine able to open sealed tokens.",
)

import_ = LazyGroup(
    "import",
    {"Commands": {"legacy": (f"{_HERE}.import_.legacy:legacy", "Take the token over from the Node CLI's file.")}},
    help="Take a token over from another program.",
)


workspace = LazyGroup(
    "workspace",
    {
        "Commands": {
            "serve": (f"{_HERE}.workspace.serve:serve", "Serve the tokens page and the API."),
            "add-user": (f"{_HERE}.workspace.add_user:add_user", "Add a user, and print a link that signs them in."),
        }
    },
    help="Run a workspace, which issues, lists and revokes tokens.",
)


def program(app: App) -> Program:
    """The command line of an app."""
    made = Program(app, COMMANDS, help=f"Named tokens for {app.title}: which one is in force, and why.")
    made.params += [
        click.Option(
            ["--api-key", "--token"],
            metavar="TOKEN",
            help="A token to use for this run. A process list shows it: prefer a profile, or the environment.",
            expose_value=False,
            callback=_take_api_key,
        ),
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help="Print the version.",
        ),
    ]
    return made


def _take_api_key(context: click.Context, _: click.Parameter, token: str | None) -> None:
    if token is not None and not context.resilient_parsing:
        sessions.current().api_key = token


def _print_version(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        from importlib.metadata import version

        terminal.out(f"{context.info_name} {version('arka-config')}")
        context.exit()


def answer(app: App, arguments: Sequence[str]) -> int:
    """Has click run a command line; the exit code. Raises ConfigError, of what click finds wrong with the words too."""
    try:
        code = program(app).main(list(arguments), prog_name=app.name, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        raise _usage_error(app, error) from None
    except click.Abort:  # click makes one of Ctrl-C, and ends the line that the terminal shows as ^C
        terminal.say("interrupted")
        return errors.EXIT_INTERRUPTED
    return code if isinstance(code, int) else 0


def _usage_error(app: App, error: click.ClickException) -> errors.UsageError:
    """A click error in our words."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    hint = f"{context.command_path if context else app.name} --help"
    return errors.UsageError(message[:1].lower() + message[1:].rstrip("."), hint=hint)
