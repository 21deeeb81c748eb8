"""Help topic: the environment variables, taken from the list below and from the app's settings class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config.app_identity import INTROSPECT, MANAGE
from arka_config.cli.reference.document import Block, Definitions, Heading, Paragraph

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity


class Variable(NamedTuple):
    """A variable that controls the program: its name without the app's prefix, what it does, and the feature that an
    app must have to use it, in the words of `AppIdentity.can`."""

    name: str
    meaning: str
    needs: str = ""


# Every name that the code passes to `AppIdentity.variable` or `is_on`; a test compares the two.
VARIABLES = (
    Variable("API_KEY", "a token"),
    Variable("PROFILE", "the name of the profile to use"),
    Variable("API_URL", "the URL that the token in `{prefix}API_KEY` is sent to, and that `login` uses"),
    Variable("HOME", "one folder for all files, with `config`, `data` and `state` in it; a full path"),
    Variable("NO_INPUT", "never prompt, as with `--no-input`, unless it is empty, `0`, `false` or `no`"),
    Variable("DEBUG", "log each step to stderr, as with `--debug`, unless it is empty, `0`, `false` or `no`"),
    Variable("PASSPHRASE", "the vault's passphrase"),
    Variable("PASSPHRASE_FILE", "a file that contains the vault's passphrase; a full path"),
    Variable("PASSPHRASE_COMMAND", "a command that prints the vault's passphrase"),
    Variable("SESSION", "keeps the vault unlocked in one shell. Set by `{app} vault unlock`"),
    Variable("PROXY", "the proxy that requests go through, if the program has that setting"),
    Variable("INTROSPECTION_SECRET", "the secret with which the program verifies tokens", INTROSPECT),
    Variable("DATABASE_URL", "the database of `{app} workspace`", MANAGE),
    Variable("TRUSTED_PROXIES", "the proxies that `{app} workspace serve` trusts", MANAGE),
)

# Variables of the system, of other programs and of common conventions.
OTHERS = (
    ("HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY", "the proxy that requests go through"),
    ("NO_COLOR, FORCE_COLOR", "turn colour off, or turn it on when the output is not a terminal"),
    ("NO_HYPERLINKS, FORCE_HYPERLINK", "turn links in the terminal off or on"),
    ("BROWSER", "the program that opens a page"),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME", "the folders that the files are in; full paths"),
)


def blocks(app: AppIdentity) -> list[Block]:
    """Make the document. The settings class is imported for its fields."""
    settings = settings_variables(app)
    rows = [
        (app.variable(name), meaning.format(prefix=app.prefix, app=app.name))
        for name, meaning, needs in VARIABLES
        if app.can(needs) and (app.variable(name) not in settings or name in ("API_KEY", "API_URL"))
    ]
    titles = ("variable", "meaning")
    made: list[Block] = [Definitions(tuple((f"`{name}`", meaning) for name, meaning in rows), titles)]
    own = tuple((f"`{name}`", text) for name, text in settings.items() if name not in dict(rows))
    if own:
        made += [Heading("Settings"), Definitions(own, titles)]
    others = tuple((", ".join(f"`{name}`" for name in names.split(", ")), meaning) for names, meaning in OTHERS)
    return [
        *made,
        Heading("Other variables"),
        Definitions(others, titles),
        Paragraph(
            "An empty variable counts as unset. No child process inherits a token, a passphrase or a session, except "
            f"for the command of `{app.name} exec`, which gets the token."
        ),
    ]


def settings_variables(app: AppIdentity) -> dict[str, str]:
    """Return the variables of the settings class, with the description and the type of each setting."""
    if app.settings is None:
        return {}
    found = {}
    for name, leaf in app.settings_class().leaves().items():
        described = leaf.info.description or ""
        found[leaf.field.variable] = f"the setting `{name}`" + (f": {described}" if described else "")
    return found
