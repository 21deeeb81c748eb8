"""One token is passed through every command: it appears only if it was asked for. Also broken and closed streams."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from arka_config.arka import app
from arka_config.cli.runtime import command_tree
from arka_config.cli.runtime.command import common_options
from tests import command_samples, no_network
from tests.cli.program import OTHER, TOKEN, Result, arka, every_command
from tests.command_samples import RECIPIENT
from tests.guarantees import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

# Command lines, and whether stdout should contain the token. Commands and options that are not here get lines from
# tests/command_samples.py, which should not.
LINES: dict[str, list[tuple[str, bool]]] = {
    "login": [
        ("login -p new --with-token", False),
        ("login -p new --with-token --json", False),
        ("login --token-file token.txt --use --no-browser --json", False),
        ("login --with-token --label x --expires 90d --json", False),
        ("login --with-token --api-url https://eu.arka-ai.com --force --json", False),
        ("login --with-token --expect-user me", False),
        ("login --with-token --verify", False),
        ("login --with-token --no-verify --json", False),
        ("login --with-token --storage plain", False),
        ("login --with-token --storage sealed", False),
        ("login --with-token --storage keyring", False),
    ],
    "logout": [("logout", False), ("logout --json", False), ("logout --all", False), ("logout --revoke", False)],
    "status": [
        ("status", False),
        ("status --json", False),
        ("status --show-token", True),
        ("status --offline --expiring 14d", False),
    ],
    "rotate": [("rotate", False), ("rotate --expires 90d", False)],
    "revoke": [("revoke --yes", False), ("revoke --yes --forget --no-browser", False)],
    "tokens list": [("tokens list", False)],
    "tokens create": [
        ("tokens create x --expires 90d --may-manage-tokens", False),
        ("tokens create x --store-as new", False),
        (f"tokens create {TOKEN}", False),
    ],
    "tokens revoke": [
        ("tokens revoke tok_x --yes", False),
        ("tokens revoke --label x --yes", False),
        (f"tokens revoke {TOKEN} --yes", False),
    ],
    "use": [
        ("use ci", False),
        ("use ci --json", False),
        ("use ci --here --json", False),
        ("use --unpin", False),
        ("use --pins", False),
    ],
    "prompt": [("prompt", False), ("prompt --json", False)],
    "token": [
        ("token", True),
        ("token --json", True),
        ("token --for https://elsewhere.example", False),
        ("token --strict-expiry", True),
    ],
    "exec": [("exec -- no-such-program", False)],
    "env": [("env", False), ("env --json", False), ("env --with-token --shell fish", True), ("env --github", True)],
    "export legacy": [
        ("export legacy", False),
        ("export legacy --json", False),
        ("export legacy --key auth --output x.json --force --follow-links --json", False),
    ],
    "export dotenv": [
        ("export dotenv", True),
        ("export dotenv --json", True),
        ("export dotenv --output legacy.json", False),
        ("export dotenv --output legacy.json --force --follow-links --json", False),
    ],
    "export template": [("export template work", False), ("export template --json", False)],
    "plan": [
        ("plan templates --diff --take mine --identity token.txt", False),
        ("plan templates --json --adopt --prune --only work --out plan.json --follow-links", False),
        (f"plan {TOKEN}", False),
        (f"plan templates --only {TOKEN}", False),
    ],
    "apply": [
        ("apply templates --yes --require-tokens", False),
        ("apply templates --yes --adopt --diff --take template --only work --json", False),
        ("apply templates --yes --prune --identity token.txt --allow-origin https://eu.example", False),
        (f"apply templates --yes --allow-origin {TOKEN}", False),
    ],
    "seal": [
        (f"seal --to {RECIPIENT} --json", False),
        (f"seal --to {RECIPIENT} --with-token --template templates/work.toml --follow-links", False),
        (f"seal --to {RECIPIENT} --rekey --template templates/work.toml --identity token.txt", False),
        ("seal --to-file token.txt", False),
        (f"seal --to {TOKEN}", False),
    ],
    "identity create": [("identity create --json", False)],
    "identity show": [("identity show", False)],
    "import legacy": [
        ("import legacy -p old --input legacy.json --keep", False),
        ("import legacy -p old --json", False),
        ("import legacy --input legacy.json --key token --api-url https://arka-ai.com --force --delete", False),
    ],
    "profiles list": [("profiles list", False), ("profiles list --json", False)],
    "profiles show": [("profiles show", False), ("profiles show --json", False)],
    "profiles verify": [("profiles verify", False), ("profiles verify work", False)],
    "profiles create": [
        ("profiles create other timeout=3", False),
        (f"profiles create other description={TOKEN}x", False),
    ],
    "profiles set": [(f"profiles set work timeout={TOKEN}", False), (f"profiles set work {TOKEN}", False)],
    "profiles unset": [("profiles unset work timeout", False), (f"profiles unset work {TOKEN}", False)],
    "profiles rename": [("profiles rename work other --json", False)],
    "profiles copy": [("profiles copy work other --with-token --json", False)],
    "profiles remove": [
        ("profiles remove work --yes --json", False),
        ("profiles remove work --yes --revoke", False),
    ],
    "config show": [
        ("config show --sources", False),
        ("config show --json", False),
        ("config show --show-token", True),
    ],
    "config get": [
        ("config get token", False),
        ("config get token --json", False),
        ("config get token --show-token", True),
        (f"config get {TOKEN}", False),
    ],
    "config path": [("config path", False), ("config path --json", False)],
    "vault status": [("vault status", False), ("vault status --json", False)],
    "vault enable": [
        ("vault enable --json", False),
        ("vault enable --with key-file --key-file vault.key", False),
        (f"vault enable --with {TOKEN}", False),
    ],
    "vault disable": [("vault disable", False), ("vault disable --yes --json", False)],
    "vault rekey": [("vault rekey", False), ("vault rekey --json", False)],
    "vault unlock": [
        ("vault unlock --json", False),
        ("vault unlock --shell fish --for 8h", False),
        (f"vault unlock --for {TOKEN}", False),
    ],
    "vault lock": [("vault lock", False), ("vault lock --json", False)],
    "vault add-unlocker": [
        ("vault add-unlocker passphrase --json", False),
        ("vault add-unlocker key-file --key-file other.key", False),
        (f"vault add-unlocker {TOKEN}", False),
    ],
    "vault remove-unlocker": [
        ("vault remove-unlocker key-file", False),
        (f"vault remove-unlocker {TOKEN}", False),
    ],
    "workspace serve": [
        (f"workspace serve --host {TOKEN} --port 0 --workers 2 --url https://x.example", False),
        (f"workspace serve --database-url postgresql://me:{TOKEN}@127.0.0.1:1/x", False),
    ],
    "workspace add-user": [
        ("workspace add-user me@example.com --json", False),
        ("workspace add-user me@example.com --plan pro --url https://x.example", False),
        (f"workspace add-user me@example.com --database-url postgresql://me:{TOKEN}@127.0.0.1:1/x", False),
        (f"workspace add-user {TOKEN}", False),
    ],
    "doctor": [("doctor", False), ("doctor --all", False), ("doctor --fix", False), ("doctor --fix --json", False)],
    "completion": [("completion bash", False), ("completion bash --json", False)],
}

# The token may be in the store, in files that a command is asked to write, and in the test's own files.
MAY_HAVE_TOKEN = ("arka/data/tokens/", ".config/arka-code-nodejs/", "legacy.json", "token.txt", "x.json", "github")

DEBUG = ("0", "1") if numbers.FULL else ("1",)  # --debug adds its own output

JSON_LINES = [line for lines in LINES.values() for line, _ in lines if line.endswith("--json")]


def run(line: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    (home.parent / "legacy.json").write_text(json.dumps({"token": TOKEN}))
    (home.parent / "token.txt").write_text(TOKEN)
    (home.parent / "token.txt").chmod(0o600)
    (home.parent / "templates").mkdir(exist_ok=True)
    template = 'version = 1\n[profile]\nname = "work"\n[token]\nprompt = true\n'
    (home.parent / "templates" / "work.toml").write_text(template)
    monkeypatch.setenv("GITHUB_ENV", str(home.parent / "github"))
    if line.startswith("vault") and not line.startswith(("vault enable", "vault status")):
        monkeypatch.setenv("ARKA_PASSPHRASE", "correct horse battery staple")
        assert arka("vault", "enable").code == 0
    return arka(*line.split(), stdin=TOKEN)


def all_lines() -> Iterator[tuple[str, bool]]:
    """Yield LINES, and for each missing command and option a line that is made from the command's sample."""
    common = {name for option in common_options() for name in option.opts}
    for name, command in every_command(command_tree.program(app)):
        lines = LINES.get(name) or [(command_samples.first_line(name), False)]
        yield from lines
        for option in command.params:
            spellings = [word for word in (*option.opts, *option.secondary_opts) if word.startswith("--")]
            for spelling in spellings:
                if spelling not in common and not any(spelling in line for line, _ in lines):
                    value = "" if isinstance(option, click.Option) and option.is_flag else " x"
                    yield f"{lines[0][0]} {spelling}{value}", False


