"""Session: what one run of a program was told, and what a command needs to answer it."""

from __future__ import annotations

import os
import sys

from arka_config.app import App
from arka_config.cli.output import terminal
from arka_config.errors import Cancelled, ConfigError, UsageError
from arka_config.store.profile_store import ProfileStore
from arka_config.store.resolution import Resolution
from arka_config.text import UNPRINTABLE

TYPE_CHECKING = False  # without typing and click, as in the standard-library tier: the fast path has a session too
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import click

    from arka_config.precedence.credential import TokenInForce
    from arka_config.settings import ProfileSettings

_WIDE = 110  # columns; from here on, the full path of a file fits beside what it sets


class Session:
    """The app, the environment, and the options that every command takes."""

    def __init__(self, app: App, environ: Mapping[str, str]) -> None:
        self.app = app
        self.environ = environ
        self.store = ProfileStore.open(app, environ)
        self.store.ask_passphrase = self._ask_passphrase
        self.profile: str | None = None
        self.api_key: str | None = None
        self.flags: dict[str, object] = {}
        self.json = False
        self.no_input = app.is_on("NO_INPUT", environ)
        self._resolution: Resolution | None = None

    # What it was told

    def choose(self, name: str) -> None:
        """Takes `--profile`, which may stand before or after the command. Raises UsageError for two of them."""
        if self.profile not in (None, name):
            raise UsageError(f"--profile was given twice, as '{self.profile}' and as '{name}'", hint="keep one of them")
        self.profile = name

    # What is in force

    @property
    def resolution(self) -> Resolution:
        """Who wins, for this run."""
        if self._resolution is None:
            self._resolution = self._resolved()
        return self._resolution

    def _resolved(self, *, api_url: str | None = None, **options: Any) -> Resolution:
        flags = {"token": self.api_key, **self.flags, **({"api_url": api_url} if api_url else {})}
        return Resolution(self.store, self.environ, profile=self.profile, flags=flags, **options)

    def login_resolution(self, api_url: str | None) -> Resolution:
        """Who wins where the profile may be a new one and the URL was passed."""
        return self._resolved(api_url=api_url, may_be_new=True)

    def settings(self) -> tuple[type[ProfileSettings], Resolution]:
        """The settings class, and who wins with that class's own defaults."""
        settings: type[ProfileSettings] = self.app.settings_class()
        return settings, self._resolved(defaults=settings.defaults())

    def load(self, settings: type[ProfileSettings]) -> ProfileSettings:
        """The settings of a class, with what this run was told. Where it has a token, and two could be meant, stderr
        says which one it is. Raises what `ProfileSettings.load` raises."""
        loaded = settings.from_resolution(self._resolved(defaults=settings.defaults()))
        if self.app.token_field.name in settings.leaves():
            self.note_token_choice()
        return loaded

    def token(self) -> TokenInForce:
        """The token in force, fetched, and on stderr the line that says which one it is, where two could be meant.

        Raises NoToken, TokenUnavailable, OriginConflict.
        """
        found = self.resolution.token()
        self.note_token_choice()
        found.secret.reveal()
        return found

    def prompt_name(self) -> str:
        """The profile in force as a shell prompt shows it: with a question mark where there is none of that name, only
        the mark where nobody can tell, and empty where none is chosen."""
        try:
            choice = self.resolution.choice()
            name = str(choice.value) if choice is not None else ""
            return f"{name}?" if name and not self.store.exists(name) else name
        except ConfigError:
            return "?"

    def names_starting_with(self, begun: str) -> list[str]:
        """The profiles whose names begin so; none where they cannot be read, since a shell that completes shows no
        error."""
        try:
            return [name for name in self.store.names() if name.startswith(begun)]
        except ConfigError:
            return []

    def note_token_choice(self) -> None:
        """Says which token is used where one in the environment hides or loses to a profile's."""
        found = self.resolution.token_in_force()
        if found is not None and (text := self.resolution.notice(found.token)):
            terminal.note(text)

    def profile_name(self, name: str | None) -> str:
        """The profile that a command is about: its argument, else `--profile`, else the one in force.

        Raises UsageError where both name one, UnknownProfile, and ConfigError where there is none.
        """
        if name is not None:
            if self.profile not in (None, name):
                raise UsageError(f"two profiles are named: '{name}' and --profile '{self.profile}'")
            return self.store.check_exists(name)
        found = self.resolution.name
        if found is None:
            raise ConfigError("no profile is in force", hint=f"{self.app.name} profiles list")
        return found

    # A person

    @property
    def can_ask(self) -> bool:
        """Whether a person may be asked: `--no-input` was not given, and there is a terminal."""
        return terminal.can_ask(self.no_input)

    def confirm(self, question: str, *, flag: str) -> None:
        """Goes on where a person says yes. Raises Cancelled on a no, UsageError naming the flag where nobody is."""
        if not self.can_ask:
            raise UsageError(f"{question[:1].lower()}{question[1:]} nobody can be asked here", hint=f"add {flag}")
        if not terminal.confirm(question):
            raise Cancelled("nothing was changed")

    def _ask_passphrase(self, question: str) -> str | None:
        """The passphrase that a person types; None where nobody can be asked."""
        hint = f"set {self.app.variable('PASSPHRASE_FILE')}"
        return terminal.ask_secret(question, hint=hint) if self.can_ask else None

    # What is shown

    def show_json(self, document: Mapping[str, object], *, reveal: bool = False) -> None:
        """One object, to stdout. What looks like a token is masked, unless it is to be revealed. What no terminal may
        show stands as an escape of JSON's, which is the same text to who parses it."""
        import json

        text = json.dumps(document, indent=2, ensure_ascii=not _is_unicode())
        if not UNPRINTABLE.isdisjoint(text):
            text = "".join(_in_json(character) for character in text)
        terminal.out(text if reveal else self.app.redacted(text))

    def with_tilde(self, place: str) -> str:
        """A place as it is shown to a person: the home folder is `~`."""
        home = os.path.expanduser("~")
        return f"~{place[len(home) :]}" if len(home) > 1 and place.startswith(home + os.sep) else place

    def with_tildes(self, text: str) -> str:
        """Words as they are shown to a person: the home folder is `~`, wherever a path begins in them."""
        home = os.path.expanduser("~")
        return text.replace(f" {home}{os.sep}", f" ~{os.sep}") if len(home) > 1 else text

    def short_path(self, place: str) -> str:
        """A place as a table shows it: on a narrow terminal without the app's folder, which `config path` gives."""
        folders = self.store.folders
        if sys.stdout.isatty() and _columns() < _WIDE:
            for folder in (folders.config, folders.data, folders.state):
                if place.startswith(folder + os.sep):
                    return place[len(folder) + 1 :]
        return self.with_tilde(place)


