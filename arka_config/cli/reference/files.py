"""Help topic: the files, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.reference.document import Block, Definitions, Heading, Paragraph

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity

FILES = (
    ("config/profiles/NAME.toml", "a profile: its settings and no token. You may edit it"),
    ("config/config.toml", "preferences. You may edit it, or use `{app} config set`"),
    ("data/tokens/NAME.json", "a profile's token, with its origin, label, user and expiry"),
    ("data/tokens/NAME.SETTING.json", "a secret setting of a profile"),
    ("data/data-key.json", "the encrypted key of sealed tokens"),
    ("data/identity.txt", "the key that opens the sealed tokens of templates"),
    ("state/active", "the active profile"),
    ("state/pins.json", "the directories that are pinned to a profile"),
    ("state/vault.key", "the key file of `{app} vault enable`"),
    ("state/vault.json", "which vault this machine uses"),
    ("state/sessions/ID.json", "the shells in which the vault is unlocked"),
    ("state/journal.json", "the tokens whose request or revocation is not finished"),
    ("state/sign_in.json", "what the workspaces said about signing in"),
    ("state/token-formats.json", "which workspaces' tokens have a checksum"),
    ("state/ledger.json", "what `{app} apply` wrote last"),
    ("state/agreements.json", "the plans that were approved"),
    ("state/legacy-origins.json", "the workspaces that another program's file may be written for"),
    ("state/lock", "the lock of every command that writes"),
)


def blocks(app: AppIdentity) -> list[Block]:
    """Make the document."""
    folder, home = app.folder, app.variable("HOME")
    return [
        Heading("Folders"),
        Definitions(
            (
                ("Linux", f"`~/.config/{folder}`, `~/.local/share/{folder}` and `~/.local/state/{folder}`"),
                ("macOS", f"`~/Library/Application Support/{folder}` for all three"),
                ("Windows", rf"`%LOCALAPPDATA%\{folder}` for all three"),
                (f"`{home}` is set", f"`${home}/config`, `${home}/data` and `${home}/state`"),
            ),
            ("system", "the config, data and state folder"),
        ),
        Paragraph(
            "`XDG_CONFIG_HOME`, `XDG_DATA_HOME` and `XDG_STATE_HOME` are used on Linux, and on macOS if they are set. "
            f"`{app.name} config path` prints the folders on this machine."
        ),
        Heading("Files"),
        Definitions(
            tuple((f"`{path}`", text.format(app=app.name)) for path, text in files_of(app)), ("file", "content")
        ),
    ]


def files_of(app: AppIdentity) -> list[tuple[str, str]]:
    """Return the files that an app has."""
    missing = [*(["legacy"] if not app.legacy_project else []), *(["SETTING"] if not app.may_have_secrets else [])]
    return [(path, text) for path, text in FILES if not any(word in path for word in missing)]
