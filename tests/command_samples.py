"""What the tests need to know about each command: one entry for every command in `arka_config/cli/runtime/registry.py`.

An entry says whether the command writes, reads, or is part of the server. If it writes, its lines together make every
change that it can: tests/guarantees runs each on a machine from tests/guarantees/scenes.py, with a fault at every step.
If it only reads, one line is enough. The entry also names the heavy packages that the command may import
(tests/test_imports.py). The tests that look for tokens and control characters in the output make their lines from these
and from the command's options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NEW_TOKEN = "arka_" + "t" * 33 + "b2c3"
NEW_SECRET = "hunter-3 of a scene with secrets"
RECIPIENT = "age12uqvrl9v0qtwegxele2yewsgdvyn046tftuytjrdxpulsveep5xq59sknk"

_HTTP = "click httpx rich"  # httpx imports rich, for its own command line
_SETTINGS = "click pydantic pydantic_settings"


class Line(NamedTuple):
    """A command line, and the scene of tests/guarantees/scenes.py that it is run in."""

    words: str
    scene: str = "plain"
    stdin: str = ""
    cwd: str = "."


class Sample(NamedTuple):
    """How the tests run a command. `lines` are those of a writer.

    `imports` and `imports_if_sealed` map command lines to the heavy packages that they may import, without and with
    sealing. They are run with one profile `work`, and files `runner.toml`, `recipients.txt` and `legacy.json`. If a
    line fails, it begins with its exit code.
    """

    effect: str
    lines: tuple[Line, ...]
    imports: Mapping[str, str]
    imports_if_sealed: Mapping[str, str]


def writer(
    *lines: Line, imports: Mapping[str, str] | None = None, imports_if_sealed: Mapping[str, str] | None = None
) -> Sample:
    """A command that writes on this machine."""
    return Sample("write", lines, imports or {lines[0].words: "click"}, imports_if_sealed or {})


def reader(
    line: str, *, imports: Mapping[str, str] | None = None, imports_if_sealed: Mapping[str, str] | None = None
) -> Sample:
    """A command that changes nothing on this machine."""
    return Sample("read", (Line(line),), imports or {line: "click"}, imports_if_sealed or {})


def server(*, imports: Mapping[str, str]) -> Sample:
    """A command that works on a workspace's database: see tests/guarantees/test_database.py."""
    return Sample("serve", (), imports, {})


