"""argparse integration: the app's options and commands in an ArgumentParser, and the settings of a parsed Namespace.

An app's command becomes a subparser that leaves its arguments unparsed and sets `func`, as the documentation of
`add_subparsers` recommends. The options that the user gives to a parser are kept together in the Namespace, under a
name that is not an identifier.
"""

from __future__ import annotations

import argparse
import functools
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from arka_config.cli.runtime import command_tree
from arka_config.cli.runtime.command import AUTHORS, JSON
from arka_config.cli.runtime.reporting import run_reporting_errors
from arka_config.cli.runtime.session import Session

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.command import OptionSpec
    from arka_config.settings import ProfileSettings


class GivenOptions(list["tuple[OptionSpec, object]"]):
    """The options of an app that the user gave to one parser, in order."""

    def __init__(self, app: AppIdentity) -> None:
        super().__init__()
        self.app = app

    def __repr__(self) -> str:
        return f"GivenOptions({', '.join(spec.names[-1] for spec, _ in self)})"  # a value may be the token


class Words(list[str]):
    """The arguments of a command of the app, one of which may be the token."""

    def __repr__(self) -> str:
        return f"Words({len(self)} arguments)"


class _KeepWords(argparse.Action):
    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        setattr(namespace, self.dest, Words(values))


# Options


def add_arguments(
    app: AppIdentity,
    parser: argparse.ArgumentParser,
    settings: type[ProfileSettings] | None,
    options: bool | Collection[str],
    *,
    json: bool,
) -> None:
    """Add the app's options to a parser or subparser, with an option for each setting or for some."""
    specs = [*AUTHORS, *([JSON] if json else [])]
    if options is not False:
        from arka_config.cli.embed.setting_options import setting_options

        specs += setting_options(app, settings or app.settings_class(), None if options is True else options)
    group = parser.add_argument_group(f"{app.title} options", conflict_handler="error")
    for spec in specs:
        with suppress(argparse.ArgumentError):  # the author's own option of that name stays
            _add_option(app, group, spec, f"{app.name} options of {parser.prog}")


def _add_option(app: AppIdentity, group: argparse._ArgumentGroup, spec: OptionSpec, place: str) -> None:
    class Keep(argparse.Action):
        """Keep the option and its value in the Namespace."""

        def __call__(
            self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
        ) -> None:
            given = vars(namespace).setdefault(place, GivenOptions(app))
            value = option not in negations if spec.is_flag else values
            given.append((spec, value))

    negations = [name.partition("/")[2] for name in spec.names]
    help_text = spec.help.replace("%", "%%")
    more: dict[str, Any] = {"nargs": 0} if spec.is_flag else {"metavar": spec.metavar, "choices": spec.choices or None}
    group.add_argument(*spec.spellings, action=Keep, dest=place, default=argparse.SUPPRESS, help=help_text, **more)


def session_of(namespace: object) -> Session | None:
    """Return a session with the options of a Namespace; None for anything else, or if the parser has no options of an
    app.

    Raises UsageError if an option was given twice, with different values.
    """
    found = [value for value in vars(namespace).values() if isinstance(value, GivenOptions)]
    if not found:
        return None
    session = Session(found[0].app, os.environ)
    repeated: dict[OptionSpec, list[object]] = {}
    for given in found:
        for spec, value in given:
            if spec.is_repeated:
                repeated.setdefault(spec, []).append(value)
            else:
                spec.store(session, value)
    for spec, values in repeated.items():
        spec.store(session, tuple(values))
    return session


def load_settings(
    app: AppIdentity, namespace: argparse.Namespace, settings: type[ProfileSettings] | None
) -> ProfileSettings:
    """Load settings with the options of a Namespace. Raises what `ProfileSettings.load` raises, and UsageError."""
    session = session_of(namespace) or Session(app, os.environ)
    return session.load(settings or app.settings_class())


def wants_json(namespace: argparse.Namespace) -> bool:
    """Return whether `--json` was given."""
    session = session_of(namespace)
    return session is not None and session.json


# Commands


def add(app: AppIdentity, subparsers: Any) -> None:
    """Add the app's commands to the subparsers of a program, and the app's options to its own, also to later ones."""
    for parser in list(dict.fromkeys(subparsers.choices.values())):
        add_arguments(app, parser, None, False, json=False)
    for command in command_tree.commands(app, command_tree.names_without_completion(app)):
        if command.name in subparsers.choices:
            continue  # the author's own command stays
        summary = command.get_short_help_str()
        # With another prefix than `-`, every word is an argument.
        parser = subparsers.add_parser(command.name, help=summary, add_help=False, prefix_chars="\0")
        parser.add_argument("arguments", nargs=argparse.REMAINDER, action=_KeepWords)
        program = parser.prog.removesuffix(f" {command.name}")
        parser.set_defaults(func=functools.partial(_run, app, str(command.name), program, subparsers.choices))
    kind = type(subparsers)

    class WithOptions(kind):  # type: ignore[valid-type,misc]  # the class of the author's subparsers
        """Subparsers that get the app's options."""

        def add_parser(self, *args: Any, **kwargs: Any) -> argparse.ArgumentParser:
            parser: argparse.ArgumentParser = super().add_parser(*args, **kwargs)
            add_arguments(app, parser, None, False, json=False)
            return parser

    subparsers.__class__ = WithOptions


def _run(
    app: AppIdentity,
    name: str,
    program: str,
    parsers: Mapping[str, argparse.ArgumentParser],
    namespace: argparse.Namespace,
) -> None:
    """Run a command of the app, and exit with its code. Options before its name are those of the program."""
    names = command_tree.names_without_completion(app) if name == "help" else {name}
    word = next(iter(namespace.arguments), "")
    if name == "help" and word in parsers.keys() - names:
        parsers[word].print_help()
        raise SystemExit(0)

    def run() -> int:
        group = command_tree.program(app, names)
        group.session = session_of(namespace) or Session(app, os.environ)
        return command_tree.run_click(app, group, [name, *namespace.arguments], program)

    raise SystemExit(run_reporting_errors(app, run))
