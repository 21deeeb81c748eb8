"""Illnesses of what chooses a profile: the active one, pins, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.program import OTHER
from tests.doctor.illness import illness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.doctor.ward import Ward


@illness(
    "active",
    "~/.local/state/arka/active",
    "'wrok', and there is none of that name; did you mean 'work'?",
    "arka use ci",
)
def an_active_profile_that_is_gone(ward: Ward) -> None:
    ward.write(ward.state("active"), "wrok -\n")


@illness("pins", "~/gone", "pinned to profile 'ci', and is gone", "arka doctor --fix", "warning", fixable=True)
def a_pinned_directory_that_is_gone(ward: Ward) -> None:
    ward.store.pin(str(ward.path("gone")), "ci")


@illness("pins", "~/there", "pinned to profile 'ghost', and there is none", "(cd ~/there && arka use --unpin)")
def a_pin_to_a_profile_that_is_gone(ward: Ward) -> None:
    ward.path("there").mkdir()
    pins = ward.store.selection.pins() | {str(ward.path("there")): "ghost"}
    ward.store.selection.write_pins(pins)


@illness("variables", "ARKA_PROFILE", "there is no profile 'wrok'", "unset ARKA_PROFILE")
def a_variable_that_names_no_profile(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_PROFILE": "wrok"}


@illness("variables", "ARKA_PROFILE", "there is no profile 'arka_…77d1'", "unset ARKA_PROFILE")
def a_token_in_the_wrong_variable(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_PROFILE": OTHER}


@illness("variables", "ARKA_API_KEY", "that of profile 'work' is not", "unset ARKA_API_KEY", "warning")
def a_variable_that_hides_a_profile(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_API_KEY": OTHER}


@illness("variables", "ARKA_API_KEY", "it has 9 characters and not 42", "unset ARKA_API_KEY")
def a_token_that_cannot_be_one(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_API_KEY": "arka_half"}


@illness("variables", "ARKA_API_URL", "a token never goes to another origin", "unset ARKA_API_URL")
def a_url_of_another_origin(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_API_URL": "https://eu.arka-ai.com"}


@illness("variables", "ARKA_API_URL", "'nonsense' is not a URL", "unset ARKA_API_URL")
def a_url_that_is_none(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_API_URL": "nonsense"}


@illness("variables", "ARKA_TIMEOT", "did you mean ARKA_TIMEOUT?", "unset ARKA_TIMEOT", "warning")
def a_misspelled_variable(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_TIMEOT": "3"}


@illness("variables", "ARKA_ZZZ", "no setting has this variable", "unset ARKA_ZZZ", "note")
def a_variable_that_nobody_reads(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_ZZZ": "3"}


@illness(
    "variables",
    "ARKA_HOME",
    "it hides the profiles in ~/.config/arka and the tokens in ~/.local",
    "unset ARKA_HOME",
    "warning",
)
def a_variable_that_hides_the_profiles(ward: Ward) -> Mapping[str, str]:
    return {"ARKA_HOME": str(ward.path("other"))}


@illness("variables", "XDG_DATA_HOME", "it hides the tokens in ~/.local/share/arka", "unset XDG_DATA_HOME", "warning")
def an_xdg_folder_that_hides_the_tokens(ward: Ward) -> Mapping[str, str]:
    ward.state("active").unlink()
    return {"XDG_DATA_HOME": str(ward.path("data"))}


@illness("variables", "XDG_STATE_HOME", "it is no full path, and is passed over", "unset XDG_STATE_HOME", "warning")
def a_relative_folder(ward: Ward) -> Mapping[str, str]:
    return {"XDG_STATE_HOME": "state"}