SAMPLES: dict[str, Sample] = {
    "login": writer(
        Line("login -p new --with-token --use --no-verify", stdin=NEW_TOKEN),
        Line("login -p work --with-token --force --no-verify --api-url https://eu.arka-ai.com", "sealed", NEW_TOKEN),
        imports={"login --with-token --no-verify": "click", "login --with-token": _HTTP, "login --help": "click"},
        imports_if_sealed={"login --with-token --no-verify": "click cryptography"},
    ),
    "logout": writer(
        Line("logout -p work"),
        Line("logout --all"),
        Line("logout -p work --revoke", "served"),
        imports={"logout": "click"},
    ),
    "status": reader(
        "status --offline",
        imports={"status --offline": "click", "status --offline --json": "click", "status --json": _HTTP},
        imports_if_sealed={"status --offline": "click cryptography"},
    ),
    "refresh": reader(  # it stores a token as `login` does, and those lines try the faults
        "refresh -p work --no-input",
        imports={"1 refresh -p work --no-input": _HTTP, "refresh --help": "click"},
    ),
    "rotate": writer(Line("rotate -p work", "served"), imports={"1 rotate": _HTTP}),
    "revoke": writer(Line("revoke -p work --yes", "served"), imports={"1 revoke --yes --no-browser": _HTTP}),
    "tokens list": reader("tokens list -p work", imports={"1 tokens list": _HTTP}),
    "tokens create": writer(
        Line("tokens create extra -p work --store-as extra", "served"), imports={"1 tokens create x": _HTTP}
    ),
    "tokens revoke": writer(  # it records the attempt, until it has an answer
        Line("tokens revoke --label extra --yes -p work", "served"), imports={"1 tokens revoke tok_x --yes": _HTTP}
    ),
    "activity": reader("activity -p work", imports={"1 activity": _HTTP}),
    "use": writer(
        Line("use ci"),
        Line("use runner --here"),
        Line("use --unpin", cwd="deploy"),
        imports={"use work": "click"},
    ),
    "prompt": reader("prompt", imports={"prompt": ""}, imports_if_sealed={"prompt": ""}),
    "token": reader(
        "token",
        imports={"token": "", "-p work token": "", "token --json": "click"},
        imports_if_sealed={"token": "cryptography"},
    ),
    "exec": reader(
        "exec -- no-such-program",
        imports={"exec -- true": "", "exec true": "click"},
        imports_if_sealed={"exec -- true": "cryptography"},
    ),
    "env": writer(Line("env --github --with-token"), imports={"env": "click", "env --github --with-token": "click"}),
    "export legacy": writer(Line("export legacy -p ci"), imports={"export legacy": "click"}),
    "export dotenv": writer(Line("export dotenv --output .env --force"), imports={"export dotenv": "click"}),
    "export template": reader(
        "export template work",
        imports={"export template": f"{_SETTINGS} tomli_w", "export template --schema": _SETTINGS},
    ),
    "import legacy": writer(
        Line("import legacy -p old --input old/config.json --delete"),
        imports={"import legacy --input legacy.json --keep": "click"},
    ),
    "plan": writer(Line("plan templates --out plan.json"), imports={"3 plan runner.toml": _SETTINGS}),
    "apply": writer(
        Line("apply templates --yes --prune"),
        Line("apply templates --yes --prune", "sealed"),
        Line("apply issuing --yes --prune -p work", "issuing"),
        imports={"apply runner.toml --yes": f"{_SETTINGS} tomli_w"},
    ),
    "seal": writer(
        Line(f"seal --to {RECIPIENT} --with-token --template templates/runner.toml", stdin=NEW_TOKEN),
        imports={"seal -p work --to-file recipients.txt --with-token": "click pyrage"},
    ),
    "identity create": writer(Line("identity create"), imports={"identity create": "click pyrage"}),
    "identity show": reader("identity show", imports={"1 identity show": "click"}),
    "profiles list": reader(
        "profiles list",
        imports={"profiles list": "click", "profiles list --json": "click"},
        imports_if_sealed={"profiles list": "click cryptography"},
    ),
    "profiles show": reader("profiles show work"),
    "profiles verify": writer(Line("profiles verify work", "served"), imports={"1 profiles verify": _HTTP}),
    "profiles create": writer(
        Line("profiles create other timeout=3 description=Another"),
        imports={"profiles create other timeout=3": f"{_SETTINGS} tomli_w"},
    ),
    "profiles set": writer(
        Line("profiles set work timeout=5 description=Changed"),
        imports={"profiles set work timeout=3": f"{_SETTINGS} tomlkit"},
    ),
    "profiles unset": writer(
        Line("profiles unset work timeout"), imports={"profiles unset work description": f"{_SETTINGS} tomlkit"}
    ),
    "profiles rename": writer(
        Line("profiles rename work other", "secrets"),
        Line("profiles rename work other", "sealed"),
        imports={"profiles rename work other": "click"},
    ),
    "profiles copy": writer(
        Line("profiles copy work other --with-token", "sealed secrets"),
        imports={"profiles copy work other": "click"},
    ),
    "profiles remove": writer(
        Line("profiles remove ci --yes"),
        Line("profiles remove -p work --yes", "secrets"),
        Line("profiles remove work --yes --revoke", "served"),
        imports={"profiles remove work --yes": "click"},
    ),
    "secrets list": reader("secrets list", imports={"secrets list": "click"}),
    "secrets set": writer(
        Line("secrets set webhook_secret -p work", "sealed secrets", NEW_SECRET),
        imports={"2 secrets set webhook_secret -p work": "click"},
    ),
    "secrets unset": writer(
        Line("secrets unset webhook_secret mail.password -p work", "secrets"),
        imports={"2 secrets unset webhook_secret -p work": "click"},
    ),
    "config show": reader("config show --sources", imports={"config show": _SETTINGS}),
    "config get": reader("config get timeout", imports={"config get timeout": _SETTINGS}),
    "config set": writer(
        Line("config set expiry_warning=30d"), imports={"config set expiry_warning=30d": "click tomli_w"}
    ),
    "config unset": writer(Line("config unset legacy_sync"), imports={"config unset legacy_sync": "click"}),
    "config path": reader("config path", imports={"config path config": "click"}),
    "config reference": reader("config reference", imports={"config reference": _SETTINGS}),
    "vault status": reader("vault status", imports_if_sealed={"vault status": "click cryptography"}),
    "vault enable": writer(
        Line("vault enable --with key-file"),
        Line("vault enable --with key-file --key-file keys/a.key", "secrets"),
        imports={"vault enable": "click cryptography"},
    ),
    "vault disable": writer(
        Line("vault disable --yes", "sealed secrets"),
        imports={"1 vault disable --yes": "click"},
        imports_if_sealed={"vault disable --yes": "click cryptography"},
    ),
    "vault rekey": writer(
        Line("vault rekey", "sealed secrets"),
        imports={"1 vault rekey": "click"},
        imports_if_sealed={"vault rekey": "click cryptography"},
    ),
    "vault unlock": writer(
        Line("vault unlock --for 8h", "sealed"),
        imports={"1 vault unlock": "click"},
        imports_if_sealed={"vault unlock --shell bash": "click cryptography"},
    ),
    "vault lock": writer(
        Line("vault lock", "unlocked"), imports={"vault lock": "click"}, imports_if_sealed={"vault lock": "click"}
    ),
    "vault add-unlocker": writer(
        Line("vault add-unlocker key-file --key-file keys/c.key", "sealed"),
        imports={"1 vault add-unlocker key-file": "click"},
        imports_if_sealed={"vault add-unlocker key-file --key-file other.key": "click cryptography"},
    ),
    "vault remove-unlocker": writer(
        Line("vault remove-unlocker key-file-2", "sealed"),
        imports={"1 vault remove-unlocker key-file": "click"},
    ),
    "doctor": writer(
        Line("doctor --fix", "broken"),
        imports={"doctor": _SETTINGS, "doctor --json": _SETTINGS, "doctor --fix --all": _SETTINGS},
    ),
    "scan": reader("scan templates", imports={"scan": "click", "scan --gitleaks-rule": "click tomli_w"}),
    "help": reader(
        "help status",
        imports={
            "help": "click",
            "help precedence": "click",
            "help profiles list": "click",
            "help environment": _SETTINGS,
        },
    ),
    "version": reader("version", imports={"version": "click", "version --json": "click"}),
    "completion install": writer(Line("completion install fish"), Line("completion install bash --yes")),
    "completion uninstall": writer(Line("completion uninstall fish")),
    **{f"completion {shell}": reader(f"completion {shell}") for shell in ("bash", "zsh", "fish", "powershell")},
    "workspace serve": server(
        imports={
            "1 workspace serve --host nowhere.invalid": (
                "click sqlalchemy alembic uvicorn fastapi starlette jinja2 pydantic"
            )
        }
    ),
    "workspace migrate": server(imports={"workspace migrate": "click sqlalchemy alembic"}),
    "workspace add-user": server(imports={"workspace add-user you@example.com": "click sqlalchemy alembic"}),
    "workspace add-service-account": server(
        imports={"workspace add-service-account build-farm": "click sqlalchemy alembic"}
    ),
    "workspace create-token": server(
        imports={"1 workspace create-token --user me@example.com --label x": "click sqlalchemy alembic"}
    ),
    "workspace sign-in-link": server(imports={"1 workspace sign-in-link me@example.com": "click sqlalchemy alembic"}),
    "workspace list-users": server(imports={"workspace list-users": "click sqlalchemy alembic"}),
    "workspace set-plan": server(imports={"1 workspace set-plan me@example.com pro": "click sqlalchemy alembic"}),
    "workspace audit": server(imports={"workspace audit": "click sqlalchemy alembic"}),
    "workspace replay-audit": server(imports={"1 workspace replay-audit none.jsonl": "click sqlalchemy alembic"}),
    "workspace cleanup": server(imports={"workspace cleanup --keep-expired 90d": "click sqlalchemy alembic"}),
    "workspace remove-user": server(imports={"1 workspace remove-user me@example.com": "click sqlalchemy alembic"}),
}


def missing_and_unknown(commands: Iterable[str]) -> list[str]:
    """Return what to change in this file for these commands; empty if there is one entry for each."""
    names = set(commands)
    changes = [f"add an entry for '{name}'" for name in sorted(names - SAMPLES.keys())]
    changes += [f"remove the entry for '{name}'" for name in sorted(SAMPLES.keys() - names)]
    return [f"tests/command_samples.py: {change}" for change in changes]


def first_line(name: str) -> str:
    """Return a line of a command for tests that run every command. If it has no line, that is the name alone."""
    sample = SAMPLES.get(name)
    return sample.lines[0].words if sample is not None and sample.lines else name


def lines(effect: str) -> Iterator[Line]:
    """Yield the lines of the commands that "write", or of those that "read"."""
    for sample in SAMPLES.values():
        if sample.effect == effect:
            yield from sample.lines


def imports(*, sealed: bool = False) -> Iterator[tuple[str, str]]:
    """Yield each command line of the import tests, and the heavy packages that it may import."""
    for sample in SAMPLES.values():
        yield from (sample.imports_if_sealed if sealed else sample.imports).items()