def _in_json(character: str) -> str:
    """A character of a JSON text; a line end stands between values alone."""
    return f"\\u{ord(character):04x}" if character in UNPRINTABLE and character != "\n" else character


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _is_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def go_on(context: click.Context, session: Session) -> None:
    """Has the run that a context belongs to go on with a session that was begun elsewhere."""
    context.find_root().meta.setdefault(__name__, {})[session.app] = session


def of(context: click.Context, app: App | None = None) -> Session:
    """The session of an app in the run that a context belongs to, begun at the first call: of the app that is named,
    else of that whose command it is. Two apps in one program have one each, and nobody's `ctx.obj` is touched."""
    app = app or app_of(context)
    begun: dict[App, Session] = context.find_root().meta.setdefault(__name__, {})
    if app not in begun:
        begun[app] = Session(app, os.environ)
    return begun[app]


def app_of(context: click.Context) -> App:
    """The app that a command of ours was added for."""
    at: click.Context | None = context
    while at is not None:
        if isinstance(app := getattr(at.command, "app", None), App):
            return app
        at = at.parent
    raise LookupError(f"'{context.command_path}' was not added by an App")


def program_of(context: click.Context) -> str:
    """The words that run the program which a command of ours was added to: `arka`, or `corp weather` below another."""
    while context.parent is not None and isinstance(getattr(context.command, "app", None), App):
        context = context.parent
    return context.command_path
