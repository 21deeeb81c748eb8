"""What a shell completes an argument with, for each kind of argument.

Candidates come from the files of this machine only. No vault is opened, no helper is run and no request is sent, and
nothing that looks like a token is offered. An error offers nothing: a shell cannot show it.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from arka_config.cli.input import paths
from arka_config.cli.runtime.click_context import current_session
from arka_config.errors import ConfigError
from arka_config.text import is_printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.session import Session
    from arka_config.store.tokens import Credential

    TextType = click.ParamType[str]
else:
    TextType = click.ParamType  # not generic at run time before click 8.4

COMMAND = "command"  # the type of an answer: another command, with this many words before the last one


class Word(TextType):
    """A text, completed with the candidates that start with what was typed. It is checked when it is used.

    `candidates` gets the session, the context with the values before this one, and the incomplete word.
    """

    name = "text"

    def __init__(
        self,
        candidates: Callable[[Session, click.Context, str], Iterable[str | CompletionItem]],
        app: AppIdentity | None = None,
    ) -> None:
        self._candidates = candidates
        self._app = app

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the candidates that start with the incomplete word."""
        try:
            with warnings.catch_warnings(action="ignore"):
                session = current_session(ctx, self._app)
                found = list(self._candidates(session, ctx, incomplete))
        except (ConfigError, OSError):
            return []
        items = [item if isinstance(item, CompletionItem) else CompletionItem(item) for item in found]
        return [
            CompletionItem(item.value, type=item.type, help=item.help, options=param.opts)
            for item in items
            if (item.type != "plain" or item.value.startswith(incomplete)) and is_shown(session.app, item)
        ]


class ProfileName(Word):
    """A profile's name."""

    name = "name"

    def __init__(self, app: AppIdentity | None = None) -> None:
        super().__init__(lambda session, _context, incomplete: session.names_starting_with(incomplete), app)


class WorkspaceUrl(Word):
    """The URL of a workspace."""

    name = "url"

    def __init__(self, app: AppIdentity | None = None) -> None:
        super().__init__(_urls, app)


class CommandWord(TextType):
    """The words of another command, completed by the shell as that command's."""

    name = "command"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Say how many words the command has already."""
        return [CompletionItem(str(len(ctx.params.get(param.name or "") or ())), type=COMMAND)]


def is_shown(app: AppIdentity, item: CompletionItem) -> bool:
    """Whether a candidate may be shown: it is printable, and not a token."""
    text = f"{item.value} {item.help or ''}"
    return is_printable(text) and app.redact(text) == text


def complete_attached_value(
    command: click.Command, context: click.Context, incomplete: str
) -> list[CompletionItem] | None:
    """Complete `-pNAME`, which click does not; None if the word has another form."""
    if incomplete[:1] != "-" or incomplete[1:2] in ("", "-") or len(incomplete) < 3:
        return None
    for option in command.get_params(context):
        if isinstance(option, click.Option) and incomplete[:2] in option.opts and not (option.is_flag or option.count):
            items = option.shell_complete(context, incomplete[2:])
            return [
                CompletionItem(f"{incomplete[:2]}{item.value}", type=item.type, help=item.help)
                for item in items
                if item.type == "plain"
            ]
    return None


# Candidates


def _credentials(session: Session) -> Iterator[tuple[str, Credential]]:
    for name in session.store.names():
        try:
            credential = session.store.tokens.read(name)
        except ConfigError:  # a broken file does not hide the others
            continue
        if credential is not None:
            yield name, credential


def _labels(session: Session, _: click.Context, __: str) -> Iterator[CompletionItem]:
    seen: set[str] = set()
    for name, credential in _credentials(session):
        if credential.label and credential.label not in seen:
            seen.add(credential.label)
            yield CompletionItem(credential.label, help=f"profile {name}")


def _users(session: Session, _: click.Context, __: str) -> list[str]:
    return sorted({credential.user for _, credential in _credentials(session) if credential.user})


def _urls(session: Session, _: click.Context, __: str) -> list[str]:
    """The workspaces that profiles and tokens are for."""
    from arka_config.precedence.origin import Origin

    urls = {str(credential.origin) for _, credential in _credentials(session)}
    for name in session.store.names():
        try:
            if url := session.store.profiles.read(name).api_url:
                urls.add(str(Origin.of(url)))
        except ConfigError:
            continue
    if default := session.store.default_url():
        urls.add(default)
    return sorted(urls)


def _unlockers(session: Session, context: click.Context, _: str) -> list[str]:
    from arka_config.sealing.vault import vault_of

    given = set(context.params.get("names") or ())
    file = vault_of(session.store).file()
    return [unlocker.name for unlocker in file.unlockers if unlocker.name not in given] if file else []


def _setting_names(session: Session, _: click.Context, __: str) -> Iterator[CompletionItem]:
    from arka_config.cli.runtime import setting_words

    return setting_words.names(session)


def _secret_settings(session: Session, context: click.Context, _: str) -> Iterator[CompletionItem]:
    """The names of the settings that `secrets` stores; never what is stored."""
    from arka_config.cli.runtime.secret_settings import secret_leaves

    given = context.params.get("names") or ()
    for name, leaf in secret_leaves(session.app).items():
        if name not in given:
            yield CompletionItem(name, help=leaf.info.description)


def _assignments(session: Session, context: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    from arka_config.cli.runtime import setting_words

    return setting_words.assignments(session, incomplete, lambda: _urls(session, context, ""))


def _keys_in_profile(session: Session, context: click.Context, _: str) -> Iterator[str]:
    from arka_config.cli.runtime import setting_words

    name = context.params.get("name")
    given = context.params.get("keys") or ()
    return (key for key in setting_words.keys_in(session.store.profiles.read(str(name))) if key not in given)


def _preferences(session: Session, context: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    from arka_config.cli.runtime import preference_words

    return preference_words.assignments(session, incomplete, lambda: _urls(session, context, ""))


def _keys_in_preferences(session: Session, context: click.Context, _: str) -> Iterator[str]:
    from arka_config.cli.runtime import preference_words

    given = context.params.get("keys") or ()
    return (key for key in preference_words.keys_in(session.store.preferences_path) if key not in given)


FILE = paths.FILE
TOKEN_LABEL = Word(_labels)
USER = Word(_users)
UNLOCKER_NAME = Word(_unlockers)
SETTING_NAME = Word(_setting_names)
SECRET_SETTING = Word(_secret_settings)
SETTING = Word(_assignments)
KEY_IN_PROFILE = Word(_keys_in_profile)
PREFERENCE = Word(_preferences)
KEY_IN_PREFERENCES = Word(_keys_in_preferences)
WORKSPACE_URL = WorkspaceUrl()
ANOTHER_COMMAND = CommandWord()
