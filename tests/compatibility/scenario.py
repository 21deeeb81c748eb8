"""What each version is asked to write. If a version lacks a command, its line is left out; all others are the same."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

TOKENS = {
    "work": "arka_" + "w" * 33 + "9f3c",
    "ci": "arka_" + "o" * 33 + "77d1",
    "stored": "arka_" + "s" * 33 + "c0de",
    "sealed": "arka_" + "t" * 33 + "b2c3",
}
OTHER_SECRETS = {
    "webhook_secret": "hunter-2 of the webhook",
    "mail.password": "correct horse",
    "private_key": "-----BEGIN KEY-----\nsecond line\n",
}
ISSUING = (
    'version = 1\n\n[profile]\nname = "issued"\napi_url = "$URL"\n\n'
    '[token]\nissue = { label = "issued", expires = "90d" }\n'
)
HOME = "/home/you"  # replaces the folder in which an output was recorded
_SHOWN = {"$URL": "http://127.0.0.1:8765", "$DATABASE": f"{HOME}/workspace.sqlite"}
_VARYING = (
    (r"arka_[0-9A-Za-z]{33}([0-9A-Za-z]{4})", f"arka_{'n' * 33}\\1"),
    (r"\b(tok|usr)_[\w-]{22}", r"\1_0000000000000000000001"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "2026-11-26T12:00:00Z"),
    (r"(sign-in#)[\w-]{20,}", r"\1code"),
)
PASSPHRASE = "correct horse battery staple"
ENVIRON = {"ARKA_CI_TOKEN": TOKENS["stored"], "RUNNER_TOKEN": TOKENS["ci"]}
PREFERENCES = 'legacy_sync = false\n\n[helpers]\nop = "op read x"\n'  # as a user writes them
USAGE = 2  # the exit code of a version that does not have the command or option
TEMPLATES = {
    "reference.toml": 'version = 1\n\n[profile]\nname = "reference"\n\n[token]\nenv = "ARKA_CI_TOKEN"\n',
    "stored.toml": (
        'version = 1\n\n[profile]\nname = "stored"\ndescription = "A copied token"\n\n'
        '[token]\nenv = "ARKA_CI_TOKEN"\ncopy = true\n\n[settings]\ntimeout = 120\n'
    ),
    "sealed.toml": 'version = 1\n\n[profile]\nname = "sealed"\napi_url = "https://arka-ai.com"\n',
}


class Step(NamedTuple):
    """A command line, run in the project's folder. If its output has a documented format, `keep` is the file for it."""

    line: str
    stdin: str = ""
    keep: str = ""
    environ: Mapping[str, str] = {}


class Ran(NamedTuple):
    """The exit code and the output of a command line."""

    code: int
    out: str


class Program(Protocol):
    """A version of the program, with HOME, ARKA_HOME and the working directory set."""

    def __call__(self, *words: str, stdin: str, environ: Mapping[str, str]) -> Ran: ...


