"""Illnesses around us: the Node CLI, histories, start-up files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from tests.cli.program import OTHER, TOKEN
from tests.doctor.illness import NODE, illness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.doctor.ward import Ward


@illness(
    "legacy",
    f"~/{NODE}",
    "others could read the token that is written to it next",
    f"chmod 700 ~/{NODE}",
    "warning",
    fixable=True,
)
def an_export_in_an_open_folder(ward: Ward) -> None:
    ward.write(ward.path(NODE, "config.json"), json.dumps({"token": TOKEN}), 0o600)
    ward.path(NODE).chmod(0o755)


@illness(
    "legacy",
    f"~/{NODE}/config.json",
    "readable again (mode 0644); its folder keeps others out",
    f"chmod 600 ~/{NODE}/config.json",
    "note",
    fixable=True,
)
def an_export_that_the_node_cli_reopened(ward: Ward) -> None:
    ward.write(ward.path(NODE, "config.json"), json.dumps({"token": TOKEN}), 0o644)


@illness(
    "legacy",
    f"~/{NODE}/config.json",
    "can be written by every user",
    f"chmod 600 ~/{NODE}/config.json && chmod 700 ~/{NODE}",
)
def an_export_that_everybody_can_write(ward: Ward) -> None:
    ward.write(ward.path(NODE, "config.json"), json.dumps({"token": TOKEN}), 0o602)
    ward.path(NODE).chmod(0o711)


@illness("legacy", f"~/{NODE}/config.json", "not valid JSON", f"mv ~/{NODE}/config.json ~/{NODE}/config.json.broken")
def an_export_that_does_not_parse(ward: Ward) -> None:
    ward.write(ward.path(NODE, "config.json"), "{")


@illness(
    "legacy",
    f"~/{NODE}/config.json",
    "is sealed, and stands here in plain text",
    "arka import legacy --delete --profile work",
    "warning",
)
def an_export_of_a_sealed_token(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])
    ward.write(ward.path(NODE, "config.json"), json.dumps({"token": TOKEN}))


@illness("legacy", f"~/{NODE}/config.json", "and legacy_sync is on", "arka export legacy --profile work", "warning")
def an_export_that_is_out_of_step(ward: Ward) -> None:
    ward.write(ward.config("config.toml"), "legacy_sync = true\n")
    ward.write(ward.path(NODE, "config.json"), json.dumps({"token": OTHER}))


@illness(
    "legacy",
    f"~/{NODE}/config.json",
    "another token than the active profile 'work': that of profile 'ci'",
    "arka export legacy --profile work",
    "note",
)
def an_export_of_another_profile(ward: Ward) -> None:
    ward.write(ward.path(NODE, "config.json"), json.dumps({"token": OTHER}))


@illness(
    "history",
    "~/.bash_history:2",
    "that of profile 'work', stands in the history of a shell, in line 2",
    "sed -i 2d ~/.bash_history",
    "warning",
)
def a_token_in_the_history_of_bash(ward: Ward) -> None:
    ward.write(ward.path(".bash_history"), f"ls\ncurl -H 'Authorization: Bearer {TOKEN}'\npwd\n")


@illness("history", "~/.zsh_history:1", "in lines 1 and 3", "sed -i '1d;3d' ~/.zsh_history", "warning")
def a_token_in_the_history_of_zsh(ward: Ward) -> None:
    ward.write(ward.path(".zsh_history"), f": 1:0;export X={TOKEN}\n: 2:0;ls\n: 3:0;arka --token {OTHER} status\n")


@illness(
    "history",
    "~/.local/share/fish/fish_history:3",
    "in line 3",
    "sed -i 3,6d ~/.local/share/fish/fish_history",
    "warning",
)
def a_token_in_the_history_of_fish(ward: Ward) -> None:
    entry = f"- cmd: ls\n  when: 1\n- cmd: echo {TOKEN}\n  when: 2\n  paths:\n    - x\n- cmd: pwd\n  when: 3\n"
    ward.write(ward.path(".local/share/fish/fish_history"), entry)


@illness("history", "~/my-history:1", "in line 1", "sed -i 1d ~/my-history", "warning")
def a_token_in_the_history_that_a_variable_names(ward: Ward) -> Mapping[str, str]:
    ward.write(ward.path("my-history"), f"echo {TOKEN}\n")
    return {"HISTFILE": str(ward.path("my-history"))}


@illness(
    "exports", "~/.zshrc:2", "that of profile 'ci', stands in plain text, in line 2", "sed -i 2d ~/.zshrc", "warning"
)
def a_loose_export(ward: Ward) -> None:
    ward.write(ward.path(".zshrc"), f"alias x=y\nexport ARKA_API_KEY={OTHER}\n")


@illness("exports", "~/.config/fish/config.fish:1", "in line 1", "sed -i 1d ~/.config/fish/config.fish", "warning")
def a_loose_export_of_fish(ward: Ward) -> None:
    ward.write(ward.path(".config/fish/config.fish"), f"set -gx ARKA_API_KEY {OTHER}\n")


@illness("exports", "~/.env:1", "in line 1", "sed -i 1d ~/.env", "warning")
def a_token_in_a_dotenv_file_of_this_directory(ward: Ward) -> None:
    ward.write(ward.path(".env"), f"ARKA_API_KEY={OTHER}\n")
