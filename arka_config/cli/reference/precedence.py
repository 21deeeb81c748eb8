"""Help topic: which profile, value and token is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.reference.document import Block, Definitions, Example, Heading, Paragraph

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity


def blocks(app: AppIdentity) -> list[Block]:
    """Make the document."""
    name, profile, token, url = app.name, app.variable("PROFILE"), app.variable("API_KEY"), app.variable("API_URL")
    return [
        Heading("Which profile"),
        Paragraph("The first of these that names a profile:"),
        Definitions(
            (
                ("1. flag", "`-p NAME` or `--profile NAME`, before or after the command"),
                ("2. env", f"`{profile}`"),
                ("3. pin", f"the nearest directory above this one that is pinned, with `{name} use NAME --here`"),
                ("4. active", f"the active profile, chosen with `{name} use NAME`"),
                ("5. default", "a profile that is named `default`"),
            ),
            ("layer", "source"),
        ),
        Paragraph(
            "If the named profile does not exist, that is an error, and no other profile is used instead. If none of "
            "these applies, no profile is selected, and the token may still come from the environment."
        ),
        Heading("Which value"),
        Definitions(
            tuple((f"{number}. {layer}", source) for number, (layer, source) in enumerate(_value_layers(app), start=1)),
            ("layer", "source"),
        ),
        Paragraph(
            "A profile that is chosen with `--profile` ranks as a flag: its values override the environment. A profile "
            "that is chosen in any other way does not."
        ),
        Heading("Which token, and where it is sent"),
        Paragraph("A token and its URL come from the same source:"),
        Definitions(
            (
                ("--api-key", f"goes to `--api-url`, else to the URL of `--profile`, else to `{url}`"),
                (token, f"goes to `{url}`, else to the default URL, and never to that of a profile"),
                ("a stored token", "goes to the origin (scheme, host and port) that it was stored for"),
            ),
            ("the token from", "goes to"),
        ),
        Paragraph(
            "If a layer above the token's names a URL of another origin, that is an error, and nothing is printed or "
            "sent. One line on stderr says which token is used if another one is hidden."
        ),
        Heading("See the result"),
        Example((f"{name} status --offline", f"{name} config show --sources")),
    ]


def _value_layers(app: AppIdentity) -> list[tuple[str, str]]:
    """The layers of a value with their sources, the highest first, with the app's own ones in their place."""
    layers = [
        ("flag", "a command-line option, such as `--api-url`"),
        ("env", f"an environment variable, such as `{app.variable('API_URL')}`. An empty one counts as unset"),
        ("profile", "the profile's file"),
    ]
    found = []
    for name, source in layers:
        found.append((name, source))
        found += [(layer.name, "a source of this program's own") for layer in app.layers if layer.below == name]
    return [*found, ("default", "the built-in value")]
