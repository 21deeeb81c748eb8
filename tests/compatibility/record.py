"""Record what a version writes: files, tokens, JSON, exports and the workspace's database.

    python -m tests.compatibility.record VERSION               this checkout, before its release
    python -m tests.compatibility.record VERSION --code PATH   another checkout, such as that of a tag

writes tests/compatibility/VERSION/. The tests compare later versions with it. A version is recorded once: `--force`
replaces what is there, and is only for `unreleased`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.compatibility.scenario import (
    HOME,
    PLAIN,
    PREFERENCES,
    PROGRAM,
    SEALED,
    SEALED_SECRETS,
    SECRETS,
    SERVER,
    WORKSPACE,
    Ran,
    normalize,
    parse_json,
    play,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.compatibility.scenario import Step

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
SCRATCH = Path("/tmp/arka-compatibility")  # the files contain its path, so it is the same on every machine
EMAIL, KEY = "you@example.com", "compatibility-request-01"  # the user, and an Idempotency-Key

# Run by the version's own code: no command line makes these files without a workspace.
_JOURNAL = """
from arka_config import open_store
from arka_config.arka import app
import os, socket
socket.gethostname = lambda: "laptop"
from arka_config.store.journal import ROTATE
store = open_store(app, os.environ)
entry = store.journal.begin(ROTATE, profile="work", origin="https://arka-ai.com", label="MacBook Pro", user="")
entry.identify("tok_0000000000000000000001")
"""
_WORKSPACE = """
import json, sys
from arka_config.arka import app
from arka_config.workspace.server import accounts, tokens
from arka_config.workspace.server.workspace import Workspace
url, email, key = sys.argv[1:]
workspace = Workspace.open(app, url)
link = workspace.add_user(email, plan="pro")
workspace.add_user("free@example.com")
found = {"full": workspace.issue(email, "MacBook Pro"), "manages": workspace.issue(email, "Admin", ["tokens:manage"])}
with workspace.database.write() as session:
    user = accounts.find(session, email)
    if hasattr(tokens, "id_for_request"):
        token_id = tokens.id_for_request(user.id, key)
        found["requested"] = tokens.issue(session, app, user.id, "Requested", token_id=token_id)
    revoked = tokens.issue(session, app, user.id, "Revoked")
    session.flush()
    tokens.revoke(session, user.id, revoked.token.id, address="local")
    ids = {name: issued.token.id for name, issued in found.items()}
print(json.dumps({
    "tokens": {name: issued.secret.reveal() for name, issued in (found | {"revoked": revoked}).items()},
    "ids": ids, "email": email, "key": key,
}))
workspace.database.close()
"""
# Serves a workspace until stdin ends.
_SERVE = """
import json, sys
from arka_config.arka import app
from arka_config.workspace.server import accounts
from arka_config.workspace.server.serving import serve_in_thread
email, = sys.argv[1:]
with serve_in_thread(app) as running:
    running.add_user(email, "pro")
    tokens = {"$FULL": running.issue(email, "Laptop"), "$MANAGES": running.issue(email, "Admin", ["tokens:manage"])}
    print(json.dumps({"$URL": running.url, **{name: issued.secret.reveal() for name, issued in tokens.items()}}))
    sys.stdout.flush()
    sys.stdin.read()
"""
_SECRETIVE = "from tests.secretive import main; main()"

_OPENAPI = """
import asyncio, json, sys
import httpx
from arka_config.arka import app
from arka_config.workspace.server.application import create_application
from arka_config.workspace.server.workspace import Workspace
async def get(server):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=server), base_url="http://127.0.0.1") as client:
        return (await client.get("/openapi.json")).raise_for_status().json()
workspace = Workspace.open(app, sys.argv[1])
print(json.dumps(asyncio.run(get(create_application(workspace))), indent=1, sort_keys=True))
workspace.close()
"""


def main() -> None:
    """Record a version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version")
    parser.add_argument("--code", type=Path, default=ROOT, help="the checkout to record (default: this one)")
    parser.add_argument("--force", action="store_true", help="replace what is recorded")
    options = parser.parse_args()
    target = FOLDER / options.version
    if target.exists() and not options.force:
        parser.error(f"{target} exists: a released version is recorded once")
    shutil.rmtree(SCRATCH, ignore_errors=True)
    SCRATCH.mkdir()
    try:
        _record(target, options.code.resolve())
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)


