"""Machines to try faults on: the scenes that the lines of tests/command_samples.py are run in.

A scene has everything that can be lost: profiles with settings and comments, tokens, pins, an active and a previous
profile, a ledger, and the Node CLI's file. Its folder is the home folder and the working directory.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.cli.program import OTHER, TOKEN, arka
from tests.command_samples import NEW_TOKEN
from tests.secretive import secretive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workspace.fake import FakeWorkspace

SECRETS = {"webhook_secret": "hunter-1 of a scene with secrets", "mail.password": "hunter-2 of a scene with secrets"}
_RUNNER = 'version = 1\n[profile]\nname = "runner"\ndescription = "{}"\n[token]\nenv = "{}"\ncopy = true\n'
_ISSUING = 'version = 1\n[profile]\nname = "{}"\napi_url = "{}"\n[token]\nissue = {{ label = "{}" }}\n'
_PLAIN = 'version = 1\n[profile]\nname = "{}"\n'


def make(root: Path, scene: str, fake: FakeWorkspace) -> None:
    """Make a scene in an empty folder. The environment names it as the home folder."""
    _make_files(root)
    # Only if a scene needs it: the workspace's port differs in each run.
    url = ["--api-url", fake.url] if scene in ("served", "issuing") else []
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
    if scene == "issuing":
        _make_issuing(root, fake)
    if scene == "broken":
        (root / "other").rmdir()  # it is pinned
    if "secrets" in scene:
        for name, secret in SECRETS.items():
            done = secretive("secrets", "set", name, "-p", "work", stdin=secret)
            assert done.code == 0, done.err
    if scene in ("sealed", "unlocked", "sealed secrets"):
        _run("vault", "enable", "--with", "key-file", "--key-file", "keys/a.key")
        _run("vault", "add-unlocker", "key-file", "--key-file", "keys/b.key")
    if scene == "unlocked":
        _run("vault", "unlock")


def _make_issuing(root: Path, fake: FakeWorkspace) -> None:
    """Make two profiles with issued tokens. An apply of `issuing` replaces one, removes the other, and adds a third."""
    for name, label in (("old", "first"), ("gone", "pruned")):
        _put(root, name, _ISSUING.format(name, fake.url, label), "issuing")
    _run("apply", "issuing", "--yes", "-p", "work")
    (root / "issuing" / "gone.toml").unlink()
    for name, label in (("old", "second"), ("box", "third")):
        _put(root, name, _ISSUING.format(name, fake.url, label), "issuing")


def _make_files(root: Path) -> None:
    for folder in ("templates", "issuing", "keys", "arka/config", "old", "legacy/arka-code-nodejs"):
        (root / folder).mkdir(parents=True)
    for path in root.rglob("*"):  # the umask is 0, and files that others can write are refused
        path.chmod(0o755)
    config = root / "arka" / "config" / "config.toml"
    config.write_text("legacy_sync = true\n", "utf-8")
    config.chmod(0o644)
    for file, token in (("old/config.json", NEW_TOKEN), ("legacy/arka-code-nodejs/config.json", "arka_stale")):
        (root / file).write_text(json.dumps({"theme": "dark", "token": token}), "utf-8")
        (root / file).chmod(0o600)
    for file in (".env", "github"):
        (root / file).write_text("KEPT=1\n", "utf-8")
        (root / file).chmod(0o600)


def _put(root: Path, name: str, text: str, folder: str = "templates") -> None:
    (root / folder / f"{name}.toml").write_text(text, "utf-8")


def _run(*words: str, stdin: str = "", cwd: Path | None = None) -> None:
    import contextlib

    with contextlib.chdir(cwd) if cwd else contextlib.nullcontext():
        done = arka(*words, stdin=stdin)
    assert done.code == 0, (words, done.err)
