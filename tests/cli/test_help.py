"""`help`, its topics and `version`, and the suggestions if a word is not a command."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arka_config
from arka_config import errors
from arka_config.app_identity import AppIdentity
from arka_config.arka import app
from arka_config.cli.output import terminal
from arka_config.cli.reference import environment, exit_codes, files
from arka_config.cli.reference.document import write_markdown, write_text
from arka_config.cli.reference.topics import TOPICS
from arka_config.cli.runtime.command_tree import program
from arka_config.cli.runtime.help_format import HelpFormatter
from arka_config.cli.runtime.registry import ENTRIES
from arka_config.cli.runtime.run import run
from arka_config.cli.runtime.suggestions import SYNONYMS
from tests.acme import app as acme
from tests.cli.program import arka, every_command

IRREVERSIBLE = [entry.name for entry in ENTRIES if entry.is_irreversible]

pytestmark = pytest.mark.usefixtures("home")


def test_help_of_a_command_is_that_of_its_option() -> None:
    for words in (["profiles", "list"], ["vault"], ["login"], []):
        assert arka("help", *words).out == arka(*words, "--help").out
        assert arka(*words, "-h").out == arka(*words, "--help").out


WORDS = st.text("ab é\n\t\x1b[0m世", max_size=40) | st.text("word ", min_size=1, max_size=90)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4), st.integers(20, 120), st.booleans())
def test_rows_of_a_help_page_are_those_of_click(rows: list[tuple[str, str]], width: int, indented: bool) -> None:
    pages = []
    for formatter in (HelpFormatter(width=width), click.HelpFormatter(width=width)):
        if indented:
            formatter.indent()
        formatter.write_dl(rows)
        pages.append(formatter.getvalue())
    assert pages[0] == pages[1]


@pytest.mark.parametrize("columns", ["", "0", "-5", "33", " 40 ", "x", "200"])
def test_the_width_of_a_help_page_is_that_of_click(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal.columns() == shutil.get_terminal_size().columns
    for most in (None, 60, 120):
        assert HelpFormatter(max_width=most).width == click.HelpFormatter(max_width=most).width


def test_every_command_and_group_takes_h() -> None:
    for name, command in every_command(program(app)):
        assert command.context_settings["help_option_names"] == ["-h", "--help"], name
    for group in (program(app), *(found for found in program(app).commands.values() if isinstance(found, click.Group))):
        assert group.context_settings["help_option_names"] == ["-h", "--help"]


def test_help_lists_the_topics() -> None:
    listed = arka("help").out.partition("Topics:\n")[2]
    assert [line.split()[0] for line in listed.splitlines() if line.strip()] == list(TOPICS)


def test_help_of_help_names_the_topics() -> None:
    text = " ".join(arka("help", "help").out.split())
    assert [topic for topic in TOPICS if topic not in text] == []


def test_help_of_an_unknown_word_suggests_the_nearest() -> None:
    assert arka("help", "enviroment").err == (
        "error: there is no command or topic 'enviroment'\nhint: did you mean 'environment'?\n"
    )
    assert arka("help", "profiles", "nosuch") == (
        2,
        "",
        "error: there is no command or topic 'profiles nosuch'\nhint: arka help\n",
    )


@pytest.mark.parametrize("topic", TOPICS)
def test_lines_of_a_topic_fit_the_terminal(topic: str) -> None:
    done = arka("help", topic)
    assert (done.code, done.err) == (0, "")
    assert done.out.strip()
    assert max(map(len, done.out.splitlines())) <= 80
    assert arka("help", topic, "--json").json["topic"] == topic


@pytest.mark.parametrize("topic", TOPICS)
def test_topic_of_another_app_has_its_names_only(topic: str) -> None:
    for other in (acme, AppIdentity("plain")):
        text = write_text(TOPICS[topic].blocks(other), 80) + write_markdown(TOPICS[topic].blocks(other))
        assert "arka" not in text.lower()
        assert other.prefix in text or topic == "exit-codes"


def test_environment_topic_has_every_variable_that_the_code_reads() -> None:
    used = set()
    for path in Path(str(arka_config.__file__)).parent.rglob("*.py"):
        used |= set(re.findall(r"\b(?:variable|is_on)\(\"([A-Z][A-Z_]+)\"", path.read_text("utf-8")))
    listed = {variable.name for variable in environment.VARIABLES}
    assert used - {"CI_TOKEN", "TOKEN"} <= listed  # an example of a name, and one that is not accepted
    assert set(app.own_variables) <= {app.variable(name) for name in listed}
    text = write_text(environment.blocks(app), 80)
    unused = {app.variable(each.name) for each in environment.VARIABLES if not app.can(each.needs)}
    names = {*app.own_variables, *app.settings_variables()} - unused
    assert [name for name in names if name not in text] == []


def test_environment_topic_describes_the_settings_of_another_app() -> None:
    assert "`ACME_HTTP__RETRIES` | the setting `http.retries`" in write_markdown(environment.blocks(acme))


def test_exit_codes_topic_has_the_code_of_every_error() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ConfigError)]
    assert {kind.exit_code for kind in kinds} <= exit_codes.MEANINGS.keys()


def test_files_topic_of_an_app_without_another_program_has_no_file_of_it() -> None:
    assert [path for path, _ in files.files_of(app) if "legacy" in path]
    assert not [path for path, _ in files.files_of(acme) if "legacy" in path]


# Words that are not commands


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("ls", "profiles list"),
        ("list", "profiles list"),
        ("switch", "use"),
        ("whoami", "status"),
        ("current", "status"),
        ("auth", "login"),
        ("profiles ls", "profiles list"),
        ("me", "status"),
        ("use-context", "use"),
        ("auth status", "status"),
        ("auth switch", "use"),
        ("configure list-profiles", "profiles list"),
        ("config use-context", "use"),
        ("profile list", "profiles list"),
        ("profil ls", "profiles list"),
        ("pin", "use --here"),
    ],
)
def test_word_of_another_program_suggests_the_command(words: str, command: str) -> None:
    done = arka(*words.split(), "work")
    group, *after = words.split()
    word = after[0] if group in ("profiles", "config") else group
    assert done == (
        2,
        "",
        f"error: no such command '{word}'; did you mean '{command}'?\nhint: arka {command}\n",
    )


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("profiles use work", "no such command 'use'; did you mean 'arka use'?\nhint: arka use"),
        ("profile", "no such command 'profile'; did you mean 'profiles'?\nhint: arka profiles --help"),
        ("profile remove x", "no such command 'profile'; did you mean 'profiles'?\nhint: arka profiles --help"),
        ("stauts", "no such command 'stauts'; did you mean 'status'?\nhint: arka status"),
        ("token list", "'token' has no command 'list'; did you mean 'tokens list'?\nhint: arka tokens list"),
        ("token revoke x", "'token' has no command 'revoke'\nhint: arka tokens --help"),
        ("signout", "no such command 'signout'\nhint: arka logout --help"),
        ("auth logout", "no such command 'auth'\nhint: arka logout --help"),
    ],
)
def test_hint_of_an_unknown_word_can_be_run(line: str, error: str) -> None:
    assert arka(*line.split()) == (2, "", f"error: {error}\n")


def test_every_synonym_suggests_a_command_that_can_be_undone() -> None:
    names = {entry.name for entry in ENTRIES}
    for group, words in SYNONYMS.items():
        for word, target in words.items():
            within = "" if target.startswith("../") else f"{group} "
            full = f"{within}{target.removeprefix('../').partition(' --')[0]}".strip()
            assert full in names, f"{group} {word}"
            assert full not in IRREVERSIBLE or target.endswith(" --help"), f"{group} {word}"
            assert f"{group} {word}".strip() not in names


@pytest.mark.parametrize("name", IRREVERSIBLE)
def test_irreversible_command_is_never_suggested(name: str) -> None:
    *group, word = name.split()
    for near in {word[:at] + word[at + 1 :] for at in range(len(word))} | {f"{word}s", "remove"}:
        done = arka(*group, near)
        if name != "profiles remove" or near != "remove":
            assert done.code == 2
            assert f"'{word}'" not in done.err.partition(";")[2]
            assert not re.search(rf"hint: .*\b{word}\b", done.err)


@pytest.mark.parametrize("line", ["logout --remove", "profiles remove --revok", "apply --prun", "login --forc"])
def test_irreversible_option_is_never_suggested(line: str) -> None:
    done = arka(*line.split())
    assert (done.code, "no such option" in done.err) == (2, True)
    assert not re.search("--(revoke|prune|force)", done.err)


def test_mistyped_option_suggests_the_nearest_one() -> None:
    assert "--offline" in arka("status", "--offlin").err


def test_suggestions_name_only_commands_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(AppIdentity("acme", commands=["login", "token"]), ["ls"]) == 2
    assert "did you mean" not in capsys.readouterr().err


# Version


def test_version_is_the_same_in_every_spelling() -> None:
    lines = {arka(word).out for word in ("-V", "--version", "version")}
    assert len(lines) == 1
    assert re.fullmatch(r"arka \d+\.\d+\.\d+\n", lines.pop())
    assert arka("version", "--json").json.keys() == {"name", "version", "toolkit", "python", "platform"}


def test_version_of_another_app_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(AppIdentity("acme", distribution="click"), ["-V"]) == 0
    assert re.fullmatch(r"acme 8\.\d+\.\d+\n", capsys.readouterr().out)
    assert run(AppIdentity("acme", settings="pydantic_settings.main:X"), ["-V"]) == 0
    assert re.fullmatch(r"acme 2\.\d+\.\d+\n", capsys.readouterr().out)
    assert run(AppIdentity("acme"), ["version"]) == 0
    assert capsys.readouterr().out == "acme (version unknown)\n"
