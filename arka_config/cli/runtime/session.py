"""Session: the options of one run, and what its command needs."""

from __future__ import annotations

import os
import sys

from arka_config.cli.output import terminal
from arka_config.errors import Cancelled, ConfigError, UsageError
from arka_config.opening import open_store
from arka_config.store.preferences import REFUSE
from arka_config.store.resolution import Resolution
from arka_config.store.system import SYSTEM
from arka_config.text import UNPRINTABLE, escape_ci_commands_in_json

TYPE_CHECKING = False  # without typing: the fast path has a session too
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.credential import EffectiveToken
    from arka_config.secret import Secret
    from arka_config.settings import ProfileSettings

_CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")
_WIDE = 110  # columns; a table shows full paths from this width on


class Session:
    """The app, the environment, and the options that every command takes."""

    def __init__(self, app: AppIdentity, environ: Mapping[str, str]) -> None:
        self.app = app
        self.environ = environ
        self.store = open_store(app, environ)
        self.store.ask_passphrase = self._ask_passphrase
        self.profile: str | None = None
        self.api_key: str | None = None
        self.flags: dict[str, object] = {}
        self.approved_origins: set[str] = set()  # from the environment, and approved in this run
        self.json = False
        self.json_lines = False  # print each JSON object on one line, since there are several
        self.has_shown_json = False
        self.no_input = app.is_on("NO_INPUT", environ)
        self._resolution: Resolution | None = None

    def choose(self, name: str) -> None:
        """Store the value of `--profile`. Raises UsageError if it is given twice with different names."""
        if self.profile not in (None, name):
            raise UsageError(f"--profile was given twice, as '{self.profile}' and as '{name}'", hint="keep one of them")
        self.profile = name

    # Effective values

    @property
    def resolution(self) -> Resolution:
        """The effective profile, token and values of this run."""
        if self._resolution is None:
            self._resolution = self._resolve()
        return self._resolution

    def _resolve(self, *, api_url: str | None = None, **options: Any) -> Resolution:
        flags = {"token": self.api_key, **self.flags, **({"api_url": api_url} if api_url else {})}
        return Resolution(self.store, self.environ, profile=self.profile, flags=flags, **options)

    def login_resolution(self, api_url: str | None) -> Resolution:
        """The resolution for a login, which may name a new profile and pass a URL."""
        return self._resolve(api_url=api_url, may_be_new=True)

    def settings(self) -> tuple[type[ProfileSettings], Resolution]:
        """The settings class, and the resolution with the defaults of that class."""
        settings: type[ProfileSettings] = self.app.settings_class()
        return settings, self._resolve(defaults=settings.defaults(), secrets=settings.secret_names())

    def load(self, settings: type[ProfileSettings]) -> ProfileSettings:
        """Load settings with this run's options, and note on stderr which token is used if another one is hidden.

        Raises what `ProfileSettings.load` raises.
        """
        loaded = settings.from_resolution(self._resolve(defaults=settings.defaults(), secrets=settings.secret_names()))
        if self.app.token_field.name in settings.leaves():
            self.note_token_choice()
        return loaded

    def fetch_token(self, *, strict_expiry: bool = False) -> EffectiveToken:
        """Fetch the effective token. Note on stderr which one it is if another one is hidden, and if it has expired.

        Raises NoToken, TokenUnavailable, OriginConflict, and ExpiredToken if config.toml or `strict_expiry` says so.
        """
        found = self.resolution.token()
        self.note_token_choice()
        self._check_expiry(found, strict=strict_expiry)
        found.secret.reveal()
        return found

    def _check_expiry(self, found: EffectiveToken, *, strict: bool) -> None:
        """Warn if the effective token is known to have expired, or raise ExpiredToken."""
        error = self.resolution.expired_token(found.token)
        if error is None:
            return
        if strict or self.store.preferences.expiry == REFUSE:
            raise error
        terminal.warn(f"{error.message}; to replace it: {error.hint}")

    def note_token_choice(self) -> None:
        """Print which token is used if one in the environment hides a profile's token, or loses to it."""
        found = self.resolution.effective_token()
        if found is not None and (text := self.resolution.notice(found.token)):
            terminal.note(text)

    def prompt_name(self) -> str:
        """The effective profile for a shell prompt: empty without one, `name?` if unknown, `?` on an error."""
        try:
            choice = self.resolution.choice()
            name = str(choice.value) if choice is not None else ""
            return f"{name}?" if name and not self.store.exists(name) else name
        except ConfigError:
            return "?"

    def names_starting_with(self, prefix: str) -> list[str]:
        """The profiles to complete a word with: none if they cannot be read, because completion shows no errors."""
        try:
            return [name for name in self.store.names() if name.startswith(prefix)]
        except ConfigError:
            return []

    def profile_name(self, name: str | None) -> str:
        """The profile that a command is about: its argument, else `--profile`, else the effective profile.

        Raises UsageError if the argument and the option differ, UnknownProfile, and ConfigError without a profile.
        """
        if name is not None:
            self.check_not_two(name)
            return self.store.check_exists(name)
        found = self.resolution.name
        if found is None:
            raise ConfigError("no profile is selected", hint=f"{self.app.name} profiles list")
        return found

    def check_not_two(self, name: str) -> None:
        """Raise UsageError if a command's argument and `--profile` name two profiles."""
        if self.profile not in (None, name):
            raise UsageError(f"two profiles are named: '{name}' and --profile '{self.profile}'")

    # The user

    @property
    def can_ask(self) -> bool:
        """Whether the user may be prompted: there is a terminal, and `--no-input` was not given."""
        return terminal.can_ask(self.no_input)

    def check_checksum(self, token: Secret, url: str) -> None:
        """Raise InvalidToken if all tokens of the workspace are known to have a checksum, and this has no valid one."""
        from arka_config.cli.runtime import token_formats

        token_formats.check(self.store, token, url)

    def confirm(self, question: str, *, flag: str) -> None:
        """Ask for confirmation. Raises Cancelled if declined, UsageError naming the flag without a terminal."""
        if not self.can_ask:
            why = "prompts are off" if self.no_input else "there is no terminal to ask on"
            raise UsageError(f"this needs your confirmation, but {why}:", more=[question], hint=f"add {flag}")
        if not terminal.confirm(question):
            raise Cancelled("nothing was changed")

    def _ask_passphrase(self, question: str) -> str | None:
        """Ask for a passphrase; None without a terminal."""
        hint = f"set {self.app.variable('PASSPHRASE_FILE')}"
        return terminal.ask_secret(question, hint=hint) if self.can_ask else None

    @property
    def has_local_browser(self) -> bool:
        """Whether a browser can be opened that runs on this machine, and so reaches a listener on its loopback.

        Over ssh and in a container, BROWSER may name a program that opens the page on another machine.
        """
        if self.environ.get("SSH_CONNECTION"):
            return False
        is_container = any(map(os.path.exists, _CONTAINER_FILES))
        return self._has_screen or (bool(self.environ.get("BROWSER")) and not is_container)

    @property
    def _has_screen(self) -> bool:
        has_display = bool(self.environ.get("DISPLAY") or self.environ.get("WAYLAND_DISPLAY"))
        return SYSTEM.has_desktop or has_display

    def open_page(self, page: str) -> bool:
        """Open a page in the browser. False if there is no browser with a window of its own, as over ssh."""
        if not self.environ.get("BROWSER") and (not self._has_screen or self.environ.get("SSH_CONNECTION")):
            return False
        import webbrowser

        from arka_config.store.child_environment import child_environment
        from arka_config.store.programs import folders_of_path

        # The browser inherits the environment of this process, and outlives it.
        kept = child_environment(self.app, os.environ, self.store)
        before = {name: os.environ.pop(name) for name in set(os.environ).difference(kept)}
        if "PATH" in os.environ:  # `webbrowser` searches it for the programs that it knows
            before["PATH"] = os.environ["PATH"]
            os.environ["PATH"] = os.pathsep.join(folders_of_path(os.environ))
        try:
            return webbrowser.open(page)
        except webbrowser.Error:
            return False
        finally:
            os.environ.update(before)

    def show_page(self, page: str, before: str, after: str, *, open_browser: bool) -> None:
        """Print a page's URL between two lines of instructions, and open it in the browser if there is one."""
        for line in (before, "", f"  {page}", "", after):
            terminal.say(line)
        if open_browser and self.open_page(page):
            terminal.say("Opened the page in your browser.")

    # Output

    def say_no_profiles(self) -> None:
        """Say that there are no profiles, and how to create one."""
        terminal.say(f"There are no profiles yet; create one with: {self.app.name} login --profile NAME")

    def show_json(self, document: Mapping[str, object], *, reveal: bool = False) -> None:
        """Print one JSON object to stdout. Tokens are masked unless `reveal`, and control characters are escaped."""
        import json

        text = json.dumps(document, indent=None if self.json_lines else 2, ensure_ascii=False)
        if not UNPRINTABLE.isdisjoint(text):
            text = "".join(_escape_for_json(character) for character in text)
        if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
            text = "".join(each if each.isascii() else json.dumps(each)[1:-1] for each in text)
        self.has_shown_json = True
        terminal.out(escape_ci_commands_in_json(text if reveal else self.app.redact(text)))

    def show_json_line(self, document: Mapping[str, object]) -> None:
        """Print a JSON object that is not the command's last: each is on a line of its own then (NDJSON)."""
        self.json_lines = True
        self.show_json(document)
        self.has_shown_json = False

    def show(self, document: Mapping[str, object], text: str, *, reveal: bool = False) -> None:
        """Print the data that a command is about to stdout: as JSON with `--json`, else as text."""
        if self.json:
            self.show_json(document, reveal=reveal)
        else:
            terminal.out(text)

    def report(self, document: Mapping[str, object], message: str) -> None:
        """Report a completed change: in words on stderr and, with `--json`, as JSON on stdout."""
        if self.json:
            self.show_json(document)
        terminal.say(message, mark="✓")

    def with_tilde(self, path: str) -> str:
        """A path as shown to the user: `~` for the home folder."""
        home = os.path.expanduser("~")
        return f"~{path[len(home) :]}" if len(home) > 1 and path.startswith(home + os.sep) else path

    def with_tildes(self, text: str) -> str:
        """A text as shown to the user: `~` for the home folder in every path that begins with it."""
        home = os.path.expanduser("~")
        return text.replace(f" {home}{os.sep}", f" ~{os.sep}") if len(home) > 1 else text

    def short_path(self, path: str) -> str:
        """A path as a table shows it: on a narrow terminal without the app's folder, which `config path` prints."""
        folders = self.store.folders
        if sys.stdout.isatty() and terminal.columns() < _WIDE:
            for folder in (folders.config, folders.data, folders.state):
                if path.startswith(folder + os.sep):
                    return path[len(folder) + 1 :]
        return self.with_tilde(path)


def _escape_for_json(character: str) -> str:
    """Escape a control character of a JSON text; a line end is between values, never inside one.

    A surrogate, such as Python's for a byte that is not UTF-8, becomes U+FFFD, since strict parsers
    refuse it (RFC 7493, section 2.1).
    """
    if 0xD800 <= ord(character) <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    return f"\\u{ord(character):04x}" if character in UNPRINTABLE and character != "\n" else character
