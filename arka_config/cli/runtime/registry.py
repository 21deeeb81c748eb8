"""Every command and group of the CLI, one line each: the help, completion and the tests read this list.

The module follows from the name: `vault add-unlocker` is the function `add_unlocker` in
`cli/commands/vault/add_unlocker.py`. A name that Python has already gets an underscore: `profiles list` is `list_` in
`profiles/list.py`, and `import legacy` is in `import_/legacy.py`. A group is an entry that other entries are below.
"""

from __future__ import annotations

import builtins
from keyword import iskeyword
from typing import NamedTuple

from arka_config.app_identity import LEGACY, MANAGE, PLANS, VERIFY

COMMANDS_PACKAGE = "arka_config.cli.commands"


class Entry(NamedTuple):
    """A command or a group: its full name, the section of the help that lists it, and what it does in one line.

    `needs` is what an app must be able to do to have the command, or the commands of the group, in the words of
    `AppIdentity.can`.
    `is_irreversible` marks one that revokes or deletes what cannot be restored: it is never suggested for another word.
    `for_secrets` marks one about secrets other than the token: the help of an app without any does not list it.
    """

    name: str
    section: str
    summary: str
    needs: str = ""
    is_irreversible: bool = False
    for_secrets: bool = False

    @property
    def group(self) -> str:
        """The name of the group that the command is in; empty at the top."""
        return self.name.rpartition(" ")[0]

    @property
    def last_word(self) -> str:
        """The name within the group."""
        return self.name.rpartition(" ")[2]

    @property
    def module(self) -> str:
        """The module that defines the command."""
        words = self.name.replace("-", "_").split()
        return ".".join([COMMANDS_PACKAGE, *(f"{word}_" if iskeyword(word) else word for word in words)])

    @property
    def function(self) -> str:
        """The command's name in its module."""
        name = self.last_word.replace("-", "_")
        return f"{name}_" if iskeyword(name) or hasattr(builtins, name) else name


