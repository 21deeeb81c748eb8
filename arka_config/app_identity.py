"""AppIdentity: what identifies one command-line program. Every layer below the CLI is passed one.

Standard library only, and cheap to build: the settings class is named by an import string and imported on first use.
"""

from __future__ import annotations

from arka_config.errors import ConfigError, InvalidToken
from arka_config.precedence.values import Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Literal, Protocol

    from arka_config.precedence.custom_layer import CustomLayer
    from arka_config.secret import Secret

    class Verifies(Protocol):
        """A `Verifier`, without importing it."""

        def verify(self, token: Secret, origin: Any, /) -> Any: ...


_TOKEN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_NAME_CHARACTERS = _TOKEN_CHARACTERS  # letters, digits, "_" and "-"
_BEARER_CHARACTERS = _TOKEN_CHARACTERS | frozenset(".~+/=")  # RFC 6750, for an app that declares no token format

# Features of an app. Commands and options are marked with the one that they need.
LEGACY = "legacy"  # read and write the file of an older CLI
VERIFY = "verify"  # ask an API about a token
INTROSPECT = "introspect"  # the same by OAuth introspection, for which the program has a secret
PLANS = "plans"  # have users on plans
SIGN_IN = "sign-in"  # sign in through the browser
MANAGE = "manage"  # list, create, rotate and revoke tokens: with the workspace's API only


class SignIn:
    """How users sign in through the browser: as which client, and at which server.

    `client_id` names the program as a public client (RFC 6749, section 2.1), and `scope` what it asks for. The server
    describes itself in its metadata (RFC 8414). It is at the origin of the workspace's URL, unless `issuer` gives its
    identifier; that one issues tokens for the origin of the app's default URL only.
    """

    __slots__ = ("client_id", "issuer", "scope")

    def __init__(self, client_id: str, *, scope: str = "", issuer: str = "") -> None:
        self.client_id = client_id
        self.scope = scope
        self.issuer = issuer

    def __repr__(self) -> str:
        return f"SignIn({self.client_id!r})"


def _check_name(name: str) -> None:
    """Raise ValueError for a name that would be another folder (`../x`) or an unusual variable (`a.b`)."""
    for word in name.split(" "):
        if not word or not set(word) <= _NAME_CHARACTERS or not word[0].isalnum():
            raise ValueError(f"the app's name {name!r} must be words of letters, digits, '-' and '_', such as 'acme'")


def _check_prefix(prefix: str) -> None:
    if not set(prefix) <= _NAME_CHARACTERS - {"-"} or prefix[0].isdigit():
        raise ValueError(f"the app's prefix {prefix!r} must be letters, digits and '_', such as 'ACME_'")


