"""The tree of commands, and how click runs a command line of it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from arka_config import errors
from arka_config.cli.output import terminal
from arka_config.cli.runtime import options
from arka_config.cli.runtime.boundary import Told
from arka_config.cli.runtime.lazy_group import AppGroup, Named, SectionedGroup
from arka_config.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence, Set

    from arka_config.app import App

_COMMANDS = "arka_config.cli.commands"
_HERE = "arka_config.cli.runtime.command_tree"

COMMANDS = {
    "Sign in": {
        "login": (f"{_COMMANDS}.login:login", "Store a token under a profile's name."),
        "logout": (f"{_COMMANDS}.logout:logout", "Forget a profile's token; its settings stay."),
        "status": (f"{_COMMANDS}.status:status", "Show the profile and the token in force, and why."),
        "rotate": (f"{_COMMANDS}.rotate:rotate", "Replace a profile's token by a new one."),
        "revoke": (f"{_COMMANDS}.revoke:revoke", "Revoke a profile's token at the workspace, and forget it."),
        "tokens": (f"{_HERE}:tokens", "List, make and revoke the tokens of the workspace."),
    },
    "Switch": {
        "use": (f"{_COMMANDS}.use:use", "Make a profile the active one, or pin a directory to it."),
        "prompt": (f"{_COMMANDS}.prompt:prompt", "Print the profile's name for a shell prompt."),
    },
    "Use a token": {
        "token": (f"{_COMMANDS}.token:token", "Print the token in force."),
        "exec": (f"{_COMMANDS}.exec:exec_", "Run a command with the token in its environment."),
        "env": (f"{_COMMANDS}.env:env", "Print the lines that select a profile in a shell or a CI job."),
        "export": (f"{_HERE}:export", "Write a profile as another program reads it."),
        "import": (f"{_HERE}:import_", "Take a token over from another program."),
    },
    "Templates": {
        "plan": (f"{_COMMANDS}.plan:plan", "Show what templates would change on this machine."),
        "apply": (f"{_COMMANDS}.apply:apply", "Make this machine's profiles what templates say."),
        "seal": (f"{_COMMANDS}.seal:seal", "Seal a token for certain machines, to stand in a template."),
        "identity": (f"{_HERE}:identity", "Make this machine able to open sealed tokens."),
    },
    "Manage": {
        "profiles": (f"{_HERE}:profiles", "List, make, change and remove profiles."),
        "config": (f"{_HERE}:config", "Show every setting and where it came from."),
        "vault": (f"{_HERE}:vault", "Encrypt stored tokens, and say what opens them."),
        "doctor": (f"{_COMMANDS}.doctor:doctor", "Find what is wrong, and say what mends it."),
        "completion": (f"{_COMMANDS}.completion:completion", "Print a shell's completion script."),
    },
    "Server": {
        "workspace": (f"{_HERE}:workspace", "Run a workspace, which issues tokens."),
    },
}

profiles = AppGroup(
    "profiles",
    {
        "Look": {
            "list": (f"{_COMMANDS}.profiles.list:list_", "List the profiles."),
            "show": (f"{_COMMANDS}.profiles.show:show", "Show what a profile holds."),
            "verify": (f"{_COMMANDS}.profiles.verify:verify", "Ask the workspace whether the profiles' tokens work."),
        },
        "Change": {
            "create": (f"{_COMMANDS}.profiles.create:create", "Make a profile."),
            "set": (f"{_COMMANDS}.profiles.set:set_", "Set values in a profile."),
            "unset": (f"{_COMMANDS}.profiles.unset:unset", "Take values out of a profile."),
            "rename": (f"{_COMMANDS}.profiles.rename:rename", "Rename a profile with its token."),
            "copy": (f"{_COMMANDS}.profiles.copy:copy", "Copy a profile's settings to a new one."),
            "remove": (f"{_COMMANDS}.profiles.remove:remove", "Remove a profile and its token."),
        },
    },
    help="List, make, change and remove profiles.",
)

tokens = AppGroup(
    "tokens",
    {
        "Commands": {
            "list": (f"{_COMMANDS}.tokens.list:list_", "List the tokens of the workspace."),
            "create": (f"{_COMMANDS}.tokens.create:create", "Make a new token."),
            "revoke": (f"{_COMMANDS}.tokens.revoke:revoke", "Revoke a token."),
        }
    },
    help="List, make and revoke the tokens of the workspace.",
)

config = AppGroup(
    "config",
    {
        "Commands": {
            "show": (f"{_COMMANDS}.config.show:show", "Show every setting, its value and where it came from."),
            "get": (f"{_COMMANDS}.config.get:get", "Print one setting's value."),
            "path": (f"{_COMMANDS}.config.path:path", "Print where the files are."),
        }
    },
    help="Show every setting and where it came from.",
)

vault = AppGroup(
    "vault",
    {
        "Look": {"status": (f"{_COMMANDS}.vault.status:status", "Show whether sealing is on, and what opens it.")},
        "Seal": {
            "enable": (f"{_COMMANDS}.vault.enable:enable", "Turn sealing on: encrypt every stored token."),
            "disable": (f"{_COMMANDS}.vault.disable:disable", "Turn sealing off: put tokens back into plain files."),
            "rekey": (f"{_COMMANDS}.vault.rekey:rekey", "Make a new data key."),
        },
        "Open": {
            "unlock": (f"{_COMMANDS}.vault.unlock:unlock", "Print the line that keeps the vault open in this shell."),
            "lock": (f"{_COMMANDS}.vault.lock:lock", "End what unlock began, in all shells."),
            "add-unlocker": (f"{_COMMANDS}.vault.add_unlocker:add_unlocker", "Add a way to open the vault."),
            "remove-unlocker": (f"{_COMMANDS}.vault.remove_unlocker:remove_unlocker", "Take a way to open it away."),
        },
    },
    help="Encrypt stored tokens, and say what opens them.",
)

export = AppGroup(
    "export",
    {
        "Commands": {
            "legacy": (f"{_COMMANDS}.export.legacy:legacy", "Write the file that the Node CLI reads."),
            "dotenv": (f"{_COMMANDS}.export.dotenv:dotenv", "Write the token and its URL as a .env file."),
            "template": (f"{_COMMANDS}.export.template:template", "Print the template that describes a profile."),
        }
    },
    help="Write a profile as another program reads it.",
)

identity = AppGroup(
    "identity",
    {
        "Commands": {
            "create": (f"{_COMMANDS}.identity.create:create", "Make this machine's identity."),
            "show": (f"{_COMMANDS}.identity.show:show", "Print whom to seal for, so that this machine can open it."),
        }
    },
    help="Make this machine able to open sealed tokens.",
)

import_ = AppGroup(
    "import",
    {"Commands": {"legacy": (f"{_COMMANDS}.import_.legacy:legacy", "Take the token over from the Node CLI's file.")}},
    help="Take a token over from another program.",
)


workspace = AppGroup(
    "workspace",
    {
        "Commands": {
            "serve": (f"{_COMMANDS}.workspace.serve:serve", "Serve the tokens page and the API."),
            "add-user": (
                f"{_COMMANDS}.workspace.add_user:add_user",
                "Add a user, and print a sign-in link.",
            ),
        }
    },
    help="Run a workspace, which issues, lists and revokes tokens.",
)


def commands(app: App, only: Collection[str] | None = None) -> Iterator[AppGroup | Named]:
    """The commands of an app, all or some of them; none is imported. Raises LookupError for one that there is not."""
    table = {name: (section, *entry) for section, entries in COMMANDS.items() for name, entry in entries.items()}
    if unknown := sorted(set(only or ()) - table.keys()):
        raise LookupError(f"there is no command '{unknown[0]}' to add; {did_you_mean(unknown[0], table)}")
    for name, (section, target, summary) in table.items():
        if only is not None and name not in only:
            continue
        module, _, attribute = target.partition(":")
        if module != __name__:
            yield Named(app, name, target, summary, section)
        elif (group := globals()[attribute].bound(app, section)).commands:
            yield group


def program(app: App, only: Collection[str] | None = None) -> SectionedGroup:
    """A program that has the app's commands and no others: `arka` is one."""

    @click.group(
        app.name,
        cls=SectionedGroup,
        no_args_is_help=True,
        help=f"Named tokens for {app.title}: which one is in force, and why.",
    )
    @app.profile_option
    def made() -> None:
        """What an author would write here."""

    made.params += [
        options.API_KEY.for_click(app),
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help="Print the version.",
        ),
    ]
    app.add_commands(made, only=only)
    return made