def _record(target: Path, code: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    (SCRATCH / "arka" / "config").mkdir(parents=True)
    (SCRATCH / "arka" / "config" / "config.toml").write_text(PREFERENCES)
    _record_scene(target, "plain", PLAIN, code)
    run = _python(code, SCRATCH, "-c", _JOURNAL)
    if run.code == 0:
        shutil.copy(SCRATCH / "arka" / "state" / "journal.json", target / "plain" / "arka" / "state" / "journal.json")
        (SCRATCH / "arka" / "state" / "journal.json").unlink()
    _record_scene(target, "sealed", SEALED, code)
    _start_again()
    _record_scene(target, "secrets", SECRETS, code, words=("-c", _SECRETIVE))
    _record_scene(target, "sealed-secrets", SEALED_SECRETS, code, words=("-c", _SECRETIVE))
    _start_again()
    _record_scene(target, "program", PROGRAM, code)
    _record_scene(target, "server", SERVER, code, {"$DATABASE": f"sqlite:///{SCRATCH / 'served.sqlite'}"})
    _record_with_workspace(target, code)
    database = SCRATCH / "workspace.sqlite"
    made = _python(code, SCRATCH, "-c", _WORKSPACE, f"sqlite:///{database}", EMAIL, KEY)
    if made.code == 0:
        record_database(database, json.loads(made.out))
    api = _python(code, SCRATCH, "-c", _OPENAPI, f"sqlite:///{database}")
    if api.code == 0:
        (target / "openapi.json").write_text(api.out)
    found = _python(code, ROOT, "-m", "tests.compatibility.interface")
    if found.code == 0:
        (target / "interface.json").write_text(found.out)


def _start_again() -> None:
    for name in ("arka", "project"):
        shutil.rmtree(SCRATCH / name)


def _record_with_workspace(target: Path, code: Path) -> None:
    """Record the scene that needs a workspace, with the version's own workspace if it has one."""
    command = [sys.executable, "-c", _SERVE, EMAIL]
    with subprocess.Popen(
        command, env=_variables(code), stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        if line:
            _record_scene(target, "workspace", WORKSPACE, code, json.loads(line))
        server.communicate()


def record_database(database: Path, given: dict[str, object]) -> None:
    """Write a database as SQL to the folder of its migration, unless it is recorded already."""
    with closing(sqlite3.connect(database)) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        folder = FOLDER / "workspace"
        folder.mkdir(exist_ok=True)
        if (folder / f"{revision}.sql").exists():
            return
        (folder / f"{revision}.sql").write_text("\n".join(connection.iterdump()) + "\n")
        (folder / f"{revision}.json").write_text(json.dumps(given, indent=2) + "\n")


def _record_scene(
    target: Path,
    name: str,
    steps: tuple[Step, ...],
    code: Path,
    values: Mapping[str, str] | None = None,
    *,
    words: tuple[str, ...] = ("-m", "arka_config"),
) -> None:
    outputs = []
    project = SCRATCH / "project"

    def program(*line: str, stdin: str, environ: Mapping[str, str]) -> Ran:
        return _python(code, project, *words, *line, stdin=stdin, environ=environ)

    project.mkdir(exist_ok=True)
    for line, ran in play(program, steps, project, values):
        if "--json" in line:
            text = normalize(ran.out, {**(values or {}), "$FOLDER": str(SCRATCH)}) if values else ran.out
            outputs.append({"line": line, "code": ran.code, "objects": parse_json(text.replace(str(SCRATCH), HOME))})
        elif ran.code:
            sys.stderr.write(f"{name}: arka {line} exits with {ran.code}\n")
    if not outputs or outputs[0]["line"] != steps[0].line:  # the version lacks all of it
        return
    parts = {"plain": ("arka", "project"), "program": (), "server": ()}.get(name, ("arka",))
    (target / name).mkdir(exist_ok=True)
    for part in parts:
        shutil.copytree(
            SCRATCH / part, target / name / part, ignore=shutil.ignore_patterns("lock", "*.lock", "issuing")
        )
    (target / name / "outputs.json").write_text(json.dumps(outputs, indent=1, ensure_ascii=False) + "\n")


def _variables(code: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(SCRATCH),
        "ARKA_HOME": str(SCRATCH / "arka"),
        "ARKA_NO_INPUT": "1",
        "PYTHONPATH": str(code),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }


def _python(code: Path, cwd: Path, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Ran:
    """Run Python with the code of a version."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**_variables(code), **(environ or {})},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode and words[1] not in ("arka_config", _SECRETIVE):
        sys.stderr.write(done.stderr)
    return Ran(done.returncode, done.stdout)


if __name__ == "__main__":
    main()
