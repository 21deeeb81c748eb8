"""What completion offers for each kind of word. test_completion_shells.py runs the scripts in real shells."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from enum import Enum
from typing import TYPE_CHECKING, Literal

import click
import pytest
from click.shell_completion import CompletionItem
from pydantic import SecretStr

from arka_config import App, ProfileSettings, Token
from arka_config.arka import app
from arka_config.cli.runtime import setting_words, words
from arka_config.cli.runtime.command_tree import program
from arka_config.cli.runtime.completion_scripts import script
from arka_config.cli.runtime.session import Session
from arka_config.opening import open_store
from arka_config.references.registry import KINDS as REFERENCE_KINDS
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.cli.program import TOKEN, arka, every_command

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELLS = ("bash", "zsh", "fish", "powershell")
# The metavars of free text, for which this machine has no candidates.
FREE = {
    "TOKEN", "DATE|90d", "DATE|7d", "14d", "DATE|14d", "8h", "1h", "90d", "TIME|7d",
    "DATE|1h|90d|never", "DATE|90d|never", "GLOB", "N",
    "RECIPIENT", "ID", "[ID]", "EMAIL", "EMAIL|ID", "CIDR", "ADDRESS", "ADDRESS:PORT", "DOMAIN", "CLAIM", "NAME=VALUE",
}  # fmt: skip
FREE_PARAMETERS = {
    "profiles create name", "profiles rename new_name", "profiles copy new_name", "tokens create label",
    "export legacy key", "import legacy key", "workspace serve url", "workspace create-token label",
}  # fmt: skip


def complete(line: str, shell: str = "bash", program: str = "arka") -> list[str]:
    """Complete the last word of a line as a script does, and return the answers."""
    *_, word = line.split(" ")
    number = word if shell == "fish" else str(line.count(" "))
    variable = f"_{program.upper()}_COMPLETE"
    done = arka(environ={variable: f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": number})
    assert (done.code, done.err) == (0, "")
    return done.out.split("\n")[:-1] if done.out != "\n" else []


def complete_words(line: str) -> list[str]:
    return [answer.removeprefix("plain,") for answer in complete(line)]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.usefixtures("home")
def test_each_shell_has_a_script_and_json_wraps_it(shell: str) -> None:
    done = arka("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert f"{shell}_complete" in done.out
    assert "__" not in done.out.replace("__fish_complete", "")
    assert arka("completion", shell, "--json").json == {"shell": shell, "script": done.out.removesuffix("\n")}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_of_another_program_has_its_names_only(shell: str) -> None:
    text = script(shell, "my-tool")
    assert "_MY_TOOL_COMPLETE" in text
    assert "arka" not in text


@pytest.mark.usefixtures("home")
def test_completion_alone_lists_the_shells() -> None:
    done = arka("completion")
    assert done.code == 2
    assert all(shell in done.out + done.err for shell in SHELLS)
    assert "no such command 'tcsh'" in arka("completion", "tcsh").err


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("arka use w", ["work"]),
        ("arka token --profile=w", ["work"]),
        ("arka --profile=w", ["work"]),
        ("arka status --profile=w", ["work"]),
        ("arka -pw", ["-pwork"]),
        ("arka status -pw", ["-pwork"]),
        ("arka config -pw", ["-pwork"]),
        ("arka profiles rename c", ["ci"]),
        ("arka profiles set w", ["work"]),
        ("arka -p ci use w", ["work"]),
        ("arka tokens create x --store-as c", ["ci"]),
        ("arka plan x --only w", ["work"]),
        ("arka env --shell po", ["powershell"]),
        ("arka env --shell=po", ["powershell"]),
        ("arka config ge", ["get"]),
        ("arka prof", ["profiles"]),
        ("arka completion install z", ["zsh"]),
        ("arka profiles set ci time", ["timeout="]),
        ("arka profiles set ci token.", [f"token.{kind}=" for kind in REFERENCE_KINDS]),
        ("arka profiles set ci timeout=", ["timeout=45", "timeout=30"]),
        ("arka profiles create new api_url=", ["api_url=https://arka-ai.com"]),
        ("arka profiles unset ci ", ["description", "timeout"]),
        ("arka profiles unset ci timeout d", ["description"]),
        ("arka config get api", ["api_url"]),
        ("arka config set st", ["storage="]),
        ("arka config set storage=s", ["storage=sealed"]),
        ("arka config set legacy_sync=", ["legacy_sync=true", "legacy_sync=false"]),
        ("arka config set expiry=", ["expiry=warn", "expiry=refuse"]),
        ("arka config unset ", ["storage", "helpers.op", "helpers"]),
        ("arka profiles set ci token.helper=", ["token.helper=op"]),
        ("arka tokens revoke --label M", ["MacBook Pro"]),
        ("arka tokens list --label M", ["MacBook Pro"]),
        ("arka login --expect-user a", ["ann@example.com"]),
        ("arka login --api-url=https:", ["https://arka-ai.com"]),
        ("arka token --for h", ["https://arka-ai.com"]),
        ("arka use nosuch", []),
        ("arka use work ", []),
    ],
)
def test_completion_offers_the_candidates_of_each_word(two_profiles: pathlib.Path, line: str, found: list[str]) -> None:
    store = open_store(app, {"ARKA_HOME": str(two_profiles)})
    credential = store.credential("work")
    credential.label, credential.user = "MacBook Pro", "ann@example.com"
    store.log_in("work", credential)
    store.edit("ci", {("description",): "Builds", ("settings", "timeout"): 45})
    (two_profiles / "config" / "config.toml").write_text('storage = "plain"\n[helpers]\nop = "op read x"\n')
    assert complete_words(line) == found


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("arka scan src/", "file,src/"),
        ("arka apply --identity=k", "file,k"),
        ("arka login --token-file k", "file,k"),
        ("arka profiles set ci token.file=/run/s", "file,/run/s"),
        ("arka config set file_roots=/r", "dir,/r"),
        ("arka exec mak", "command,0"),
        ("arka exec -- ", "command,0"),
        ("arka exec -- make -", "command,1"),
        ("arka exec make -", "command,1"),
        ("arka exec -p work -- git -p ", "command,2"),
        ("arka exec -- git --profile=w", "command,1"),
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_completion_of_files_and_commands_is_left_to_the_shell(line: str, answer: str) -> None:
    assert complete(line) == [answer]


def parameters() -> Iterator[tuple[str, click.Parameter]]:
    for name, command in every_command(program(app)):
        for parameter in command.params:
            is_flag = isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count)
            is_number = isinstance(parameter.type, click.types.IntParamType | click.IntRange)
            if not (is_flag or is_number or isinstance(parameter.type, click.Choice)):
                yield f"{name} {parameter.name}", parameter


def is_completed(parameter: click.Parameter) -> bool:
    return type(parameter.type).shell_complete is not click.ParamType.shell_complete


def test_every_value_that_this_machine_knows_is_completed() -> None:
    """If an option is not completed, its metavar says that it is free text."""
    left = {
        name: str(parameter.metavar)
        for name, parameter in parameters()
        if not is_completed(parameter) and parameter.metavar not in FREE and name not in FREE_PARAMETERS
    }
    assert {name: metavar for name, metavar in left.items() if not name.startswith("workspace ")} == {}, (
        "in the command's file, give each a type of arka_config/cli/runtime/words.py, or a metavar for free text"
    )


def test_unlockers_are_completed_without_opening_the_vault(two_profiles: pathlib.Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(two_profiles)})
    operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(two_profiles / "key"))])
    (two_profiles / "key").unlink()
    name = vault_of(store).require_file().unlockers[0].name
    assert complete_words("arka vault remove-unlocker ") == [name]
    assert complete_words("arka use w") == ["work"]


def test_labels_of_sealed_tokens_are_completed_without_the_key(two_profiles: pathlib.Path) -> None:
    store = open_store(app, {"ARKA_HOME": str(two_profiles)})
    credential = store.credential("work")
    credential.label = "MacBook Pro"
    store.log_in("work", credential)
    operations.enable(vault_of(store), [NewUnlocker("key-file", path=str(two_profiles / "key"))])
    (two_profiles / "key").unlink()
    assert complete_words("arka tokens revoke --label ") == ["MacBook Pro"]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_token_in_a_file_is_not_offered(two_profiles: pathlib.Path, shell: str) -> None:
    (two_profiles / "config" / "profiles").mkdir(parents=True, exist_ok=True)
    file = two_profiles / "config" / "profiles" / "ci.toml"
    file.write_text(f'[settings]\n"{TOKEN}" = 1\nproxy = "{TOKEN}"\nother = 3\n')
    for line in ("arka profiles unset ci ", "arka profiles set work proxy="):
        assert TOKEN not in "\n".join(complete(line, shell))
    assert "other" in "\n".join(complete("arka profiles unset ci ", shell))


@pytest.mark.parametrize("text", [TOKEN, f"x={TOKEN}", "a\x1b[31m", "a\nb", "a\u202eb"])
def test_a_token_or_a_control_character_is_never_a_candidate(text: str) -> None:
    assert not words.is_shown(app, CompletionItem(text))
    assert not words.is_shown(app, CompletionItem("work", help=text))
    assert words.is_shown(app, CompletionItem("work", help="profile"))


def test_a_broken_file_offers_nothing_and_shows_no_error(two_profiles: pathlib.Path) -> None:
    (two_profiles / "config").mkdir(exist_ok=True)
    (two_profiles / "config" / "config.toml").write_text("= broken")
    assert complete_words("arka config set helpers.") == []
    assert complete_words("arka profiles set ci token.helper=") == []


class Level(Enum):
    LOW = "low"
    HIGH = "high"


other = App("other", settings=f"{__name__}:OtherSettings", token_prefix="other_")


class OtherSettings(ProfileSettings, app=other):
    token: Token | None = None
    level: Level = Level.LOW
    mode: Literal["fast", "safe"] | None = None
    verbose: bool = False
    password: SecretStr | None = None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("level=", ["level=low", "level=high"]),
        ("mode=", ["mode=fast", "mode=safe"]),
        ("verbose=", ["verbose=true", "verbose=false"]),
        ("password=", []),
    ],
)
def test_the_values_of_another_app_s_settings_are_completed(home: pathlib.Path, typed: str, found: list[str]) -> None:
    session = Session(other, {"OTHER_HOME": str(home)})
    assert [item.value for item in setting_words.assignments(session, typed, list)] == found
    assert [item.value for item in words._secret_settings(session, click.Context(click.Command("x")), "")] == [
        "password"
    ]
    assert "password=" not in [item.value for item in setting_words.assignments(session, "", list)]


def test_profile_names_are_completed_without_heavy_imports(two_profiles: pathlib.Path) -> None:
    script = (
        "import os, sys; from arka_config.arka import app; from arka_config.cli.runtime.run import run\n"
        "import atexit; atexit.register(lambda: print(*sorted(sys.modules), file=sys.stderr))\n"
        "sys.exit(run(app))"
    )
    environ = {
        "_ARKA_COMPLETE": "bash_complete",
        "COMP_WORDS": "arka token --profile=w",
        "COMP_CWORD": "2",
        "ARKA_HOME": str(two_profiles),
        "HOME": str(two_profiles.parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, encoding="utf-8", check=False
    )
    assert done.stdout == "plain,work\n"
    assert not {"click", "pydantic", "rich", "cryptography", "tomllib", "json"} & set(done.stderr.split())


def test_completion_with_an_unreadable_folder_shows_no_error(two_profiles: pathlib.Path) -> None:
    (two_profiles / "config").write_text("no folder")
    assert complete_words("arka use ") in ([], ["ci", "work"])
