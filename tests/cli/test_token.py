"""`token` prints the effective token and a newline, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import OTHER, TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path

OTHER_URL = "https://elsewhere.example"


@pytest.mark.usefixtures("two_profiles")
def test_token_prints_the_token_and_a_newline() -> None:
    assert arka("token") == (0, f"{TOKEN}\n", "")


@pytest.mark.usefixtures("two_profiles")
def test_token_json_has_origin_and_profile() -> None:
    assert arka("token", "--json", "-p", "ci").json == {
        "token": OTHER,
        "origin": "https://arka-ai.com",
        "profile": "ci",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["-p", "ci", "token"],
        ["token", "-p", "ci"],
        ["--profile", "ci", "token"],
        ["token", "--profile=ci"],
        ["-p", "ci", "token", "-p", "ci"],
        ["token", "-p", "ci", "-p", "ci"],
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_token_accepts_the_profile_before_or_after_the_command(arguments: list[str]) -> None:
    assert arka(*arguments).out == f"{OTHER}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-p", "ci", "token", "-p", "work"],
        ["-p", "ci", "-p", "work", "token"],
        ["token", "-p", "ci", "--profile", "work"],
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_token_rejects_two_profiles(arguments: list[str]) -> None:
    assert arka(*arguments) == (
        2,
        "",
        "error: --profile was given twice, as 'ci' and as 'work'\nhint: keep one of them\n",
    )


@pytest.mark.parametrize(
    ("arguments", "environ", "token"),
    [
        ([], {"ARKA_API_KEY": OTHER}, OTHER),
        ([], {"ARKA_API_KEY": f" {OTHER}\n"}, OTHER),
        ([], {"ARKA_API_KEY": ""}, TOKEN),
        ([], {"ARKA_API_KEY": " "}, TOKEN),
        (["-p", "work"], {"ARKA_API_KEY": OTHER}, TOKEN),
        ([], {"ARKA_PROFILE": "ci"}, OTHER),
        ([], {"ARKA_PROFILE": "work", "ARKA_API_KEY": OTHER}, OTHER),
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_token_prints_the_effective_token(arguments: list[str], environ: dict[str, str], token: str) -> None:
    assert arka("token", *arguments, environ=environ).out == f"{token}\n"


@pytest.mark.usefixtures("home")
def test_token_of_the_environment_needs_no_profile_or_file(home: Path) -> None:
    assert arka("token", environ={"ARKA_API_KEY": TOKEN}) == (0, f"{TOKEN}\n", "")
    assert arka("token", "--json", environ={"ARKA_API_KEY": TOKEN}).json["profile"] is None
    assert not home.exists()


@pytest.mark.usefixtures("two_profiles")
def test_token_notes_which_of_two_tokens_is_used() -> None:
    assert arka("token", environ={"ARKA_API_KEY": OTHER}).err == (
        "note: using the token in ARKA_API_KEY; that of profile 'work' is not used\n"
    )
    assert arka("token", "-p", "work", environ={"ARKA_API_KEY": OTHER}).err == (
        "note: using the token of profile 'work'; ARKA_API_KEY in the environment is not used\n"
    )


@pytest.mark.parametrize(
    "url",
    ["https://arka-ai.com", "https://arka-ai.com/api/v1/me", "https://ARKA-AI.com:443"],
)
@pytest.mark.usefixtures("two_profiles")
def test_token_for_accepts_its_own_origin(url: str) -> None:
    assert arka("token", "--for", url).out == f"{TOKEN}\n"


@pytest.mark.parametrize(
    "url",
    [
        OTHER_URL,
        "https://arka-ai.com.elsewhere.example",
        "https://api.arka-ai.com",
        "https://arka-ai.com:8443",
        "https://arka-ai.com@elsewhere.example",
        "http://arka-ai.com",
        "arka-ai.com",
        "https://arka-ai.com/?q=1",
        "",
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_token_for_refuses_another_origin(url: str) -> None:
    done = arka("token", "--for", url)
    assert (done.code, done.out) == (1, "")


@pytest.mark.usefixtures("two_profiles")
def test_token_refuses_a_url_of_another_origin() -> None:
    done = arka("token", environ={"ARKA_API_URL": OTHER_URL})
    assert (done.code, done.out) == (1, "")
    assert "a token is never sent to another origin" in done.err
    done = arka("token", "--json", environ={"ARKA_API_URL": OTHER_URL, "ARKA_API_KEY": OTHER})
    assert (done.json["token"], done.json["origin"]) == (OTHER, OTHER_URL)


def test_token_follows_a_token_reference(two_profiles: Path, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{OTHER}\n")
    file.chmod(0o600)
    (two_profiles / "config").mkdir(exist_ok=True)
    (two_profiles / "config" / "config.toml").write_text(f'[helpers]\nvault = ["echo", "{OTHER}"]\n')
    for reference in ("token.env=FAR_TOKEN", f"token.file={file}", "token.helper=vault"):
        arka("profiles", "create", "far", reference)
        assert arka("token", "-p", "far", environ={"FAR_TOKEN": OTHER}).out == f"{OTHER}\n"
        arka("profiles", "remove", "far", "--yes")


@pytest.mark.parametrize("option", ["--token", "--api-key"])
@pytest.mark.parametrize(
    ("arguments", "environ", "origin"),
    [
        ([], {}, "https://arka-ai.com"),
        ([], {"ARKA_API_URL": OTHER_URL}, OTHER_URL),
        (["--api-url", OTHER_URL], {}, OTHER_URL),
        (["--api-url", OTHER_URL], {"ARKA_API_URL": "https://us.arka-ai.com"}, OTHER_URL),
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_token_flag_goes_to_the_url_given_with_it(
    option: str, arguments: list[str], environ: dict[str, str], origin: str
) -> None:
    given = [option, OTHER, *arguments]
    for line in (["token", *given, "--json"], [*given, "token", "--json"]):
        assert arka(*line, environ=environ).json == {"token": OTHER, "origin": origin, "profile": "work"}


@pytest.mark.usefixtures("two_profiles")
def test_url_flag_does_not_send_a_stored_token_to_another_origin() -> None:
    done = arka("token", "--api-url", OTHER_URL)
    assert (done.code, done.out) == (1, "")
    assert f"--api-url says {OTHER_URL}: a token is never sent to another origin" in done.err


@pytest.mark.parametrize(("option", "values"), [("--token", (TOKEN, OTHER)), ("--api-url", (OTHER_URL, "https://x.y"))])
@pytest.mark.usefixtures("two_profiles")
def test_token_and_url_flags_may_not_differ_before_and_after_the_command(option: str, values: tuple[str, str]) -> None:
    done = arka(option, values[0], "token", option, values[1])
    assert (done.code, done.out) == (2, "")
    assert "was given twice, with different values" in done.err
    assert arka(option, values[0], "completion", option, values[0], "bash", option, values[0]).code == 0
