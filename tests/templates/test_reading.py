"""When templates are read, every problem in every file is reported at once, with its line, key and a suggestion."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from arka_config.arka import app
from arka_config.templates.model import json_schema_text
from arka_config.templates.positions import TemplateText
from arka_config.templates.reading import _string_problem
from tests.cli.program import TOKEN, arka
from tests.templates.conftest import Folder

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def problems(*arguments: str) -> list[str]:
    """Run a `plan` that fails, and return its problems."""
    done = arka("plan", *arguments)
    assert done.code == 1, done
    assert done.out == ""
    lines = [line.removeprefix("error:").strip() for line in done.err.splitlines()]
    return [line for line in lines if not line.startswith("hint:")]


def test_all_problems_of_all_files_are_reported_together(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nnmae = "x"\n[token]\nenv = 3\n[settings]\ntimeuot = 3\n')
    folder.put("b.toml", '[profile]\nname = "b"\n[settings]\ntimeuot = 3\ntimeout = "soon"\n')
    folder.put_whole("c.toml", 'version = 2\n[profile]\nname = "c"\n')
    folder.put_whole("d.toml", "version = \n")
    (folder.path / "e.toml").mkdir()
    (folder.path / "f.toml").write_bytes(b"version = 1\n\xff")
    folder.put_whole("g.toml", '\ufeffversion = 1\n[profile]\nname = "g"\n')
    folder.put_whole("h.toml", "")
    assert problems("profiles") == [
        "profiles/a.toml:2:2: profile.name is missing",
        "profiles/a.toml:3:1: unknown key 'profile.nmae'; did you mean 'name'?",
        "profiles/a.toml:5:1: token.env must be a string",
        "profiles/a.toml:7:1: settings.timeuot: unknown setting; did you mean 'timeout'?",
        "profiles/b.toml:5:1: settings.timeuot: unknown setting; did you mean 'timeout'?",
        "profiles/b.toml:6:1: settings.timeout: input should be a valid number, unable to parse string as a number",
        "profiles/c.toml:1:1: version must be 1; update this program to read newer templates",
        "profiles/d.toml:1:11: not TOML: invalid value",
        f"{folder.path}/e.toml is not a regular file",
        f"{folder.path}/f.toml, line 2: not UTF-8 text",
        "profiles/g.toml:1:1: starts with a byte order mark: save it without one",
        "profiles/h.toml:1:1: profile is missing",
        "profiles/h.toml:1:1: version is missing; add: version = 1",
    ]


def test_problems_of_every_kind_in_one_file_are_reported_together(folder: Folder) -> None:
    folder.put(
        "a.toml",
        'extra = 1\n[profile]\nname = "Work Laptop"\napi_url = "ftp://x"\ndescription = "{env}"\n'
        '[when]\nos = "beos"\n[token]\nenv = "GITHUB_TOKEN"\ncpoy = true\n'
        f'[settings]\ntimeout = -1\nproxy = "http://{TOKEN}@x"  # a token\nca_bundle = "http://me:pw@x"\n',
    )
    reported = [problem.split(" ", 1)[1] for problem in problems("profiles")]
    expected = (
        "unknown key 'extra'",
        "profile.name: 'Work Laptop' is not a profile name",
        "profile.api_url: 'ftp://x' is not a URL",
        "profile.description: unknown placeholder {env}",
        "when.os must be 'linux'",
        "token.env: GITHUB_TOKEN may not be read",
        "unknown key 'token.cpoy'; did you mean 'copy'?",
        "settings.timeout: input should be greater than 0",
        "a token in plain text",
        "settings.ca_bundle is a URL with a password",
    )
    assert len(reported) == len(expected), reported
    for problem, beginning in zip(reported, expected, strict=True):
        assert problem.startswith(beginning)


def test_a_broken_rule_is_reported_with_an_unknown_key_but_not_after_a_wrong_value(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n[token]\nfoo = 1\nprompt = true\nenv = "ARKA_X"\n')
    folder.put("b.toml", '[profile]\nname = "b"\n[token]\nenv = 3\n')
    assert [" ".join(problem.split(" ", 2)[:2]) for problem in problems("profiles")] == [
        "profiles/a.toml:4:2: token",
        "profiles/a.toml:5:1: unknown",
        "profiles/b.toml:5:1: token.env",
    ]


def test_an_unreadable_file_is_reported_with_the_other_problems(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("a.toml", '[profile]\nnmae = "a"\n')
    locked = folder.put("b.toml", '[profile]\nname = "b"\n')
    open_file = os.open

    def refuse(path: str, *arguments: int, **options: int) -> int:  # if the tests run as root, chmod has no effect
        if str(path) == str(locked):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return open_file(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert problems("profiles")[-1] == f"cannot read {locked}: permission denied"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[profile]\nname = "Work Laptop"', "3:1: profile.name: 'Work Laptop' is not a profile name"),
        ('[profile]\nname = "x"\napi_url = "ftp://x"', "4:1: profile.api_url: 'ftp://x' is not a URL that a token may"),
        ('[profile]\nname = "x"\n[token]', "4:2: token names no source, but needs exactly one of env"),
        ('[profile]\nname = "x"\n[token]\nenv = "ARKA_X"\nprompt = true', "4:2: token names env and prompt"),
        (
            '[profile]\nname = "x"\n[token]\nprompt = true\ncopy = true',
            "4:2: token has copy, which only works with env, file",
        ),
        ('[profile]\nname = "x"\n[token]\nprompt = false', "5:1: token.prompt must be true"),
        ('[profile]\nname = "x"\n[when]\nos = "beos"', "5:1: when.os must be 'linux', 'macos' or 'windows'"),
        (
            '[profile]\nname = "{hostnam}"',
            "3:1: profile.name: unknown placeholder {hostnam}: only {hostname}, {user} and {os}",
        ),
        (
            '[profile]\nname = "x"\n[token]\nissue = { label = "{env}" }',
            "5:11: token.issue.label: unknown placeholder {env}",
        ),
        ('[profile]\nname = "x"\n[token]\nissue = { label = "x", expires = "soon" }', "token.issue.expires: 'soon'"),
        ('[profile]\nname = "x"\n[token]\nhelper = "op"', "5:1: token.helper: 'op' is not in "),
        ('[profile]\nname = "x"\n[token]\nsealed = "secret"', "5:1: token.sealed: it is not an armored age text"),
        ('[profile]\nname = "x"\n[settings]\nproxy = "http://me:pw@proxy"', "settings.proxy is a URL with a pass"),
    ],
)
def test_a_problem_names_its_line_and_what_to_do(folder: Folder, text: str, problem: str) -> None:
    folder.put("a.toml", text + "\n")
    (line,) = problems("profiles")
    assert line.startswith("profiles/a.toml:")
    assert problem in line


def test_facts_are_inserted_in_names_and_descriptions(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nname = "ci-{hostname}"\ndescription = "{os}: {user}"\n')
    changes = {
        change["field"]: change["new"] for change in arka("plan", "profiles", "--json").json["profiles"][0]["changes"]
    }
    assert changes == {"description": "linux: sam"}
    assert arka("plan", "profiles", "--json").json["profiles"][0]["profile"] == "ci-runner-07"


def test_a_template_for_other_machines_is_listed_but_not_planned(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n[when]\nhostname = "build-*"\n[token]\nhelper = "only-there"\n')
    folder.put("b.toml", '[profile]\nname = "b"\n[when]\nhostname = "RUNNER-*"\nos = "linux"\n')
    plan = arka("plan", "profiles", "--json").json
    assert [one["profile"] for one in plan["profiles"]] == ["b"]
    assert plan["elsewhere"] == ["profiles/a.toml"]


def test_a_template_for_other_machines_is_validated(folder: Folder) -> None:
    folder.put(
        "a.toml",
        '[profile]\nname = "Work Laptop"\napi_url = "x"\n[when]\nhostname = "build-*"\n'
        '[token]\nenv = "THEIR_TOKEN"\n[settings]\ntimeuot = 3\n',
    )
    assert [problem.split(" ")[0] for problem in problems("profiles")] == [
        "profiles/a.toml:3:1:",
        "profiles/a.toml:4:1:",
        "profiles/a.toml:10:1:",
    ]


def test_templates_that_are_all_for_other_machines_leave_nothing_to_do(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n[when]\nos = "windows"\n')
    done = arka("plan", "profiles", "--prune")
    assert (done.code, done.out.splitlines()[0]) == (0, "other  profiles/a.toml: for other machines")
    assert arka("apply", "profiles", "--yes").code == 0


def test_a_linked_folder_is_read_at_its_real_path(folder: Folder, tmp_path: Path) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n')
    (folder.path / "b.toml").symlink_to("a.toml")
    assert problems("profiles") == ["profiles/b.toml:3:1: profile.name: 'a' is also described by profiles/a.toml"]
    (folder.path / "b.toml").unlink()
    (tmp_path / "linked").symlink_to(folder.path)
    plan = arka("plan", "linked", "profiles", "--json").json
    assert [one["template"] for one in plan["profiles"]] == ["linked/a.toml"]
    assert list(plan["templates"]) == [str(folder.path / "a.toml")]


def test_two_templates_for_one_profile_are_an_error_naming_both(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nname = "x-{hostname}"\n')
    folder.put("b.toml", '[profile]\nname = "x-runner-07"\n')
    assert problems("profiles") == [
        "profiles/b.toml:3:1: profile.name: 'x-runner-07' is also described by profiles/a.toml"
    ]


def test_a_file_named_twice_is_read_once(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n')
    assert len(arka("plan", "profiles", "profiles/a.toml", "--json").json["profiles"]) == 1


def test_only_toml_files_directly_in_the_folder_are_read(folder: Folder) -> None:
    folder.put("a.toml", '[profile]\nname = "a"\n')
    folder.put_whole(".hidden.toml", "no")
    folder.put_whole("b.txt", "no")
    (folder.path / "deep").mkdir()
    (folder.path / "deep" / "c.toml").write_text("no")
    assert arka("plan", "profiles").code == 3


def test_a_missing_path_is_a_usage_error_and_an_empty_folder_an_error(folder: Folder) -> None:
    assert arka("plan", "nowhere").code == 2
    done = arka("plan", "profiles")
    assert done.code == 1
    assert "contains no templates" in done.err


def test_a_token_in_plain_text_is_refused_with_its_line_and_not_repeated(folder: Folder) -> None:
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\nenv = "{TOKEN}"\n')
    folder.put("b.toml", f'[profile]\nname = "b"  # {TOKEN}\n')
    folder.put("c.toml", '[profile]\nname = "c"\n[settings]\nproxy = "' + TOKEN.replace("_", "\\u005F") + '"\n')
    done = arka("plan", "profiles")
    assert done.code == 1
    for place in ("profiles/a.toml:5:8", "profiles/b.toml:3:15", "profiles/c.toml:5:1"):
        assert place in done.err
    assert TOKEN[5:] not in done.err + done.out
    assert "wwwww" not in done.err


def test_the_checked_in_schema_matches_the_model() -> None:
    assert (ROOT / "profiles" / "template.schema.json").read_text("utf-8") == json_schema_text(
        app
    )  # if it differs, run `make docs`


@pytest.mark.parametrize(
    ("table", "is_valid"),
    [
        ({"version": 1, "profile": {"name": "x"}}, True),
        ({"version": 1, "profile": {"name": "x"}, "token": {"env": "ARKA_X", "copy": True}}, True),
        ({"version": 1, "profile": {"name": "x"}, "settings": {"timeout": 3}}, True),
        ({"version": 2, "profile": {"name": "x"}}, False),
        ({"version": 1, "profile": {"nmae": "x"}}, False),
        ({"version": 1, "profile": {"name": "x"}, "token": {}}, False),
        ({"version": 1, "profile": {"name": "x"}, "token": {"env": "ARKA_X", "prompt": True}}, False),
        ({"version": 1, "profile": {"name": "x"}, "token": {"prompt": True, "copy": True}}, False),
        ({"version": 1, "profile": {"name": "x"}, "settings": {"timeuot": 3}}, False),
    ],
)
def test_the_schema_accepts_what_the_model_accepts(table: dict[str, object], is_valid: bool) -> None:
    assert jsonschema_rs.is_valid(json.loads(json_schema_text(app)), table) is is_valid


def test_a_refused_source_suggests_the_nearest_allowed_name(folder: Folder, home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('allow_env = ["BUILD_TOKEN"]\n[helpers]\nvault = ["true"]\n')
    folder.put("a.toml", '[profile]\nname = "a"\n[token]\nenv = "BUILD_TOKN"\n')
    folder.put("b.toml", '[profile]\nname = "b"\n[token]\nhelper = "valut"\n')
    first, second = problems("profiles")
    assert first.endswith("BUILD_TOKN may not be read by a template; did you mean 'BUILD_TOKEN'?")
    assert second.endswith("; did you mean 'vault'?")


@pytest.mark.parametrize("kind", ["env", "helper"])
def test_another_program_s_token_in_place_of_a_name_is_not_repeated(folder: Folder, kind: str) -> None:
    foreign = "ghp_" + "x9" * 18
    folder.put("a.toml", f'[profile]\nname = "a"\n[token]\n{kind} = "{foreign}"\n')
    done = arka("plan", "profiles")
    assert done.code == 1
    assert f"profiles/a.toml:5:1: token.{kind}: it looks like a token in plain text" in done.err
    assert foreign not in done.out + done.err


# The work that a template can cause


def measure_cpu(function: Callable[[], object]) -> float:
    """Return the CPU time that a function takes. Other processes do not affect it."""
    times = []
    for _ in range(5):
        begin = time.process_time()
        function()
        times.append(time.process_time() - begin)
    return min(times)


@pytest.mark.parametrize("text", ["".join(f"k{n} = 1\n" for n in range(3000)), f"x = [{'1, ' * 3000}]\n"])
def test_a_template_with_too_many_keys_is_refused_as_a_whole(folder: Folder, text: str) -> None:
    folder.put("a.toml", text)
    done = arka("plan", "profiles")
    assert (done.code, done.err) == (1, "error: profiles/a.toml:1:1: more than 1000 keys and array items\n")


def test_only_the_first_problems_are_reported(folder: Folder) -> None:
    for name in ("a.toml", "b.toml"):
        folder.put(name, "".join(f"k{n} = 1\n" for n in range(300)))
    lines = arka("plan", "profiles").err.splitlines()
    assert len(lines) == 101
    assert lines[-1].strip() == "and 502 more"
    assert lines[1].strip().startswith("profiles/a.toml:2:1: unknown key 'k0'")


def test_the_work_of_positions_is_linear() -> None:
    def report(lines: int) -> None:
        text = TemplateText("a.toml", "/", "a.toml", f"{'x' * 99}\n" * lines)
        for line in range(lines):
            assert text.problem_at(100 * line + 7, "").position == (line + 1, 8)

    assert measure_cpu(lambda: report(8000)) < 8 * measure_cpu(lambda: report(2000))


def test_the_work_of_the_search_for_passwords_is_linear() -> None:
    def search(length: int) -> None:
        assert _string_problem(app, "x", "://" + ":" * length) == ""

    assert measure_cpu(lambda: search(8000)) < 8 * max(0.001, measure_cpu(lambda: search(2000)))
    assert "is a URL with a password" in _string_problem(app, "x", "a://b c https://me:hunter2@host")
