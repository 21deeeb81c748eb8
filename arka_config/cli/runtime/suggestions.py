"""What to suggest for a command or an option that does not exist.

A word that other programs use for one of our commands leads to it. Apart from that, a suggestion is a correction of a
typing error, and never a command or an option that cannot be undone: `remove` is not `revoke`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.cli.runtime.registry import ENTRIES
from arka_config.text import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_TYPO = 0.8  # the least similarity of a suggested command, as difflib measures it

# For each group, the words that users of gh, aws, op, kubectl, npm or git would try, and the command that does it.
SYNONYMS: dict[str, dict[str, str]] = {
    "": {
        "ls": "profiles list",
        "list": "profiles list",
        "switch": "use",
        "select": "use",
        "activate": "use",
        "checkout": "use",
        "whoami": "status",
        "current": "status",
        "who": "status",
        "info": "status",
        "show": "status",
        "auth": "login",
        "signin": "login",
        "sign-in": "login",
        "authenticate": "login",
        "init": "login",
        "run": "exec",
        "print-token": "token",
        "get-token": "token",
        "settings": "config show",
        "configure": "config set",
        "set": "config set",
        "get": "config get",
        "new": "profiles create",
        "create": "profiles create",
        "add": "profiles create",
        "rename": "profiles rename",
        "mv": "profiles rename",
        "copy": "profiles copy",
        "cp": "profiles copy",
        "verify": "profiles verify",
        "lock": "vault lock",
        "unlock": "vault unlock",
        "diff": "plan",
        "sync": "apply",
        "check": "doctor",
        "serve": "workspace serve",
        "completions": "completion",
        "pat": "tokens",
        "account": "profiles list",
        "accounts": "profiles list",
        "context": "profiles list",
        "contexts": "profiles list",
        "get-contexts": "profiles list",
        "use-context": "use",
        "use-profile": "use",
        "current-context": "status",
        "me": "status",
        "id": "status",
        "sts": "status",
        "view": "profiles show",
        "describe": "profiles show",
        "cat": "profiles show",
        "edit": "profiles set",
        "update": "profiles set",
        "read": "token",
        "inject": "exec",
        "shell": "env",
        "source": "env",
        "eval": "env",
        "pin": "use --here",
        "unpin": "use --unpin",
        "pins": "use --pins",
        "validate": "profiles verify",
        "test": "profiles verify",
        "ping": "status",
        "search": "scan",
        "grep": "scan",
        "find": "scan",
        "log": "activity",
        "logs": "activity",
        "history": "activity",
        "encrypt": "vault enable",
        "refresh-token": "refresh",
        "man": "help",
        "docs": "help",
        # gh's and aws's commands of two words
        "auth login": "login",
        "auth status": "status",
        "auth token": "token",
        "auth switch": "use",
        "auth refresh": "refresh",
        "auth list": "profiles list",
        "configure list": "config show",
        "configure get": "config get",
        "configure list-profiles": "profiles list",
        # Several commands remove something, and none of them is suggested: the help of the group lists them.
        "remove": "profiles --help",
        "delete": "profiles --help",
        "rm": "profiles --help",
        "auth logout": "logout --help",
        "signout": "logout --help",
        "sign-out": "logout --help",
        "logoff": "logout --help",
    },
    "token": {"list": "../tokens list", "ls": "../tokens list", "create": "../tokens create", "new": "../tokens create",
              "revoke": "../tokens --help"},
    "secrets": {"ls": "list", "show": "list", "get": "list", "add": "set", "create": "set"},
    "profiles": {"ls": "list", "get": "show", "cat": "show", "view": "show", "new": "create", "add": "create",
                 "edit": "set", "mv": "rename", "cp": "copy", "check": "verify", "use": "../use", "switch": "../use"},
    "tokens": {"ls": "list", "show": "list", "new": "create", "add": "create", "issue": "create"},
    "config": {"ls": "show", "list": "show", "view": "show", "edit": "set", "where": "path",
               "get-contexts": "../profiles list", "use-context": "../use", "current-context": "../status"},
    "vault": {"show": "status", "on": "enable", "create": "enable", "open": "unlock", "close": "lock",
              "encrypt": "enable", "seal": "enable"},
    "workspace": {"start": "serve", "run": "serve", "users": "list-users", "ls": "list-users"},
}  # fmt: skip

_IRREVERSIBLE_OPTIONS = frozenset({"--delete", "--force", "--prune", "--revoke", "--yes"})
_IRREVERSIBLE = frozenset(entry.name for entry in ENTRIES if entry.is_irreversible)


def synonym(word: str, group: str) -> list[str]:
    """Return the words of the command that users mean by a word within a group; empty if that is not known."""
    target = SYNONYMS.get(group, {}).get(word.lower(), "")
    if not target:
        return []
    if target.startswith("../"):
        return target.removeprefix("../").split()
    return [*group.split(), *target.split()]


def correction(word: str, names: Iterable[str], group: str) -> str:
    """Return the command of a group that a word is a typing error of; empty if there is none that can be undone."""
    within = f"{group} " if group else ""
    safe = [name for name in names if f"{within}{name}" not in _IRREVERSIBLE]
    return next(iter(nearest(word, safe, most=1, cutoff=_TYPO)), "")


def safe_options(names: Collection[str] | None) -> list[str]:
    """Return those of these options that may be suggested."""
    return [name for name in names or () if name not in _IRREVERSIBLE_OPTIONS]
