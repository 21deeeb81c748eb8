"""Where text comes in: arguments, variables and files; and the commands that show what came in. `{}` is the text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.store import toml
from tests.cli.program import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKS = [
    "status --offline",
    "status --offline --json",
    "status --offline --show-token",
    "profiles list",
    "profiles list --json",
    "profiles show work",
    "profiles show work --json",
    "profiles verify",
    "config show --sources",
    "config show --sources --json",
    "config show --show-token",
    "config path",
    "config path --json",
    "prompt",
    "prompt --json",
    "env",
    "env --json",
    "env --with-token",
    "export template work",
    "export template work --json",
    "import legacy --keep -p new",
    "import legacy --keep -p new --json",
    "plan templates",
    "plan templates --diff",
    "plan templates --json",
    "apply templates --yes",
    "vault status",
    "vault status --json",
    "use work",
    "use -",
    "use --unpin",
    "identity show",
    "doctor",
    "doctor --all",
    "doctor --json",
    "logout",
]

ARGUMENTS = [
    ["{}"],
    ["--{}"],
    ["-p", "{}", "status"],
    ["use", "{}"],
    ["login", "-p", "{}", "--with-token"],
    ["login", "-p", "new", "--with-token", "--no-verify", "--label", "{}"],
    ["login", "--with-token", "--no-verify", "--expires", "{}"],
    ["login", "--with-token", "--no-verify", "--api-url", "https://{}"],
    ["login", "--with-token", "--no-verify", "--token-file", "{}"],
    ["login", "--with-token", "--no-verify", "--storage", "{}"],
    ["status", "--expiring", "{}"],
    ["token", "--for", "{}"],
    ["--api-key", "x{}", "token"],  # which gives the token itself: of white space before it, nothing is left
    ["--api-key", "{}", "status", "--offline", "--json"],
    ["exec", "--", "no-{}"],  # of no program's name: that would take the place of this process
    ["exec", "--", "./{}"],
    ["env", "--shell", "{}"],
    ["export", "legacy", "--key", "{}"],
    ["export", "dotenv", "-o", "{}/x"],
    ["export", "template", "{}"],
    ["import", "legacy", "--key", "{}"],
    ["import", "legacy", "--input", "{}"],
    ["profiles", "show", "{}"],
    ["profiles", "create", "{}"],
    ["profiles", "create", "new", "description={}"],
    ["profiles", "create", "new", "{}=3"],
    ["profiles", "set", "work", "description={}"],
    ["profiles", "set", "work", "timeout={}"],
    ["profiles", "set", "work", "ca_bundle={}"],
    ["profiles", "set", "work", "token.env={}"],
    ["profiles", "set", "work", "token.file={}"],
    ["profiles", "unset", "work", "{}"],
    ["profiles", "rename", "work", "{}"],
    ["profiles", "copy", "work", "{}"],
    ["profiles", "remove", "{}", "--yes"],
    ["config", "get", "{}"],
    ["config", "path", "{}"],
    ["plan", "{}"],
    ["plan", "templates", "--only", "{}"],
    ["plan", "templates", "--out", "{}/x"],
    ["apply", "templates", "--yes", "--allow-origin", "{}"],
    ["apply", "{}", "--yes"],
    ["seal", "--to", "{}"],
    ["seal", "--to-file", "{}"],
    ["vault", "unlock", "--for", "{}"],
    ["vault", "enable", "--with", "{}"],
    ["vault", "remove-unlocker", "{}"],
    ["tokens", "revoke", "{}", "--yes"],
    ["tokens", "create", "{}"],
    ["completion", "{}"],
    ["doctor", "-p", "{}"],
    ["login", "--with-token", "--no-verify", "--expect-user", "{}"],
    ["rotate", "--expires", "{}"],
    ["tokens", "create", "x", "--expires", "{}"],
    ["tokens", "create", "x", "--store-as", "{}"],
    ["tokens", "revoke", "--label", "{}", "--yes"],
    ["export", "legacy", "--output", "{}/x"],
    ["import", "legacy", "--api-url", "https://{}", "--keep", "-p", "new"],
    ["plan", "templates", "--identity", "{}"],
    ["apply", "templates", "--yes", "--only", "{}"],
    ["apply", "templates", "--yes", "--identity", "{}"],
    ["seal", "--template", "{}"],
    ["seal", "--template", "templates/box.toml", "--identity", "{}"],
    ["profiles", "verify", "{}"],
    ["vault", "enable", "--with", "key-file", "--key-file", "{}/x"],
    ["vault", "add-unlocker", "--with", "key-file", "--key-file", "{}/x"],
    ["workspace", "serve", "--url", "{}"],
    ["workspace", "serve", "--database-url", "{}"],
    ["workspace", "add-user", "--url", "{}", "--database-url", "sqlite:///x"],
    ["workspace", "add-user", "--database-url", "{}"],
    ["workspace", "add-user", "{}"],
]

VARIABLES = [
    "ARKA_API_KEY",
    "ARKA_PROFILE",
    "ARKA_API_URL",
    "ARKA_TIMEOUT",
    "ARKA_PROXY",
    "ARKA_CA_BUNDLE",
    "ARKA_SESSION",
    "ARKA_PASSPHRASE_FILE",
    "ARKA_NO_INPUT",
    "ARKA_DEBUG",
    "XDG_CONFIG_HOME",
    "SHELL",
    "GITHUB_ENV",
    "HISTFILE",
]


def escaped(text: str) -> str:
    """A TOML string that holds the text, as far as TOML can hold it."""
    table = {"x": text.encode("utf-8", "replace").decode("utf-8")}
    return toml.written(table).removeprefix("x = ").removesuffix("\n")


def raw(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


CREDENTIAL = f'{{"version": 1, "token": "{TOKEN}", "origin": "https://arka-ai.com", '
FILES: list[tuple[str, str, Callable[[str], str]]] = [
    ("arka/data/tokens/work.json", CREDENTIAL + '"label": {}}', in_json),
    ("arka/data/tokens/work.json", CREDENTIAL + '"user": {}}', in_json),
    ("arka/data/tokens/work.json", CREDENTIAL + '"expires": {}}', in_json),
    ("arka/data/tokens/work.json", CREDENTIAL + "{}: 1}", in_json),
    ("arka/data/tokens/work.json", '{"version": 1, "token": {}, "origin": "https://arka-ai.com"}', in_json),
    ("arka/data/tokens/work.json", '{"version": 1, "token": "x", "origin": {}}', in_json),
    ("arka/data/tokens/work.json", '{"version": 2, "storage": "keyring", "profile": {}}', in_json),
    ("arka/data/tokens/work.json", "{}", raw),
    ("arka/data/data-key.json", '{"version": 1, "app": {}}', in_json),
    ("arka/config/profiles/work.toml", "description = {}", escaped),
    ("arka/config/profiles/work.toml", "api_url = {}", escaped),
    ("arka/config/profiles/work.toml", "{} = 1", escaped),
    ("arka/config/profiles/work.toml", "[token]\nenv = {}", escaped),
    ("arka/config/profiles/work.toml", "[token]\nfile = {}", escaped),
    ("arka/config/profiles/work.toml", "[token]\nhelper = {}", escaped),
    ("arka/config/profiles/work.toml", "[settings]\ntimeout = {}", escaped),
    ("arka/config/profiles/work.toml", "[settings]\n{} = 1", escaped),
    ("arka/config/profiles/work.toml", "[settings.{}]\nx = 1", escaped),
    ("arka/config/profiles/work.toml", "{}", raw),
    ("arka/config/config.toml", "storage = {}", escaped),
    ("arka/config/config.toml", "expiry_warning = {}", escaped),
    ("arka/config/config.toml", "{} = 1", escaped),
    ("arka/config/config.toml", "[helpers]\n{} = 1", escaped),
    ("arka/config/config.toml", "file_roots = [{}]", escaped),
    ("arka/config/config.toml", "{}", raw),
    ("arka/state/active", "{}", raw),
    ("arka/state/pins.json", '{"version": 1, "pins": {{}: "work"}}', in_json),
    ("arka/state/pins.json", '{"version": 1, "pins": {"/": {}}}', in_json),
    ("arka/state/pins.json", '{"version": {}}', in_json),
    ("arka/state/lock", "12 {}", raw),
    ("arka/state/lock", "4194305 {}", raw),
    ("arka/state/ledger.json", '{"version": 1, "profiles": {{}: {}}}', in_json),
    ("arka/state/ledger.json", "{}", raw),
    ("arka/state/agreements.json", '{"version": 1, "folders": {{}: {}}}', in_json),
    (".config/arka-code-nodejs/config.json", '{"token": {}}', in_json),
    (".config/arka-code-nodejs/config.json", '{"a": "arka_x", {}: "arka_y"}', in_json),
    (".config/arka-code-nodejs/config.json", "{}", raw),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\ndescription = {}', escaped),
    ("templates/box.toml", "version = 1\n[profile]\nname = {}", escaped),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\napi_url = {}', escaped),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[settings]\nca_bundle = {}', escaped),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[settings]\n{} = 1', escaped),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[token]\nenv = {}', escaped),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[token]\nsealed = {}', escaped),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[when]\nhostname = {}', escaped),
    ("templates/box.toml", "{}", raw),
]