def _print_version(context: click.Context, _: click.Parameter, given: bool) -> None:
    if given and not context.resilient_parsing:
        from importlib.metadata import version

        terminal.out(f"{context.info_name} {version('arka-config')}")
        context.exit()


def answer(app: App, arguments: Sequence[str], cli: str | None = None, only: Collection[str] | None = None) -> int:
    """Has a program answer a command line, the author's where an import string names it; the exit code.

    Raises ConfigError, of what click finds wrong with the words too.
    """
    if cli is None:
        return by_click(app, program(app, only), arguments)
    module, _, name = cli.partition(":")
    found = getattr(import_module(module), name)
    if isinstance(found, click.Group):
        check_same(app, {command.name for command in commands(app, only)}, _ours(app, found))
        return by_click(app, found, arguments)
    from arka_config.cli.embed import typer

    return typer.answer(app, found, arguments, only)


def _ours(app: App, group: click.Group) -> set[str | None]:
    return {name for name, command in group.commands.items() if getattr(command, "app", None) is app}


def check_same(app: App, said: Set[str | None], has: Set[str | None]) -> None:
    """Raises ConfigError where a program has other commands of the app's than it was said to have: some of them are
    answered before the program is asked."""
    if other := sorted(map(str, said ^ has)):
        raise errors.ConfigError(
            f"{app!r}.main was told of other commands than were added: {', '.join(other)}",
            hint="give the same `only` to main and to add_commands",
        )


def by_click(app: App, group: click.Group, arguments: Sequence[str], name: str = "") -> int:
    """Has click run a command line of a group, under a name of its own; the exit code. Raises ConfigError."""
    try:
        code = group.main(list(arguments), prog_name=name or app.name, standalone_mode=False)
    except Told as told:
        error = told.error
    except click.exceptions.NoArgsIsHelpError as shown:
        shown.show()
        return shown.exit_code
    except click.UsageError as usage:
        error = _usage_error(app, usage)
    except click.ClickException as other:  # the author's own
        other.show()
        return other.exit_code
    except click.Abort:  # click makes one of Ctrl-C, and ends the line that the terminal shows as ^C
        terminal.say("interrupted")
        return errors.EXIT_INTERRUPTED
    else:
        return code if isinstance(code, int) else 0
    raise error


def _usage_error(app: App, error: click.UsageError) -> errors.UsageError:
    """A click error in our words."""
    # click lists choices on lines that begin with a tab; any other line end came with a word of the command line.
    message = "\n\t".join(part.replace("\n", "\\x0a") for part in error.format_message().split("\n\t"))
    hint = f"{error.ctx.command_path if error.ctx else app.name} --help"
    return errors.UsageError(message[:1].lower() + message[1:].rstrip("."), hint=hint)