PLAIN = (
    Step("login -p work --with-token --no-verify --label 'MacBook Pro' --expires 2099-12-31 --json", TOKENS["work"]),
    Step("login -p ci --with-token --no-verify --api-url https://eu.arka-ai.com --json", TOKENS["ci"]),
    Step("profiles create runner description='Build runner' token.env=RUNNER_TOKEN timeout=45 --json"),
    Step("profiles set work description='Work laptop' timeout=60 --json"),
    Step("profiles copy runner spare --json"),
    Step("profiles rename spare other --json"),
    Step("profiles unset other timeout --json"),
    Step("profiles remove other --yes --json"),
    Step("config set expiry_warning=30d allow_env=CI_TOKEN,DEPLOY_TOKEN 'helpers.op=op read x' --json"),
    Step("use ci --json"),
    Step("use work --json"),
    Step("use ci --here --json"),
    Step("use --pins --json"),
    Step("use --unpin --json"),
    Step("use ci --here --json"),
    Step("status --offline -p work --json"),
    Step("prompt --json"),
    Step("token -p work --json"),
    Step("env -p work --with-token --json"),
    Step("env -p work --with-token --shell bash", keep="env.bash"),
    Step("env -p work --with-token --shell fish", keep="env.fish"),
    Step("env -p work --with-token --shell powershell", keep="env.ps1"),
    Step("export dotenv -p work", keep="dotenv"),
    Step("export dotenv -p work --json"),
    Step("export template work", keep="template.toml"),
    Step("export template runner --json"),
    Step("export legacy -p work --output legacy.json --json"),
    Step("import legacy -p old --input legacy.json --keep --json"),
    Step("profiles list --json"),
    Step("profiles show work --json"),
    Step("profiles show runner --json"),
    Step("config show -p work --json"),
    Step("config show -p work --sources --json"),
    Step("config get timeout -p work --json"),
    Step("config path -p work --json"),
    Step("identity create --json"),
    Step("identity show --json"),
    Step("seal -p sealed --to $RECIPIENT --with-token --template templates/sealed.toml --json", TOKENS["sealed"]),
    Step("plan templates --json", environ=ENVIRON),
    Step("plan templates --out plan.json", environ=ENVIRON),
    Step("apply templates --yes --no-verify --json", environ=ENVIRON),
    Step("apply templates --yes --no-verify --json", environ=ENVIRON),
    Step("logout -p old --yes --json"),
    Step("vault status --json"),
    Step("doctor --json"),
    Step("scan templates --json"),
    Step("version --json"),
    Step("completion bash --json"),
)
# In a copy of the files that PLAIN wrote.
SEALED = (
    Step("vault enable --with key-file --with passphrase --json", environ={"ARKA_PASSPHRASE": PASSPHRASE}),
    Step("vault status --json"),
    Step("vault unlock --for 7d --shell bash --json"),
    Step("profiles list --json"),
    Step("status --offline -p work --json"),
)

# With the app of tests/secretive.py, which has secrets besides the token.
SECRETS = (
    Step("login -p work --with-token --no-verify --json", TOKENS["work"]),
    Step("secrets set webhook_secret -p work --json", OTHER_SECRETS["webhook_secret"]),
    Step("secrets set mail.password -p work --json", OTHER_SECRETS["mail.password"]),
    Step("secrets set private_key -p work --json", "to be removed"),
    Step("secrets unset private_key -p work --json"),
    Step("secrets list -p work --json"),
    Step("profiles show work --json"),
    Step("export dotenv -p work --json"),
    Step("vault status --json"),
)
# In a copy of the files that SECRETS wrote.
SEALED_SECRETS = (
    Step("vault enable --with key-file --json"),
    Step("secrets set private_key -p work --json", OTHER_SECRETS["private_key"]),
    Step("secrets list -p work --json"),
    Step("vault status --json"),
    Step("vault lock --json"),
    Step("vault add-unlocker key-file --key-file $FOLDER/second.key --json"),
    Step("vault remove-unlocker key-file-2 --json"),
    Step("vault rekey --json"),
)
# About the program itself, and commands that undo a change from above.
PROGRAM = (
    Step("help --json"),
    Step("help tokens list --json"),
    Step("help files --json"),
    Step("config reference --json"),
    Step("config set expiry_warning=30d --json"),
    Step("config unset expiry_warning --json"),
    Step("completion zsh --json"),
    Step("completion fish --json"),
    Step("completion powershell --json"),
    Step("profiles create one --json"),
    Step("profiles create two --json"),
    Step("profiles remove one two --yes --json"),
    Step("profiles show nosuch --json"),
    Step("vault enable --with key-file --json"),
    Step("vault disable --yes --json"),
)
# With a workspace at $URL. Its user has the tokens $MANAGES and $FULL.
WORKSPACE = (
    Step("login -p work --with-token --api-url $URL --json", "$MANAGES"),
    Step("login -p ci --with-token --api-url $URL --json", "$FULL"),
    Step("--json"),
    Step("refresh -p work --json"),
    Step("status -p work --json"),
    Step("status -p work --verify --expiring 1d --json"),
    Step("profiles verify --json"),
    Step("tokens list -p work --json"),
    Step("tokens create Deploy -p work --expires 90d --json"),
    Step("tokens create B -p work --scope tokens:issue --issue-label 'b-*' --issue-lifetime 1h --issue-count 5 --json"),
    Step("tokens create Extra -p work --store-as extra --json"),
    Step("tokens list -p work --json"),
    Step("rotate -p ci --json"),
    Step("activity -p work --json"),
    Step("apply issuing --yes --allow-origin $URL -p work --json"),
    Step("plan issuing -p work --json"),
    Step("doctor --online --json"),
    Step("tokens revoke --label Deploy --yes -p work --json"),
    Step("tokens revoke current --yes -p extra --json"),
    Step("status -p extra --json"),
    Step("revoke -p ci --yes --json"),
    Step("profiles remove extra issued --yes --json"),
    Step("logout -p work --revoke --json"),
)
# With a database at $DATABASE.
SERVER = (
    Step("workspace migrate --database-url $DATABASE --json"),
    Step("workspace add-user you@example.com --plan pro --database-url $DATABASE --json"),
    Step("workspace add-service-account build-farm --plan pro --database-url $DATABASE --json"),
    Step("workspace create-token --user you@example.com --label MacBook --expires 90d --database-url $DATABASE --json"),
    Step("workspace sign-in-link you@example.com --database-url $DATABASE --json"),
    Step("workspace list-users --database-url $DATABASE --json"),
    Step("workspace set-plan you@example.com free --database-url $DATABASE --json"),
    Step("workspace audit --database-url $DATABASE --json"),
    Step("workspace audit --export $FOLDER/audit.jsonl --database-url $DATABASE --json"),
    Step("workspace cleanup --keep-expired 90d --database-url $DATABASE --json"),
    Step("workspace remove-user you@example.com --yes --database-url $DATABASE --json"),
    Step("workspace replay-audit $FOLDER/audit.jsonl --yes --database-url $DATABASE --json"),
)