class AppIdentity:
    """A CLI's name, environment variables, token format and URLs.

    - `name`: what users type to run the program (`corp acme` if it is a subcommand of another one), and the name of its
      folders.
    - `settings`: the settings class, as `"package.module:Class"`.
    - `title`: the program's name in messages (`name` by default).
    - `prefix`: what its environment variables begin with (`NAME_` by default).
    - `token_prefix`: what a token starts with: a text, or several. New tokens get the first one.
    - `token_length`: the characters of a token, with its prefix: one number, or one for each prefix.
    - `token_checksum`: whether a token ends in a checksum: `"none"`, `"required"`, or `"optional"` if older tokens have
      none.
    - `api_url`: the URL that a token is sent to, unless another one is configured.
    - `verifier`: a `Verifier`, or the import string of one, which asks the API about a token. Without it, tokens are
      stored unverified.
    - `tokens_page`, `billing_page`: paths on the origin of the API, or URLs on another host. An app without a billing
      page has no plans.
    - `legacy_project`: the project name under which an older CLI, built on npm `conf`, stores its one token.
    - `layers`: the app's own layers. Those inserted below the same built-in layer keep this order.
    - `commands`: the toolkit's commands that the program has (all by default).
    - `version`: the program's version; without it, that of the installed package `distribution`, by default that of the
      settings class.
    - `secret_settings`: the secret fields of the settings class other than the token. Without it, `profiles show`
      imports the class, and so does starting a child process that could inherit one of their variables.
    - `sign_in`: lets `login` sign in through the browser, if the workspace's server supports it.

    Raises ValueError for a name that is not words of letters, digits, `-` and `_`, and for a prefix that cannot begin a
    variable.
    """

    def __init__(
        self,
        name: str,
        *,
        settings: str | None = None,
        title: str = "",
        prefix: str = "",
        token_prefix: str | Iterable[str] = "",
        token_length: int | Mapping[str, int] | None = None,
        token_checksum: Literal["none", "optional", "required"] = "none",
        api_url: str | None = None,
        verifier: Verifies | str | None = None,
        tokens_page: str = "",
        billing_page: str = "",
        legacy_project: str | None = None,
        layers: Iterable[CustomLayer] = (),
        commands: Iterable[str] | None = None,
        version: str = "",
        secret_settings: Iterable[str] | None = None,
        sign_in: SignIn | None = None,
        distribution: str = "",
    ) -> None:
        self.name = name
        self.title = title or name
        self.folder = name.replace(" ", "-")
        self.prefix = prefix or self.folder.upper().replace("-", "_") + "_"
        _check_name(name)
        _check_prefix(self.prefix)
        self.settings = settings
        prefixes = (token_prefix,) if isinstance(token_prefix, str) else tuple(token_prefix)
        self.token_prefixes = tuple(prefix for prefix in prefixes if prefix)
        self.token_length = token_length
        self.token_checksum = token_checksum
        self.tokens_page = tokens_page
        self.billing_page = billing_page
        self.legacy_project = legacy_project
        self.layers = tuple(layers)
        self.commands = None if commands is None else tuple(commands)
        self.version = version
        self.secret_settings = None if secret_settings is None else tuple(secret_settings)
        self.sign_in = sign_in
        self.distribution = distribution
        self._api_url = api_url
        self._verifier = verifier

        self.token_field = Field(
            ("token",), option="--api-key", variable=self.variable("API_KEY"), key="token", secret=True
        )
        self.url_field = Field(("api_url",), option="--api-url", variable=self.variable("API_URL"), key="api_url")
        self.profile_field = Field(("profile",), option="--profile", variable=self.variable("PROFILE"), key="")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def variable(self, name: str) -> str:
        """Return the full name of one of the app's environment variables: `ARKA_HOME` for `HOME`."""
        return self.prefix + name

    def has_command(self, name: str) -> bool:
        """Return whether the program has a command of the toolkit: it has all, unless it declares `commands`."""
        return self.commands is None or name in self.commands

    def is_on(self, name: str, environ: Mapping[str, str]) -> bool:
        """Return whether a boolean variable is set to anything but `0`, `false` or `no`."""
        return environ.get(self.variable(name), "").lower() not in ("", "0", "false", "no")

    def field(self, path: tuple[str, ...], *, secret: bool = False) -> Field:
        """Return the field at a path of the settings class. In a profile's file, it is in `[settings]`."""
        if path == ("token",):
            return self.token_field
        if path == ("api_url",):
            return self.url_field
        return Field(
            path,
            option="--" + "-".join(path).replace("_", "-"),
            variable=self.variable("__".join(path).upper()),
            key=".".join(("settings", *path)),
            secret=secret,
        )

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The variables that may contain a secret, or lead to one: no child process inherits it."""
        names = ("API_KEY", "PASSPHRASE", "PASSPHRASE_FILE", "PASSPHRASE_COMMAND", "SESSION", "DATABASE_URL", "PROXY")
        return (*(self.variable(name) for name in names), self.introspection_variable)

    @property
    def introspection_variable(self) -> str:
        """The variable with the secret that an `IntrospectionVerifier` authenticates with."""
        return self.variable("INTROSPECTION_SECRET")

    @property
    def own_variables(self) -> tuple[str, ...]:
        """The variables that control the program, secret or not; those of the settings class are not included."""
        names = ("HOME", "NO_INPUT", "DEBUG", "PROFILE", "API_URL", "TRUSTED_PROXIES")
        return (*self.secret_variables, *(self.variable(name) for name in names))

    def settings_variables(self) -> list[str]:
        """The variables of the settings class; empty if the app has none."""
        if self.settings is None:
            return []
        return [leaf.field.variable for leaf in self.settings_class().leaves().values()]

    @property
    def may_have_secrets(self) -> bool:
        """Whether the app may have secrets other than the token. Does not import the settings class."""
        return self.settings is not None and self.secret_settings != ()

    def settings_class(self) -> Any:
        """Import and return the settings class, a ProfileSettings. Raises LookupError if the app has none."""
        from importlib import import_module

        if self.settings is None:
            raise LookupError(f"{self!r} has no settings class")
        module, _, name = self.settings.partition(":")
        return getattr(import_module(module), name)

    def default_url(self) -> str | None:
        """Return the URL that a token is sent to by default: the app's, else the settings class's."""
        if self._api_url is None and self.settings is not None:
            default = self.settings_class().model_fields.get("api_url")
            url = str(default.default) if default and not default.is_required() else None
            # pydantic appends a slash to a bare origin; an Origin has none.
            self._api_url = url.removesuffix("/") if url and url.count("/") == 3 else url
        return self._api_url

    @property
    def client_id(self) -> str:
        """The program's name as a client of a workspace (RFC 6749, section 2.2)."""
        return self.name if self.sign_in is None else self.sign_in.client_id

    @property
    def sign_in_scope(self) -> str:
        """What the program asks for when it signs in (RFC 6749, section 3.3)."""
        return "" if self.sign_in is None else self.sign_in.scope

    def issuer(self, url: str) -> str:
        """Return the identifier of the server that issues tokens for a workspace; empty without `sign_in`."""
        from arka_config.precedence.origin import Origin

        if self.sign_in is None:
            return ""
        origin, default = Origin.of(url), self.default_url()
        is_default = default is not None and Origin.of(default) == origin
        return self.sign_in.issuer if self.sign_in.issuer and is_default else str(origin)

    def page(self, path: str, url: str | None = None) -> str:
        """Return the full URL of a page for the users of an API: on the origin of `url`, else on the app's own.

        A page declared as a URL is on that host for the app's own API; for other APIs, it is on their origin.
        """
        from arka_config.precedence.origin import Origin

        default = self.default_url()
        base = url or default
        if "://" in path:
            if base is None or (default is not None and Origin.of(base) == Origin.of(default)):
                return path
            path = path.removeprefix(str(Origin.of(path)))
        return f"{Origin.of(base)}{path}" if base else path

    @property
    def has_plans(self) -> bool:
        """Whether the API's users are on plans: an app without a billing page never mentions one."""
        return bool(self.billing_page)

    # What the app can do

    @property
    def verifier(self) -> Verifies | None:
        """The app's `Verifier`, imported on first use. Raises ConfigError if that fails."""
        if isinstance(self._verifier, str):
            from importlib import import_module

            module, _, name = self._verifier.partition(":")
            try:
                found = getattr(import_module(module), name)
            except (ImportError, AttributeError, ValueError) as error:
                raise ConfigError(
                    f"{self!r} names the verifier '{self._verifier}', which cannot be imported: {error}",
                    hint='write it as verifier="package.module:Name"',
                ) from None
            verifier: Verifies = found() if isinstance(found, type) else found
            self._verifier = verifier
            return verifier
        return self._verifier

    @verifier.setter
    def verifier(self, verifier: Verifies | None) -> None:
        self._verifier = verifier

    @property
    def has_workspace_api(self) -> bool:
        """Whether the app's API is that of a workspace, which lists, creates and revokes tokens."""
        return bool(getattr(self.verifier, "has_workspace_api", False))

    @property
    def replacing_command(self) -> str:
        """The command that replaces a token that still works: `rotate`, or `login` without a workspace's API."""
        return "rotate" if self.has_workspace_api else "login"

    def can(self, feature: str) -> bool:
        """Return whether the app has what a command or an option needs: LEGACY, VERIFY, …; empty for nothing."""
        if feature == LEGACY:
            return self.legacy_project is not None
        if feature == SIGN_IN:
            return self.sign_in is not None
        if feature == VERIFY:
            return self._verifier is not None
        if feature == PLANS:
            return self.has_plans
        if feature == INTROSPECT:
            return bool(getattr(self.verifier, "has_secret", False))
        return self.has_workspace_api if feature == MANAGE else True

    # The format of tokens

    def prefix_of(self, text: str) -> str:
        """Return the prefix of the app's tokens that a text starts with, the longest one; empty if it has none."""
        return max((prefix for prefix in self.token_prefixes if text.startswith(prefix)), key=len, default="")

    def length_of(self, prefix: str) -> int | None:
        """Return how many characters a token with this prefix has in all; None if that is not declared."""
        length = self.token_length
        return length if length is None or isinstance(length, int) else length.get(prefix)

    @property
    def new_prefix(self) -> str:
        """The prefix that new tokens get, the first one; empty if tokens have none."""
        return self.token_prefixes[0] if self.token_prefixes else ""

    @property
    def shown_prefix(self) -> str:
        """The prefix to show for a token of which only the last characters are known; empty if there are several."""
        return self.new_prefix if len(self.token_prefixes) == 1 else ""

    def mask(self, token: str) -> str:
        """Return a token as it may be shown: its prefix and last four characters."""
        from arka_config.secret import mask

        return mask(token, self.token_prefixes)

    def redact(self, text: str) -> str:
        """Return the text with everything that looks like one of this app's tokens masked.

        For errors that quote what the user wrote, which may be a token in the wrong place.
        """
        if not any(prefix in text for prefix in self.token_prefixes):
            return text
        import re

        shapes = []
        for prefix in sorted(self.token_prefixes, key=len, reverse=True):
            # A few characters less than a whole token: it may not have been copied completely.
            length = self.length_of(prefix)
            least = 20 if length is None else length - len(prefix) - 7
            shapes.append(re.escape(prefix) + r"[\w-]{" + str(max(least, 8)) + ",}")
        return re.sub("|".join(shapes), lambda match: self.mask(match[0]), text)

    def token_fault(self, text: str) -> str:
        """Return why a text cannot be one of the app's tokens, or an empty string. It repeats nothing of the text."""
        if text[:7].casefold() == "bearer ":
            return "it starts with Bearer, which is not a part of it"
        if text[:1] in ("'", '"'):
            return "it is in quotes, which are not a part of it"
        if not text.isascii():  # such as a letter that only looks like one of the prefix
            at = next(at for at, character in enumerate(text, start=1) if not character.isascii())
            return f"it contains a character that is not ASCII, at position {at}: was it copied from a formatted text?"
        prefix = self.prefix_of(text)
        if self.token_prefixes and not prefix:
            return f"it does not start with {' or '.join(self.token_prefixes)}"
        length = self.length_of(prefix)
        if length is not None and len(text) != length:
            return f"it has {len(text)} characters and not {length}: was it copied whole?"
        has_format = prefix or length is not None
        if not (_TOKEN_CHARACTERS if has_format else _BEARER_CHARACTERS).issuperset(text):
            return "it contains a character that no token has"
        if self.token_checksum == "required":
            from arka_config import token_checksum

            return "" if token_checksum.is_valid(text, prefix) else token_checksum.FAULT
        return ""

    def check_token(self, token: Secret, url: str | None = None) -> None:
        """Raise InvalidToken if this cannot be one of the app's tokens, with the reason and where to get another."""
        if fault := self.token_fault(token.reveal()):
            raise InvalidToken(f"Invalid token: {fault}", reason=fault, hint=self._copy_hint(url))

    def check_when_revealed(self, token: Secret, subject: str) -> Secret:
        """Return the token with a check of its format, made when it is revealed.

        Revealing then raises InvalidToken, whose message is the subject and the reason: `ARKA_API_KEY is not a token`.
        """

        def check(text: str) -> None:
            if fault := self.token_fault(text):
                message = f"{subject} is not a token: {fault}"
                raise InvalidToken(message, reason=fault, hint=self._copy_hint(None))

        return token.with_check(check)

    def _copy_hint(self, url: str | None) -> str:
        page = self.page(self.tokens_page, url)
        return f"copy one whole from {page}" if page else "copy it whole"