# In the order of the help.
ENTRIES = (
    Entry("login", "Sign in", "Log in to a workspace and store the token"),
    Entry("logout", "Sign in", "Remove a profile's stored token", is_irreversible=True),
    Entry("status", "Sign in", "Show the effective profile and token, and where they come from"),
    Entry("refresh", "Sign in", "Sign in again for a profile whose token has expired"),
    Entry("rotate", "Sign in", "Replace a profile's token with a new one", needs=MANAGE, is_irreversible=True),
    Entry("revoke", "Sign in", "Revoke a profile's token at the workspace", needs=MANAGE, is_irreversible=True),
    Entry("tokens", "Sign in", "List, create and revoke tokens at the workspace", needs=MANAGE),
    Entry("tokens list", "Commands", "List your tokens at the workspace"),
    Entry("tokens create", "Commands", "Create a token"),
    Entry("tokens revoke", "Commands", "Revoke a token at the workspace", is_irreversible=True),
    Entry("activity", "Sign in", "Show what was done in your account at the workspace", needs=MANAGE),
    Entry("use", "Switch", "Switch to a profile, or pin a directory to one"),
    Entry("prompt", "Switch", "Print the profile's name for a shell prompt"),
    Entry("token", "Use a token", "Print the effective token"),
    Entry("exec", "Use a token", "Run a command with the token in its environment"),
    Entry("env", "Use a token", "Print the lines that select a profile in a shell or CI job"),
    Entry("export", "Use a token", "Export a profile for another program"),
    Entry("export legacy", "Commands", "Write the configuration file of the Node CLI", needs=LEGACY),
    Entry("export dotenv", "Commands", "Write the token and its URL to a .env file"),
    Entry("export template", "Commands", "Print a template that describes a profile"),
    Entry("import", "Use a token", "Import a token from another program"),
    Entry("import legacy", "Commands", "Import the token from the Node CLI's file", needs=LEGACY),
    Entry("plan", "Templates", "Show the changes that templates would make"),
    Entry("apply", "Templates", "Apply templates to this machine"),
    Entry("seal", "Templates", "Encrypt a token for certain machines, for use in a template"),
    Entry("identity", "Templates", "Manage this machine's identity, which opens sealed tokens"),
    Entry("identity create", "Commands", "Create this machine's identity"),
    Entry("identity show", "Commands", "Print the recipient to seal tokens for"),
    Entry("profiles", "Manage", "Create, edit and remove profiles"),
    Entry("profiles list", "View", "List profiles"),
    Entry("profiles show", "View", "Show a profile"),
    Entry("profiles verify", "View", "Verify the profiles' tokens with the workspace", needs=VERIFY),
    Entry("profiles create", "Edit", "Create a profile"),
    Entry("profiles set", "Edit", "Set values in a profile"),
    Entry("profiles unset", "Edit", "Remove values from a profile"),
    Entry("profiles rename", "Edit", "Rename a profile and its token"),
    Entry("profiles copy", "Edit", "Copy a profile's settings to a new profile"),
    Entry("profiles remove", "Edit", "Remove a profile and its token", is_irreversible=True),
    Entry("secrets", "Manage", "Store secrets other than the token", for_secrets=True),
    Entry("secrets list", "Commands", "List the secret settings, and which are stored", for_secrets=True),
    Entry("secrets set", "Commands", "Store the secret of a setting", for_secrets=True),
    Entry("secrets unset", "Commands", "Remove stored secrets", for_secrets=True, is_irreversible=True),
    Entry("config", "Manage", "Show settings and their sources, and edit preferences"),
    Entry("config show", "Commands", "Show every setting, its value and its source"),
    Entry("config get", "Commands", "Print the value of a setting"),
    Entry("config set", "Commands", "Set preferences in config.toml"),
    Entry("config unset", "Commands", "Remove preferences from config.toml"),
    Entry("config path", "Commands", "Print the paths of the files"),
    Entry("config reference", "Commands", "Print a reference of the settings"),
    Entry("vault", "Manage", "Encrypt stored tokens"),
    Entry("vault status", "View", "Show whether sealing is on, and the unlockers"),
    Entry("vault enable", "Seal", "Turn on sealing: encrypt every stored token"),
    Entry("vault disable", "Seal", "Turn off sealing: store tokens in plain files again"),
    Entry("vault rekey", "Seal", "Create a new data key and seal every token again"),
    Entry("vault unlock", "Unlock", "Keep the vault unlocked in this shell"),
    Entry("vault lock", "Unlock", "End every unlocked session"),
    Entry("vault add-unlocker", "Unlock", "Add a way to unlock the vault"),
    Entry("vault remove-unlocker", "Unlock", "Remove a way to unlock the vault"),
    Entry("doctor", "Manage", "Find problems, and print or run the commands that fix them"),
    Entry("scan", "Manage", "Find leaked tokens in files and git history"),
    Entry("completion", "Manage", "Let your shell complete commands, options and values"),
    Entry("completion install", "Commands", "Install the completion script for a shell"),
    Entry("completion uninstall", "Commands", "Remove an installed completion script"),
    Entry("completion bash", "Commands", "Print the completion script for bash"),
    Entry("completion zsh", "Commands", "Print the completion script for zsh"),
    Entry("completion fish", "Commands", "Print the completion script for fish"),
    Entry("completion powershell", "Commands", "Print the completion script for PowerShell"),
    Entry("help", "Help", "Show help for a command or a topic"),
    Entry("version", "Help", "Print the version"),
    Entry("workspace", "Server", "Run a workspace server", needs=MANAGE),
    Entry("workspace serve", "Commands", "Serve the tokens page and the API"),
    Entry("workspace migrate", "Commands", "Migrate the database to this version"),
    Entry("workspace add-user", "Commands", "Add a user and print a sign-in link"),
    Entry("workspace add-service-account", "Commands", "Add an account for programs, which cannot sign in"),
    Entry("workspace create-token", "Commands", "Create a token for a user or service account"),
    Entry("workspace sign-in-link", "Commands", "Print another sign-in link for a user"),
    Entry("workspace list-users", "Commands", "List the users"),
    Entry("workspace set-plan", "Commands", "Change a user's plan", needs=PLANS),
    Entry("workspace remove-user", "Commands", "Remove a user and revoke the user's tokens", is_irreversible=True),
    Entry("workspace audit", "Commands", "Show, filter and export the audit log"),
    Entry(
        "workspace replay-audit",
        "Commands",
        "Revoke again what was revoked since a restored backup",
        is_irreversible=True,
    ),
    Entry("workspace cleanup", "Commands", "Delete expired tokens and old audit entries", is_irreversible=True),
)

# The entries of each group, by its name; those at the top of the program by the empty name.
BY_GROUP: dict[str, list[Entry]] = {}
for _entry in ENTRIES:
    BY_GROUP.setdefault(_entry.group, []).append(_entry)
GROUPS = BY_GROUP.keys() - {""}
