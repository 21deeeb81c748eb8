"""`status`: the effective profile and token, their sources, and when the token expires."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arka_config import Credential, Origin, Secret, open_store, timestamps
from arka_config.arka import app
from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path


def read_rows(text: str) -> dict[str, str]:
    """Return the table's rows by their first column."""
    return {name: " ".join(rest) for name, *rest in (line.split() for line in text.splitlines()[1:])}


@pytest.mark.usefixtures("two_profiles")
def test_status_shows_the_effective_values_and_their_sources() -> None:
    done = arka("status", "--offline")
    assert (done.code, done.err) == (0, "")
    assert done.out.split()[:4] == ["STATUS", "VALUE", "LAYER", "PLACE"]
    assert read_rows(done.out) == {
        "profile": "work active ~/arka/state/active",
        "token": "arka_…9f3c profile ~/arka/data/tokens/work.json",
        "api_url": "https://arka-ai.com profile ~/arka/data/tokens/work.json: origin",
        "storage": "plain",
        "label": "MacBook Pro",
        "expires": "not checked",
        "verified": "not checked (--offline)",
    }


def test_status_json_has_the_same_values(two_profiles: Path) -> None:
    document = arka("status", "--json", "--offline").json
    created = document["token"].pop("created")
    assert created.endswith("Z")
    file = str(two_profiles / "data" / "tokens" / "work.json")
    assert document == {
        "profile": {"value": "work", "layer": "active", "source": str(two_profiles / "state" / "active"), "key": None},
        "token": {
            "value": "arka_…9f3c",
            "layer": "profile",
            "source": file,
            "key": None,
            "storage": "plain",
            "origin": "https://arka-ai.com",
            "label": "MacBook Pro",
            "expires": None,
            "expiry": "not_checked",
            "user": None,
        },
        "api_url": {"value": "https://arka-ai.com", "layer": "profile", "source": file, "key": "origin"},
        "verified": None,
        "state": "not_asked",
        "reason": "--offline",
        "plan": None,
        "error": None,
    }