def play(
    program: Program, steps: tuple[Step, ...], folder: Path, values: Mapping[str, str] | None = None
) -> Iterator[tuple[str, Ran]]:
    """Run the steps in a project's folder and yield each with its result, unless the version lacks the command.
    `values` replace words such as $URL.
    """
    given = {"$FOLDER": str(folder), **(values or {})}
    (folder / "issuing").mkdir(exist_ok=True)
    (folder / "issuing" / "issued.toml").write_text(_fill(ISSUING, given))
    (folder / "templates").mkdir(exist_ok=True)
    for name, text in TEMPLATES.items():
        if not (folder / "templates" / name).exists() and name != "sealed.toml":
            (folder / "templates" / name).write_text(text)
    recipient = ""
    for step in steps:
        if "$RECIPIENT" in step.line:
            if not recipient:
                continue
            (folder / "templates" / "sealed.toml").write_text(TEMPLATES["sealed.toml"])
        line, stdin = _fill(step.line, {**given, "$RECIPIENT": recipient}), _fill(step.stdin, given)
        ran = program(*shlex.split(line), stdin=stdin, environ=step.environ)
        if ran.code == USAGE and " --no-verify" in line:  # 0.1.0 asks no workspace
            ran = program(*shlex.split(line.replace(" --no-verify", "")), stdin=stdin, environ=step.environ)
        if ran.code == USAGE:
            continue
        if step.line.startswith("identity show"):
            recipient = str(json.loads(ran.out)["recipient"])
        if step.keep:
            (folder / "exports").mkdir(exist_ok=True)
            (folder / "exports" / step.keep).write_text(ran.out)
        yield step.line, ran


def _fill(text: str, values: Mapping[str, str]) -> str:
    for word, value in values.items():
        text = text.replace(word, value)
    return text


def normalize(text: str, values: Mapping[str, str]) -> str:
    """Return an output without what differs between two runs: times, ids, new tokens, codes, ports and folders."""
    for word, value in sorted(values.items(), key=lambda item: -len(item[1])):
        text = text.replace(value.removeprefix("sqlite:///"), HOME if word == "$FOLDER" else _SHOWN.get(word, HOME))
    for pattern, replacement in _VARYING:
        text = re.sub(pattern, replacement, text)
    return text


def parse_json(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects of an output, which may have several."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        document, at = decoder.raw_decode(text, at)
        at += len(text[at:]) - len(text[at:].lstrip())
        found.append(document)
    return found