@pytest.mark.parametrize("debug", DEBUG)
@pytest.mark.parametrize(("line", "shows"), numbers.part_of(all_lines(), 5))
def test_a_token_is_shown_only_if_it_was_asked_for(
    two_profiles: Path, line: str, shows: bool, debug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARKA_DEBUG", debug)
    done = run(line, two_profiles, monkeypatch)
    assert (TOKEN in done.out) is shows, f"{done.code}; LINES says whether a line prints the token"
    assert TOKEN not in done.err
    assert "w" * 8 not in done.err
    assert done.err.startswith("debug: arka-config ") is (debug == "1")
    files = [path for path in two_profiles.parent.rglob("*") if path.is_file()]
    holding = [str(path.relative_to(two_profiles.parent)) for path in files if TOKEN.encode() in path.read_bytes()]
    assert [path for path in holding if not path.startswith(MAY_HAVE_TOKEN)] == []
    numbers.record("canary", f"{'steps' if debug == '1' else 'line'} {line}", "1")


def test_security_md_lists_everything_that_prints_a_token() -> None:
    text = " ".join((Path(__file__).parents[2] / "SECURITY.md").read_text("utf-8").split())
    promise = text.split("**A token is printed only if you ask for it**")[1].split(". It appears")[0]
    listed = [set(span.removeprefix("arka ").split()) for span in re.findall(r"`([^`]+)`", promise)]
    printing = [set(line.split()) for line, shows in all_lines() if shows]
    assert [words for words in printing if not any(span <= words for span in listed)] == []
    unused = [span for span in listed if not any(span <= words for words in printing)]
    assert unused == [{"tokens", "create"}], "which prints a token that it creates: tests/cli/test_tokens.py"


@pytest.mark.parametrize("line", numbers.part_of(JSON_LINES, 4))
def test_json_output_is_one_object(two_profiles: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if line.startswith("import"):
        assert arka("export", "legacy").code == 0
    done = run(line, two_profiles, monkeypatch)
    assert done.code == 0, done.err
    assert isinstance(done.json, dict)


@pytest.mark.parametrize("before", [0, 20, 35, 45, 75, 85, 115])
@pytest.mark.parametrize("separator", ["", " "])
@pytest.mark.usefixtures("two_profiles")
def test_a_token_in_a_longer_argument_is_masked_before_it_is_cut(before: int, separator: str) -> None:
    text = "x" * before + separator + TOKEN + separator + "x" * 100
    for command in (
        ["login", "--with-token", "--expires", text],
        ["status", "--expiring", text],
        ["tokens", "create", "ci", "--expires", text],
        ["token", "--for", text],
        ["token", "--for", f"https://{text}"],
        ["token", "--for", f"http://{text}"],
        ["seal", "-p", "ci", "--to", text],
        ["config", "get", text],
        ["profiles", "set", "work", text],
        ["profiles", "set", "work", f"{text}=1"],
        ["profiles", "set", "work", f"token.{text}=1"],
        ["profiles", "show", text],
        ["token", "-p", text],
        ["use", text],
        ["vault", "remove-unlocker", text],
        ["plan", text],
        ["apply", text],
    ):
        done = arka(*command)
        assert done.code != 0
        for form in (done.out + done.err, (done.out + done.err).lower()):
            assert "wwww" not in form, command


@pytest.mark.parametrize(
    ("line", "environ"),
    [
        (f"login {TOKEN}", {}),
        (f"--profile {TOKEN} token", {}),
        (f"use {TOKEN}", {}),
        (f"tokn {TOKEN}", {}),
        (f"token --for {TOKEN}", {}),
        (f"-p {TOKEN} prompt", {}),
        ("prompt", {"ARKA_PROFILE": TOKEN}),
        ("prompt --json", {"ARKA_PROFILE": TOKEN}),
        ("status --json", {"ARKA_PROFILE": TOKEN}),
        ("config get profile", {"ARKA_PROFILE": TOKEN}),
        ("config show --sources", {"ARKA_PROFILE": TOKEN}),
        ("config show --sources", {"ARKA_TOKEN": TOKEN}),
        ("config show", {"ARKA_TIMEOUT": TOKEN}),
        ("config show --json", {"ARKA_TIMEOUT": TOKEN}),
        ("config get timeout", {"ARKA_TIMEOUT": TOKEN}),
        ("config get timeout --json", {"ARKA_TIMEOUT": TOKEN}),
        (f"config path {TOKEN}", {}),
        (f"completion {TOKEN}", {}),
        (f"env --shell {TOKEN}", {}),
        (f"env --{TOKEN}", {}),
        (f"exec -- {TOKEN}", {}),
        (f"exec -- ./{TOKEN}", {}),
        (f"logout -p {TOKEN}", {}),
        (f"profiles show {TOKEN}", {}),
        (f"profiles remove {TOKEN}", {}),
        (f"profiles copy {TOKEN} other", {}),
        (f"profiles {TOKEN}", {}),
        (f"profiles set work {TOKEN}=3", {}),
        (f"profiles set work api_url={TOKEN}", {}),
        (f"profiles set work api_url=https://{TOKEN}@arka-ai.com", {}),
        (f"profiles set work ca_bundle={TOKEN}", {}),
        (f"status --expiring {TOKEN}", {}),
        (f"login --token-file {TOKEN}", {}),
        (f"login --with-token --expires {TOKEN}", {}),
        (f"login --with-token --label {TOKEN}", {}),
        (f"login --with-token --expect-user {TOKEN}", {}),
        (f"login --with-token --api-url {TOKEN}", {}),
        (f"login --with-token --api-url https://{TOKEN}@elsewhere.example", {}),
        (f"login --with-token --api-url http://elsewhere.example/{TOKEN}", {}),
        (f"import legacy --input {TOKEN}", {}),
        (f"import legacy --key {TOKEN}", {}),
        ("token", {"ARKA_API_URL": TOKEN}),
        ("env --github", {"GITHUB_ENV": f"/proc/{TOKEN}"}),
        ("config show", {"ARKA_PROXY": f"https://user:{TOKEN}@proxy.example"}),
        ("token", {"ARKA_API_KEY": f"{TOKEN}\nX"}),
        ("status", {"ARKA_API_URL": f"https://user:{TOKEN}@elsewhere.example"}),
        (f"--api-key {TOKEN} status", {}),
        (f"--api-key {TOKEN} status --json", {}),
    ],
)
@pytest.mark.parametrize("debug", DEBUG)
@pytest.mark.usefixtures("two_profiles")
def test_an_error_redacts_a_token_in_the_wrong_argument(line: str, environ: dict[str, str], debug: str) -> None:
    done = arka(*line.split(), stdin=TOKEN, environ=environ | {"ARKA_DEBUG": debug})
    shown = done.out.replace(f"::add-mask::{TOKEN}\n", "")  # if it sees this line, the runner hides the token
    assert TOKEN not in shown + done.err


@pytest.mark.parametrize("content", ["{", '{"version": 1, "token": "%s"', '["%s"]', '{"version": 9, "token": "%s"}'])
def test_a_malformed_credential_file_is_named_and_not_quoted(two_profiles: Path, content: str) -> None:
    path = two_profiles / "data" / "tokens" / "work.json"
    path.write_text(content.replace("%s", TOKEN))
    for line in ("token", "status", "profiles list", "config show", "logout -p ci"):
        done = arka(*line.split())
        assert TOKEN not in done.out + done.err
        assert (str(path) in done.err) is (line != "logout -p ci")
    assert path.read_text() == content.replace("%s", TOKEN)


def test_a_token_file_that_others_can_write_is_refused_and_one_they_can_read_is_a_warning(two_profiles: Path) -> None:
    path = two_profiles / "data" / "tokens" / "work.json"
    path.chmod(0o644)
    done = arka("token")
    assert (done.code, done.out) == (0, TOKEN + "\n")
    assert f"hint: chmod 600 '{path}'" in done.err
    path.chmod(0o622)
    done = arka("token")
    assert (done.code, done.out) == (1, "")
    assert "can be written by others" in done.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(("line", "code"), [("status -p work", 0), ("status -p bare", 4), ("profiles list", 0)])
def test_a_closed_pipe_changes_neither_messages_nor_exit_code(
    two_profiles: Path, line: str, code: int, unbuffered: str
) -> None:
    assert arka("profiles", "create", "bare").code == 0
    reader, writer = os.pipe()
    os.close(reader)
    environ = {"PATH": os.environ["PATH"], "ARKA_HOME": str(two_profiles), "PYTHONUNBUFFERED": unbuffered}
    environ |= no_network.VARIABLES
    program = str(Path(sys.executable).with_name("arka"))
    done = subprocess.run(
        [program, *line.split()], stdout=writer, stderr=subprocess.PIPE, encoding="utf-8", env=environ, check=False
    )
    os.close(writer)
    assert done.returncode == code
    assert ("profile 'bare' has no token" in done.stderr) is (code == 4)
    assert "Broken" not in done.stderr


PLACES = {
    "config/config.toml": ['storage = "{}"', "{} = 1", 'expiry_warning = "{}"', '[helpers]\na = "{} \'"', "{} ="],
    "config/profiles/work.toml": ['token = "{}"', '[token]\n{} = "x"', "{} = 1", "{}", '[settings]\ntimeout = "{}"'],
    "state/active": ["{} {} {}"],
    "state/pins.json": ['{{"version": 1, "pins": {{"/": "{}"}}}}', '["{}"]', '{{"{}": 1}}', "{}"],
    "data/tokens/work.json": ['{{"version": 1, "token": "{}", "{}": "x", "origin": "https://arka-ai.com"}}', "{}"],
}


@pytest.mark.parametrize(("file", "text"), [(file, text) for file, texts in PLACES.items() for text in texts])
def test_a_token_in_the_wrong_file_is_redacted(two_profiles: Path, file: str, text: str) -> None:
    path = two_profiles / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("{}", OTHER).replace("{{", "{").replace("}}", "}"))
    for line in (
        "prompt",
        "status",
        "config show --sources",
        "config show --json",
        "config get profile",
        "profiles list",
        "profiles list --json",
        "profiles show",
        "use work",
        "use --unpin",
        "export legacy",
        "logout",
    ):
        done = arka(*line.split())
        assert OTHER not in done.out + done.err, line
        assert "Traceback" not in done.err


def run_in_shell(line: str, home: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the installed program in a shell that sets up its streams."""
    environ = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "ARKA_HOME": str(home)}
    environ |= no_network.VARIABLES
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, encoding="utf-8", env=environ, cwd=cwd, check=False
    )


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("arka token <&-", 0, f"{TOKEN}\n", ""),
        ("arka login --with-token <&-", 4, "", "--with-token: no token was given"),
        ("arka login <&-", 2, "", "no terminal to ask on"),
        ("arka profiles remove ci <&-", 2, "", "add --yes"),
        ("arka token >&-", 0, "", ""),
        ("arka use ci 2>&-", 0, "", ""),
        ("arka token -p nosuch 2>&-", 1, "", ""),
    ],
)
def test_a_closed_stream_is_not_a_crash(two_profiles: Path, line: str, code: int, out: str, err: str) -> None:
    done = run_in_shell(line, two_profiles)
    assert (done.returncode, done.stdout, err in done.stderr) == (code, out, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", ["token", "status", "config show --json", "completion bash"])
def test_output_that_cannot_be_written_is_an_error(two_profiles: Path, command: str) -> None:
    done = run_in_shell(f"arka {command} >/dev/full", two_profiles)
    assert (done.returncode, done.stderr) == (1, "error: stdout: no space left on device\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&1 | true", "2</dev/null"])
@pytest.mark.parametrize(
    ("command", "code"), [("use ci", 0), ("token -p nosuch", 1), ("nosuch", 2), ("profiles", 2), ("--help", 0)]
)
def test_messages_that_cannot_be_written_change_no_exit_code(
    two_profiles: Path, command: str, stderr: str, code: int
) -> None:
    done = run_in_shell(f"arka {command} {stderr}; exit ${{PIPESTATUS[0]}}", two_profiles)
    assert (done.returncode, done.stderr) == (code, "")
    if command == "use ci":
        assert (two_profiles / "state" / "active").read_text().split()[0] == "ci"


@pytest.mark.parametrize("command", ["use ci --here", "export dotenv -o .env"])
def test_a_removed_working_directory_is_reported(two_profiles: Path, command: str) -> None:
    done = run_in_shell(f"mkdir d && cd d && rmdir ../d && arka {command}", two_profiles, two_profiles)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: the working directory: no such file or directory\n"


def test_a_stream_without_unicode_gets_escapes_and_json_stays_valid(two_profiles: Path) -> None:
    done = run_in_shell("PYTHONIOENCODING=ascii arka status --json", two_profiles)
    assert json.loads(done.stdout)["token"]["value"] == "arka_…9f3c"
    done = run_in_shell("PYTHONIOENCODING=ascii arka use ci", two_profiles)
    assert (done.returncode, done.stderr) == (0, "\\u2713 Profile 'ci' is active\n")