@pytest.mark.parametrize(
    ("arguments", "environ", "profile", "layer"),
    [
        ([], {}, "work", "active"),
        (["-p", "ci"], {}, "ci", "flag"),
        ([], {"ARKA_PROFILE": "ci"}, "ci", "env"),
        ([], {"ARKA_PROFILE": ""}, "work", "active"),
        (["-p", "work"], {"ARKA_PROFILE": "ci"}, "work", "flag"),
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_status_shows_the_layer_that_selected_the_profile(
    arguments: list[str], environ: dict[str, str], profile: str, layer: str
) -> None:
    document = arka("status", *arguments, "--json", environ=environ).json
    assert (document["profile"]["value"], document["profile"]["layer"]) == (profile, layer)


@pytest.mark.usefixtures("two_profiles")
def test_status_names_the_pinned_directory(tmp_path: Path) -> None:
    assert arka("use", "ci", "--here").code == 0
    found = arka("status", "--json").json["profile"]
    assert (found["value"], found["layer"], found["key"]) == ("ci", "pin", str(tmp_path))


@pytest.mark.usefixtures("two_profiles")
def test_status_notes_an_exported_token_that_wins() -> None:
    done = arka("status", "--json", environ={"ARKA_API_KEY": OTHER})
    assert done.json["token"] == {
        "value": "arka_…77d1",
        "layer": "env",
        "source": "ARKA_API_KEY",
        "key": None,
        "expires": None,
        "expiry": "unknown",
    }
    assert done.err == "note: using the token in ARKA_API_KEY; that of profile 'work' is not used\n"


@pytest.mark.usefixtures("two_profiles")
def test_status_notes_an_exported_token_that_loses_to_the_profile_flag() -> None:
    done = arka("status", "--json", "-p", "work", environ={"ARKA_API_KEY": OTHER})
    assert done.json["token"]["value"] == "arka_…9f3c"
    assert done.err == "note: using the token of profile 'work'; ARKA_API_KEY in the environment is not used\n"


@pytest.mark.usefixtures("two_profiles")
def test_status_token_flag_wins_and_uses_the_default_url() -> None:
    document = arka("--api-key", OTHER, "status", "--json", environ={"ARKA_API_KEY": TOKEN}).json
    assert (document["token"]["layer"], document["token"]["source"]) == ("flag", "--api-key")
    assert document["api_url"]["layer"] == "default"


@pytest.mark.usefixtures("two_profiles")
def test_status_show_token_prints_the_whole_token() -> None:
    assert TOKEN in arka("status", "--show-token").out
    assert arka("status", "--show-token", "--json").json["token"]["value"] == TOKEN


@pytest.mark.parametrize(("within", "code"), [("3d", 0), ("9d", 0), ("10d", 3), ("2w", 3), ("1mo", 3)])
@pytest.mark.usefixtures("home")
def test_status_expiring_exits_with_3_if_the_token_expires_in_time(within: str, code: int) -> None:
    arka("login", "--with-token", "--expires", "10d", stdin=TOKEN)
    done = arka("status", "--expiring", within)
    assert done.code == code
    assert "expires" in done.out
    assert arka("status", "--json", "--expiring", within).code == code


@pytest.mark.usefixtures("two_profiles")
def test_status_expiring_exits_with_3_if_the_workspace_cannot_be_asked() -> None:
    done = arka("status", "--expiring", "10y")
    assert (done.code, "it is not known when this token expires: https://arka-ai.com cannot" in done.err) == (3, True)


@pytest.mark.usefixtures("two_profiles")
def test_status_expiring_accepts_any_number_of_days() -> None:
    assert arka("status", "-p", "ci", "--expiring", "99999y").code == 3  # if it ends after the year 9999


@pytest.mark.parametrize("text", ["soon", "14", "", "-1d"])
@pytest.mark.usefixtures("two_profiles")
def test_status_expiring_rejects_an_invalid_duration(text: str) -> None:
    done = arka("status", "--expiring", text)
    assert (done.code, "--expiring: " in done.err) == (2, True)


@pytest.mark.parametrize(
    ("days", "said"), [(10, "this token expires in 10 days"), (-10, "this token expired 10 days ago")]
)
def test_status_warns_of_a_near_or_past_expiry(home: Path, days: int, said: str) -> None:
    ends = timestamps.to_text(timestamps.now() + timedelta(days=days))
    credential = Credential(Secret(TOKEN), Origin.of("https://arka-ai.com"), expires=ends)
    open_store(app, {"ARKA_HOME": str(home)}).log_in("default", credential)
    done = arka("status")
    assert f"warning: {said}" in done.err
    assert "hint: arka login --profile default" in done.err


def test_status_uses_the_expiry_warning_preference(home: Path) -> None:
    arka("login", "--with-token", "--expires", "10d", stdin=TOKEN)
    (home / "config").mkdir()
    (home / "config" / "config.toml").write_text('expiry_warning = "7d"\n')
    assert arka("status").err == ""


@pytest.mark.usefixtures("home")
def test_status_without_a_token_exits_with_4() -> None:
    done = arka("status", "--json")
    assert done.code == 4
    assert done.json == {
        "profile": None,
        "token": None,
        "api_url": {"value": "https://arka-ai.com", "layer": "default", "source": None, "key": None},
        "verified": None,
        "state": "no_token",
        "reason": "there is no token",
        "plan": None,
        "error": {
            "message": "there is no token: no profile is selected, and ARKA_API_KEY is not set",
            "lines": ["there is no token: no profile is selected, and ARKA_API_KEY is not set"],
            "hint": "arka login",
            "exit_code": 4,
        },
    }
    assert "hint: arka login\n" in done.err


@pytest.mark.usefixtures("home")
def test_status_runs_no_helper_and_reports_a_missing_reference(home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "config.toml").write_text('[helpers]\nvault = ["touch", "ran"]\n')
    arka("profiles", "create", "helped", "token.helper=vault")
    done = arka("status", "-p", "helped", "--json")
    assert (done.code, done.json["token"]["value"]) == (0, "(not fetched)")
    arka("profiles", "create", "far", "token.env=FAR_TOKEN")
    done = arka("status", "-p", "far", "--json")
    assert (done.code, done.json["token"]["value"]) == (4, "(missing)")
    assert arka("status", "-p", "far", "--json", environ={"FAR_TOKEN": TOKEN}).json["token"]["value"] == "arka_…9f3c"


@pytest.mark.usefixtures("two_profiles")
def test_status_shows_both_sources_of_an_origin_conflict() -> None:
    done = arka("status", environ={"ARKA_API_URL": "https://elsewhere.example"})
    assert done.code == 1
    assert [line.split() for line in done.out.splitlines()[1:5]] == [
        ["profile", "work", "active", "~/arka/state/active"],
        ["token", "arka_…9f3c", "profile", "~/arka/data/tokens/work.json"],
        ["api_url", "https://elsewhere.example", "env", "ARKA_API_URL"],
        ["api_url", "https://arka-ai.com", "profile", "~/arka/data/tokens/work.json:", "origin"],
    ]
    assert read_rows(done.out)["verified"] == "unknown: not asked"
    assert "work.json is for https://arka-ai.com, but ARKA_API_URL says https://elsewhere.example" in done.err


def test_status_rejects_offline_with_verify() -> None:
    assert arka("status", "--offline", "--verify").code == 2
