"""If something is wrong, `status`, `config` and `profiles list` show what they know, and then the error."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ELSEWHERE = "https://elsewhere.example"


class Case(NamedTuple):
    """What is wrong (variables, or a file below ARKA_HOME), part of the message, and the exit code."""

    message: str
    code: int = 1
    environ: Mapping[str, str] = {}
    path: str = ""
    text: str = ""
    token: str | None = "arka_…9f3c"
    profile: str | None = "work"
    is_about_paths: bool = False  # `config path` reports it too


CASES = {
    "a variable with another origin": Case(
        "but ARKA_API_URL says", environ={"ARKA_API_URL": ELSEWHERE}, is_about_paths=True
    ),
    "a profile with another origin": Case(
        "work.toml: api_url says",
        path="config/profiles/work.toml",
        text=f'api_url = "{ELSEWHERE}"\n',
        is_about_paths=True,
    ),
    "an unknown profile": Case(
        "there is no profile 'nope'",
        environ={"ARKA_PROFILE": "nope"},
        token=None,
        profile="nope",
        is_about_paths=True,
    ),
    "an unknown profile, and an exported token": Case(
        "there is no profile 'nope'",
        environ={"ARKA_PROFILE": "nope", "ARKA_API_KEY": OTHER},
        token="arka_…77d1",
        profile="nope",
        is_about_paths=True,
    ),
    "an invalid name": Case(
        "'Not A Name' is not a profile name",
        2,
        environ={"ARKA_PROFILE": "Not A Name"},
        token=None,
        profile="Not A Name",
        is_about_paths=True,
    ),
    "a profile that is not TOML": Case(
        "work.toml: not TOML", path="config/profiles/work.toml", text="timeout =", token=None, is_about_paths=True
    ),
    "a profile with an unknown key": Case(
        "unknown key 'tokn'", path="config/profiles/work.toml", text="tokn = 1", token=None, is_about_paths=True
    ),
    "a damaged token": Case(
        "work.json", path="data/tokens/work.json", text='{"token": "arka_', token=None, is_about_paths=True
    ),
    "a damaged selection": Case(
        "state/active", path="state/active", text="../work", token=None, profile=None, is_about_paths=True
    ),
    "a config.toml that is not TOML": Case("config.toml: not TOML", path="config/config.toml", text="storage ="),
    "an unknown key in config.toml": Case(
        "warning: {home}/config/config.toml: unknown key 'storge'", 0, path="config/config.toml", text="storge = 1"
    ),
}


def prepare(case: Case, home: Path) -> Mapping[str, str]:
    """Create what is wrong, and return the variables to set."""
    if case.path:
        (home / case.path).parent.mkdir(parents=True, exist_ok=True)
        (home / case.path).write_text(case.text, "utf-8")
    return case.environ


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("command", ["status --offline", "config show --sources", "config show"])
def test_sources_are_shown_and_then_the_error(command: str, name: str, two_profiles: Path) -> None:
    case = CASES[name]
    environ = prepare(case, two_profiles)
    done = arka(*command.split(), environ=environ)
    as_json = arka(*command.split(), "--json", environ=environ)
    message = case.message.replace("{home}", str(two_profiles))
    for each in (done, as_json):
        assert (each.code, message in each.err) == (case.code, True), each.err
        assert TOKEN not in each.out + each.err
    table = {name: rest for name, *rest in (line.split("  ") for line in done.out.splitlines())}
    assert {"profile", "token", "api_url"} <= table.keys()
    values = as_json.json.get("settings", as_json.json)
    assert (values["profile"] or {"value": None})["value"] == case.profile
    assert (values["token"] or {"value": None})["value"] == case.token
    assert (case.token or "—") in done.out
    error = as_json.json["error"]
    if case.code == 0:
        assert error is None
    else:
        assert (message in error["message"], error["exit_code"]) == (True, case.code)


@pytest.mark.parametrize("name", CASES)
def test_paths_are_shown_and_then_the_error(name: str, two_profiles: Path) -> None:
    case = CASES[name]
    environ = prepare(case, two_profiles)
    done = arka("config", "path", environ=environ)
    as_json = arka("config", "path", "--json", environ=environ)
    for each in (done, as_json):
        assert each.code == (case.code if case.is_about_paths else 0)
        assert not case.is_about_paths or case.message in each.err
    assert done.out.splitlines()[1].split() == ["config", f"{two_profiles}/config"]
    assert ("error" in as_json.json) == case.is_about_paths
    assert ("profile" in as_json.json) == (case.profile in ("work", "nope"))


@pytest.mark.parametrize("name", CASES)
def test_profiles_are_listed_whatever_is_wrong(name: str, two_profiles: Path) -> None:
    environ = prepare(CASES[name], two_profiles)
    done = arka("profiles", "list", environ=environ)
    assert (done.code, "work" in done.out, "ci" in done.out) == (0, True, True)
    document = arka("profiles", "list", "--json", environ=environ).json
    assert [profile["name"] for profile in document["profiles"]] == ["ci", "work"]


def test_overridden_urls_of_an_origin_conflict_are_shown(two_profiles: Path) -> None:
    document = arka("config", "show", "--sources", "--json", environ={"ARKA_API_URL": ELSEWHERE}).json
    url = document["settings"]["api_url"]
    assert (url["value"], url["layer"]) == (ELSEWHERE, "env")
    assert [other["layer"] for other in url["overridden"]] == ["profile", "default"]


@pytest.mark.parametrize("command", ["status --show-token", "config show --show-token"])
def test_damaged_sealed_token_does_not_hide_the_table(command: str, two_profiles: Path) -> None:
    assert arka("vault", "enable", "--key-file", str(two_profiles.parent / "key")).code == 0
    path = two_profiles / "data" / "tokens" / "work.json"
    path.write_text(path.read_text("utf-8").replace('"nonce": "', '"nonce": "00'), "utf-8")
    done = arka(*command.split())
    assert done.code == 1
    assert "profile" in done.out
    assert "work.json" in done.err
