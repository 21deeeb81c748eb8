"""`config`: every setting, its value and source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["profile", "token", "api_url", "timeout", "proxy", "ca_bundle"]


def write(home: Path, name: str, text: str) -> Path:
    file = home / "config" / "profiles" / f"{name}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


# show


@pytest.mark.usefixtures("two_profiles")
def test_show_has_a_row_for_every_setting() -> None:
    done = arka("config", "show", environ={"ARKA_TIMEOUT": "5"})
    assert (done.code, done.err) == (0, "")
    header, *rows = (line.split() for line in done.out.splitlines())
    assert header == ["SETTING", "VALUE", "LAYER", "PLACE"]
    assert [row[0] for row in rows] == NAMES
    assert rows[3] == ["timeout", "5", "env", "ARKA_TIMEOUT"]
    assert rows[4] == ["proxy", "—", "default", "built", "in"]


def test_show_json_has_the_source_of_every_setting(two_profiles: Path) -> None:
    file = write(two_profiles, "work", "[settings]\ntimeout = 60\n")
    document = arka("config", "show", "--json").json
    assert document.keys() == {"settings", "error"}
    assert list(document["settings"]) == NAMES
    assert document["settings"]["timeout"] == {
        "value": 60,
        "layer": "profile",
        "source": str(file),
        "key": "settings.timeout",
    }
    assert {frozenset(found) for found in document["settings"].values()} == {
        frozenset({"value", "layer", "source", "key"})
    }


@pytest.mark.parametrize(
    ("arguments", "value", "layer"), [([], 5, "env"), (["-p", "work"], 60, "profile"), (["-p", "ci"], 5, "env")]
)
def test_profile_flag_beats_the_environment(two_profiles: Path, arguments: list[str], value: int, layer: str) -> None:
    write(two_profiles, "work", "[settings]\ntimeout = 60\n")
    found = arka("config", "show", *arguments, "--json", environ={"ARKA_TIMEOUT": "5"}).json["settings"]["timeout"]
    assert (found["value"], found["layer"]) == (value, layer)


def test_show_sources_adds_overridden_values_and_unused_variables(two_profiles: Path) -> None:
    write(two_profiles, "work", "[settings]\ntimeout = 60\n")
    environ = {"ARKA_TIMEOUT": "5", "ARKA_TIMEOT": "6", "ARKA_TOKEN": TOKEN, "ARKA_PROXY": "", "ARKA_ZZZ": "1"}
    document = arka("config", "show", "--sources", "--json", environ=environ).json
    overridden = [(one["value"], one["layer"]) for one in document["settings"]["timeout"]["overridden"]]
    assert overridden == [(60, "profile"), (30, "default")]
    assert document["not_read"] == {
        "ARKA_PROXY": "empty, which counts as not set",
        "ARKA_TIMEOT": "did you mean ARKA_TIMEOUT?",
        "ARKA_TOKEN": "the token's variable is ARKA_API_KEY",
        "ARKA_ZZZ": "no setting has this variable",
    }
    done = arka("config", "show", "--sources", environ=environ)
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    at = lines.index("timeout 5 env ARKA_TIMEOUT")
    assert lines[at + 1].startswith("overridden 60 profile ~/arka/config/profiles/work.toml")
    assert lines[at + 2] == "overridden 30 default built in"
    assert "ARKA_TIMEOT not read env did you mean ARKA_TIMEOUT?" in lines
    assert TOKEN not in done.out


@pytest.mark.usefixtures("two_profiles")
def test_show_sources_masks_an_overridden_token() -> None:
    document = arka("config", "show", "-p", "work", "--sources", "--json", environ={"ARKA_API_KEY": OTHER}).json
    token = document["settings"]["token"]
    assert (token["value"], token["layer"]) == ("arka_…9f3c", "profile")
    assert [(one["value"], one["source"]) for one in token["overridden"]] == [("arka_…77d1", "ARKA_API_KEY")]


@pytest.mark.usefixtures("two_profiles")
def test_show_sources_does_not_report_variables_that_are_read() -> None:
    ours = {"ARKA_NO_INPUT": "1", "ARKA_PROFILE": "ci", "ARKA_SESSION": "s", "ARKA_PASSPHRASE": "p"}
    assert arka("config", "show", "--sources", "--json", environ=ours).json["not_read"] == {}


def test_show_reports_an_unknown_key_with_file_layer_and_nearest_name(two_profiles: Path) -> None:
    file = write(two_profiles, "work", "[settings]\ntimeot = 3\n\n[settings.http]\nretries = 1\n")
    done = arka("config", "show")
    assert done.code == 1
    assert f"timeot: unknown setting (profile: {file}: settings.timeot); did you mean 'timeout'?" in done.err
    assert f"http: unknown setting (profile: {file}: settings.http)" in done.err
    assert "timeout" in done.out  # the table is printed anyway


def test_show_reports_an_unknown_top_level_key(two_profiles: Path) -> None:
    file = write(two_profiles, "work", 'descripton = "x"\n')
    done = arka("config", "show")
    assert (done.code, done.out.split()[4:8]) == (1, ["profile", "work", "active", "~/arka/state/active"])
    assert done.err == f"error: {file}: unknown key 'descripton'\nhint: did you mean 'description'?\n"


def test_show_reports_all_invalid_values_together(two_profiles: Path) -> None:
    file = write(two_profiles, "work", '[settings]\ntimeout = "soon"\n')
    done = arka("config", "show", environ={"ARKA_PROXY": "nonsense"})
    assert done.code == 1
    assert f"(profile: {file}: settings.timeout)" in done.err
    assert "(env: ARKA_PROXY)" in done.err
    assert "soon" in done.out


@pytest.mark.usefixtures("two_profiles")
def test_show_hides_the_password_of_a_proxy() -> None:
    environ = {"ARKA_PROXY": "http://me:hunter2@proxy.example:3128"}
    for options in ([], ["--json"], ["--sources"], ["--show-token"]):
        done = arka("config", "show", *options, environ=environ)
        assert "hunter2" not in done.out + done.err
        assert "http://…@proxy.example:3128" in done.out
    assert "hunter2" not in arka("config", "get", "proxy", environ=environ).out


@pytest.mark.usefixtures("two_profiles")
def test_config_show_with_show_token_prints_the_whole_token() -> None:
    assert TOKEN in arka("config", "show", "--show-token").out
    assert arka("config", "show", "--show-token", "--json").json["settings"]["token"]["value"] == TOKEN


@pytest.mark.usefixtures("home")
def test_show_without_files_prints_the_defaults(home: Path) -> None:
    done = arka("config", "show", "--json")
    assert (done.code, done.json["settings"]["profile"], done.json["settings"]["token"]) == (0, None, None)
    assert not home.exists()


# get


@pytest.mark.parametrize(
    ("key", "printed"),
    [("profile", "work"), ("token", "arka_…9f3c"), ("api_url", "https://arka-ai.com"), ("timeout", "30")],
)
@pytest.mark.usefixtures("two_profiles")
def test_get_prints_one_value(key: str, printed: str) -> None:
    assert arka("config", "get", key) == (0, f"{printed}\n", "")


@pytest.mark.usefixtures("two_profiles")
def test_get_show_token_prints_the_whole_token() -> None:
    assert arka("config", "get", "token", "--show-token").out == f"{TOKEN}\n"


@pytest.mark.usefixtures("two_profiles")
def test_get_json_has_name_value_and_source() -> None:
    assert arka("config", "get", "timeout", "--json", environ={"ARKA_TIMEOUT": "5"}).json == {
        "name": "timeout",
        "value": 5,
        "layer": "env",
        "source": "ARKA_TIMEOUT",
        "key": None,
    }


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.usefixtures("two_profiles")
def test_get_of_an_unset_setting_exits_with_1(options: list[str]) -> None:
    done = arka("config", "get", "proxy", *options)
    assert (done.code, "error: proxy is not set" in done.err) == (1, True)
    assert done.json["error"]["message"] == "proxy is not set" if options else done.out == ""


@pytest.mark.usefixtures("two_profiles")
def test_get_of_an_unknown_profile_is_an_error() -> None:
    for key in ("profile", "token", "timeout"):
        done = arka("config", "get", key, environ={"ARKA_PROFILE": "wrok"})
        assert (done.code, done.out) == (1, "")
        assert "there is no profile 'wrok' (from ARKA_PROFILE)" in done.err


# path


def test_path_prints_all_paths_or_one(two_profiles: Path, tmp_path: Path) -> None:
    places = {
        "config": str(two_profiles / "config"),
        "data": str(two_profiles / "data"),
        "state": str(two_profiles / "state"),
        "profile": str(two_profiles / "config" / "profiles" / "work.toml"),
        "token": str(two_profiles / "data" / "tokens" / "work.json"),
        "legacy": str(tmp_path / ".config" / "arka-code-nodejs" / "config.json"),
    }
    assert arka("config", "path", "--json").json == places
    for place, path in places.items():
        assert arka("config", "path", place).out == f"{path}\n"
        assert arka("config", "path", place, "--json").json == {place: path}


@pytest.mark.usefixtures("home")
def test_path_of_profile_fails_without_a_profile() -> None:
    assert arka("config", "path").code == 0
    assert arka("config", "path", "token").code == 1
    assert arka("config", "path", "nosuch").code == 2


def test_path_does_not_mask_a_folder_named_like_a_token(tmp_path: Path) -> None:
    folder = tmp_path / "arka_of_the_build_machines_2024"
    found = arka("config", "path", "--json", environ={"ARKA_HOME": str(folder)}).json
    assert found["data"] == str(folder / "data")
