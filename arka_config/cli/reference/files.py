"""Help topic: the files, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from arka_config.cli.reference.document import Block, Definitions, Heading, Paragraph

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity

NO, YES, ENCRYPTED = "no", "yes", "encrypted"


class StoredFile(NamedTuple):
    """A file: its place below the app's folders, its content, whether it holds a secret, and what writes it."""

    path: str
    content: str
    secret: str
    is_edited: bool
    writers: str


FILES = (
    StoredFile(
        "config/profiles/NAME.toml",
        "a profile: its settings and no token. You may edit it",
        NO,
        True,
        "`profiles …`, `login --api-url`, `logout`, `apply`",
    ),
    StoredFile(
        "config/config.toml",
        "preferences. You may edit it, or use `{app} config set`",
        NO,
        True,
        "`config set` and `config unset`",
    ),
    StoredFile(
        "data/tokens/NAME.json",
        "a profile's token, with its origin, label, user and expiry",
        YES,
        False,
        "`login`, `logout`, `import`, `apply`, `profiles copy`, `rename` and `remove`",
    ),
    StoredFile(
        "data/tokens/NAME.SETTING.json",
        "a secret setting of a profile",
        YES,
        False,
        "`secrets set` and `unset`, `profiles copy`, `rename` and `remove`",
    ),
    StoredFile("data/data-key.json", "the encrypted key of sealed tokens", ENCRYPTED, False, "`vault …`"),
    StoredFile(
        "data/identity.txt", "the key that opens the sealed tokens of templates", YES, False, "`identity create`"
    ),
    StoredFile(
        "state/active",
        "the active profile",
        NO,
        False,
        "`use`, the first `login`, the first token stored by `apply`, `profiles rename` and `remove`",
    ),
    StoredFile(
        "state/pins.json",
        "the directories that are pinned to a profile",
        NO,
        False,
        "`use --here`, `use --unpin`, `profiles rename` and `remove`",
    ),
    StoredFile(
        "state/vault.key", "the key file of `{app} vault enable`", YES, False, "`vault enable`, `vault add-unlocker`"
    ),
    StoredFile(
        "state/vault.json",
        "which vault this machine uses",
        NO,
        False,
        "`vault …`, the first new token after the file was lost",
    ),
    StoredFile(
        "state/sessions/ID.json",
        "the shells in which the vault is unlocked",
        ENCRYPTED,
        False,
        "`vault unlock`, `vault lock`",
    ),
    StoredFile(
        "state/journal.json",
        "the tokens whose request or revocation is not finished",
        NO,
        False,
        "every command that has a token issued or revoked",
    ),
    StoredFile("state/sign_in.json", "what the workspaces said about signing in", NO, False, "`login`, `refresh`"),
    StoredFile("state/token-formats.json", "which workspaces' tokens have a checksum", NO, False, "`login`"),
    StoredFile("state/ledger.json", "what `{app} apply` wrote last", NO, False, "`apply`"),
    StoredFile("state/agreements.json", "the plans that were approved", NO, False, "`apply`"),
    StoredFile(
        "state/legacy-origins.json",
        "the workspaces that another program's file may be written for",
        NO,
        False,
        "`export legacy`",
    ),
    StoredFile("state/lock", "the lock of every command that writes", NO, False, "every command that writes"),
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
    return [(each.path, each.content) for each in FILES if not any(word in each.path for word in missing)]
