"""The inputs that take text (arguments, variables, files), and the commands that show it. `{}` is the text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.store import toml
from tests.cli.program import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

SHOW_COMMANDS = [
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
    ["--api-key", "x{}", "token"],  # prints the token without white space in front of it
    ["--api-key", "{}", "status", "--offline", "--json"],
    ["exec", "--", "no-{}"],  # not the name of a program, which would replace this process
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
    ["completion", "install", "{}"],
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


def to_toml(text: str) -> str:
    """Return a TOML string with the text, as far as TOML allows."""
    table = {"x": text.encode("utf-8", "replace").decode("utf-8")}
    return toml.dumps(table).removeprefix("x = ").removesuffix("\n")


def to_bytes_and_back(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def to_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


CREDENTIAL = f'{{"version": 1, "token": "{TOKEN}", "origin": "https://arka-ai.com", '
FILES: list[tuple[str, str, Callable[[str], str]]] = [
    ("arka/data/tokens/work.json", CREDENTIAL + '"label": {}}', to_json),
    ("arka/data/tokens/work.json", CREDENTIAL + '"user": {}}', to_json),
    ("arka/data/tokens/work.json", CREDENTIAL + '"expires": {}}', to_json),
    ("arka/data/tokens/work.json", CREDENTIAL + "{}: 1}", to_json),
    ("arka/data/tokens/work.json", '{"version": 1, "token": {}, "origin": "https://arka-ai.com"}', to_json),
    ("arka/data/tokens/work.json", '{"version": 1, "token": "x", "origin": {}}', to_json),
    ("arka/data/tokens/work.json", '{"version": 2, "storage": "keyring", "profile": {}}', to_json),
    ("arka/data/tokens/work.json", "{}", to_bytes_and_back),
    ("arka/data/data-key.json", '{"version": 1, "app": {}}', to_json),
    ("arka/config/profiles/work.toml", "description = {}", to_toml),
    ("arka/config/profiles/work.toml", "api_url = {}", to_toml),
    ("arka/config/profiles/work.toml", "{} = 1", to_toml),
    ("arka/config/profiles/work.toml", "[token]\nenv = {}", to_toml),
    ("arka/config/profiles/work.toml", "[token]\nfile = {}", to_toml),
    ("arka/config/profiles/work.toml", "[token]\nhelper = {}", to_toml),
    ("arka/config/profiles/work.toml", "[settings]\ntimeout = {}", to_toml),
    ("arka/config/profiles/work.toml", "[settings]\n{} = 1", to_toml),
    ("arka/config/profiles/work.toml", "[settings.{}]\nx = 1", to_toml),
    ("arka/config/profiles/work.toml", "{}", to_bytes_and_back),
    ("arka/config/config.toml", "storage = {}", to_toml),
    ("arka/config/config.toml", "expiry_warning = {}", to_toml),
    ("arka/config/config.toml", "{} = 1", to_toml),
    ("arka/config/config.toml", "[helpers]\n{} = 1", to_toml),
    ("arka/config/config.toml", "file_roots = [{}]", to_toml),
    ("arka/config/config.toml", "{}", to_bytes_and_back),
    ("arka/state/active", "{}", to_bytes_and_back),
    ("arka/state/pins.json", '{"version": 1, "pins": {{}: "work"}}', to_json),
    ("arka/state/pins.json", '{"version": 1, "pins": {"/": {}}}', to_json),
    ("arka/state/pins.json", '{"version": {}}', to_json),
    (
        "arka/state/journal.json",
        '{"version": 1, "tokens": {{}: {"kind": "rotate", "origin": "x", "process": 1}}}',
        to_json,
    ),
    (
        "arka/state/journal.json",
        '{"version": 1, "tokens": {"k": {"kind": "rotate", "origin": {}, "label": {}, "process": 4194305}}}',
        to_json,
    ),
    ("arka/state/lock", "12 {}", to_bytes_and_back),
    ("arka/state/lock", "4194305 {}", to_bytes_and_back),
    ("arka/state/ledger.json", '{"version": 1, "profiles": {{}: {}}}', to_json),
    ("arka/state/ledger.json", "{}", to_bytes_and_back),
    ("arka/state/token-formats.json", '{"version": 1, "checksums": {{}: {}}}', to_json),
    ("arka/state/agreements.json", '{"version": 1, "folders": {{}: {}}}', to_json),
    ("arka/state/legacy-origins.json", '{"version": 1, "files": {{}: [{}]}}', to_json),
    (".config/arka-code-nodejs/config.json", '{"token": {}}', to_json),
    (".config/arka-code-nodejs/config.json", '{"a": "arka_x", {}: "arka_y"}', to_json),
    (".config/arka-code-nodejs/config.json", "{}", to_bytes_and_back),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\ndescription = {}', to_toml),
    ("templates/box.toml", "version = 1\n[profile]\nname = {}", to_toml),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\napi_url = {}', to_toml),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[settings]\nca_bundle = {}', to_toml),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[settings]\n{} = 1', to_toml),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[token]\nenv = {}', to_toml),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[token]\nsealed = {}', to_toml),
    ("templates/box.toml", 'version = 1\n[profile]\nname = "box"\n[when]\nhostname = {}', to_toml),
    ("templates/box.toml", "{}", to_bytes_and_back),
]
