"""Machines to try faults on, and the lines that write to them: each command has one of each of its kinds of change.

A scene has all that can be lost: profiles with settings and comments, tokens, pins, an active profile and the one
before it, a ledger, and the Node CLI's file. Its folder is the home, and the working directory.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

THIRD = "arka_" + "t" * 33 + "b2c3"
RECIPIENT = "age12uqvrl9v0qtwegxele2yewsgdvyn046tftuytjrdxpulsveep5xq59sknk"
_RUNNER = 'version = 1\n[profile]\nname = "runner"\ndescription = "{}"\n[token]\nenv = "{}"\ncopy = true\n'
_PLAIN = 'version = 1\n[profile]\nname = "{}"\n'


class Line(NamedTuple):
    """A command line that writes, and the scene that it is run in."""

    words: str
    scene: str = "plain"
    stdin: str = ""
    cwd: str = "."


WRITERS: dict[str, list[Line]] = {
    "login": [
        Line("login -p new --with-token --use --no-verify", stdin=THIRD),
        Line("login -p work --with-token --force --no-verify --api-url https://eu.arka-ai.com", "sealed", THIRD),
    ],
    "logout": [Line("logout -p work"), Line("logout --all"), Line("logout -p work --revoke", "served")],
    "rotate": [Line("rotate -p work", "served")],
    "revoke": [Line("revoke -p work --yes", "served")],
    "tokens create": [Line("tokens create extra -p work --store-as extra", "served")],
    "use": [Line("use ci"), Line("use runner --here"), Line("use --unpin", cwd="deploy")],
    "env": [Line("env --github --with-token")],
    "export legacy": [Line("export legacy -p ci")],
    "export dotenv": [Line("export dotenv --output .env --force")],
    "import legacy": [Line("import legacy -p old --input old/config.json --delete")],
    "plan": [Line("plan templates --out plan.json")],
    "apply": [Line("apply templates --yes --prune"), Line("apply templates --yes --prune", "sealed")],
    "seal": [Line(f"seal --to {RECIPIENT} --with-token --template templates/runner.toml", stdin=THIRD)],
    "identity create": [Line("identity create")],
    "doctor": [Line("doctor --fix", "ill")],
    "profiles create": [Line("profiles create other timeout=3 description=Another")],
    "profiles set": [Line("profiles set work timeout=5 description=Elsewhere")],
    "profiles unset": [Line("profiles unset work timeout")],
    "profiles rename": [Line("profiles rename work other"), Line("profiles rename work other", "sealed")],
    "profiles copy": [Line("profiles copy work other --with-token")],
    "profiles remove": [
        Line("profiles remove ci --yes"),
        Line("profiles remove work --yes --revoke", "served"),
    ],
    "vault enable": [
        Line("vault enable --with key-file"),
        Line("vault enable --with key-file --key-file keys/a.key"),
    ],
    "vault disable": [Line("vault disable --yes", "sealed")],
    "vault rekey": [Line("vault rekey", "sealed")],
    "vault unlock": [Line("vault unlock --for 8h", "sealed")],
    "vault lock": [Line("vault lock", "unlocked")],
    "vault add-unlocker": [Line("vault add-unlocker key-file --key-file keys/c.key", "sealed")],
    "vault remove-unlocker": [Line("vault remove-unlocker key-file-2", "sealed")],
}

# They change nothing on this machine; a test sees that they don't.
READERS = {
    "status": "status --offline",
    "tokens list": "tokens list -p work",
    "tokens revoke": "tokens revoke --label extra --yes -p work",
    "prompt": "prompt",
    "token": "token",
    "exec": "exec -- no-such-program",
    "export template": "export template work",
    "identity show": "identity show",
    "profiles list": "profiles list",
    "profiles show": "profiles show work",
    "profiles verify": "profiles verify work",
    "config show": "config show --sources",
    "config get": "config get timeout",
    "config path": "config path",
    "vault status": "vault status",
    "completion": "completion bash",
}

# They write to a database, whose own journal is what a kill meets: tests/guarantees/test_database.py.
SERVERS = {"workspace serve", "workspace add-user"}


def make(root: Path, scene: str, fake: FakeWorkspace) -> None:
    """Makes a scene in an empty folder, which the environment has as its home."""
    _make_files(root)
    # Without the workspace's own port in it: that one is another in each run.
    url = ["--api-url", fake.url] if scene == "served" else []
    _run("login", "-p", "work", "--with-token", "--no-verify", "--label", "MacBook Pro", *url, stdin=TOKEN)
    _run("login", "-p", "ci", "--with-token", "--no-verify", "--expires", "2099-01-01", stdin=OTHER)
    _run("profiles", "set", "work", "timeout=30", "description=Work laptop")
    file = root / "arka" / "config" / "profiles" / "work.toml"
    file.write_text(f"# mine\n{file.read_text('utf-8')}", "utf-8")
    _run("use", "ci")
    _run("use", "work")
    for pinned in ("deploy", "other"):
        (root / pinned).mkdir()
        _run("use", "ci", "--here", cwd=root / pinned)
    _put(root, "runner", _RUNNER.format("Before", "ARKA_RUNNER_TOKEN"))
    _put(root, "old", _PLAIN.format("gone"))
    _put(root, "same", _PLAIN.format("same"))
    _run("apply", "templates", "--yes")
    (root / "templates" / "old.toml").unlink()
    _put(root, "runner", _RUNNER.format("After", "ARKA_NEW_TOKEN"))
    _put(root, "new", _RUNNER.replace("runner", "fresh").format("New", "ARKA_NEW_TOKEN"))
    if scene == "ill":
        (root / "other").rmdir()  # which is pinned
    if scene in ("sealed", "unlocked"):
        _run("vault", "enable", "--with", "key-file", "--key-file", "keys/a.key")
        _run("vault", "add-unlocker", "key-file", "--key-file", "keys/b.key")
    if scene == "unlocked":
        _run("vault", "unlock")


def _make_files(root: Path) -> None:
    for folder in ("templates", "keys", "arka/config", "old", "legacy/arka-code-nodejs"):
        (root / folder).mkdir(parents=True)
    (root / "arka" / "config" / "config.toml").write_text("legacy_sync = true\n", "utf-8")
    for file, token in (("old/config.json", THIRD), ("legacy/arka-code-nodejs/config.json", "arka_stale")):
        (root / file).write_text(json.dumps({"theme": "dark", "token": token}), "utf-8")
        (root / file).chmod(0o600)
    for file in (".env", "github"):
        (root / file).write_text("KEPT=1\n", "utf-8")
        (root / file).chmod(0o600)


def _put(root: Path, name: str, text: str) -> None:
    (root / "templates" / f"{name}.toml").write_text(text, "utf-8")


def _run(*words: str, stdin: str = "", cwd: Path | None = None) -> None:
    import contextlib

    with contextlib.chdir(cwd) if cwd else contextlib.nullcontext():
        done = arka(*words, stdin=stdin)
    assert done.code == 0, (words, done.err)
