"""`prompt`: the profile's name for a shell prompt. It prints nothing if there is no profile, and never fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import TOKEN, arka

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("arguments", "environ", "shown"),
    [
        ([], {}, "work\n"),
        (["-p", "ci"], {}, "ci\n"),
        ([], {"ARKA_PROFILE": "ci"}, "ci\n"),
        ([], {"ARKA_PROFILE": "nosuch"}, "nosuch?\n"),
        ([], {"ARKA_PROFILE": "Not A Name"}, "?\n"),
        ([], {"ARKA_PROFILE": "a\x1b[31m"}, "?\n"),
        ([], {"ARKA_PROFILE": TOKEN}, "arka_…9f3c?\n"),
    ],
)
@pytest.mark.usefixtures("two_profiles")
def test_prompt_prints_the_effective_profile(arguments: list[str], environ: dict[str, str], shown: str) -> None:
    assert arka("prompt", *arguments, environ=environ) == (0, shown, "")


@pytest.mark.usefixtures("home")
def test_prompt_prints_nothing_without_a_profile(home: Path) -> None:
    assert arka("prompt") == (0, "", "")
    assert arka("prompt", "--json").json == {"profile": None}
    assert not home.exists()


@pytest.mark.usefixtures("two_profiles")
def test_prompt_json_has_the_name() -> None:
    assert arka("prompt", "--json").json == {"profile": "work"}


@pytest.mark.parametrize("file", ["active", "pins.json"])
def test_prompt_prints_a_question_mark_for_a_damaged_file(two_profiles: Path, file: str) -> None:
    (two_profiles / "state" / file).write_text("{\x00 nonsense\nand more")
    assert arka("prompt") == (0, "?\n", "")


def test_prompt_prints_the_name_of_a_damaged_profile(two_profiles: Path) -> None:
    (two_profiles / "data" / "tokens" / "work.json").write_text("{")
    assert arka("prompt") == (0, "work\n", "")
